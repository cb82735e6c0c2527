//! The column beside the story: the rule the campaign follows, and its rewards.

use domain::Model;
use leptos::prelude::*;

use crate::api::campaigns::{CampaignView, RewardView};
use crate::components::icon::Icon;

#[component]
pub fn Panel(campaign: CampaignView, pledge_at: String) -> impl IntoView {
    let open = campaign.is_open();
    let refunds = campaign.refund_policy();
    let (class, icon) = match campaign.model {
        Model::AllOrNothing => ("model model--aon", "lock"),
        Model::KeepItAll => ("model model--kia", "heart"),
        Model::Hybrid => ("model model--hybrid", "arrow"),
    };
    view! {
        <aside class="split__aside" aria-label="Back this campaign">
            <section class=class aria-labelledby="model">
                <h2 class="model__title" id="model"><Icon name=icon/>{campaign.model.label()}</h2>
                <p>{campaign.model.explain()}</p>
                {campaign.policy.map(|policy| view! { <p>{policy.explain()}</p> })}
                {refunds.map(|refunds| view! { <p>{refunds}</p> })}
            </section>
            <section class="stack" aria-labelledby="rewards">
                <h2 id="rewards">"Rewards"</h2>
                <ul class="rewards">
                    {campaign.rewards.into_iter().map(|reward| view! { <Reward reward open pledge_at=pledge_at.clone()/> }).collect_view()}
                </ul>
            </section>
        </aside>
    }
}

#[component]
fn Reward(reward: RewardView, open: bool, pledge_at: String) -> impl IntoView {
    let sold_out = reward.sold_out();
    let left = reward.left.zip(reward.limit).map(|(left, limit)| match left {
        0 => format!("All {limit} taken"),
        left => format!("{left} of {limit} left"),
    });
    let backers = match reward.backers {
        1 => "1 backer".to_owned(),
        backers => format!("{backers} backers"),
    };
    view! {
        <li class=if sold_out { "reward reward--sold-out" } else { "reward" }>
            <p class="reward__minimum">{reward.minimum.to_string()} " " <span class="muted small">"or more"</span></p>
            <h3 class="reward__title">{reward.title}</h3>
            <p class="reward__text">{reward.description}</p>
            <ul class="reward__facts">
                {reward.estimated_delivery.map(|date| view! {
                    <li><Icon name="package"/>{date.format("%B %Y").to_string()}</li>
                })}
                {reward.shipping.map(|shipping| view! { <li><Icon name="location"/>{shipping.summary}</li> })}
                <li><Icon name="people"/>{backers}</li>
                {left.map(|left| view! { <li class="reward__left">{left}</li> })}
            </ul>
            {(open && !sold_out).then(|| view! {
                <a class="button button--wide" href=format!("{pledge_at}?reward={}", reward.id)>
                    {format!("Pledge {} or more", reward.minimum)}
                </a>
            })}
        </li>
    }
}
