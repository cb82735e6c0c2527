//! A backer takes a pledge back, until the cutoff.

use std::time::Duration;

use domain::{CampaignId, PersonId, Pledge, PledgeEvent, PledgeId, PledgeRefusal, PledgeState};

use super::lapse::{self, Ended};
use crate::again::{self, GivenUp};
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

impl GivenUp for CancelRefusal {
    fn was_given_up(&self) -> bool {
        matches!(self, Self::Failed(error) if error.was_given_up())
    }
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
    if state == PledgeState::Pending {
        // Nothing is committed yet: that can be left at any time.
        let ended = lapse::end(ctx, pledge, PledgeEvent::BackerCancelled, Source::Backer).await?;
        inbox::settled(ctx, pledge, PATIENCE).await?;
        return Ok(ended);
    }
    again::while_given_up(|| leave_cancellation(ctx, row.campaign, pledge)).await?;
    inbox::settled(ctx, pledge, PATIENCE).await?;
    Ok(Ended::Ending)
}

/// Leaves it for the worker. The campaign is not closed between the look at the clock and the row: a cancellation is
/// wholly in time or refused.
async fn leave_cancellation(ctx: &Ctx, campaign: CampaignId, pledge: PledgeId) -> Result<(), CancelRefusal> {
    let mut tx = ctx.db.begin().await?;
    campaigns::keep_open(&mut tx, campaign).await?;
    let state = sqlx::query_scalar!("select state from pledges where id = $1 for update", pledge as PledgeId)
        .fetch_one(&mut *tx)
        .await?;
    let state: PledgeState = rows::named("pledges.state", &state)?;
    if state == PledgeState::Cancelled {
        return Ok(());
    }
    let rules = campaigns::rules(&mut *tx, campaign)
        .await?
        .ok_or_else(|| Error::broken("a pledge without a campaign"))?;
    Pledge::cancellable(state, &rules, clock::now(&mut *tx).await?)?;
    inbox::leave(&mut *tx, campaign, pledge, &PledgeEvent::BackerCancelled.into(), Source::Backer).await?;
    Ok(tx.commit().await?)
}
