//! Everything a campaign's own page shows, in a few statements.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    CampaignId, FeeRule, Model, Money, Outcome, PersonId, Progress, ResultPolicy, RewardId, ShippingRates,
};
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::{Stats, shipping};
use crate::milestones::{self, PageMilestone};
use crate::pledges::{RecentBacker, recent_backers};
use crate::stretch_goals::{self, PageStretchGoal};
use crate::{Result, rows, settlement};

/// A public campaign.
#[derive(Clone, Debug)]
pub struct Page {
    pub id: CampaignId,
    pub slug: String,
    pub title: String,
    pub pitch: String,
    pub category: String,
    pub location: String,
    pub cover: Option<String>,
    pub cover_alt: String,
    /// Sanitised when it was saved.
    pub story_html: String,
    pub creator_id: PersonId,
    pub creator_name: String,
    pub creator_bio: String,
    pub model: Model,
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
    /// Why it was called off.
    pub call_off_reason: Option<String>,
    pub milestones: Vec<PageMilestone>,
    pub stretch_goals: Vec<PageStretchGoal>,
    pub rewards: Vec<PageReward>,
    pub recent_backers: Vec<RecentBacker>,
    /// The database's clock when the page was read.
    pub now: DateTime<Utc>,
}

/// A reward on the campaign's page.
#[derive(Clone, Debug)]
pub struct PageReward {
    pub id: RewardId,
    pub title: String,
    pub description: String,
    pub minimum: Money,
    pub kind: String,
    pub estimated_delivery: Option<NaiveDate>,
    /// `None`: nothing is sent.
    pub shipping: Option<ShippingRates>,
    pub limit: Option<u32>,
    pub left: Option<u32>,
    pub backers: i64,
}

/// A campaign by its slug; `None` when there is none or it is not public yet.
pub async fn page(db: &PgPool, slug: &str) -> Result<Option<Page>> {
    let row = sqlx::query!(
        r#"select campaigns.id as "id: CampaignId", campaigns.slug, title, pitch, categories.name as category, location, cover,
                  cover_alt, story_html, creator_id as "creator: PersonId", display_name, bio, model, state, refund_days,
                  suspended_at is not null as "suspended!", goal, currency, fee_bps, starts_at, ends_at,
                  version, coalesce(results.pledged, stats.pledged) as "pledged!",
                  coalesce(results.backers, stats.backers) as "backers!", results.outcome as "outcome?",
                  result_policy, collected.collected as "collected?",
                  (select reason from campaign_history where campaign_id = campaigns.id and event = 'cancelled'
                   and reason <> '' limit 1) as call_off_reason, clock() as "now!"
           from campaigns
           join people on people.id = creator_id
           join categories on categories.slug = category
           join campaign_stats stats on stats.campaign_id = campaigns.id
           left join campaign_results results on results.campaign_id = campaigns.id
           left join collection_results collected on collected.campaign_id = campaigns.id
           where campaigns.slug = lower($1) and state not in ('draft', 'in_review')"#,
        slug,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (Some(starts_at), Some(ends_at)) = (row.starts_at, row.ends_at) else { return Ok(None) };
    let stretch_goals = stretch_goals::of_campaign(db, row.id).await?;
    let stats = Stats { pledged: row.pledged, backers: row.backers, version: row.version };
    Ok(Some(Page {
        id: row.id,
        slug: row.slug,
        title: row.title,
        pitch: row.pitch,
        category: row.category,
        location: row.location,
        cover: row.cover,
        cover_alt: row.cover_alt,
        story_html: row.story_html,
        creator_id: row.creator,
        creator_name: row.display_name,
        creator_bio: row.bio,
        model: rows::named("campaigns.model", &row.model)?,
        fee: rows::fee(row.fee_bps)?,
        suspended: row.suspended,
        refund_days: row.refund_days.and_then(|days| u16::try_from(days).ok()),
        starts_at,
        policy: settlement::policy(&row.model, &row.result_policy)?,
        collected: row.collected.map(|amount| rows::money(amount, &row.currency)).transpose()?,
        outcome: row.outcome.and_then(|outcome| outcome.parse().ok()),
        call_off_reason: row.call_off_reason,
        progress: Progress {
            stretch: stretch_goals.iter().map(PageStretchGoal::goal).collect(),
            ..stats.progress(row.id, &row.state, row.goal, &row.currency, ends_at)?
        },
        milestones: milestones::of_campaign(db, row.id).await?,
        stretch_goals,
        rewards: rewards(db, row.id).await?,
        recent_backers: recent_backers(db, row.id).await?,
        now: row.now,
    }))
}

async fn rewards(db: &PgPool, campaign: CampaignId) -> Result<Vec<PageReward>> {
    let rows = sqlx::query!(
        r#"select id as "id: RewardId", title, description, minimum, currency, kind, estimated_delivery, slots,
                  claimed, coalesce(backers, 0) as "backers!",
                  array(select country from reward_shipping where reward_id = rewards.id order by country)
                      as "countries!: Vec<Option<String>>",
                  array(select price from reward_shipping where reward_id = rewards.id order by country)
                      as "prices!: Vec<Decimal>"
           from rewards left join reward_stats on reward_id = id
           where campaign_id = $1
           -- what is sold out moves to the end
           order by coalesce(claimed >= slots, false), position, minimum, id"#,
        campaign as CampaignId,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let limit = row.slots.map(|slots| rows::count("rewards.slots", slots)).transpose()?;
            let claimed = rows::count("rewards.claimed", row.claimed)?;
            Ok(PageReward {
                id: row.id,
                title: row.title,
                description: row.description,
                minimum: rows::money(row.minimum, &row.currency)?,
                kind: row.kind,
                estimated_delivery: row.estimated_delivery,
                shipping: shipping::rates(&row.countries, &row.prices, &row.currency)?,
                limit,
                left: limit.map(|limit| limit.saturating_sub(claimed)),
                backers: row.backers,
            })
        })
        .collect()
}
