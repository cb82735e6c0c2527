//! What the gateway says of a dispute, noted in its row.

use domain::{DisputeId, DisputeState, Money, PledgeEvent, PledgeId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::inbox::{self, Source};
use crate::jobs::{self, Job};
use crate::payments::GatewayDispute;
use crate::payouts::TakeBack;
use crate::{Ctx, Result, refunds, rows};

/// Reads a dispute and follows what it says now.
pub(crate) async fn look(ctx: &Ctx, id: &str) -> Result<()> {
    let said = ctx.payments.dispute(id).await?;
    let Some(payment) = &said.payment else { return Ok(()) };
    let Some(pledge) = refunds::place(ctx, payment).await? else { return Ok(()) };
    note(ctx, pledge, &said).await
}

/// Notes it and lets the inbox follow, in one transaction. The pledge is held, so that two who hear of the same dispute
/// come one after the other.
pub(super) async fn note(ctx: &Ctx, pledge: PledgeId, said: &GatewayDispute) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let campaign = refunds::hold_pledge(&mut tx, pledge).await?;
    if write(&mut tx, pledge, said).await? {
        // Whichever of the events it is, the rows decide.
        inbox::leave(&mut *tx, campaign, pledge, &PledgeEvent::DisputeOpened.into(), Source::Gateway).await?;
    }
    if said.state == DisputeState::Lost {
        let owed = TakeBack { pledge, amount: said.amount, why: format!("dispute_{}", said.id) };
        let key = format!("take_back_{}", owed.why);
        jobs::stage(&mut tx, &[(Job::TakeBack(&owed), key)]).await?;
    }
    ctx.faults.step("dispute.before_note");
    tx.commit().await?;
    ctx.inbox.ring();
    Ok(())
}

/// Whether there was anything new.
async fn write(db: &mut PgConnection, pledge: PledgeId, said: &GatewayDispute) -> Result<bool> {
    let before = sqlx::query!(r#"select state, fee from disputes where gateway_dispute_id = $1"#, said.id,)
        .fetch_optional(&mut *db)
        .await?;
    let state = match &before {
        Some(row) => rows::named::<DisputeState>("disputes.state", &row.state)?.heard(said.state),
        None => said.state,
    };
    if before.is_some_and(|row| row.state == state.as_str() && row.fee.is_some() == said.fee.is_some()) {
        return Ok(false);
    }
    sqlx::query!(
        "insert into disputes (id, gateway_dispute_id, pledge_id, amount, currency, reason, state, evidence_due_at, fee,
                               fee_currency, opened_at, closed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $12 then clock() end)
         on conflict on constraint disputes_gateway_dispute_key do update
         set state = excluded.state, evidence_due_at = excluded.evidence_due_at, amount = excluded.amount,
             fee = coalesce(disputes.fee, excluded.fee),
             fee_currency = coalesce(disputes.fee_currency, excluded.fee_currency),
             closed_at = case when $12 then coalesce(disputes.closed_at, clock()) end",
        DisputeId(Uuid::now_v7()) as DisputeId,
        said.id,
        pledge as PledgeId,
        said.amount.amount(),
        said.amount.currency().code(),
        said.reason,
        state.as_str(),
        said.evidence_due_at,
        said.fee.map(Money::amount),
        said.fee.map(|fee| fee.currency().code()),
        said.opened_at,
        state.is_closed(),
    )
    .execute(db)
    .await?;
    Ok(true)
}
