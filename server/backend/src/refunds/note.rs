//! What the gateway says of refunds, noted in their rows: also of those that were made in its dashboard. Heard twice, late
//! or in another order it comes to the same.

use domain::{CampaignId, FeeRule, Money, PledgeEvent, PledgeId, PledgeState, RefundId, RefundState};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::inbox::{self, Source};
use crate::payments::{GatewayRefund, Translated};
use crate::{Ctx, Error, Result, rows};

/// Reads the refunds of a payment and follows what they say now.
///
/// # Errors
/// When the gateway does not answer.
pub async fn look(ctx: &Ctx, payment: &str) -> Result<()> {
    let Some(place) = place(ctx, payment).await? else { return Ok(()) };
    let refunds = ctx.payments.refunds(payment).await?;
    note(ctx, place, payment, &refunds).await
}

/// The pledge whose money a payment is; `None` for a payment that is nobody's, or that came for a pledge that was over
/// and goes back by a job of its own. A capture that was not heard of yet is left for the inbox first.
pub(crate) async fn place(ctx: &Ctx, payment: &str) -> Result<Option<PledgeId>> {
    let Some(Translated { pledge, campaign, entry }) = ctx.payments.read_payment(payment).await? else {
        return Ok(None);
    };
    let row = sqlx::query!(
        r#"select state, amount, currency,
                  payment_intent_id as payment
           from pledges where id = $1 and campaign_id = $2"#,
        pledge as PledgeId,
        campaign as CampaignId,
    )
    .fetch_optional(&ctx.db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    let amount = rows::money(row.amount, &row.currency)?;
    if state.is_paid() {
        return Ok((row.payment.as_deref() == Some(payment)).then_some(pledge));
    }
    if state.is_over() || entry.event != PledgeEvent::PaymentCaptured {
        return Ok(None);
    }
    if !inbox::agrees(state, row.payment.as_deref(), amount, &entry.evidence) {
        return Ok(None);
    }
    inbox::leave(&ctx.db, campaign, pledge, &entry, Source::Gateway).await?;
    Ok(Some(pledge))
}

/// Notes them and lets the inbox follow, in one transaction. The pledge is held: what is given back is counted.
pub(super) async fn note(
    ctx: &Ctx,
    pledge: PledgeId,
    payment: &str,
    refunds: &[GatewayRefund],
) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let campaign = hold_pledge(&mut tx, pledge).await?;
    let paid = paid(&mut tx, pledge).await?;
    let mut news = false;
    // The gateway lists the newest first.
    for refund in refunds.iter().rev() {
        news |= match find(&mut tx, pledge, refund).await? {
            Some(known) => hear(&mut tx, &paid, pledge, &known, refund).await?,
            None => adopt(&mut tx, &paid, pledge, payment, refund).await?,
        };
    }
    if news {
        // Whichever of the events it is, the rows decide.
        inbox::leave(&mut *tx, campaign, pledge, &PledgeEvent::Refunded.into(), Source::Gateway).await?;
    }
    ctx.faults.step("refund.before_note");
    tx.commit().await?;
    ctx.inbox.ring();
    Ok(())
}

/// Holds a pledge until the transaction ends, and says which campaign's it is. The campaign first, as whoever ends it does
/// before it comes to the pledges: an event that is left for the inbox refers to both.
pub(crate) async fn hold_pledge(db: &mut PgConnection, pledge: PledgeId) -> Result<CampaignId> {
    let campaign = sqlx::query_scalar!(
        r#"select campaigns.id as "campaign: CampaignId" from pledges join campaigns on campaigns.id = campaign_id
           where pledges.id = $1 for key share of campaigns"#,
        pledge as PledgeId,
    )
    .fetch_one(&mut *db)
    .await?;
    sqlx::query!("select id from pledges where id = $1 for update", pledge as PledgeId).fetch_one(db).await?;
    Ok(campaign)
}

struct Paid {
    amount: Money,
    fee: FeeRule,
}

async fn paid(db: &mut PgConnection, pledge: PledgeId) -> Result<Paid> {
    let row = sqlx::query!(
        "select amount, pledges.currency, fee_bps from pledges join campaigns on campaigns.id = campaign_id
         where pledges.id = $1",
        pledge as PledgeId,
    )
    .fetch_one(db)
    .await?;
    Ok(Paid { amount: rows::money(row.amount, &row.currency)?, fee: rows::fee(row.fee_bps)? })
}

/// A refund's row.
struct Known {
    id: RefundId,
    state: RefundState,
    amount: Money,
    succeeded: bool,
}

