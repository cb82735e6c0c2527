//! Refunds and paid pledges, as those who may see them see them.

use chrono::{DateTime, Utc};
use domain::{
    FeeRule, Model, Money, PersonId, PledgeId, PledgeState, RefundState, SelfRefundRefusal, Shipment,
    self_refund_until,
};
use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::{Result, rows};

/// The most pledges one page lists.
const LONGEST_LIST: i64 = 500;

/// One refund of a pledge.
#[derive(Clone, Debug)]
pub struct RefundLine {
    pub amount: Money,
    pub state: RefundState,
    pub reason: String,
    pub keeps_reward: bool,
    /// The bank sent it back after it had arrived.
    pub came_back: bool,
    pub requested_at: DateTime<Utc>,
}

/// The refunds of a pledge, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_pledge(db: &PgPool, pledge: PledgeId) -> Result<Vec<RefundLine>> {
    let found = sqlx::query!(
        r#"select amount, currency, state, reason, keeps_reward, requested_at,
                  state = 'failed' and succeeded_at is not null as "came_back!"
           from refunds where pledge_id = $1 order by requested_at, id"#,
        pledge as PledgeId,
    )
    .fetch_all(db)
    .await?;
    found
        .into_iter()
        .map(|row| {
            Ok(RefundLine {
                amount: rows::money(row.amount, &row.currency)?,
                state: rows::named("refunds.state", &row.state)?,
                reason: row.reason,
                keeps_reward: row.keeps_reward,
                came_back: row.came_back,
                requested_at: row.requested_at,
            })
        })
        .collect()
}

/// A pledge that was paid, with all that a refund depends on.
#[derive(Clone, Debug)]
pub struct Refundable {
    pub pledge: PledgeId,
    pub campaign_slug: String,
    pub campaign_title: String,
    pub backer: String,
    pub is_backer: bool,
    /// Whether the asker may give money back: the creator, or an administrator.
    pub may_refund: bool,
    pub reward_title: Option<String>,
    pub state: PledgeState,
    pub amount: Money,
    pub left: Money,
    pub fee: FeeRule,
    /// Until when the backer may take it back, or why not.
    pub by_backer: Result<DateTime<Utc>, SelfRefundRefusal>,
}

/// `None` when there is no such pledge, or the asker has nothing to do with it.
///
/// # Errors
/// When the database does not answer.
pub async fn refundable(db: &PgPool, asker: PersonId, pledge: PledgeId) -> Result<Option<Refundable>> {
    let row = sqlx::query!(
        r#"select slug, title, display_name, backer_id = $2 as "is_backer!", reward_title, pledges.state, amount,
                  pledges.currency, fee_bps, model, refund_days, clock() as "now!",
                  creator_id = $2 or exists (select from person_roles where person_id = $2 and role = 'admin')
                      as "may_refund!",
                  coalesce((select min(at) from pledge_history
                            where pledge_id = pledges.id and to_state = 'captured'), pledges.created_at) as "charged_at!",
                  (select coalesce(sum(amount), 0) from refunds
                   where pledge_id = pledges.id and state <> 'failed') as "standing!"
           from pledges
           join campaigns on campaigns.id = campaign_id
           join people on people.id = backer_id
           where pledges.id = $1"#,
        pledge as PledgeId,
        asker as PersonId,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row.filter(|row| row.may_refund || row.is_backer) else { return Ok(None) };
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    let model: Model = rows::named("campaigns.model", &row.model)?;
    let days = row.refund_days.and_then(|days| u16::try_from(days).ok());
    Ok(Some(Refundable {
        pledge,
        campaign_slug: row.slug,
        campaign_title: row.title,
        backer: row.display_name,
        is_backer: row.is_backer,
        may_refund: row.may_refund,
        reward_title: row.reward_title,
        state,
        amount: rows::money(row.amount, &row.currency)?,
        left: rows::money((row.amount - row.standing).max(Decimal::ZERO), &row.currency)?,
        fee: rows::fee(row.fee_bps)?,
        by_backer: self_refund_until(model, days, state, row.charged_at, row.now),
    }))
}

/// A line of the creator's list.
#[derive(Clone, Debug)]
pub struct PaidPledge {
    pub id: PledgeId,
    pub backer: String,
    pub reward_title: Option<String>,
    pub shipment: Option<Shipment>,
    pub state: PledgeState,
    pub amount: Money,
    pub refunded: Money,
    /// Asked for, and not with the backer yet.
    pub under_way: Money,
    /// The last refund failed: somebody has to act.
    pub failed: bool,
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// The campaign's title and its paid pledges, newest first; `None` when it is not the asker's.
///
/// # Errors
/// When the database does not answer.
pub async fn of_campaign(
    db: &PgPool,
    asker: PersonId,
    slug: &str,
) -> Result<Option<(String, Vec<PaidPledge>)>> {
    let title = sqlx::query_scalar!(
        "select title from campaigns
         where slug = lower($1)
               and (creator_id = $2 or exists (select from person_roles where person_id = $2 and role = 'admin'))",
        slug,
        asker as PersonId,
    )
    .fetch_optional(db)
    .await?;
    let Some(title) = title else { return Ok(None) };
    let found = sqlx::query!(
        r#"select pledges.id as "id: PledgeId", display_name, reward_title, ship_to, shipping, pledges.state,
                  pledges.amount, pledges.currency, refunded, confirmed_at,
                  (select coalesce(sum(refunds.amount), 0) from refunds
                   where pledge_id = pledges.id and refunds.state in ('requested', 'pending')) as "under_way!",
                  coalesce((select refunds.state = 'failed' from refunds where pledge_id = pledges.id
                            order by requested_at desc, id desc limit 1), false) as "failed!"
           from pledges
           join campaigns on campaigns.id = campaign_id
           join people on people.id = backer_id
           where slug = lower($1) and pledges.state in ('captured', 'partially_refunded', 'refunded', 'disputed')
           order by confirmed_at desc, pledges.id limit $2"#,
        slug,
        LONGEST_LIST,
    )
    .fetch_all(db)
    .await?;
    let pledges = found.into_iter().map(|row| {
        Ok(PaidPledge {
            id: row.id,
            backer: row.display_name,
            reward_title: row.reward_title,
            shipment: rows::shipment(row.ship_to.as_deref(), row.shipping, &row.currency)?,
            state: rows::named("pledges.state", &row.state)?,
            amount: rows::money(row.amount, &row.currency)?,
            refunded: rows::money(row.refunded, &row.currency)?,
            under_way: rows::money(row.under_way, &row.currency)?,
            failed: row.failed,
            confirmed_at: row.confirmed_at,
        })
    });
    Ok(Some((title, pledges.collect::<Result<_>>()?)))
}
