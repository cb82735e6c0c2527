//! The end of a reservation. Its page at the gateway is closed first: only when nobody can pay on it any more is
//! the slot free. Somebody who finished in that very moment has pledged.

use domain::{CampaignId, PledgeEvent, PledgeId, PledgeState};

use super::{checkout, resume};
use crate::inbox::{self, Entry, Source};
use crate::payments::PageState;
use crate::{Ctx, Result, rows};

/// What became of the attempt to end a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// Nobody can pay on the page any more; the worker ends the pledge.
    Ending,
    /// The backer was faster, at the gateway or with us: the pledge is not pending any more, or will not be soon.
    Secured,
    /// The page would not close and somebody may still pay on it: the reservation stands.
    StillOpen,
}

/// Ends the reservation of a pending pledge; does nothing to any other.
///
/// # Errors
/// When the gateway cannot say whether the page is closed: the reservation then stands until it can.
pub async fn lapse(ctx: &Ctx, pledge: PledgeId) -> Result<Ended> {
    end(ctx, pledge, PledgeEvent::ReservationLapsed, Source::Clock).await
}

/// Closes the page and leaves `event` for the worker, unless the backer was faster.
pub(super) async fn end(ctx: &Ctx, pledge: PledgeId, event: PledgeEvent, source: Source) -> Result<Ended> {
    let row = sqlx::query!(
        r#"select state, gateway_session_id, own_intent_id, collection,
                  wanted_card is not null as "has_card!", campaign_id as "campaign: CampaignId",
                  exists (select from gateway_attempts
                          where pledge_id = pledges.id and kind in ('create_session', 'create_intent')
                                and state <> 'refused')
                      as "asked!",
                  exists (select from pledge_inbox where pledge_id = pledges.id and outcome = 'mismatch')
                      as "mistaken!",
                  exists (select from staged_jobs
                          where done_at is null and parked_at is null and payload->>'pledge' = pledges.id::text)
                      as "looked_into!"
           from pledges where id = $1"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    if state != PledgeState::Pending {
        return Ok(Ended::Secured);
    }
    // What was held or paid was not this pledge's money: it is on its way back.
    let proof = !row.mistaken;
    let entry = match (row.gateway_session_id, row.own_intent_id) {
        // What was asked for has no name here yet. A saved card must not be tried now that its owner has left, so what
        // was made with it is looked for; for a page, asking again under the same key tells its name.
        (None, None) if row.asked && row.has_card => match checkout::find_lost_intent(ctx, pledge).await? {
            true => return Box::pin(end(ctx, pledge, event, source)).await,
            false => Some(event.into()),
        },
        (None, None) if row.asked => {
            let _ = Box::pin(resume(ctx, pledge)).await?;
            return Box::pin(end(ctx, pledge, event, source)).await;
        }
        (None, None) => Some(event.into()),
        _ if row.looked_into => None,
        (Some(session), _) => after(ctx.payments.close_page(pledge, &session).await?, event, proof),
        (None, Some(intent)) => {
            let collection = rows::named("pledges.collection", &row.collection)?;
            after(Box::pin(ctx.payments.close_own_intent(pledge, &intent, collection)).await?, event, proof)
        }
    };
    let Some(entry) = entry else { return Ok(Ended::StillOpen) };
    let (source, ended) = match entry.event == event {
        true => (source, Ended::Ending),
        false => (Source::Gateway, Ended::Secured),
    };
    inbox::leave(&ctx.db, row.campaign, pledge, &entry, source).await?;
    ctx.inbox.ring();
    Ok(ended)
}

/// Whether the backer's card, hold or money is there.
fn secures(event: PledgeEvent) -> bool {
    matches!(event, PledgeEvent::CardSaved | PledgeEvent::HoldPlaced | PledgeEvent::PaymentCaptured)
}

/// What follows for the pledge from its page or intent that was to be closed. With `proof`, a finished one proves that the
/// backer has pledged.
fn after(closed: PageState, event: PledgeEvent, proof: bool) -> Option<Entry> {
    match closed {
        PageState::Expired => Some(event.into()),
        // A finished page whose hold has run out or was cancelled brings nothing: then the reservation ends.
        PageState::Complete(done) => {
            let secured = done.map(|done| done.entry).filter(|entry| proof && secures(entry.event));
            Some(secured.unwrap_or(event.into()))
        }
        // It would not close and is not complete: leave everything as it is and look again later.
        PageState::Open { .. } => None,
    }
}
