//! Whether a campaign's money is due, and what stands in its way.

use chrono::{DateTime, Utc};
use domain::{CampaignId, Money, PayoutId, PayoutStanding, PayoutState, PersonId, PledgeId};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Part;
use crate::jobs::{self, Job};
use crate::payments::transferable;
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
                     and not exists (select from payouts where payouts.campaign_id = campaigns.id
                                     and payouts.state <> 'sent')
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
fn delay(ctx: &Ctx) -> f64 {
    ctx.config.payouts.delay.as_secs_f64()
}

async fn consider(ctx: &Ctx, campaign: CampaignId) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let Some(found) = hold_settlement(&mut tx, ctx, campaign).await? else { return Ok(()) };
    if let Some(hold) = found.standing.hold(found.now) {
        tracing::debug!(%campaign, ?hold, "not paid out yet");
        return Ok(());
    }
    if fees_are_awaited(&mut tx, campaign).await? {
        return Ok(());
    }
    let shares = payable(&mut tx, campaign).await?;
    if shares.is_empty() && money_goes_back(&mut tx, campaign).await? {
        return Ok(());
    }
    if shares.is_empty() {
        close(&mut tx, campaign).await?;
    } else {
        make(&mut tx, ctx, campaign, found.creator, &shares).await?;
    }
    ctx.faults.step("payout.before_made");
    tx.commit().await?;
    ctx.faults.step("payout.made");
    Ok(())
}

struct Found {
    creator: PersonId,
    standing: PayoutStanding,
    now: DateTime<Utc>,
}

/// The settlement is the lock: two processes that look at once make one payout.
async fn hold_settlement(db: &mut PgConnection, ctx: &Ctx, campaign: CampaignId) -> Result<Option<Found>> {
    let row = sqlx::query!(
        r#"select creator_id as "creator: PersonId", suspended_at is not null as "suspended!",
                  greatest(finished_at, ends_at + make_interval(secs => $2)) as "due_at!",
                  coalesce(ready, false) as "ready!",
                  bank_changed_at as "bank_changed_at?", clock() as "now!",
                  exists (select from ledger_transactions posted
                          join ledger_entries entries on entries.transaction_id = posted.id
                          join campaigns theirs on theirs.id = posted.campaign_id
                          where theirs.creator_id = campaigns.creator_id and account = 'owed_by_creators'
                          group by entries.currency having sum(entries.amount) > 0) as "owes!"
           from settlements
           join campaigns on campaigns.id = campaign_id
           left join payout_accounts on person_id = creator_id
           where campaign_id = $1 and finished_at is not null and paid_out_at is null
           for update of settlements skip locked"#,
        campaign as CampaignId,
        delay(ctx),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Found {
        creator: row.creator,
        standing: PayoutStanding {
            suspended: row.suspended,
            due_at: row.due_at,
            account_ready: row.ready,
            bank_changed_at: row.bank_changed_at,
            owes: row.owes,
        },
        now: row.now,
    }))
}

/// Whether it is not known yet what the gateway kept of some payment: that is the creator's to bear.
async fn fees_are_awaited(db: &mut PgConnection, campaign: CampaignId) -> Result<bool> {
    let awaited = sqlx::query_scalar!(
        r#"select exists (
               select from staged_jobs
               join pledges on payload ? payment_intent_id
               where kind = 'fees' and done_at is null and parked_at is null and campaign_id = $1
           ) as "awaited!""#,
        campaign as CampaignId,
    )
    .fetch_one(db)
    .await?;
    Ok(awaited)
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

