//! A payment that failed, and how its backer fixes it. Plain forms: they work without script.

mod link;

use domain::PledgeState;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::pledges::PledgeView;
use crate::api::settlement::{FixView, TryPaymentAgain, UseAnotherCard, fixable_pledge, fixed_pledge};
use crate::components::notice::{Notice, Tone};
use crate::components::time::instant;
use crate::islands::local_time::LocalTime;
use crate::pages::account::form_error;
use crate::pages::status::Problem;

pub use link::{LinkPage, LinkedBack, LinkedFixPage};

#[component]
pub fn FixPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let refused = form_error::<TryPaymentAgain>().or_else(form_error::<UseAnotherCard>);
    let pledge = Resource::new_blocking(move || id.clone(), fixable_pledge);
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match pledge.await {
                        Ok(pledge) => view! {
                            <div class="wrap wrap--form stack stack--loose">
                                {refused.map(|error| view! { <Notice tone=Tone::Error>{error.to_string()}</Notice> })}
                                <Fix pledge again=TryPaymentAgain::url() another=UseAnotherCard::url()/>
                            </div>
                        }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// What went wrong, and the two ways to mend it; `again` and `another` are where their forms go.
#[component]
fn Fix(pledge: FixView, again: &'static str, another: &'static str) -> impl IntoView {
    let asked = pledge.state == PledgeState::NeedsAction;
    let try_again = if asked { "Confirm with your bank" } else { "Try the same card again" };
    let taken = if pledge.was_refunded {
        "What was taken is refunded to your card."
    } else {
        "Nothing was taken from your card."
    };
    let other_class = if pledge.same_card { "button button--quiet" } else { "button button--primary" };
    view! {
        <Title text="Fix your payment"/>
        <header class="page-head">
            <h1>{if asked { "Your bank wants to ask you" } else { "Your payment did not go through" }}</h1>
            <p class="page-head__lead">
                "Your pledge of " <strong class="money">{pledge.amount.to_string()}</strong> " to "
                <a href=format!("/campaigns/{}", pledge.campaign_slug)>{pledge.campaign_title}</a>
                " could not be charged. " {taken}
            </p>
        </header>
        <Notice tone=Tone::Warning>{pledge.reason}</Notice>
        <p>
            "You can fix it until "
            <LocalTime at=pledge.until.to_rfc3339() utc=instant(pledge.until)/>
            ". After that your pledge is dropped and nothing is charged."
        </p>
        <div class="cluster">
            {pledge.same_card.then(|| view! {
                <form method="post" action=again>
                    {named(&pledge.id)}
                    <button class="button button--primary" type="submit">{try_again}</button>
                </form>
            })}
            <form method="post" action=another>
                {named(&pledge.id)}
                <button class=other_class type="submit">"Use another card"</button>
            </form>
        </div>
    }
}

/// Which pledge a form is about; who came by a link has a pass for one, which says it already.
fn named(pledge: &str) -> impl IntoView + use<> {
    let pledge = (!pledge.is_empty()).then(|| pledge.to_owned());
    pledge.map(|pledge| view! { <input type="hidden" name="pledge" value=pledge/> })
}

/// Where the bank and the card page send the backer. Leads on as soon as the outcome is known.
#[component]
pub fn Fixed() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let pledge = Resource::new_blocking(move || id.clone(), fixed_pledge);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match pledge.await {
                    Ok(pledge) => view! { <Charging pledge/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Charging(pledge: PledgeView) -> impl IntoView {
    view! {
        <Title text="Charging your card"/>
        <div class="wrap wrap--form confirmation">
            <h1>"Charging your card"</h1>
            <p class="lead">
                "Your pledge of " <strong class="money">{pledge.amount.to_string()}</strong> " to " {pledge.campaign_title}
                " is being charged. This page looks again every few seconds."
            </p>
            <a class="button" href="">"Look again now"</a>
        </div>
    }
}
