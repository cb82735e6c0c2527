//! Whether a campaign's money is due, and what stands in its way.

use chrono::{DateTime, Utc};
use domain::{
    ASKED_WITHIN, CampaignId, Currency, Hold, Money, PayoutSchedule, PayoutStanding, PersonId, PledgeId,
};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};

use super::holdings::{self, Division};
use super::{debts, make, reserve};
use crate::{Ctx, Error, Result, rows};

/// The most campaigns one look takes on.
const AT_ONCE: i64 = 50;
/// A gateway keeps money that is not paid out for 90 days; somebody must act before (PAYMENTS, manual payouts).
const ALARM_AFTER_DAYS: i32 = 60;

/// Makes a payout for every settled campaign whose money is due, each in a transaction of its own.
pub(super) async fn consider_due(ctx: &Ctx) -> Result<()> {
    let due = sqlx::query_scalar!(
        r#"with due as materialized (
               select campaign_id from settlements
               join campaigns on campaigns.id = campaign_id
               where finished_at is not null and paid_out_at is null and suspended_at is null
                     and state in ('funded', 'partially_funded')
                     and greatest(finished_at, ends_at + make_interval(secs => $2)) <= clock()
                     and (waits_until is null or waits_until <= clock())
                     and not exists (select from payouts where payouts.campaign_id = campaigns.id
                                     and payouts.state in ('waiting', 'approved', 'refused'))
               -- whoever waited longest: many wait for their creators, and must not hold up the others
               order by looked_at nulls first, finished_at limit $1
               for update of settlements skip locked
           )
           update settlements set looked_at = clock() from due
           where settlements.campaign_id = due.campaign_id
           returning settlements.campaign_id as "id: CampaignId""#,
        AT_ONCE,
        delay(ctx),
    )
    .fetch_all(&ctx.db)
    .await?;
    for campaign in due {
        if let Err(error) = consider(ctx, campaign).await {
            tracing::error!(%campaign, %error, "its payout cannot be made");
        }
    }
    Ok(())
}

/// Seconds.
pub(super) fn delay(ctx: &Ctx) -> f64 {
    ctx.config.payouts.delay.as_secs_f64()
}

async fn consider(ctx: &Ctx, campaign: CampaignId) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let (creator, currency) = whose(&mut tx, campaign).await?;
    // Whoever moves what is held for a campaign holds its total.
    let totals = debts::hold_totals(&mut tx, creator, currency, &[campaign]).await?;
    let Some(found) = hold_settlement(&mut tx, ctx, campaign).await? else { return Ok(()) };
    let hold = found.standing.hold(found.now);
    if hold.is_some_and(|hold| !matches!(hold, Hold::NotAsked { .. })) {
        tracing::debug!(%campaign, ?hold, "not paid out yet");
        return Ok(());
    }
    let Some(ready) = ready(&mut tx, campaign, &totals, found.now).await? else { return Ok(()) };
    match hold {
        Some(Hold::NotAsked { until }) if !ready.payable.is_empty() => {
            let until = ready.reserved_until.map_or(until, |reserved| reserved.min(until));
            wait_until(&mut tx, campaign, until).await?;
        }
        _ if !ready.payable.is_empty() => {
            make::make(&mut tx, ctx, campaign, creator, &ready.payable, None).await?;
        }
        _ if money_goes_back(&mut tx, campaign).await? => {}
        _ => match ready.reserved_until {
            Some(until) => wait_until(&mut tx, campaign, until).await?,
            None => close(&mut tx, campaign).await?,
        },
    }
    ctx.faults.step("payout.before_made");
    tx.commit().await?;
    ctx.faults.step("payout.made");
    Ok(())
}

async fn whose(db: &mut PgConnection, campaign: CampaignId) -> Result<(PersonId, Currency)> {
    let row = sqlx::query!(
        r#"select creator_id as "creator: PersonId", currency from campaigns where id = $1"#,
        campaign as CampaignId
    )
    .fetch_one(db)
    .await?;
    Ok((row.creator, rows::currency(&row.currency)?))
}

/// What may leave of a campaign, once its reserve is held back and debts are set off.
pub(super) struct Ready {
    pub payable: Vec<(PledgeId, Money)>,
    /// Until when something stays reserved.
    pub reserved_until: Option<DateTime<Utc>>,
}