/// What the ledger holds for each pledge that is paid and not disputed; all of it together never more than it holds for
/// the campaign: what the gateway kept of payments that were given back is the creator's too.
async fn payable(db: &mut PgConnection, campaign: CampaignId) -> Result<Vec<(PledgeId, Money)>> {
    let rows = sqlx::query!(
        r#"select pledges.id as "pledge: PledgeId", -sum(entries.amount) as "held!", pledges.currency
           from pledges
           join ledger_transactions posted on posted.pledge_id = pledges.id
           join ledger_entries entries on entries.transaction_id = posted.id and account = 'held_for_campaign'
           where pledges.campaign_id = $1 and state in ('captured', 'partially_refunded')
                 and not exists (select from refunds
                                 where refunds.pledge_id = pledges.id and refunds.state in ('requested', 'pending'))
                 -- the demo's own pledges were never charged at a gateway
                 and payment_intent_id is not null
           group by pledges.id
           having -sum(entries.amount) > 0
           order by pledges.id"#,
        campaign as CampaignId,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut left = held(db, campaign).await?;
    let mut shares = Vec::new();
    for row in rows {
        // What the gateway cannot move exactly, a few thousandths of a dinar, stays with the campaign.
        let share = transferable(rows::money(row.held.min(left), &row.currency)?);
        if share.is_positive() {
            shares.push((row.pledge, share));
            left -= share.amount();
        }
    }
    Ok(shares)
}

async fn held(db: &mut PgConnection, campaign: CampaignId) -> Result<Decimal> {
    let held = sqlx::query_scalar!(
        r#"select coalesce(-sum(entries.amount), 0) as "held!"
           from ledger_entries entries join ledger_transactions posted on posted.id = entries.transaction_id
           where posted.campaign_id = $1 and account = 'held_for_campaign'"#,
        campaign as CampaignId,
    )
    .fetch_one(db)
    .await?;
    Ok(held)
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

async fn make(
    db: &mut PgConnection,
    ctx: &Ctx,
    campaign: CampaignId,
    creator: PersonId,
    shares: &[(PledgeId, Money)],
) -> Result<()> {
    let currency = shares[0].1.currency();
    let mut each = shares.iter().map(|(_, share)| *share);
    let sum = each
        .try_fold(Money::zero(currency), Money::checked_add)
        .map_err(|_| Error::broken("a payout too large"))?;
    let state = match ctx.config.payouts.approval_above {
        Some(limit) if sum.amount() > limit => PayoutState::Waiting,
        _ => PayoutState::Approved,
    };
    let payout = PayoutId(Uuid::now_v7());
    let pledges: Vec<Uuid> = shares.iter().map(|(pledge, _)| pledge.0).collect();
    let amounts: Vec<Decimal> = shares.iter().map(|(_, share)| share.amount()).collect();
    sqlx::query!(
        "with payout as (
             insert into payouts (id, campaign_id, creator_id, state, amount, currency)
             values ($1, $2, $3, $4, $5, $6)
         ), history as (
             insert into payout_history (payout_id, to_state, event) values ($1, $4, 'due')
         )
         insert into payout_parts (payout_id, pledge_id, amount, currency)
         select $1, pledge, amount, $6 from unnest($7::uuid[], $8::numeric[]) as new (pledge, amount)",
        payout as PayoutId,
        campaign as CampaignId,
        creator as PersonId,
        state.as_str(),
        sum.amount(),
        currency.code(),
        &pledges,
        &amounts,
    )
    .execute(&mut *db)
    .await?;
    if state == PayoutState::Approved { stage_sending(db, payout).await } else { Ok(()) }
}

/// A job for each part that has not left.
pub(super) async fn stage_sending(db: &mut PgConnection, payout: PayoutId) -> Result<()> {
    let pledges = sqlx::query_scalar!(
        r#"select pledge_id as "pledge: PledgeId" from payout_parts where payout_id = $1 and transfer_id is null"#,
        payout as PayoutId,
    )
    .fetch_all(&mut *db)
    .await?;
    let parts: Vec<Part> = pledges.into_iter().map(|pledge| Part { payout, pledge }).collect();
    let staged: Vec<_> = parts
        .iter()
        .map(|part| (Job::PayOut(part), format!("pay_out_{}_{}", part.payout, part.pledge)))
        .collect();
    jobs::stage(db, &staged).await
}

/// Settled campaigns whose money has waited for its creator for sixty days: the gateway wants it paid out within ninety.
///
/// # Errors
/// When the database does not answer.
pub async fn held_too_long(db: &PgPool) -> Result<Vec<CampaignId>> {
    let held = sqlx::query_scalar!(
        r#"select campaign_id as "id: CampaignId" from settlements
           join campaigns on campaigns.id = campaign_id
           where paid_out_at is null and state in ('funded', 'partially_funded')
                 and finished_at < clock() - make_interval(days => $1)
           order by finished_at"#,
        ALARM_AFTER_DAYS,
    )
    .fetch_all(db)
    .await?;
    Ok(held)
}
