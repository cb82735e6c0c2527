//! The same by the link of a letter, for who is not logged in.

use domain::PledgeState;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_params_map;

use super::Fix;
use crate::api::fix_link::{
    FixedByLink, OpenFixLink, TryLinkedPayment, UseAnotherCardByLink, fix_link, linked_outcome,
    linked_payment,
};
use crate::api::settlement::FixView;
use crate::components::notice::{Notice, Tone};
use crate::pages::account::form_error;
use crate::pages::status::Problem;

/// Where the letter leads. It only shows a button: programs that look at every link in a mail press none.
#[component]
pub fn LinkPage() -> impl IntoView {
    let token = use_params_map().read_untracked().get("token").unwrap_or_default();
    let payment = {
        let token = token.clone();
        Resource::new_blocking(move || token.clone(), fix_link)
    };
    view! {
        <Suspense>
            {move || {
                let token = token.clone();
                Suspend::new(async move {
                    match payment.await {
                        Ok(payment) => view! { <Landing payment token/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Landing(payment: FixView, token: String) -> impl IntoView {
    view! {
        <Title text="Fix your payment"/>
        <Meta name="robots" content="noindex"/>
        <div class="wrap wrap--form stack stack--loose">
            <header class="page-head">
                <h1>"Fix your payment"</h1>
                <p class="page-head__lead">
                    "Your pledge of " <strong class="money">{payment.amount.to_string()}</strong> " to "
                    {payment.campaign_title} " could not be charged."
                </p>
            </header>
            <p>"This link works once, for this payment only. You need not log in."</p>
            <form method="post" action=OpenFixLink::url()>
                <input type="hidden" name="token" value=token/>
                <button class="button button--primary" type="submit">"Go on"</button>
            </form>
        </div>
    }
}

/// The payment that the browser's pass is for.
#[component]
pub fn LinkedFixPage() -> impl IntoView {
    let refused = form_error::<TryLinkedPayment>().or_else(form_error::<UseAnotherCardByLink>);
    let payment = Resource::new_blocking(|| (), |()| linked_payment());
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match payment.await {
                        Ok(pledge) => view! {
                            <div class="wrap wrap--form stack stack--loose">
                                {refused.map(|error| view! { <Notice tone=Tone::Error>{error.to_string()}</Notice> })}
                                <Fix pledge again=TryLinkedPayment::url() another=UseAnotherCardByLink::url()/>
                            </div>
                        }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// Where the bank and the card page send who came by a link.
#[component]
pub fn LinkedBack() -> impl IntoView {
    let outcome = Resource::new_blocking(|| (), |()| linked_outcome());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match outcome.await {
                    Ok(outcome) => view! { <Outcome outcome/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Outcome(outcome: FixedByLink) -> impl IntoView {
    let amount = outcome.amount.to_string();
    let (heading, words) = match outcome.state {
        PledgeState::Captured => (
            "Your payment has worked",
            format!("Your card was charged {amount}. There is nothing more for you to do."),
        ),
        PledgeState::Charging => (
            "Charging your card",
            format!("{amount} is being charged. This page looks again every few seconds."),
        ),
        state => (
            state.label(),
            format!("Your pledge of {amount} has ended. There is nothing more for you to do."),
        ),
    };
    view! {
        <Title text=heading/>
        <div class="wrap wrap--form confirmation">
            <h1 tabindex="-1">{heading}</h1>
            <p class="lead">{words}</p>
            <div class="cluster">
                <a class="button" href=format!("/campaigns/{}", outcome.campaign_slug)>{outcome.campaign_title}</a>
            </div>
        </div>
    }
}
