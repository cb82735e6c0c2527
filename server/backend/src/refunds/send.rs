//! The job of one refund: sends it to the gateway, and notes what it said.

use domain::{Money, PledgeId, RefundId, RefundState};

use super::note;
use crate::payments::{GatewayError, GatewayRefund};
use crate::{Ctx, Error, Result, payouts, rows};

/// Refusals that no later try will change: the money is not there to be given back.
const FINAL: [&str; 4] =
    ["charge_already_refunded", "charge_disputed", "charge_not_refundable", "amount_too_large"];

/// Done twice it is done once: the gateway's key is derived from the row.
pub(crate) async fn send(ctx: &Ctx, id: RefundId) -> Result<()> {
    let Some(due) = due(ctx, id).await? else { return Ok(()) };
    ctx.faults.step("refund.before");
    // What the creator has of it already comes back first.
    payouts::take_back(ctx, due.pledge, due.creators, &format!("refund_{id}")).await?;
    let said = match ctx.payments.refund(id, due.pledge, &due.payment, due.amount).await {
        Ok(refund) => refund,
        Err(Error::Gateway(GatewayError::Refused { code, .. })) if FINAL.contains(&code.as_str()) => {
            refused(id, &due, code)
        }
        // More was asked for than is left there: somebody gave it back in the gateway's dashboard.
        Err(Error::Gateway(GatewayError::Refused { status: 400, code, .. })) if code == "none" => {
            refused(id, &due, "more_than_is_left".into())
        }
        Err(error) => return Err(error),
    };
    ctx.faults.step("refund.done");
    note::note(ctx, due.pledge, &due.payment, &[said]).await?;
    ctx.faults.step("refund.noted");
    Ok(())
}

fn refused(id: RefundId, due: &Due, code: String) -> GatewayRefund {
    GatewayRefund {
        id: String::new(),
        ours: Some(id),
        amount: due.amount,
        state: RefundState::Failed,
        failure: Some(code),
        reason: None,
    }
}

struct Due {
    pledge: PledgeId,
    payment: String,
    amount: Money,
    /// The creator's part of it.
    creators: Money,
}

/// `None` when the gateway has said something of it already.
async fn due(ctx: &Ctx, id: RefundId) -> Result<Option<Due>> {
    let row = sqlx::query!(
        r#"select pledge_id as "pledge: PledgeId", refunds.amount, refunds.currency, refunds.state, fee_bps,
                  payment_intent_id as payment
           from refunds
           join pledges on pledges.id = pledge_id
           join campaigns on campaigns.id = campaign_id
           where refunds.id = $1"#,
        id as RefundId,
    )
    .fetch_one(&ctx.db)
    .await?;
    if row.state != RefundState::Requested.as_str() {
        return Ok(None);
    }
    let amount = rows::money(row.amount, &row.currency)?;
    Ok(Some(Due {
        pledge: row.pledge,
        payment: row.payment.ok_or_else(|| Error::broken("a paid pledge without a payment"))?,
        amount,
        creators: rows::fee(row.fee_bps)?.divide(amount).net,
    }))
}
