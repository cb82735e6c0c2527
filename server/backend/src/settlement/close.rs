//! The deadline: a live campaign starts to settle.

use domain::{CampaignEvent, CampaignId, CampaignState};

use super::hold::hold;
use super::{AT_ONCE, told};
use crate::{Ctx, Result, campaigns, live};

/// Moves every campaign whose deadline has passed to `settling`.
pub(super) async fn close_due(ctx: &Ctx) -> Result<()> {
    let due = sqlx::query_scalar!(
        r#"select id as "id: CampaignId" from campaigns
           where state = 'live' and ends_at <= clock() and suspended_at is null
           order by ends_at limit $1"#,
        AT_ONCE,
    )
    .fetch_all(&ctx.db)
    .await?;
    for campaign in due {
        told(campaign, "closed", close(ctx, campaign).await);
    }
    Ok(())
}

async fn close(ctx: &Ctx, campaign: CampaignId) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    if hold(&mut tx, campaign, CampaignState::Live).await?.is_none() {
        return Ok(());
    }
    let (from, event) = (CampaignState::Live, CampaignEvent::DeadlinePassed);
    campaigns::advance(&mut tx, campaign, from, event, None).await?;
    sqlx::query!("insert into settlements (campaign_id) values ($1)", campaign as CampaignId)
        .execute(&mut *tx)
        .await?;
    live::announce_state(&mut tx, campaign).await?;
    ctx.faults.step("settlement.before_close");
    tx.commit().await?;
    ctx.faults.step("settlement.closed");
    Ok(())
}
