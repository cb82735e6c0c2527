//! The end of settling: nothing of the campaign is open any more.

use domain::{CampaignId, CampaignState, Outcome};
use sqlx::PgConnection;

use super::decide::conclude;
use super::hold::hold;
use super::{AT_ONCE, told};
use crate::{Ctx, Result, live, rows};

/// Ends every campaign that is decided and whose pledges are all paid, dropped or released.
pub(super) async fn finish_due(ctx: &Ctx) -> Result<()> {
    let done = sqlx::query_scalar!(
        r#"select campaigns.id as "id: CampaignId"
           from settlements
           join campaigns on campaigns.id = settlements.campaign_id
           join campaign_results results on results.campaign_id = campaigns.id
           where finished_at is null and state = 'settling' and suspended_at is null
                 and not exists (select from pledges where campaign_id = campaigns.id
                                 and state in ('pending', 'committed', 'authorized', 'charging', 'errored',
                                               'needs_action'))
                 and not exists (select from pledge_inbox where campaign_id = campaigns.id and applied_at is null)
           order by began_at limit $1"#,
        AT_ONCE,
    )
    .fetch_all(&ctx.db)
    .await?;
    for campaign in done {
        told(campaign, "finished", finish(ctx, campaign).await);
    }
    Ok(())
}

async fn finish(ctx: &Ctx, campaign: CampaignId) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    if hold(&mut tx, campaign, CampaignState::Settling).await?.is_none() {
        return Ok(());
    }
    let outcome = sqlx::query_scalar!(
        "select outcome from campaign_results where campaign_id = $1",
        campaign as CampaignId
    )
    .fetch_one(&mut *tx)
    .await?;
    let outcome: Outcome = rows::named("campaign_results.outcome", &outcome)?;
    conclude(&mut tx, campaign, outcome).await?;
    close_account(&mut tx, campaign).await?;
    live::announce_state(&mut tx, campaign).await?;
    ctx.faults.step("settlement.before_finish");
    tx.commit().await?;
    ctx.faults.step("settlement.finished");
    Ok(())
}

/// Nothing more will happen to the campaign's money by itself.
pub(super) async fn close_account(db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
    sqlx::query!(
        "update settlements set finished_at = clock() where campaign_id = $1",
        campaign as CampaignId
    )
    .execute(db)
    .await?;
    Ok(())
}
