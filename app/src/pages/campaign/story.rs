//! The reading column: the story and who stands behind it already.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::api::campaigns::{BackerView, CampaignView};
use crate::components::avatar::{Avatar, NobodysAvatar};
use crate::components::time::ago;

#[component]
pub fn Story(campaign: CampaignView) -> impl IntoView {
    let backers = campaign.recent_backers.clone();
    let now = campaign.now;
    view! {
        <div class="stack stack--loose">
            <div class="prose" inner_html=campaign.story_html></div>
            <section aria-labelledby="backers">
                <h2 id="backers">"Latest backers"</h2>
                {if backers.is_empty() {
                    view! { <p class="muted">"Nobody yet. Somebody has to be first."</p> }.into_any()
                } else {
                    view! {
                        <ul class="backers">
                            {backers.into_iter().map(|backer| view! { <Backer backer now/> }).collect_view()}
                        </ul>
                    }.into_any()
                }}
            </section>
        </div>
    }
}

/// A backer as everybody may see them. A hidden name has left no trace here: not even its colour.
#[component]
fn Backer(backer: BackerView, now: DateTime<Utc>) -> impl IntoView {
    let drawn = match &backer.display_name {
        Some(name) => view! { <Avatar name=name.clone() small=true/> }.into_any(),
        None => view! { <NobodysAvatar/> }.into_any(),
    };
    let name = backer.display_name.unwrap_or_else(|| "Somebody, without a name".to_owned());
    view! {
        <li class="backer">
            {drawn}
            <span class="backer__name">
                {name} " " <time datetime=backer.confirmed_at.to_rfc3339()>{ago(backer.confirmed_at, now)}</time>
            </span>
            <span class="backer__amount">{backer.amount}</span>
        </li>
    }
}
