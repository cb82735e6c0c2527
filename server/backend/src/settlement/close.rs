//! The deadline: a live campaign starts to settle.

use domain::{CampaignEvent, CampaignId, CampaignState, Step};

use super::hold::hold;
use super::{AT_ONCE, told};
use crate::{Ctx, Error, Result, live};

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
    let from = CampaignState::Live;
    let Ok(Step::To(to)) = from.next(CampaignEvent::DeadlinePassed) else {
        return Err(Error::broken("a live campaign has no deadline"));
    };
    let mut tx = ctx.db.begin().await?;
    if hold(&mut tx, campaign, from).await?.is_none() {
        return Ok(());
    }
    sqlx::query!(
        "with moved as (update campaigns set state = $3, updated_at = clock() where id = $1),
              noted as (insert into campaign_history (campaign_id, from_state, to_state, event)
                        values ($1, $2, $3, $4))
         insert into settlements (campaign_id) values ($1)",
        campaign as CampaignId,
        from.as_str(),
        to.as_str(),
        CampaignEvent::DeadlinePassed.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    live::announce_state(&mut tx, campaign).await?;
    ctx.faults.step("settlement.before_close");
    tx.commit().await?;
    ctx.faults.step("settlement.closed");
    Ok(())
}
