//! An event spoke of other money than its pledge's. An event is a hint: the gateway is asked, and either the pledge gets
//! what is really there, or the backer gets it back, booked by its real amount.

use domain::{CampaignId, Money, PledgeEvent, PledgeId, PledgeState};

use super::give_back;
use crate::inbox::{self, Entry, Evidence, Source};
use crate::ledger::{self, Account, Line};
use crate::payments::OTHER_AMOUNT;
use crate::{Ctx, Error, Result, books, rows};

pub(super) async fn run(ctx: &Ctx, pledge: PledgeId, intent: &str) -> Result<()> {
    let Some(there) = ctx.payments.read_payment(intent).await? else {
        return Err(Error::broken(format!("{intent}: a payment without our ids")));
    };
    if there.pledge != pledge {
        return Err(Error::broken(format!("{intent}: another pledge's payment")));
    }
    let ours = ours(ctx, pledge).await?;
    let amount = match there.entry.event {
        PledgeEvent::HoldPlaced => ours.held,
        _ => ours.amount,
    };
    if inbox::agrees(ours.state, ours.intent.as_deref(), amount, &there.entry.evidence) {
        return leave(ctx, &ours, pledge, &there.entry).await;
    }
    let is_its_own = ours.intent.as_deref() == Some(intent);
    match (there.entry.event, ours.state) {
        // Held for it, if another amount: what is captured after the deadline is looked into then.
        (PledgeEvent::HoldPlaced, PledgeState::Authorized | PledgeState::Charging) if is_its_own => Ok(()),
        (PledgeEvent::HoldPlaced | PledgeEvent::HoldReplaced, _) => {
            give_back::hold(ctx, pledge, intent).await
        }
        // The ledger has it by the amount that was captured.
        (PledgeEvent::PaymentCaptured, state) if is_its_own && state.is_paid() => Ok(()),
        (PledgeEvent::PaymentCaptured, _) => {
            payment(ctx, &ours, pledge, intent, &there.entry).await?;
            if is_its_own { failed(ctx, &ours, pledge).await } else { Ok(()) }
        }
        // Nothing is held or taken: released, declined, or waiting for the bank.
        _ => Ok(()),
    }
}

/// The pledge's own payment took another amount and is given back: there is no second try of it, so for the pledge it
/// has failed, and its backer can use another card.
async fn failed(ctx: &Ctx, ours: &Ours, pledge: PledgeId) -> Result<()> {
    let evidence = Evidence { decline_code: Some(OTHER_AMOUNT.into()), ..Evidence::default() };
    leave(ctx, ours, pledge, &Entry { event: PledgeEvent::PaymentFailed, evidence }).await
}

async fn leave(ctx: &Ctx, ours: &Ours, pledge: PledgeId, entry: &Entry) -> Result<()> {
    inbox::leave(&ctx.db, ours.campaign, pledge, entry, Source::Gateway).await?;
    ctx.inbox.ring();
    Ok(())
}

async fn payment(ctx: &Ctx, ours: &Ours, pledge: PledgeId, intent: &str, there: &Entry) -> Result<()> {
    let amount = there
        .evidence
        .money()
        .ok_or_else(|| Error::broken(format!("{intent}: an amount we have no money for")))?;
    let line = Line {
        kind: "captured_by_mistake",
        campaign: Some(ours.campaign),
        pledge: Some(pledge),
        reference: intent.to_owned(),
        debit: Account::GatewayBalance,
        credit: Account::OwedToBackers,
        amount,
    };
    let mut tx = ctx.db.begin().await?;
    ledger::post(&mut tx, &[line]).await?;
    books::stage_fees(&mut tx, &[intent.to_owned()]).await?;
    tx.commit().await?;
    let returned = ctx.payments.refund_all(pledge, intent).await?;
    give_back::book_returned(ctx, "mistaken_payment_returned", pledge, intent, returned).await
}

/// The pledge as we know it.
struct Ours {
    campaign: CampaignId,
    state: PledgeState,
    amount: Money,
    /// What a hold for it holds: more, when it was lowered since.
    held: Money,
    /// The payment that takes its money, once there is one.
    intent: Option<String>,
}

async fn ours(ctx: &Ctx, pledge: PledgeId) -> Result<Ours> {
    let row = sqlx::query!(
        r#"select campaign_id as "campaign: CampaignId", state, amount, currency,
                  coalesce(held, amount) as "held!", payment_intent_id as payment
           from pledges where id = $1"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    Ok(Ours {
        campaign: row.campaign,
        state: rows::named("pledges.state", &row.state)?,
        amount: rows::money(row.amount, &row.currency)?,
        held: rows::money(row.held, &row.currency)?,
        intent: row.payment,
    })
}
