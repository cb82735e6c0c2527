//! A backer takes a pledge back, until the cutoff.

use std::time::Duration;

use domain::{CampaignId, PersonId, Pledge, PledgeEvent, PledgeId, PledgeRefusal, PledgeState};

use super::lapse;
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
    if cancel_as_found(ctx, backer, pledge).await? == PledgeState::Pending {
        // Who finished at the gateway's page in that very moment has pledged, and wants it gone all the same.
        cancel_as_found(ctx, backer, pledge).await?;
    }
    Ok(())
}

/// One attempt; answers with the state the pledge was found in.
async fn cancel_as_found(
    ctx: &Ctx,
    backer: PersonId,
    pledge: PledgeId,
) -> Result<PledgeState, CancelRefusal> {
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
        return Ok(state);
    }
    let campaign = campaigns::rules(&ctx.db, row.campaign)
        .await?
        .ok_or_else(|| Error::broken("a pledge without a campaign"))?;
    Pledge::cancellable(state, &campaign, clock::now(&ctx.db).await?)?;
    if state == PledgeState::Pending {
        lapse::end(ctx, pledge, PledgeEvent::BackerCancelled, Source::Backer).await?;
    } else {
        inbox::leave(&ctx.db, row.campaign, pledge, &PledgeEvent::BackerCancelled.into(), Source::Backer)
            .await?;
    }
    inbox::settled(ctx, pledge, PATIENCE).await?;
    Ok(state)
}
