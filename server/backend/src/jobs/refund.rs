//! Gives a whole payment back, and leaves the gateway's word for the inbox.

use domain::{CampaignId, Collection, PledgeEvent, PledgeId, PledgeState};

use crate::inbox::{self, Source};
use crate::{Ctx, Error, Result, rows};

/// Done twice it is done once: what was returned already is read at the gateway first.
pub(super) async fn run(ctx: &Ctx, pledge: PledgeId) -> Result<()> {
    let row = sqlx::query!(
        r#"select campaign_id as "campaign: CampaignId", state, collection, gateway_intent_id, charge_intent_id
           from pledges where id = $1"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    if !matches!(state, PledgeState::Captured | PledgeState::PartiallyRefunded) {
        return Ok(());
    }
    let payment = match rows::named("pledges.collection", &row.collection)? {
        Collection::SaveCard => row.charge_intent_id,
        Collection::Hold | Collection::ChargeNow => row.gateway_intent_id,
    };
    let payment = payment.ok_or_else(|| Error::broken("a paid pledge without a payment"))?;
    ctx.payments.refund_all(pledge, &payment).await?;
    ctx.faults.step("refund.done");
    inbox::leave(&ctx.db, row.campaign, pledge, &PledgeEvent::Refunded.into(), Source::Clock).await?;
    ctx.inbox.ring();
    Ok(())
}
