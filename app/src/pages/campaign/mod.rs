//! A campaign's own page.

mod milestones;
mod panel;
mod story;
mod stretch;

use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_params_map;

use crate::api::campaigns::{CampaignView, campaign};
use crate::components::avatar::Avatar;
use crate::components::icon::Icon;
use crate::components::notice::{Notice, Tone};
use crate::components::time::{date, span};
use crate::islands::local_time::LocalTime;
use crate::islands::progress::LiveProgress;
use crate::pages::status::Problem;
use domain::{CampaignState, Model};
use milestones::Milestones;
use panel::Panel;
use story::Story;
use stretch::StretchGoals;

#[component]
pub fn CampaignPage() -> impl IntoView {
    let slug = use_params_map().read_untracked().get("slug").unwrap_or_default();
    let found = Resource::new_blocking(move || slug.clone(), campaign);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(campaign) => view! { <Campaign campaign/> }.into_any(),
                    Err(error) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Campaign(campaign: CampaignView) -> impl IntoView {
    let pledge_at = format!("/campaigns/{}/pledge", campaign.slug);
    view! {
        <Title text=campaign.title.clone()/>
        <Meta name="description" content=campaign.pitch.clone()/>
        <article class="wrap campaign">
            <Head campaign=campaign.clone()/>
            <Standing campaign=campaign.clone()/>
            <Tide campaign=campaign.clone() pledge_at=pledge_at.clone()/>
            <div class="split campaign__body">
                <Story campaign=campaign.clone()/>
                <Panel campaign=campaign.clone() pledge_at=pledge_at.clone()/>
            </div>
        </article>
    }
}

#[component]
fn Head(campaign: CampaignView) -> impl IntoView {
    view! {
        <header class="campaign__head">
            <div class="campaign__cover">
                {campaign.cover.map(|cover| view! {
                    <img src=cover width="1600" height="900" alt=campaign.cover_alt fetchpriority="high"/>
                })}
            </div>
            <div class="campaign__words">
                <ul class="campaign__tags">
                    <li><span class="chip">{campaign.category}</span></li>
                    <li><Icon name="location"/>{campaign.location}</li>
                </ul>
                <h1>{campaign.title}</h1>
                <p class="campaign__pitch">{campaign.pitch}</p>
                <div class="campaign__by">
                    <Avatar name=campaign.creator_name.clone()/>
                    <p>
                        <span>"by " {campaign.creator_name}</span>
                        <span class="muted">{campaign.creator_bio}</span>
                    </p>
                </div>
            </div>
        </header>
    }
}

/// Why there is no button, when there is none.
#[component]
fn Standing(campaign: CampaignView) -> impl IntoView {
    let goal = campaign.progress.goal;
    let collected = campaign.collected.filter(|_| campaign.policy.is_some());
    let collected = collected.map(|amount| format!(" {amount} could be collected."));
    let collected = collected.unwrap_or_default();
    let words = match campaign.progress.state {
        _ if campaign.suspended => Some((
            Tone::Warning,
            "Paused",
            "Our team is looking into this campaign. Nobody can pledge meanwhile, and nobody is charged."
                .to_owned(),
        )),
        CampaignState::Scheduled => Some((
            Tone::Info,
            "Not open yet",
            format!("This campaign opens on {}.", date(campaign.starts_at)),
        )),
        CampaignState::Live if campaign.now >= campaign.progress.ends_at => {
            Some((Tone::Info, "Ended", "The deadline has passed. The pledges are being counted.".to_owned()))
        }
        CampaignState::Settling if campaign.outcome.is_none() => Some((
            Tone::Info,
            "Ended",
            "The deadline has passed. Pledges that are still at the card page are waited for, then the total decides."
                .to_owned(),
        )),
        CampaignState::Settling => Some((
            Tone::Success,
            "Funded",
            format!("The goal of {goal} was met on {}. Cards are being charged.", date(campaign.progress.ends_at)),
        )),
        CampaignState::Funded => Some((
            Tone::Success,
            "Funded",
            format!("The goal of {goal} was met on {}.{collected}", date(campaign.progress.ends_at)),
        )),
        CampaignState::PartiallyFunded => Some((
            Tone::Info,
            "Ended",
            format!("The goal of {goal} was not met. The creator keeps what came together."),
        )),
        CampaignState::Failed if campaign.collected.is_some() => Some((
            Tone::Warning,
            "Not funded",
            format!(
                "The goal of {goal} was met at the deadline.{collected} That is less than the goal, and by the rule chosen \
                 before the launch everybody who paid is refunded in full."
            ),
        )),
        CampaignState::Failed => {
            Some((Tone::Info, "Not funded", format!("The goal of {goal} was not met. Nobody was charged.")))
        }
        CampaignState::Cancelled => {
            let money = match campaign.model {
                Model::KeepItAll => "Everybody who had paid gets all of it back.",
                Model::AllOrNothing | Model::Hybrid => "Nobody was charged.",
            };
            Some((Tone::Warning, "Cancelled", format!("This campaign was cancelled. {money}")))
        }
        CampaignState::Live | CampaignState::Draft | CampaignState::InReview => None,
    };
    // What was called off before anybody paid has no account to show.
    let had_payments = campaign.outcome.is_some()
        || campaign.progress.state == CampaignState::Cancelled && campaign.model == Model::KeepItAll;
    let account = had_payments.then(|| format!("/campaigns/{}/settlement", campaign.slug));
    let account = account.map(|href| view! { " " <a href=href>"Where the money stands"</a> });
    let reason = campaign.call_off_reason.filter(|_| campaign.progress.state == CampaignState::Cancelled);
    let cancel_at = campaign.may_cancel.then(|| format!("/campaigns/{}/cancel", campaign.slug));
    let pledges_at = campaign.may_see_pledges.then(|| format!("/campaigns/{}/pledges", campaign.slug));
    view! {
        {words.map(|(tone, title, text)| view! { <Notice tone title>{text}{account}</Notice> })}
        {reason.map(|reason| view! { <blockquote class="prose"><p>{reason}</p></blockquote> })}
        {pledges_at.map(|href| view! {
            <p class="cluster">
                <span class="muted">"This is your campaign."</span>
                <a href=href>"Paid pledges"</a>
                {cancel_at.map(|href| view! { <a href=href>"Cancel it…"</a> })}
            </p>
        })}
    }
}

/// The bar, the figures and the button.
#[component]
fn Tide(campaign: CampaignView, pledge_at: String) -> impl IntoView {
    let progress = campaign.progress.clone();
    let stopped = matches!(progress.state, CampaignState::Failed | CampaignState::Cancelled);
    let live = progress.state == CampaignState::Live;
    let open = campaign.is_open();
    let time_left = open.then(|| span(progress.ends_at - campaign.now));
    let begun_or_to_come = matches!(progress.state, CampaignState::Scheduled | CampaignState::Live);
    let time_label = if open {
        "left, until"
    } else if begun_or_to_come && campaign.now < progress.ends_at {
        "ends"
    } else {
        "ended"
    };
    let goals = campaign.stretch_goals.clone();
    let milestones = campaign.milestones.clone();
    view! {
        <section class="campaign__tide" aria-label="Progress">
            <LiveProgress
                campaign=campaign.id.clone()
                first=progress.snapshot()
                live
                stopped
                time_left
                time_label=time_label.to_owned()
                ends_on=date(progress.ends_at)
                ends_at=progress.ends_at.to_rfc3339()
                pledge_at=open.then_some(pledge_at)
            >
                <StretchGoals goals/>
            </LiveProgress>
            <Milestones milestones/>
            <p class="campaign__rule">
                {rule(&campaign)} " "
                <LocalTime at=progress.ends_at.to_rfc3339() utc=crate::components::time::instant(progress.ends_at)/>
            </p>
        </section>
    }
}

fn rule(campaign: &CampaignView) -> String {
    let goal = campaign.progress.goal;
    match campaign.model {
        Model::AllOrNothing => format!("All or nothing: cards are charged only if {goal} is reached by"),
        Model::KeepItAll => "Keep it all: cards are charged at once. The campaign ends on".to_owned(),
        Model::Hybrid => format!("All or nothing up to {goal}, stretch goals above: decided on"),
    }
}
