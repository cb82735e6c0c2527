//! A creator, or staff, calls a campaign off (PRODUCT A7). Until the outcome is decided: from then on backers are being
//! charged for what they were promised.

use domain::{CampaignEvent, CampaignId, CampaignState, PersonId, Step};
use sqlx::PgConnection;

use super::freeze::freeze;
use super::plan;
use crate::again::{self, GivenUp};
use crate::mail::{About, CampaignCancelledCreator, Letter};
use crate::{Ctx, Error, Result, campaigns, live, rows};

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 2_000;

/// Why a campaign is not called off.
#[derive(Debug, thiserror::Error)]
pub enum CallOffRefusal {
    /// No such campaign, or not this person's: the same answer.
    #[error("This campaign does not exist.")]
    NotFound,
    #[error("This campaign is over, or its backers are being charged. It can no longer be cancelled.")]
    TooLate,
    #[error("Tell your backers why, in a sentence or two.")]
    NoReason,
    #[error("Keep it below 2,000 characters.")]
    ReasonTooLong,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl GivenUp for CallOffRefusal {
    fn was_given_up(&self) -> bool {
        matches!(self, Self::Failed(error) if error.was_given_up())
    }
}

impl From<sqlx::Error> for CallOffRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Whether this person could call the campaign off just now.
///
/// # Errors
/// When the database does not answer.
pub async fn may_call_off(ctx: &Ctx, by: PersonId, campaign: CampaignId) -> Result<bool> {
    let may = sqlx::query_scalar!(
        r#"select exists (
               select from campaigns
               where id = $1 and state in ('scheduled', 'live', 'settling')
                     and not exists (select from campaign_results where campaign_id = $1)
                     and (creator_id = $2
                          or exists (select from person_roles where person_id = $2 and role = 'admin'))
           ) as "may!""#,
        campaign as CampaignId,
        by as PersonId,
    )
    .fetch_one(&ctx.db)
    .await?;
    Ok(may)
}

/// Ends a campaign. Its pledges are unwound afterwards: cards forgotten, holds released, payments given back in full.
///
/// # Errors
/// [`CallOffRefusal`]: the campaign then stands as it was.
pub async fn call_off(ctx: &Ctx, by: PersonId, slug: &str, reason: &str) -> Result<(), CallOffRefusal> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(CallOffRefusal::NoReason);
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(CallOffRefusal::ReasonTooLong);
    }
    again::while_given_up(|| call_off_once(ctx, by, slug, reason)).await
}

async fn call_off_once(ctx: &Ctx, by: PersonId, slug: &str, reason: &str) -> Result<(), CallOffRefusal> {
    let mut tx = ctx.db.begin().await?;
    let campaign = find(&mut tx, by, slug).await?.ok_or(CallOffRefusal::NotFound)?;
    // The total first, then the campaign: as settling does.
    let backers = sqlx::query_scalar!(
        "select backers from campaign_stats where campaign_id = $1 for update",
        campaign as CampaignId
    )
    .fetch_one(&mut *tx)
    .await?;
    let from = still_open(&mut tx, campaign).await?.ok_or(CallOffRefusal::TooLate)?;
    let event = CampaignEvent::Cancelled;
    if !matches!(from.next(event), Ok(Step::To(_))) {
        return Err(CallOffRefusal::TooLate);
    }
    campaigns::advance(&mut tx, campaign, from, event, Some((by, reason))).await?;
    end(&mut tx, campaign, backers).await?;
    tell_creator(ctx, &mut tx, campaign, by, reason).await?;
    live::announce_state(&mut tx, campaign).await?;
    ctx.faults.step("campaign.before_call_off");
    tx.commit().await?;
    ctx.faults.step("campaign.called_off");
    Ok(())
}

/// The creator's own campaign, or any for an administrator.
async fn find(db: &mut PgConnection, by: PersonId, slug: &str) -> Result<Option<CampaignId>> {
    let found = sqlx::query_scalar!(
        r#"select id as "id: CampaignId" from campaigns
           where slug = lower($1) and state not in ('draft', 'in_review')
                 and (creator_id = $2 or exists (select from person_roles where person_id = $2 and role = 'admin'))"#,
        slug,
        by as PersonId,
    )
    .fetch_optional(db)
    .await?;
    Ok(found)
}

/// The campaign's state, held; `None` once it is decided.
async fn still_open(db: &mut PgConnection, campaign: CampaignId) -> Result<Option<CampaignState>> {
    let row = sqlx::query!(
        r#"select state, exists (select from campaign_results where campaign_id = id) as "decided!"
           from campaigns where id = $1 for update"#,
        campaign as CampaignId,
    )
    .fetch_one(db)
    .await?;
    if row.decided {
        return Ok(None);
    }
    rows::named("campaigns.state", &row.state).map(Some)
}

/// Whose campaign was ended by somebody else.
async fn tell_creator(
    ctx: &Ctx,
    db: &mut PgConnection,
    campaign: CampaignId,
    by: PersonId,
    reason: &str,
) -> Result<()> {
    let row = sqlx::query!(
        r#"select creator_id as "creator: PersonId", title, slug,
                  exists (select from ledger_transactions
                          where campaign_id = $1 and kind = 'captured') as "had_been_paid!"
           from campaigns where id = $1"#,
        campaign as CampaignId,
    )
    .fetch_one(&mut *db)
    .await?;
    if row.creator == by {
        return Ok(());
    }
    let letter = CampaignCancelledCreator {
        campaign: About { title: &row.title, slug: &row.slug },
        reason,
        had_been_paid: row.had_been_paid,
    };
    let key = format!("campaign_cancelled_creator_{campaign}");
    ctx.mail.stage(db, Letter::CampaignCancelledCreator(letter), row.creator, &key).await
}

/// What was pledged when it ended, and the row from which the pledges are unwound.
async fn end(db: &mut PgConnection, campaign: CampaignId, backers: i64) -> Result<()> {
    let rules = campaigns::rules(&mut *db, campaign)
        .await?
        .ok_or_else(|| Error::broken("a public campaign without dates"))?;
    let plan = plan::read(db, &rules).await?;
    freeze(db, campaign, CampaignState::Cancelled.as_str(), &plan, backers).await?;
    sqlx::query!(
        "insert into settlements (campaign_id) values ($1) on conflict do nothing",
        campaign as CampaignId
    )
    .execute(db)
    .await?;
    Ok(())
}
