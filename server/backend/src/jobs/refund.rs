//! Gives a whole payment back, and leaves the gateway's word for the inbox.

use domain::{PledgeEvent, PledgeId, PledgeState};

use super::look_into::ours;
use crate::inbox::{self, Source};
use crate::{Ctx, Error, Result};

/// Done twice it is done once: what was returned already is read at the gateway first.
pub(super) async fn run(ctx: &Ctx, pledge: PledgeId) -> Result<()> {
    let ours = ours(ctx, pledge).await?;
    if !matches!(ours.state, PledgeState::Captured | PledgeState::PartiallyRefunded) {
        return Ok(());
    }
    let payment = ours.intent.ok_or_else(|| Error::broken("a paid pledge without a payment"))?;
    ctx.payments.refund_all(pledge, &payment).await?;
    ctx.faults.step("refund.done");
    inbox::leave(&ctx.db, ours.campaign, pledge, &PledgeEvent::Refunded.into(), Source::Clock).await?;
    ctx.inbox.ring();
    Ok(())
}
