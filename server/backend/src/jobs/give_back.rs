//! Gives a card, a hold or a late payment back at the gateway. Done twice it is done once: the gateway's keys are
//! derived from the object that is given back.

use super::look_into;
use crate::inbox::GiveBack;
use crate::ledger::{self, Account, Line};
use crate::payments::GatewayError;
use crate::{Ctx, Error, Result, cards};
use domain::{CampaignId, Money, PersonId, PledgeId};

pub(super) async fn run(ctx: &Ctx, what: &GiveBack) -> Result<()> {
    match what {
        GiveBack::Card { pledge, payment_method } => {
            if !cards::let_go(ctx, *pledge, payment_method).await? {
                return Ok(());
            }
            unless_gone_already(ctx.payments.detach_card(*pledge, payment_method).await)
        }
        GiveBack::Hold { pledge, intent } => hold(ctx, *pledge, intent).await,
        GiveBack::Payment { pledge, intent } => {
            let returned = ctx.payments.refund_all(*pledge, intent).await?;
            book_returned(ctx, "late_payment_returned", *pledge, intent, returned).await
        }
        GiveBack::Mismatched { pledge, intent, .. } => look_into::run(ctx, *pledge, intent).await,
    }
}

/// A card that its owner no longer wants to be kept.
pub(super) async fn forget(ctx: &Ctx, person: PersonId, card: &str) -> Result<()> {
    unless_gone_already(ctx.payments.forget_card(person, card).await)
}

pub(super) async fn hold(ctx: &Ctx, pledge: PledgeId, intent: &str) -> Result<()> {
    match ctx.payments.cancel_hold(pledge, intent).await {
        Err(Error::Gateway(GatewayError::Refused { .. })) if ctx.payments.hold_is_gone(intent).await? => {
            Ok(())
        }
        outcome => outcome,
    }
}

/// A card that is detached cannot be given back again, and need not be. Any other refusal (a key without rights, say)
/// is a failure: the job is tried again and parked where staff see it.
fn unless_gone_already(outcome: Result<()>) -> Result<()> {
    const GONE: [&str; 2] = ["resource_missing", "payment_method_unexpected_state"];
    match outcome {
        Err(Error::Gateway(GatewayError::Refused { code, .. })) if GONE.contains(&code.as_str()) => Ok(()),
        outcome => outcome,
    }
}

/// Books what the backer's card has back; once for an intent.
pub(super) async fn book_returned(
    ctx: &Ctx,
    kind: &'static str,
    pledge: PledgeId,
    intent: &str,
    returned: Money,
) -> Result<()> {
    let line = Line {
        kind,
        campaign: Some(campaign_of(ctx, pledge).await?),
        pledge: Some(pledge),
        reference: intent.to_owned(),
        debit: Account::OwedToBackers,
        credit: Account::GatewayBalance,
        amount: returned,
    };
    book(ctx, line).await
}

pub(super) async fn book(ctx: &Ctx, line: Line) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    ledger::post(&mut tx, &[line]).await?;
    tx.commit().await?;
    Ok(())
}

async fn campaign_of(ctx: &Ctx, pledge: PledgeId) -> Result<CampaignId> {
    let campaign = sqlx::query_scalar!(
        r#"select campaign_id as "campaign: CampaignId" from pledges where id = $1"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    Ok(campaign)
}
