//! Pledging: the form, the way back from the card page, and the confirmation.

mod after;
mod money;

use domain::{CampaignState, Progress, ResultPolicy};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

pub use after::{Confirmation, Returned};

use crate::api::campaigns::CampaignView;
use crate::api::error::ApiError;
use crate::api::guests::StartGuestPledge;
use crate::api::pledges::{LeftPledge, PledgePageView, StartPledge, pledge_page};
use crate::components::layout::Breadcrumbs;
use crate::components::notice::{Notice, Tone};
use crate::components::time::instant;
use crate::islands::pledge_form::PledgeFormIsland;
use crate::next_path::with_next;
use crate::pages::account::form_error;
use crate::pages::here;
use crate::pages::status::Problem;

#[component]
pub fn PledgePage() -> impl IntoView {
    let slug = use_params_map().read_untracked().get("slug").unwrap_or_default();
    let refused = form_error::<StartPledge>().or_else(form_error::<StartGuestPledge>);
    let here = here();
    let page = Resource::new_blocking(move || slug.clone(), pledge_page);
    view! {
        <Suspense>
            {move || {
                let (refused, here) = (refused.clone(), here.clone());
                Suspend::new(async move {
                    match page.await {
                        Ok(page) => view! { <Pledging page refused here/> }.into_any(),
                        Err(error) => view! { <Problem error/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Pledging(page: PledgePageView, refused: Option<ApiError>, here: String) -> impl IntoView {
    let campaign = page.campaign;
    let open = campaign.is_open();
    let asks_who = page.form.as_ref().is_some_and(|form| form.guest.is_some());
    let rule = campaign.policy.map(ResultPolicy::explain);
    let trail = vec![
        ("/".to_owned(), "Campaigns".to_owned()),
        (format!("/campaigns/{}", campaign.slug), campaign.title.clone()),
    ];
    view! {
        <Title text=format!("Back {}", campaign.title)/>
        <div class="wrap">
            <Breadcrumbs trail here="Your pledge".to_owned()/>
            <header class="page-head">
                <p class="muted">{campaign.title.clone()} " by " {campaign.creator_name.clone()}</p>
                <h1>"Your pledge"</h1>
                {rule.map(|rule| view! { <p class="muted measure">{rule}</p> })}
                {asks_who.then(|| view! { <OrLogIn here/> })}
            </header>
            {page.left.map(|pledge| view! { <Left pledge/> })}
            {match page.form {
                _ if !open => view! {
                    <Notice tone=Tone::Info title="Not open for pledges">
                        {refused.map_or_else(
                            || why_closed(&campaign),
                            |refused| refused.to_string(),
                        )}
                        " "
                        <a href=format!("/campaigns/{}", campaign.slug)>"Back to the campaign"</a>
                    </Notice>
                }.into_any(),
                Some(form) => {
                    let form = form.restored(refused.as_ref());
                    view! {
                        {campaign.refund_policy().map(|policy| view! { <p>{policy}</p> })}
                        <PledgeFormIsland form refused/>
                    }.into_any()
                }
                None => ().into_any(),
            }}
        </div>
    }
}

fn why_closed(campaign: &CampaignView) -> String {
    let Progress { state, ends_at, .. } = campaign.progress;
    let why = match state {
        _ if campaign.suspended => "This campaign is paused while our team looks into it.".to_owned(),
        CampaignState::Cancelled => "This campaign was cancelled.".to_owned(),
        _ if campaign.now < campaign.starts_at => {
            format!("This campaign opens on {}.", instant(campaign.starts_at))
        }
        _ => format!("This campaign ended on {}.", instant(ends_at)),
    };
    format!("{why} Nothing was charged.")
}

/// The backer came back from the card page, or from the bank's, without finishing.
#[component]
fn Left(pledge: LeftPledge) -> impl IntoView {
    let until = pledge.reserved_until.map(|until| format!(" Your place is kept until {}.", instant(until)));
    let title = match pledge.in_page {
        true => "Your pledge still needs a card. Nothing was charged.",
        false => "You left the card page. Nothing was charged.",
    };
    view! {
        <Notice tone=Tone::Warning title>
            {pledge.declined} {until} " Send the form again to go on."
        </Notice>
    }
}

/// For who has an account, or would have one.
#[component]
fn OrLogIn(here: String) -> impl IntoView {
    view! {
        <p class="measure">
            "You can pledge without an account. With one, all your pledges and cards are in one place: "
            <a href=with_next("/login", &here)>"Log in"</a> " or "
            <a href=with_next("/register", &here)>"Create an account"</a> "."
        </p>
    }
}
