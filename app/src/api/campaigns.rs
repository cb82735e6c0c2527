//! Reading campaigns.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{FeeRule, Model, Money, Outcome, Progress, ResultPolicy};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

/// What the home page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HomeView {
    pub live: Vec<CardView>,
    pub others: Vec<CardView>,
    pub now: DateTime<Utc>,
}

/// A campaign in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardView {
    pub slug: String,
    pub title: String,
    pub pitch: String,
    pub creator_name: String,
    pub category: String,
    pub cover: Option<String>,
    pub cover_alt: String,
    pub starts_at: DateTime<Utc>,
    pub progress: Progress,
}

/// A campaign's own page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CampaignView {
    pub id: String,
    pub slug: String,
    pub title: String,
    pub pitch: String,
    pub category: String,
    pub location: String,
    pub cover: Option<String>,
    pub cover_alt: String,
    /// Sanitised HTML.
    pub story_html: String,
    pub creator_name: String,
    pub creator_bio: String,
    pub model: Model,
    /// The platform's share of what is collected.
    pub fee: FeeRule,
    pub suspended: bool,
    /// How many days after paying a backer may take the money back.
    pub refund_days: Option<u16>,
    pub starts_at: DateTime<Utc>,
    pub progress: Progress,
    /// Once decided, and not called off.
    pub outcome: Option<Outcome>,
    /// What follows when less than the goal is collected; `None` where everybody pays at once.
    pub policy: Option<ResultPolicy>,
    /// What could be collected in the end of what was pledged.
    pub collected: Option<Money>,
    /// Why it was called off, in its creator's words.
    pub call_off_reason: Option<String>,
    /// Whether the viewer sees its paid pledges: its creator, and staff.
    pub may_see_pledges: bool,
    /// Whether the viewer may call it off.
    pub may_cancel: bool,
    pub milestones: Vec<MilestoneView>,
    pub stretch_goals: Vec<StretchGoalView>,
    pub rewards: Vec<RewardView>,
    pub recent_backers: Vec<BackerView>,
    /// The instant the page was made, by the clock that decides.
    pub now: DateTime<Utc>,
}

/// A part of the goal that was reached, once and for good.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MilestoneView {
    pub percent: i16,
    pub reached_at: DateTime<Utc>,
}

/// What is promised above the goal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StretchGoalView {
    /// The total that unlocks it.
    pub amount: Money,
    pub title: String,
    pub description: String,
    pub unlocked: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RewardView {
    pub id: String,
    pub title: String,
    pub description: String,
    pub minimum: Money,
    /// Where it is sent; `None`: nothing is.
    pub shipping: Option<ShippingView>,
    pub estimated_delivery: Option<NaiveDate>,
    /// `None`: unlimited.
    pub limit: Option<u32>,
    pub left: Option<u32>,
    pub backers: i64,
}

/// Where a reward is sent, and for how much.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShippingView {
    /// In few words.
    pub summary: String,
    pub prices: Prices,
}

/// What sending costs, in the smallest unit of the campaign's currency. It travels into the browser with the pledge form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prices {
    /// By the code of the country.
    pub to: Vec<(String, i64)>,
    pub elsewhere: Option<i64>,
}

impl Prices {
    /// What it costs to send it to one of the countries that can be chosen; `None`: it is not sent there.
    #[must_use]
    pub fn of(&self, country: &str) -> Option<i64> {
        let own = self.to.iter().find(|(code, _)| code == country);
        own.map(|(_, price)| *price).or(self.elsewhere)
    }
}

/// Somebody who backed a campaign, as everybody may see them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackerView {
    /// `None`: somebody who hides it.
    pub display_name: Option<String>,
    /// As people read it; `None` when it is hidden.
    pub amount: Option<String>,
    pub confirmed_at: DateTime<Utc>,
}

impl CampaignView {
    /// Whether the page offers pledging. The server decides again when a pledge is made.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.progress.state == domain::CampaignState::Live
            && !self.suspended
            && self.now >= self.starts_at
            && self.now < self.progress.ends_at
    }
}

impl RewardView {
    #[must_use]
    pub fn sold_out(&self) -> bool {
        self.left == Some(0)
    }
}

#[server(endpoint = "home", prefix = "/api")]
pub async fn home() -> Result<HomeView, ApiError> {
    use crate::ssr;
    let view = async || {
        let ctx = ssr::ctx()?;
        Ok(HomeView {
            live: backend::campaigns::live_cards(&ctx.db).await?.into_iter().map(Into::into).collect(),
            others: backend::campaigns::recently_ended(&ctx.db).await?.into_iter().map(Into::into).collect(),
            now: backend::clock::now(&ctx.db).await.map_err(backend::Error::from)?,
        })
    };
    ssr::answer(view().await)
}

#[server(endpoint = "campaign", prefix = "/api")]
pub async fn campaign(slug: String) -> Result<CampaignView, ApiError> {
    use crate::ssr;
    ssr::answer(ssr::settlement::campaign(&slug).await)
}

impl CampaignView {
    /// What backers of a keep-it-all campaign may count on; the other models charge nobody before the outcome.
    #[must_use]
    pub fn refund_policy(&self) -> Option<String> {
        if self.model != Model::KeepItAll {
            return None;
        }
        Some(match self.refund_days {
            Some(1) => "You can take your money back for one day after you pay.".to_owned(),
            Some(days) => format!("You can take your money back for {days} days after you pay."),
            None => "Refunds are the creator’s decision.".to_owned(),
        })
    }
}
