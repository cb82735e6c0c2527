//! Changing a pledge while its campaign runs. The form is the one for pledging; the rest are plain forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::changes::{
    ChangeCard, ChangePledge, ChangeView, WaitingChange, card_changed, changed_pledge, pledge_to_change,
};
use crate::api::error::ApiError;
use crate::api::pledges::PledgeView;
use crate::components::layout::Breadcrumbs;
use crate::components::notice::{Notice, Tone};
use crate::components::time::instant;
use crate::islands::pledge_form::PledgeFormIsland;
use crate::pages::account::form_error;
use crate::pages::status::Problem;
use domain::Collection;

#[component]
pub fn ChangePage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let (refused, no_card) = (form_error::<ChangePledge>(), form_error::<ChangeCard>());
    let left = use_query_map().read_untracked().get("left").is_some();
    let pledge = Resource::new_blocking(move || id.clone(), pledge_to_change);
    view! {
        <Suspense>
            {move || {
                let (refused, no_card) = (refused.clone(), no_card.clone());
                Suspend::new(async move {
                    match pledge.await {
                        Ok(page) => view! { <Change page refused no_card left/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Change(
    page: ChangeView,
    refused: Option<ApiError>,
    no_card: Option<ApiError>,
    /// Came back from the card page without finishing.
    left: bool,
) -> impl IntoView {
    let pledge = page.pledge;
    let trail = vec![
        ("/account/pledges".to_owned(), "My pledges".to_owned()),
        (format!("/pledges/{}", pledge.id), pledge.campaign_title.clone()),
    ];
    let again = format!("/campaigns/{}/pledge", pledge.campaign_slug);
    view! {
        <Title text="Change your pledge"/>
        <div class="wrap stack stack--loose">
            <div>
                <Breadcrumbs trail here="Change".to_owned()/>
                <header class="page-head">
                    <p class="muted">{pledge.campaign_title.clone()}</p>
                    <h1>"Change your pledge"</h1>
                    <p class="page-head__lead">
                        "You pledged " <strong class="money">{pledge.amount.to_string()}</strong>
                        {pledge.reward_title.as_ref().map(|title| format!(" for “{title}”"))}
                        ". What you choose here takes its place."
                    </p>
                </header>
            </div>
            {left.then(|| view! {
                <Notice tone=Tone::Warning title="You left the card page. Nothing was charged.">"Your pledge is as it was."</Notice>
            })}
            {page.waiting.map(|waiting| view! { <Waiting waiting/> })}
            {no_card.map(|error| view! { <Notice tone=Tone::Error>{error.to_string()}</Notice> })}
            {match page.form {
                Some(form) => {
                    let form = form.restored(refused.as_ref());
                    view! { <PledgeFormIsland form refused/> }.into_any()
                }
                None => view! {
                    <Notice tone=Tone::Info title="It stays as it is">
                        {refused.map(|refused| refused.to_string()).or(page.why_not)}
                        {page.may_pledge_again.then(|| view! { " " <a href=again>"Pledge once more"</a> })}
                    </Notice>
                }.into_any(),
            }}
            {page.other_card.then(|| view! { <OtherCard pledge/> })}
        </div>
    }
}

#[component]
fn Waiting(waiting: WaitingChange) -> impl IntoView {
    let WaitingChange { amount, until } = waiting;
    view! {
        <Notice tone=Tone::Warning title="A new hold is not finished">
            {format!("A hold of {amount} waits for your card until {}. ", instant(until))}
            "Until it stands, your pledge and its hold are as they were."
        </Notice>
    }
}

#[component]
fn OtherCard(pledge: PledgeView) -> impl IntoView {
    let what = match pledge.collection {
        Collection::Hold => {
            "The amount is held on the other card first. Only once that stands is it released on this one."
        }
        Collection::SaveCard | Collection::ChargeNow => {
            "The payment provider’s page asks for the other card. This one is then forgotten. Nothing is charged now."
        }
    };
    view! {
        <section class="panel stack" aria-labelledby="card">
            <h2 class="panel__title" id="card">"Another card"</h2>
            <p>{what}</p>
            <form method="post" action=ChangeCard::url()>
                <input type="hidden" name="pledge" value=pledge.id/>
                <button class="button" type="submit">"Use another card"</button>
            </form>
        </section>
    }
}

/// Where a change leads, and its card page. Leads on as soon as the change is made.
#[component]
pub fn ChangeReturned() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let pledge = Resource::new_blocking(move || id.clone(), changed_pledge);
    view! {
        <Suspense>{move || Suspend::new(async move { still_under_way(pledge.await) })}</Suspense>
    }
}

/// Where the page for another card leads.
#[component]
pub fn CardReturned() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let pledge = Resource::new_blocking(move || id.clone(), card_changed);
    view! {
        <Suspense>{move || Suspend::new(async move { still_under_way(pledge.await) })}</Suspense>
    }
}

fn still_under_way(pledge: Result<PledgeView, ApiError>) -> AnyView {
    match pledge {
        Ok(pledge) => view! {
            <Title text="Changing your pledge"/>
            <div class="wrap wrap--form confirmation">
                <h1>"Changing your pledge"</h1>
                <p class="lead">
                    "Your change of the pledge to " {pledge.campaign_title}
                    " is not confirmed yet. This page looks again every few seconds."
                </p>
                <div class="cluster">
                    <a class="button" href="">"Look again now"</a>
                    <a class="button button--quiet" href=format!("/pledges/{}/change", pledge.id)>"Back to the form"</a>
                </div>
            </div>
        }
        .into_any(),
        Err(error) => view! { <Problem error/> }.into_any(),
    }
}
