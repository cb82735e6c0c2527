//! An event spoke of other money than its pledge's. An event is a hint: the gateway is asked, and either the pledge gets
//! what is really there, or the backer gets it back, booked by its real amount.

use domain::{CampaignId, Money, PledgeEvent, PledgeId, PledgeState};

use super::give_back;
use crate::inbox::{self, Entry, Source};
use crate::ledger::{Account, Line};
use crate::{Ctx, Error, Result, rows};

pub(super) async fn run(ctx: &Ctx, pledge: PledgeId, intent: &str) -> Result<()> {
    let Some(there) = ctx.payments.read_payment(intent).await? else {
        return Err(Error::broken(format!("{intent}: a payment without our ids")));
    };
    if there.pledge != pledge {
        return Err(Error::broken(format!("{intent}: another pledge's payment")));
    }
    let ours = ours(ctx, pledge).await?;
    let is_its_own = ours.intent.as_deref() == Some(intent) && inbox::rests_on_its_intent(ours.state);
    let amount = match there.entry.event {
        PledgeEvent::HoldPlaced => ours.held,
        _ => ours.amount,
    };
    if is_its_own || inbox::agrees(ours.state, ours.intent.as_deref(), amount, &there.entry.evidence) {
        inbox::leave(&ctx.db, ours.campaign, pledge, &there.entry, Source::Gateway).await?;
        ctx.inbox.ring();
        return Ok(());
    }
    match there.entry.event {
        PledgeEvent::HoldPlaced | PledgeEvent::HoldReplaced => give_back::hold(ctx, pledge, intent).await,
        PledgeEvent::PaymentCaptured => payment(ctx, &ours, pledge, intent, &there.entry).await,
        // Nothing is held or taken: released, declined, or waiting for the bank.
        _ => Ok(()),
    }
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
    give_back::book(ctx, line).await?;
    let returned = ctx.payments.refund_all(pledge, intent).await?;
    give_back::book_returned(ctx, "mistaken_payment_returned", pledge, intent, returned).await
}

/// The pledge as we know it.
pub(super) struct Ours {
    pub campaign: CampaignId,
    pub state: PledgeState,
    amount: Money,
    /// What a hold for it holds: more, when it was lowered since.
    held: Money,
    /// The payment that takes its money, once there is one.
    pub intent: Option<String>,
}

pub(super) async fn ours(ctx: &Ctx, pledge: PledgeId) -> Result<Ours> {
    let row = sqlx::query!(
        r#"select campaign_id as "campaign: CampaignId", state, amount, currency,
                  coalesce(held, amount) as "held!", case collection when 'save_card' then charge_intent_id else gateway_intent_id end as payment
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
