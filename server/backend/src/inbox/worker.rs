//! The loop around [`apply_waiting`](super::apply_waiting): woken by the bell, and once a second by itself.

use std::time::Duration;

use domain::CampaignId;
use tokio_util::sync::CancellationToken;

use super::apply_waiting;
use crate::{Ctx, Result};

/// Long enough for a burst to gather into one batch, too short for anybody to notice.
const GATHERING: Duration = Duration::from_millis(2);
/// For events that another process stored.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// Applies what waits until told to stop.
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    loop {
        match drain(&ctx).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) if error.is_passing() => tracing::info!(%error, "inbox worker tries again"),
            Err(error) => tracing::error!(%error, "inbox worker"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = ctx.inbox.rung() => tokio::time::sleep(GATHERING).await,
            () = tokio::time::sleep(LOOK_AROUND) => {}
        }
    }
}

/// Applies everything that waits now, and says how many events that were. Tests pump it by hand.
pub async fn drain(ctx: &Ctx) -> Result<usize> {
    let campaigns = sqlx::query_scalar!(
        r#"select distinct campaign_id as "id: CampaignId" from pledge_inbox where applied_at is null limit 100"#
    )
    .fetch_all(&ctx.db)
    .await?;
    let mut applied = 0;
    for campaign in campaigns {
        // One campaign that cannot be applied must not hold up the others.
        match apply_waiting(ctx, campaign).await {
            Ok(events) => applied += events,
            Err(error) if error.is_passing() => tracing::info!(%campaign, %error, "inbox tries again"),
            Err(error) => tracing::error!(%campaign, %error, "inbox of a campaign"),
        }
    }
    Ok(applied)
}
