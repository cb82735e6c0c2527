//! A backer takes a pledge back, until the cutoff.

use std::time::Duration;

use domain::{CampaignId, PersonId, Pledge, PledgeEvent, PledgeId, PledgeRefusal, PledgeState};

use super::lapse::{self, Ended};
use crate::inbox::{self, Source};
use crate::{Ctx, Error, Result, campaigns, clock, rows};

/// How long the page waits for the worker before it says "being cancelled".
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a pledge was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelRefusal {
    #[error(transparent)]
    Pledge(#[from] PledgeRefusal),
    /// No such pledge, or somebody else's: the same answer.
    #[error("This pledge does not exist.")]
    NotFound,
    /// The gateway's page could not be closed, or what was done there is still being confirmed.
    #[error(
        "Your card page at the payment provider could not be closed just now, so the pledge is not cancelled. Try again in a moment."
    )]
    NotYet,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for CancelRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Cancels the backer's own pledge. The slot, the total and what is held at the gateway follow in the worker's one
/// transaction. Cancelling twice is cancelling once.
///
/// # Errors
/// [`CancelRefusal`]: the pledge then stands as it was.
pub async fn cancel(ctx: &Ctx, backer: PersonId, pledge: PledgeId) -> Result<(), CancelRefusal> {
    match cancel_as_found(ctx, backer, pledge).await? {
        Ended::Ending => return Ok(()),
        Ended::Secured => {}
        Ended::StillOpen => return Err(CancelRefusal::NotYet),
    }
    // Who finished at the gateway's page in that very moment has pledged, and wants it gone all the same.
    match cancel_as_found(ctx, backer, pledge).await? {
        Ended::Ending => Ok(()),
        Ended::Secured | Ended::StillOpen => Err(CancelRefusal::NotYet),
    }
}

/// One attempt; anything but [`Ended::Ending`] has left the pledge as it was.
async fn cancel_as_found(ctx: &Ctx, backer: PersonId, pledge: PledgeId) -> Result<Ended, CancelRefusal> {
    let row = sqlx::query!(
        r#"select state, campaign_id as "campaign: CampaignId" from pledges where id = $1 and backer_id = $2"#,
        pledge as PledgeId,
        backer as PersonId,
    )
    .fetch_optional(&ctx.db)
    .await?
    .ok_or(CancelRefusal::NotFound)?;
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    if state == PledgeState::Cancelled {
        return Ok(Ended::Ending);
    }
    let campaign = campaigns::rules(&ctx.db, row.campaign)
        .await?
        .ok_or_else(|| Error::broken("a pledge without a campaign"))?;
    Pledge::cancellable(state, &campaign, clock::now(&ctx.db).await?)?;
    let ended = if state == PledgeState::Pending {
        lapse::end(ctx, pledge, PledgeEvent::BackerCancelled, Source::Backer).await?
    } else {
        inbox::leave(&ctx.db, row.campaign, pledge, &PledgeEvent::BackerCancelled.into(), Source::Backer)
            .await?;
        Ended::Ending
    };
    inbox::settled(ctx, pledge, PATIENCE).await?;
    Ok(ended)
}
