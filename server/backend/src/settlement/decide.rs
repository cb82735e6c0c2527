//! The outcome: once everything from before the deadline is known, the exact sum decides, and the row that says so
//! is never written again.

use domain::{Act, CampaignId, CampaignState, Outcome, Plan, PledgeEvent, PledgeId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::freeze::freeze;
use super::hold::hold;
use super::{AT_ONCE, plan, told};
use crate::inbox::{Entry, Source};
use crate::mail::{About, CampaignFailedCreator, CampaignFundedCreator, Letter};
use crate::{Ctx, Error, Result, campaigns, live};

/// Decides every campaign that waits for it, each in a transaction of its own.
pub(super) async fn decide_due(ctx: &Ctx) -> Result<()> {
    let due = sqlx::query_scalar!(
        r#"select campaigns.id as "id: CampaignId" from campaigns
           join settlements on settlements.campaign_id = campaigns.id
           where state = 'settling' and suspended_at is null
                 and not exists (select from campaign_results where campaign_id = campaigns.id)
                 -- checkouts that began before the deadline may still be finished, for as long as they are reserved
                 and not exists (select from pledges where campaign_id = campaigns.id and state = 'pending')
                 and not exists (select from pledge_inbox where campaign_id = campaigns.id and applied_at is null)
           order by began_at limit $1"#,
        AT_ONCE,
    )
    .fetch_all(&ctx.db)
    .await?;
    for campaign in due {
        told(campaign, "decided", decide(ctx, campaign).await);
    }
    Ok(())
}

async fn decide(ctx: &Ctx, campaign: CampaignId) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let Some(total) = hold(&mut tx, campaign, CampaignState::Settling).await? else { return Ok(()) };
    if !is_ripe(&mut tx, campaign).await? {
        return Ok(());
    }
    let rules = campaigns::rules(&mut *tx, campaign)
        .await?
        .ok_or_else(|| Error::broken("a settling campaign without dates"))?;
    let plan = plan::read(&mut tx, &rules).await?;
    if plan.pledged.amount() != total.pledged {
        // The sum of the pledges is the truth; the running total is a copy that should never differ.
        tracing::error!(%campaign, "running total differs from the sum of the pledges; the sum decides");
    }
    freeze(&mut tx, campaign, plan.outcome.as_str(), &plan, total.backers).await?;
    match plan.outcome {
        // Its pledges are unwound from there.
        Outcome::Failed => {
            let (from, event) = (CampaignState::Settling, Outcome::Failed.event());
            campaigns::advance(&mut tx, campaign, from, event, None).await?;
        }
        Outcome::Funded | Outcome::PartiallyFunded => {
            let charged = plan.pledges.iter().filter(|planned| planned.act.is_some());
            let charged: Vec<PledgeId> = charged.map(|planned| planned.pledge).collect();
            leave_for_all(&mut tx, campaign, PledgeEvent::ChargeStarted, &charged).await?;
            open_retry_window(ctx, &mut tx, campaign, &plan).await?;
        }
    }
    tell_the_creator(ctx, &mut tx, &rules, &plan, total.backers).await?;
    live::announce_state(&mut tx, campaign).await?;
    ctx.faults.step("settlement.before_decide");
    tx.commit().await?;
    ctx.faults.step("settlement.decided");
    ctx.inbox.ring();
    Ok(())
}

/// Looks once more, now that nothing can come in between.
async fn is_ripe(db: &mut PgConnection, campaign: CampaignId) -> Result<bool> {
    let ripe = sqlx::query_scalar!(
        r#"select not exists (select from campaign_results where campaign_id = $1)
              and not exists (select from pledges where campaign_id = $1 and state = 'pending')
              and not exists (select from pledge_inbox where campaign_id = $1 and applied_at is null) as "ripe!""#,
        campaign as CampaignId,
    )
    .fetch_one(db)
    .await?;
    Ok(ripe)
}

/// Leaves the same event for many pledges.
pub(super) async fn leave_for_all(
    db: &mut PgConnection,
    campaign: CampaignId,
    event: PledgeEvent,
    pledges: &[PledgeId],
) -> Result<()> {
    let pledges: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    let ids: Vec<Uuid> = pledges.iter().map(|_| Uuid::now_v7()).collect();
    sqlx::query!(
        "insert into pledge_inbox (id, campaign_id, pledge_id, entry, source)
         select id, $2, pledge, $4, $5 from unnest($1::uuid[], $3::uuid[]) as new (id, pledge)",
        &ids,
        campaign as CampaignId,
        &pledges,
        sqlx::types::Json(Entry::from(event)) as _,
        Source::Clock.as_str(),
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn open_retry_window(
    ctx: &Ctx,
    db: &mut PgConnection,
    campaign: CampaignId,
    plan: &Plan,
) -> Result<()> {
    if plan.pledges.iter().all(|planned| !matches!(planned.act, Some(Act::Charge | Act::Capture))) {
        // Keep-it-all: everybody has paid.
        return Ok(());
    }
    sqlx::query!(
        "update settlements set retry_until = clock() + $2::interval where campaign_id = $1",
        campaign as CampaignId,
        interval(ctx.config.retry_window),
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn tell_the_creator(
    ctx: &Ctx,
    db: &mut PgConnection,
    campaign: &domain::Campaign,
    plan: &Plan,
    backers: i64,
) -> Result<()> {
    let row = sqlx::query!(
        "select title, slug, retry_until from campaigns join settlements on campaign_id = id where id = $1",
        campaign.id as CampaignId,
    )
    .fetch_one(&mut *db)
    .await?;
    let about = About { title: &row.title, slug: &row.slug };
    let (pledged, goal) = (plan.pledged, campaign.goal);
    let letter = match plan.outcome {
        Outcome::Funded => {
            let retries_until = row.retry_until;
            let letter = CampaignFundedCreator { campaign: about, pledged, goal, backers, retries_until };
            Letter::CampaignFundedCreator(letter)
        }
        Outcome::Failed => {
            Letter::CampaignFailedCreator(CampaignFailedCreator { campaign: about, pledged, goal, backers })
        }
        // They have had the money all along.
        Outcome::PartiallyFunded => return Ok(()),
    };
    let key = format!("campaign_{}_creator_{}", plan.outcome.as_str(), campaign.id);
    ctx.mail.stage(db, letter, campaign.creator_id, &key).await
}

/// As the database takes it.
pub(super) fn interval(length: chrono::TimeDelta) -> sqlx::postgres::types::PgInterval {
    sqlx::postgres::types::PgInterval {
        months: 0,
        days: 0,
        microseconds: length.num_microseconds().unwrap_or_default(),
    }
}
