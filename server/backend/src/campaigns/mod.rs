//! Campaigns: their rules for pledging, and what visitors see of them.

mod cards;
mod page;
mod shipping;
mod story;

use chrono::{DateTime, Utc};
use domain::{
    Campaign, CampaignEvent, CampaignId, CampaignState, PersonId, Progress, Reward, RewardId, Step,
    StretchGoal,
};
use sqlx::{PgConnection, PgExecutor, PgPool};

pub use cards::{Card, live as live_cards, recently_ended};
pub use page::{Page, PageReward, page};
pub use story::render as render_story;

use crate::{Error, Result, rows};

/// The facts that decide about pledges; `None` when there is no such campaign or it has no dates yet.
pub async fn rules(db: impl PgExecutor<'_>, campaign: CampaignId) -> Result<Option<Campaign>> {
    let row = sqlx::query!(
        r#"select creator_id as "creator: PersonId", model, state, suspended_at is not null as "suspended!",
                  goal, currency, starts_at, ends_at
           from campaigns where id = $1"#,
        campaign as CampaignId,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (Some(starts_at), Some(ends_at)) = (row.starts_at, row.ends_at) else { return Ok(None) };
    Ok(Some(Campaign {
        id: campaign,
        creator_id: row.creator,
        model: rows::named("campaigns.model", &row.model)?,
        state: rows::named("campaigns.state", &row.state)?,
        suspended: row.suspended,
        goal: rows::money(row.goal, &row.currency)?,
        starts_at,
        ends_at,
    }))
}

/// Keeps a campaign from being closed until the transaction ends; or waits while it is being closed.
pub async fn keep_open(db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
    sqlx::query!("select id from campaigns where id = $1 for key share", campaign as CampaignId)
        .fetch_optional(db)
        .await?;
    Ok(())
}

/// Moves a campaign on, and notes who did it and why; `None` for the system. The caller holds the row.
///
/// # Errors
/// When the state machine does not know this step: the caller asks it first where that may happen.
pub async fn advance(
    db: &mut PgConnection,
    campaign: CampaignId,
    from: CampaignState,
    event: CampaignEvent,
    by: Option<(PersonId, &str)>,
) -> Result<()> {
    let Ok(Step::To(to)) = from.next(event) else {
        return Err(Error::broken(format!("{} {}", from.as_str(), event.as_str())));
    };
    let (actor, reason) = by.unzip();
    sqlx::query!(
        "with moved as (update campaigns set state = $3, updated_at = clock() where id = $1)
         insert into campaign_history (campaign_id, from_state, to_state, event, actor_id, reason)
         values ($1, $2, $3, $4, $5, $6)",
        campaign as CampaignId,
        from.as_str(),
        to.as_str(),
        event.as_str(),
        actor as Option<PersonId>,
        reason.unwrap_or_default(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A reward as a pledge needs it.
pub async fn reward(db: &mut PgConnection, reward: RewardId) -> Result<Option<Reward>> {
    let row = sqlx::query!(
        r#"select campaign_id as "campaign: CampaignId", title, minimum, currency, slots, claimed,
                  array(select country from reward_shipping where reward_id = rewards.id order by country)
                      as "countries!: Vec<Option<String>>",
                  array(select price from reward_shipping where reward_id = rewards.id order by country)
                      as "prices!: Vec<rust_decimal::Decimal>"
           from rewards where id = $1"#,
        reward as RewardId,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Reward {
            id: reward,
            campaign_id: row.campaign,
            title: row.title,
            minimum: rows::money(row.minimum, &row.currency)?,
            limit: row.slots.map(|slots| rows::count("rewards.slots", slots)).transpose()?,
            claimed: rows::count("rewards.claimed", row.claimed)?,
            shipping: shipping::rates(&row.countries, &row.prices, &row.currency)?,
        })
    })
    .transpose()
}

/// The snapshot behind the live bar; `None` when the campaign is not public.
pub async fn progress(db: &PgPool, campaign: CampaignId) -> Result<Option<Progress>> {
    let row = sqlx::query!(
        r#"select state, goal, currency, ends_at, version,
                  -- once decided, what decided is shown
                  coalesce(results.pledged, stats.pledged) as "pledged!",
                  coalesce(results.backers, stats.backers) as "backers!",
                  array(select amount from stretch_goals where campaign_id = id order by position) as "stretch!: Vec<rust_decimal::Decimal>",
                  (select count(*) from stretch_goals
                   where campaign_id = id and unlocked_at is not null) as "unlocked!"
           from campaigns
           join campaign_stats stats on stats.campaign_id = id
           left join campaign_results results on results.campaign_id = id
           where id = $1"#,
        campaign as CampaignId,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let stats = Stats { pledged: row.pledged, backers: row.backers, version: row.version };
    let state: CampaignState = rows::named("campaigns.state", &row.state)?;
    let Some(ends_at) = row.ends_at.filter(|_| state.is_public()) else { return Ok(None) };
    let progress = stats.progress(campaign, &row.state, row.goal, &row.currency, ends_at)?;
    let stretch = stretch(&row.stretch, row.unlocked, &row.currency)?;
    Ok(Some(Progress { stretch, ..progress }))
}

/// They are unlocked in their order.
fn stretch(amounts: &[rust_decimal::Decimal], unlocked: i64, currency: &str) -> Result<Vec<StretchGoal>> {
    let goals = (0..).zip(amounts);
    goals
        .map(|(place, amount)| {
            Ok(StretchGoal { amount: rows::money(*amount, currency)?, unlocked: place < unlocked })
        })
        .collect()
}

/// A row of `campaign_stats`.
struct Stats {
    pledged: rust_decimal::Decimal,
    backers: i64,
    version: i64,
}

impl Stats {
    fn progress(
        self,
        campaign: CampaignId,
        state: &str,
        goal: rust_decimal::Decimal,
        currency: &str,
        ends_at: DateTime<Utc>,
    ) -> Result<Progress> {
        Ok(Progress {
            campaign_id: campaign,
            version: self.version,
            pledged: rows::money(self.pledged, currency)?,
            goal: rows::money(goal, currency)?,
            backers: self.backers,
            state: rows::named("campaigns.state", state)?,
            ends_at,
            stretch: Vec::new(),
        })
    }
}
