//! The reading column: the story and who stands behind it already.

use leptos::prelude::*;

use crate::api::campaigns::CampaignView;
use crate::components::avatar::Avatar;
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
                            {backers.into_iter().map(|backer| view! {
                                <li class="backer">
                                    <Avatar name=backer.display_name.clone() small=true/>
                                    <span class="backer__name">
                                        {backer.display_name} " "
                                        <time datetime=backer.confirmed_at.to_rfc3339()>{ago(backer.confirmed_at, now)}</time>
                                    </span>
                                </li>
                            }).collect_view()}
                        </ul>
                    }.into_any()
                }}
            </section>
        </div>
    }
}
