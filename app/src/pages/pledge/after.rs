//! After the card page.

use domain::{Collection, PledgeState, Price};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::money::PledgeMoney;
use crate::api::error::ApiError;
use crate::api::pledges::{CancelPledge, PledgeView, SetPledgePrivacy, my_pledge, returned_pledge};
use crate::api::refunds::{MoneyView, pledge_money};
use crate::components::notice::{Notice, Tone};
use crate::components::pledge_state::PledgeBadge;
use crate::components::price::PriceLines;
use crate::components::privacy::PrivacyBoxes;
use crate::components::time::instant;
use crate::pages::account::form_error;
use crate::pages::me::Cancel;
use crate::pages::status::Problem;

/// Where the card page sends the backer. Leads on to the confirmation as soon as the gateway's word is applied.
#[component]
pub fn Returned() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let pledge = Resource::new_blocking(move || id.clone(), returned_pledge);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match pledge.await {
                    Ok(pledge) => view! { <Waiting pledge/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The gateway has not confirmed yet. The page asks again by itself, with script and without.
#[component]
fn Waiting(pledge: PledgeView) -> impl IntoView {
    view! {
        <Title text="Waiting for your bank"/>
        <div class="wrap wrap--form confirmation">
            <h1>"Waiting for your bank"</h1>
            <p class="lead">
                "Your pledge of " <strong class="money">{pledge.amount.to_string()}</strong> " to " {pledge.campaign_title}
                " has not been confirmed yet. This page looks again every few seconds."
            </p>
            {pledge.declined.map(|reason| view! { <Notice tone=Tone::Warning>{reason}</Notice> })}
            <div class="cluster">
                <a class="button" href="">"Look again now"</a>
                <a class="button button--quiet" href=format!("/campaigns/{}/pledge?left={}", pledge.campaign_slug, pledge.id)>
                    "Back to the form"
                </a>
            </div>
        </div>
    }
}

/// A pledge's own page: the confirmation, and later its state.
#[component]
pub fn Confirmation() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let refused = form_error::<CancelPledge>();
    let pledge = Resource::new_blocking(
        {
            let id = id.clone();
            move || id.clone()
        },
        my_pledge,
    );
    // Beside the pledge, not within what is drawn of it: a page waits for both at once.
    let money = Resource::new_blocking(move || id.clone(), pledge_money);
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    let (pledge, money) = (pledge.await, money.await.ok());
                    match pledge {
                        Ok(pledge) => view! { <Pledge pledge money refused/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Pledge(pledge: PledgeView, money: Option<MoneyView>, refused: Option<ApiError>) -> impl IntoView {
    let stands =
        pledge.state.counts() && !pledge.state.can_be_fixed() && pledge.state != PledgeState::Disputed;
    let waits = pledge.state == PledgeState::Pending;
    let over = pledge.state.is_over();
    let (shipping, ship_to) = pledge.shipment.clone().map(|sent| (sent.cost, sent.to)).unzip();
    let finish_at = format!("/campaigns/{}/pledge", pledge.campaign_slug);
    let what = match (pledge.state, pledge.collection) {
        (PledgeState::Committed, _) => "Your card is saved, not charged.",
        (PledgeState::Authorized, _) => "The amount is held on your card, not charged.",
        (PledgeState::Captured, Collection::ChargeNow) => "Your card was charged.",
        (PledgeState::Pending, _) => "Not finished: no card is saved or charged yet.",
        (PledgeState::Cancelled, _) => "Cancelled. Your card is not charged.",
        // Only campaigns that have ended drop pledges, so there is nothing to pledge to again.
        (PledgeState::Dropped, _) => {
            "Not paid in time, so it was dropped. Your card is not charged. The campaign has ended and takes no new pledges."
        }
        (PledgeState::Expired, _) => "Not finished in time. No card was saved or charged.",
        (state, _) => state.label(),
    };
    view! {
        <Title text="Your pledge"/>
        <div class="wrap wrap--form confirmation">
            <JustDone/>
            {refused.map(|error| view! { <Notice tone=Tone::Error>{error.to_string()}</Notice> })}
            {stands.then(|| view! { <Tick/> })}
            <h1 tabindex="-1">{if stands { "Thank you." } else { "Your pledge" }}</h1>
            <p class="lead">
                "Your pledge of " <strong class="money">{pledge.amount.to_string()}</strong> " to " {pledge.campaign_title.clone()}
                {if stands { " is in." } else { "." }} " " <PledgeBadge state=pledge.state/>
            </p>
            <section class="summary" aria-labelledby="terms">
                <h2 class="visually-hidden" id="terms">"What you agreed to"</h2>
                <p class="summary__promise"><strong>{what}</strong></p>
                {waits.then(|| view! {
                    <p>
                        {pledge.reserved_until.map(|until| format!("Your place is kept until {}. ", instant(until)))}
                        "Once you have entered your card:"
                    </p>
                })}
                {(!over).then(|| view! { <p>{pledge.mandate.clone()}</p> })}
                {Price::of(pledge.amount, pledge.reward_minimum, shipping, pledge.fee).map(|price| view! {
                    <PriceLines price reward=pledge.reward_title.clone() ship_to fee=pledge.fee.to_string()/>
                })}
            </section>
            {money.map(|money| view! { <PledgeMoney money id=pledge.id.clone()/> })}
            <Shown pledge=pledge.id.clone() name_hidden=pledge.name_hidden amount_hidden=pledge.amount_hidden/>
            <div class="cluster">
                {pledge.state.can_be_fixed().then(|| view! {
                    <a class="button button--primary" href=format!("/pledges/{}/fix", pledge.id)>"Fix the payment"</a>
                })}
                {pledge.can_change.then(|| view! {
                    <a class="button" href=format!("/pledges/{}/change", pledge.id)>"Change"</a>
                })}
                {waits.then(|| view! { <a class="button button--primary" href=finish_at>"Finish your pledge"</a> })}
                <a class="button" href=format!("/campaigns/{}", pledge.campaign_slug)>"Back to the campaign"</a>
                {if pledge.as_guest {
                    let here = format!("/pledges/{}", pledge.id);
                    pledge.can_cancel.then(|| view! { <Cancel pledge=pledge.clone() keep_at=here/> }).into_any()
                } else {
                    view! { <a class="button button--quiet" href="/account/pledges">"My pledges"</a> }.into_any()
                }}
            </div>
            {(pledge.as_guest && !waits && !over).then(|| view! { <WithoutAccount/> })}
        </div>
    }
}

/// How who has no account finds the pledge again.
#[component]
fn WithoutAccount() -> impl IntoView {
    view! {
        <Notice tone=Tone::Info title="The letter has the key">
            "A letter goes to the e-mail you gave. Its link opens this pledge at any time, on any device; this browser \
             forgets it within a day. With the link you can also add the pledge to an account."
        </Notice>
    }
}

/// What led here, other than pledging.
#[component]
fn JustDone() -> impl IntoView {
    let query = use_query_map();
    let came_by = |name| query.read_untracked().get(name).is_some();
    let words = if came_by("adopted") {
        Some("This pledge is in your account now. Letters about it go on to the e-mail you gave with it.")
    } else if came_by("cancelled") {
        Some("Your pledge is cancelled. Your card will not be charged.")
    } else if came_by("changed") {
        Some("Your pledge is changed. What you see here is what holds from now on.")
    } else if came_by("card") {
        Some("Your other card is saved. The one before is forgotten.")
    } else {
        None
    };
    words.map(|words| view! { <Notice tone=Tone::Success>{words}</Notice> })
}

/// What the public sees of it, and how to change that.
#[component]
fn Shown(pledge: String, name_hidden: bool, amount_hidden: bool) -> impl IntoView {
    let saved = use_query_map().read_untracked().get("saved").is_some();
    view! {
        {saved.then(|| view! { <Notice tone=Tone::Success>"Saved. The campaign’s page shows it so from now on."</Notice> })}
        <form class="form" method="post" action=SetPledgePrivacy::url()>
            <input type="hidden" name="pledge" value=pledge/>
            <fieldset class="form__group">
                <legend>"What everybody sees"</legend>
                <PrivacyBoxes name_hidden amount_hidden/>
            </fieldset>
            <div class="form__actions"><button class="button" type="submit">"Save"</button></div>
        </form>
    }
}

#[component]
fn Tick() -> impl IntoView {
    view! {
        <svg class="tick" viewBox="0 0 112 112" aria-hidden="true" focusable="false">
            <circle cx="56" cy="56" r="54"></circle>
            <path class="tick__sea" d="M5 74c14-8 24-8 36-2s24 7 36 1 20-6 30-1A54 54 0 0 1 5 74Z"></path>
            <path class="tick__mark" pathLength="1" d="m34 56 16 17 30-36"></path>
        </svg>
    }
}
