//! Reading campaigns.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{FeeRule, Model, Money, Outcome, Progress};
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
    pub starts_at: DateTime<Utc>,
    pub progress: Progress,
    /// Once decided, and not called off.
    pub outcome: Option<Outcome>,
    /// Why it was called off, in its creator's words.
    pub call_off_reason: Option<String>,
    /// Whether the viewer may call it off.
    pub may_cancel: bool,
    pub rewards: Vec<RewardView>,
    pub recent_backers: Vec<BackerView>,
    /// The instant the page was made, by the clock that decides.
    pub now: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RewardView {
    pub id: String,
    pub title: String,
    pub description: String,
    pub minimum: Money,
    pub estimated_delivery: Option<NaiveDate>,
    /// `None`: unlimited.
    pub limit: Option<u32>,
    pub left: Option<u32>,
    pub backers: i64,
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
