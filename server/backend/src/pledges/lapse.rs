//! The end of a reservation. Its page at the gateway is closed first: only when nobody can pay on it any more is
//! the slot free. Somebody who finished in that very moment has pledged.

use domain::{CampaignId, PledgeEvent, PledgeId, PledgeState};

use super::{Started, resume};
use crate::inbox::{self, Entry, Source};
use crate::payments::PageState;
use crate::{Ctx, Result, rows};

/// Ends the reservation of a pending pledge; does nothing to any other.
///
/// # Errors
/// When the gateway cannot say whether the page is closed: the reservation then stands until it can.
pub async fn lapse(ctx: &Ctx, pledge: PledgeId) -> Result<()> {
    end(ctx, pledge, PledgeEvent::ReservationLapsed, Source::Clock).await
}

/// Closes the page and leaves `event` for the worker, unless the backer was faster.
pub(super) async fn end(ctx: &Ctx, pledge: PledgeId, event: PledgeEvent, source: Source) -> Result<()> {
    let row = sqlx::query!(
        r#"select state, gateway_session_id, campaign_id as "campaign: CampaignId",
                  exists (select from gateway_attempts
                          where pledge_id = pledges.id and kind = 'create_session' and state <> 'refused')
                      as "asked!"
           from pledges where id = $1"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    if state != PledgeState::Pending {
        return Ok(());
    }
    let entry = match row.gateway_session_id {
        Some(session) => closed(ctx, pledge, &session, event).await?,
        // A page was asked for and we do not know its name: asking again under the same key tells it.
        None if row.asked => {
            if let Started::AtGateway { .. } = resume(ctx, pledge).await? {
                return Box::pin(end(ctx, pledge, event, source)).await;
            }
            return Ok(());
        }
        None => Some(event.into()),
    };
    if let Some(entry) = entry {
        let source = if entry.event == event { source } else { Source::Gateway };
        inbox::leave(&ctx.db, row.campaign, pledge, &entry, source).await?;
        ctx.inbox.ring();
    }
    Ok(())
}

/// Whether the backer's card, hold or money is there.
fn secures(event: PledgeEvent) -> bool {
    matches!(event, PledgeEvent::CardSaved | PledgeEvent::HoldPlaced | PledgeEvent::PaymentCaptured)
}

async fn closed(ctx: &Ctx, pledge: PledgeId, session: &str, event: PledgeEvent) -> Result<Option<Entry>> {
    Ok(match ctx.payments.close_page(pledge, session).await? {
        PageState::Expired => Some(event.into()),
        // A finished page whose hold has run out or was cancelled brings nothing: then the reservation ends.
        PageState::Complete(done) => {
            Some(done.map(|done| done.entry).filter(|entry| secures(entry.event)).unwrap_or(event.into()))
        }
        // It would not close and is not complete: leave everything as it is and look again later.
        PageState::Open { .. } => None,
    })
}
