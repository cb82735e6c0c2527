//! The payout itself: a row, a part for each pledge, and a job for each part unless somebody looks at it first.

use domain::{CampaignId, Money, PayoutId, PayoutState, PersonId, PledgeId, WithdrawalId};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Part;
use crate::jobs::{self, Job};
use crate::{Ctx, Error, Result};

/// Makes a payout of these shares, of which there is at least one. It is counted together with what its creator asked for
/// before, and as all of what they ask for now, from however many campaigns: a large sum does not pass below the limit in
/// pieces.
pub(super) async fn make(
    db: &mut PgConnection,
    ctx: &Ctx,
    campaign: CampaignId,
    creator: PersonId,
    shares: &[(PledgeId, Money)],
    asked: Option<(WithdrawalId, Money)>,
) -> Result<()> {
    let currency = shares[0].1.currency();
    let mut each = shares.iter().map(|(_, share)| *share);
    let sum = each
        .try_fold(Money::zero(currency), Money::checked_add)
        .map_err(|_| Error::broken("a payout too large"))?;
    let together = asked_before(db, campaign).await? + sum.amount();
    let counted = asked.map_or(together, |(_, all)| together.max(all.amount()));
    let state = match ctx.config.payouts.approval_above {
        Some(limit) if counted > limit => PayoutState::Waiting,
        _ => PayoutState::Approved,
    };
    let payout = PayoutId(Uuid::now_v7());
    let pledges: Vec<Uuid> = shares.iter().map(|(pledge, _)| pledge.0).collect();
    let amounts: Vec<Decimal> = shares.iter().map(|(_, share)| share.amount()).collect();
    sqlx::query!(
        "with payout as (
             insert into payouts (id, campaign_id, creator_id, state, amount, currency, withdrawal_id)
             values ($1, $2, $3, $4, $5, $6, $9)
         ), history as (
             insert into payout_history (payout_id, to_state, event, actor_id)
             values ($1, $4, case when $9::uuid is null then 'due' else 'asked' end,
                     case when $9::uuid is not null then $3::uuid end)
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
        asked.map(|(withdrawal, _)| withdrawal) as Option<WithdrawalId>,
    )
    .execute(&mut *db)
    .await?;
    if state == PayoutState::Approved { stage_sending(db, payout).await } else { Ok(()) }
}

/// What a campaign's creator asked for and was not refused.
async fn asked_before(db: &mut PgConnection, campaign: CampaignId) -> Result<Decimal> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(amount), 0) as "sum!" from payouts
           where campaign_id = $1 and withdrawal_id is not null and state in ('waiting', 'approved', 'sent')"#,
        campaign as CampaignId,
    )
    .fetch_one(db)
    .await?;
    Ok(sum)
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