/// Brings a campaign's reserve up to date and sets off what its creator owes. `None` while the gateway's fees are not all
/// known. The caller holds the totals and the settlement.
pub(super) async fn ready(
    db: &mut PgConnection,
    campaign: CampaignId,
    totals: &[CampaignId],
    now: DateTime<Utc>,
) -> Result<Option<Ready>> {
    let mut holdings = holdings_of(db, campaign).await?;
    if holdings.fees_are_awaited {
        return Ok(None);
    }
    let is_over = holdings.reserved_until.is_none_or(|until| until <= now);
    if is_over && reserve::release(db, campaign, &holdings).await? {
        holdings = holdings_of(db, campaign).await?;
    }
    let Division { payable, to_reserve, reserved, .. } = holdings.divide(now)?;
    reserve::hold_back(db, campaign, &to_reserve).await?;
    let payable = debts::set_off(db, campaign, payable, totals).await?;
    let is_reserved = reserved + holdings::sum(&to_reserve) > Decimal::ZERO;
    let reserved_until = holdings.reserved_until.filter(|until| is_reserved && now < *until);
    Ok(Some(Ready { payable, reserved_until }))
}

async fn holdings_of(db: &mut PgConnection, campaign: CampaignId) -> Result<holdings::Holdings> {
    let mut found = holdings::of_campaigns(db, &[campaign]).await?;
    found.remove(&campaign).ok_or_else(|| Error::broken("a settlement without a campaign"))
}

pub(super) struct Found {
    pub standing: PayoutStanding,
    pub now: DateTime<Utc>,
}

/// Two processes that look at once make one payout: the second finds it. The caller holds the campaign's total.
pub(super) async fn hold_settlement(
    db: &mut PgConnection,
    ctx: &Ctx,
    campaign: CampaignId,
) -> Result<Option<Found>> {
    let row = sqlx::query!(
        r#"select suspended_at is not null as "suspended!",
                  greatest(finished_at, ends_at + make_interval(secs => $2)) as "due_at!",
                  finished_at as "finished_at!",
                  coalesce(ready, false) as "ready!",
                  bank_changed_at as "bank_changed_at?", schedule as "schedule?", clock() as "now!"
           from settlements
           join campaigns on campaigns.id = campaign_id
           left join payout_accounts on payout_accounts.person_id = creator_id
           left join payout_choices on payout_choices.person_id = creator_id
           where campaign_id = $1 and finished_at is not null and paid_out_at is null
                 and not exists (select from payouts where payouts.campaign_id = campaigns.id
                                 and payouts.state in ('waiting', 'approved', 'refused'))
           for update of settlements"#,
        campaign as CampaignId,
        delay(ctx),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Found {
        standing: PayoutStanding {
            suspended: row.suspended,
            due_at: row.due_at,
            account_ready: row.ready,
            bank_changed_at: row.bank_changed_at,
            asked_until: asked_until(row.schedule.as_deref(), Some(row.finished_at))?,
        },
        now: row.now,
    }))
}

/// Until when a creator is waited for, by what they chose and when their campaign was settled.
pub(super) fn asked_until(
    schedule: Option<&str>,
    finished_at: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>> {
    let schedule = schedule.map(|name| rows::named("payout_choices.schedule", name)).transpose()?;
    let waits = schedule == Some(PayoutSchedule::WhenAsked);
    Ok(finished_at.filter(|_| waits).map(|finished| finished + ASKED_WITHIN))
}

/// Whether something of it is on its way back to a backer, or may be: then it is not over.
async fn money_goes_back(db: &mut PgConnection, campaign: CampaignId) -> Result<bool> {
    let goes_back = sqlx::query_scalar!(
        r#"select exists (
               select from pledges where campaign_id = $1
               and (state = 'disputed'
                    or exists (select from refunds where refunds.pledge_id = pledges.id
                               and refunds.state in ('requested', 'pending')))
           ) as "goes_back!""#,
        campaign as CampaignId,
    )
    .fetch_one(db)
    .await?;
    Ok(goes_back)
}

/// Everything has left. A dispute that is won opens it again.
async fn close(db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
    sqlx::query!(
        "update settlements set paid_out_at = clock() where campaign_id = $1",
        campaign as CampaignId
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Nothing is to do before.
async fn wait_until(db: &mut PgConnection, campaign: CampaignId, until: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update settlements set waits_until = $2 where campaign_id = $1",
        campaign as CampaignId,
        until
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Settled campaigns whose money has waited for its creator for sixty days: the gateway wants it paid out within ninety.
/// A reserve has its own day.
///
/// # Errors
/// When the database does not answer.
pub async fn held_too_long(db: &PgPool) -> Result<Vec<CampaignId>> {
    let held = sqlx::query_scalar!(
        r#"select campaign_id as "id: CampaignId" from settlements
           join campaigns on campaigns.id = campaign_id
           where paid_out_at is null and state in ('funded', 'partially_funded')
                 and finished_at < clock() - make_interval(days => $1)
                 and (waits_until is null or waits_until < clock() - interval '1 day')
           order by finished_at"#,
        ALARM_AFTER_DAYS,
    )
    .fetch_all(db)
    .await?;
    Ok(held)
}
