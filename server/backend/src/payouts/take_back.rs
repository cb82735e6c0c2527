//! Money that was paid out and has to go back to a backer: the transfers are reversed, and what the creator's account
//! does not hold any more is a debt in the ledger.

use domain::{CampaignId, Money, PledgeId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::reserve;
use crate::ledger::{self, Account, Line};
use crate::payments::TakenBack;
use crate::{Ctx, Error, Result, inbox, rows};

/// What a job carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeBack {
    pub pledge: PledgeId,
    pub amount: Money,
    /// The refund or dispute, by name: each is taken back once.
    pub why: String,
}

/// Takes up to `amount` of what is reserved of a pledge, and the rest of what was sent for it. `why` names the refund or
/// dispute: done twice, it is done once. What cannot be brought back is booked as the creator's debt, so that afterwards
/// the ledger holds it all.
///
/// # Errors
/// When the gateway's answer is not known: the caller comes again.
pub async fn take_back(ctx: &Ctx, pledge: PledgeId, amount: Money, why: &str) -> Result<()> {
    let mut wanted = after_reserve(ctx, pledge, amount, why).await?;
    for sent in sent(ctx, pledge, why).await? {
        // Taken back for this very reason before: what that brought is not asked for again.
        let part = sent.done.unwrap_or(if sent.left.amount() < wanted.amount() { sent.left } else { wanted });
        if sent.done.is_none() && part.is_positive() {
            let reversed = ctx.payments.reverse(pledge, &sent.transfer, part, why).await?;
            ctx.faults.step("take_back.reversed");
            book(ctx, pledge, &sent, why, part, reversed).await?;
        }
        wanted = wanted.checked_sub(part).map_err(|_| Error::broken("amounts of two currencies"))?;
    }
    Ok(())
}

/// What the pledge's reserve does not pay of it.
async fn after_reserve(ctx: &Ctx, pledge: PledgeId, amount: Money, why: &str) -> Result<Money> {
    if !reserve::was_held_back(&ctx.db, pledge).await? {
        return Ok(amount);
    }
    let mut tx = ctx.db.begin().await?;
    // Whoever moves what is held for a campaign holds its total.
    let campaign = sqlx::query_scalar!(
        r#"select stats.campaign_id as "id: CampaignId" from campaign_stats stats
           join pledges on pledges.campaign_id = stats.campaign_id
           where pledges.id = $1 for update of stats"#,
        pledge as PledgeId,
    )
    .fetch_one(&mut *tx)
    .await?;
    let taken = reserve::take(&mut tx, campaign, pledge, amount, why).await?;
    tx.commit().await?;
    ctx.faults.step("take_back.reserve_taken");
    amount.checked_sub(taken).map_err(|_| Error::broken("amounts of two currencies"))
}

/// A transfer, and what is left of it.
struct Sent {
    campaign: CampaignId,
    transfer: String,
    left: Money,
    /// What was taken back of it for the same reason.
    done: Option<Money>,
}

async fn sent(ctx: &Ctx, pledge: PledgeId, why: &str) -> Result<Vec<Sent>> {
    let rows = sqlx::query!(
        r#"select campaign_id as "campaign: CampaignId", parts.transfer_id as "transfer!",
                  parts.amount - parts.returned as "left!", parts.currency, returns.amount as "done?"
           from payout_parts parts
           join payouts on payouts.id = payout_id
           left join payout_returns returns on returns.transfer_id = parts.transfer_id and why = $2
           where pledge_id = $1 and parts.transfer_id is not null
           order by parts.sent_at"#,
        pledge as PledgeId,
        why,
    )
    .fetch_all(&ctx.db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let money = |amount| rows::money(amount, &row.currency);
            Ok(Sent {
                campaign: row.campaign,
                transfer: row.transfer,
                left: money(row.left)?,
                done: row.done.map(money).transpose()?,
            })
        })
        .collect()
}

/// The return, its ledger line and the part's new rest, in one transaction and once.
async fn book(
    ctx: &Ctx,
    pledge: PledgeId,
    sent: &Sent,
    why: &str,
    part: Money,
    reversed: TakenBack,
) -> Result<()> {
    let (kind, debit, reversal) = match reversed {
        TakenBack::All { reversal } => ("paid_out_returned", Account::GatewayBalance, Some(reversal)),
        TakenBack::TooLittleLeft => ("creator_debt", Account::OwedByCreators, None),
    };
    let reference = reversal.clone().unwrap_or_else(|| format!("{}_{why}", sent.transfer));
    let mut tx = ctx.db.begin().await?;
    // Whoever moves what is held for a campaign holds its total.
    sqlx::query!(
        "select campaign_id from campaign_stats where campaign_id = $1 for update",
        sent.campaign as CampaignId
    )
    .fetch_one(&mut *tx)
    .await?;
    let noted = sqlx::query!(
        "with noted as (
             insert into payout_returns (transfer_id, why, amount, reversal_id) values ($1, $2, $3, $4)
             on conflict do nothing returning transfer_id
         )
         update payout_parts set returned = returned + $3 from noted
         where payout_parts.transfer_id = noted.transfer_id",
        sent.transfer,
        why,
        part.amount(),
        reversal,
    )
    .execute(&mut *tx)
    .await?;
    if noted.rows_affected() == 1 {
        let line = Line {
            kind,
            campaign: Some(sent.campaign),
            pledge: Some(pledge),
            reference,
            debit,
            credit: Account::HeldForCampaign,
            amount: part,
        };
        ledger::post(&mut tx, &[line]).await?;
        inbox::cover(&mut tx, sent.campaign, part.currency(), Uuid::now_v7()).await?;
        // What is held again may be paid out one day.
        sqlx::query!(
            "update settlements set paid_out_at = null, waits_until = null where campaign_id = $1",
            sent.campaign as CampaignId
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    ctx.faults.step("take_back.booked");
    Ok(())
}
