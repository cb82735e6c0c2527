use chrono::{DateTime, TimeDelta, Utc};
use domain::CampaignState;
use leptos::prelude::*;

use super::bar::{Bar, Size};
use super::time::{date, where_it_stands};
use crate::api::campaigns::CardView;

/// A campaign in a grid: the whole card is one link.
#[component]
pub fn Card(card: CardView, now: DateTime<Utc>, #[prop(optional)] first_row: bool) -> impl IntoView {
    let snapshot = card.progress.snapshot();
    let stopped = matches!(card.progress.state, CampaignState::Failed | CampaignState::Cancelled);
    view! {
        <article class="card">
            <div class="card__cover">
                {card.cover.clone().map(|cover| {
                    view! {
                        <img src=cover width="800" height="450" alt=card.cover_alt.clone() loading=if first_row { "eager" } else { "lazy" }/>
                    }
                })}
                {badge(&card, now).map(|(kind, words)| view! { <span class=format!("badge badge--{kind}")>{words}</span> })}
            </div>
            <div class="card__body">
                <h3 class="card__title">
                    <a class="card__link" href=format!("/campaigns/{}", card.slug)>{card.title.clone()}</a>
                </h3>
                <p class="card__pitch">{card.pitch.clone()}</p>
                <p class="card__by">"by " {card.creator_name.clone()}</p>
                <div class="card__money">
                    <Bar snapshot=snapshot.clone() size=Size::Small stopped/>
                    <p class="card__figures">
                        <strong class="money">{snapshot.pledged}</strong>
                        " "
                        <span class="card__percent">{format!("{} %", snapshot.percent)}</span>
                        " "
                        <span>{where_it_stands(card.starts_at, card.progress.ends_at, now)}</span>
                    </p>
                </div>
            </div>
        </article>
    }
}

/// A live campaign has no badge unless it ends within a day and a half.
fn badge(card: &CardView, now: DateTime<Utc>) -> Option<(&'static str, String)> {
    let state = card.progress.state;
    match state {
        CampaignState::Live if now >= card.progress.ends_at => Some(("review", "Ended".into())),
        CampaignState::Live if card.progress.ends_at - now < TimeDelta::hours(36) => {
            Some(("ending", "Ends soon".into()))
        }
        CampaignState::Live => None,
        CampaignState::Scheduled => Some(("scheduled", format!("Opens {}", date(card.starts_at)))),
        CampaignState::Funded | CampaignState::PartiallyFunded => Some(("funded", state.label().into())),
        CampaignState::Failed => Some(("failed", state.label().into())),
        CampaignState::Cancelled => Some(("cancelled", state.label().into())),
        CampaignState::Draft | CampaignState::InReview | CampaignState::Settling => {
            Some(("review", state.label().into()))
        }
    }
}