async fn find(db: &mut PgConnection, pledge: PledgeId, refund: &GatewayRefund) -> Result<Option<Known>> {
    let row = sqlx::query!(
        r#"select id as "id: RefundId", state, amount, currency, succeeded_at is not null as "succeeded!"
           from refunds where pledge_id = $1 and (id = $2 or gateway_refund_id = $3)"#,
        pledge as PledgeId,
        refund.ours as Option<RefundId>,
        refund.id,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Known {
            id: row.id,
            state: rows::named("refunds.state", &row.state)?,
            amount: rows::money(row.amount, &row.currency)?,
            succeeded: row.succeeded,
        })
    })
    .transpose()
}

/// Moves a row to what was said of it, and says whether that is news.
async fn hear(
    db: &mut PgConnection,
    paid: &Paid,
    pledge: PledgeId,
    known: &Known,
    said: &GatewayRefund,
) -> Result<bool> {
    let state = known.state.heard(said.state);
    if state == known.state {
        return Ok(false);
    }
    // A refund that was only heard of when it had failed, and had been with the bank, was counted nowhere: nothing moved.
    let fee = match state {
        RefundState::Succeeded if !known.succeeded => {
            Some(share(db, paid, pledge, known.id, known.amount).await?)
        }
        _ => None,
    };
    sqlx::query!(
        "update refunds
         set state = $2, gateway_refund_id = coalesce(gateway_refund_id, nullif($3, '')),
             fee = coalesce(fee, $4), succeeded_at = case when $2 = 'succeeded' then coalesce(succeeded_at, clock())
                                                          else succeeded_at end,
             failed_at = case when $2 = 'failed' then clock() end, failure = $5
         where id = $1",
        known.id as RefundId,
        state.as_str(),
        said.id,
        fee.map(Money::amount),
        said.failure,
    )
    .execute(db)
    .await?;
    if state == RefundState::Failed {
        tracing::error!(refund = %known.id, %pledge, code = said.failure, came_back = known.succeeded, "a refund failed");
    }
    Ok(true)
}

/// A refund that somebody made in the gateway's dashboard becomes one of ours.
async fn adopt(
    db: &mut PgConnection,
    paid: &Paid,
    pledge: PledgeId,
    payment: &str,
    refund: &GatewayRefund,
) -> Result<bool> {
    if refund.state == RefundState::Failed {
        // Nothing of it is left, and nobody here asked for it.
        return Ok(false);
    }
    if refund.amount.currency() != paid.amount.currency() {
        return Err(Error::broken(format!("{payment}: a refund in another currency")));
    }
    let id = RefundId(Uuid::now_v7());
    let succeeded = refund.state == RefundState::Succeeded;
    let fee = if succeeded { Some(share(db, paid, pledge, id, refund.amount).await?) } else { None };
    sqlx::query!(
        "insert into refunds (id, pledge_id, amount, currency, state, source, reason, keeps_reward, fee,
                              gateway_refund_id, succeeded_at)
         values ($1, $2, $3, $4, $5, 'gateway', $6, $7, $8, $9, case when $10 then clock() end)",
        id as RefundId,
        pledge as PledgeId,
        refund.amount.amount(),
        refund.amount.currency().code(),
        refund.state.as_str(),
        in_words(refund.reason.as_deref()),
        refund.amount != paid.amount,
        fee.map(Money::amount),
        refund.id,
        succeeded,
    )
    .execute(db)
    .await?;
    tracing::warn!(%pledge, refund = %refund.id, "a refund made at the gateway was adopted");
    Ok(true)
}

/// The platform's share that goes back with this one, after those that stand already.
async fn share(
    db: &mut PgConnection,
    paid: &Paid,
    pledge: PledgeId,
    this: RefundId,
    amount: Money,
) -> Result<Money> {
    let standing = sqlx::query!(
        r#"select coalesce(sum(amount), 0) as "returned!", coalesce(sum(fee), 0) as "fees!"
           from refunds where pledge_id = $1 and id <> $2 and state = 'succeeded'"#,
        pledge as PledgeId,
        this as RefundId,
    )
    .fetch_one(db)
    .await?;
    let currency = paid.amount.currency();
    let money =
        |amount| Money::new(amount, currency).map_err(|_| Error::broken("refunds that do not add up"));
    Ok(paid.fee.give_back(paid.amount, money(standing.returned + amount.amount())?, money(standing.fees)?))
}

/// The gateway's code for a refund's reason.
fn in_words(code: Option<&str>) -> &'static str {
    match code {
        Some("duplicate") => "Made at the payment provider: paid twice.",
        Some("fraudulent") => "Made at the payment provider: a fraudulent payment.",
        Some("requested_by_customer") => "Made at the payment provider: the backer asked for it.",
        _ => "Made at the payment provider.",
    }
}
