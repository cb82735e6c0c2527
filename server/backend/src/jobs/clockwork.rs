//! What happens because time passed: scheduled campaigns open, reservations lapse.

use domain::{CampaignEvent, CampaignId, CampaignState, ChangeId, PledgeId, Step};
use futures::{StreamExt, TryStreamExt, stream};

use crate::pledges::{self, Ended};
use crate::{Ctx, Result, rows};

/// How many pages are closed at once: a gateway that answers slowly keeps the line moving.
const LAPSES_AT_ONCE: usize = 4;

/// Looks at the clock once. Tests pump it by hand.
pub async fn tick(ctx: &Ctx) -> Result<()> {
    launch_due(ctx).await?;
    lapse_due(ctx).await
}

pub(super) async fn launch_due(ctx: &Ctx) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let due = sqlx::query!(
        r#"select id as "id: CampaignId", state from campaigns
           where state = 'scheduled' and starts_at <= clock() and suspended_at is null
           limit 50 for update skip locked"#
    )
    .fetch_all(&mut *tx)
    .await?;
    for campaign in due {
        let from: CampaignState = rows::named("campaigns.state", &campaign.state)?;
        let Ok(Step::To(to)) = from.next(CampaignEvent::Launched) else { continue };
        sqlx::query!(
            "with moved as (update campaigns set state = $3, fee_bps = $4, reserve_bps = $5, reserve_days = $6,
                                                 updated_at = clock() where id = $1)
             insert into campaign_history (campaign_id, from_state, to_state, event) values ($1, $2, $3, 'launched')",
            campaign.id as CampaignId,
            from.as_str(),
            to.as_str(),
            i16::try_from(ctx.config.fee.bps()).unwrap_or(i16::MAX),
            i16::try_from(ctx.config.payouts.reserve.bps()).unwrap_or(i16::MAX),
            i16::try_from(ctx.config.payouts.reserve.days()).unwrap_or(i16::MAX),
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Ends reservations whose time is up. Every one of them asks the gateway, so this has a task of its own.
pub(super) async fn lapse_due(ctx: &Ctx) -> Result<()> {
    let due = sqlx::query_scalar!(
        r#"select id as "id: PledgeId" from pledges
           where state = 'pending' and reserved_until < clock()
                 -- one that is being applied already needs nobody
                 and not exists (select from pledge_inbox where pledge_id = pledges.id and applied_at is null)
           -- those that would not lapse were touched and stand at the end of the line
           order by updated_at limit 20"#
    )
    .fetch_all(&ctx.db)
    .await?;
    stream::iter(due)
        .map(|pledge| lapse(ctx, pledge))
        .buffer_unordered(LAPSES_AT_ONCE)
        .try_collect::<()>()
        .await?;
    lapse_changes_due(ctx).await
}

/// Ends changes whose new hold did not come in time.
async fn lapse_changes_due(ctx: &Ctx) -> Result<()> {
    let due = sqlx::query_scalar!(
        r#"select id as "id: ChangeId" from pledge_changes changes
           where state = 'waiting' and reserved_until < clock()
                 and not exists (select from pledge_inbox
                                 where pledge_inbox.pledge_id = changes.pledge_id and applied_at is null)
           order by reserved_until limit 20"#
    )
    .fetch_all(&ctx.db)
    .await?;
    for change in due {
        let lapsed = pledges::lapse_change(ctx, change).await;
        if let Ok(Ended::Ending | Ended::Secured) = lapsed {
            continue;
        }
        // To the end of the line, and later: its page is open, or the gateway cannot be asked.
        tracing::info!(%change, error = lapsed.err().map(tracing::field::display), "change not lapsed yet");
        sqlx::query!(
            "update pledge_changes set reserved_until = clock() + interval '1 minute' where id = $1 and state = 'waiting'",
            change as ChangeId
        )
        .execute(&ctx.db)
        .await?;
    }
    Ok(())
}

async fn lapse(ctx: &Ctx, pledge: PledgeId) -> Result<()> {
    // The gateway cannot be asked just now, or the page would not close: the slot stays taken rather than being sold
    // twice.
    match pledges::lapse(ctx, pledge).await {
        Ok(Ended::Ending | Ended::Secured) => return Ok(()),
        Ok(Ended::StillOpen) => tracing::info!(%pledge, "reservation not lapsed yet: its page is open"),
        Err(error) => tracing::info!(%pledge, %error, "reservation not lapsed yet"),
    }
    sqlx::query!("update pledges set updated_at = clock() where id = $1", pledge as PledgeId)
        .execute(&ctx.db)
        .await?;
    Ok(())
}
