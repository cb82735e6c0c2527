//! A campaign that failed or was called off: saved cards are forgotten, holds released, payments given back. It looks for
//! pledges that are still open, so it goes on after a crash, and catches those that were finished at the gateway's page
//! only after the campaign had ended.

use domain::{CampaignId, CampaignState, PledgeEvent, PledgeId};
use sqlx::PgConnection;

use super::decide::leave_for_all;
use super::finish::close_account;
use super::hold::hold;
use super::{AT_ONCE, told};
use crate::{Ctx, Result, live, refunds, rows};

/// The most pledges one look takes on.
const PLEDGES_AT_ONCE: i64 = 1000;
/// How often a refund that failed is made anew by itself.
const REFUND_TRIES: i64 = 3;

/// Goes on with every campaign that has something to give back.
pub(super) async fn unwind_due(ctx: &Ctx) -> Result<()> {
    let due = sqlx::query!(
        r#"with due as materialized (
               select campaign_id, state from settlements
               join campaigns on campaigns.id = campaign_id
               where finished_at is null and state in ('failed', 'cancelled') and suspended_at is null
               -- whoever waited longest: many wait for refunds on their way, and must not hold up the others
               order by looked_at nulls first, began_at limit $1
               for update of settlements skip locked
           )
           update settlements set looked_at = clock() from due
           where settlements.campaign_id = due.campaign_id
           returning settlements.campaign_id as "id: CampaignId", due.state"#,
        AT_ONCE,
    )
    .fetch_all(&ctx.db)
    .await?;
    for campaign in due {
        let state: CampaignState = rows::named("campaigns.state", &campaign.state)?;
        told(campaign.id, "unwound", unwind(ctx, campaign.id, state).await);
    }
    Ok(())
}

async fn unwind(ctx: &Ctx, campaign: CampaignId, state: CampaignState) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    // Held, so that two processes do not leave everything twice.
    if hold(&mut tx, campaign, state).await?.is_none() {
        return Ok(());
    }
    let open = open(&mut tx, campaign).await?;
    let event = match state {
        CampaignState::Cancelled => PledgeEvent::CampaignCancelled,
        _ => PledgeEvent::CampaignFailed,
    };
    leave_for_all(&mut tx, campaign, event, &open.unpaid).await?;
    refunds::stage_for_campaign(&mut tx, &open.paid).await?;
    if open.nothing {
        close_account(&mut tx, campaign).await?;
        live::announce_state(&mut tx, campaign).await?;
    }
    ctx.faults.step("settlement.before_unwound");
    tx.commit().await?;
    ctx.faults.step("settlement.unwound");
    ctx.inbox.ring();
    Ok(())
}

struct Open {
    /// A card is saved or an amount held, and nothing is under way about it yet.
    unpaid: Vec<PledgeId>,
    paid: Vec<PledgeId>,
    /// Not even something under way.
    nothing: bool,
}

async fn open(db: &mut PgConnection, campaign: CampaignId) -> Result<Open> {
    let rows = sqlx::query!(
        r#"select id as "id: PledgeId", state in ('captured', 'partially_refunded') as "paid!"
           from pledges
           where campaign_id = $1
                 and state in ('committed', 'authorized', 'captured', 'errored', 'needs_action', 'partially_refunded')
                 -- what is under way must not stand before the others
                 and not exists (select from pledge_inbox where pledge_id = pledges.id and applied_at is null)
                 and not exists (select from refunds where pledge_id = pledges.id and state in ('requested', 'pending'))
                 -- one that keeps failing waits for staff, who see it fail
                 and (select count(*) from refunds where pledge_id = pledges.id and source = 'campaign') < $3
           order by id limit $2"#,
        campaign as CampaignId,
        PLEDGES_AT_ONCE,
        REFUND_TRIES,
    )
    .fetch_all(&mut *db)
    .await?;
    let nothing = sqlx::query_scalar!(
        r#"select not exists (
               select from pledges
               where campaign_id = $1 and state in ('pending', 'committed', 'authorized', 'captured', 'charging',
                                                    'errored', 'needs_action', 'partially_refunded')
           ) as "nothing!""#,
        campaign as CampaignId,
    )
    .fetch_one(db)
    .await?;
    let mut open = Open { unpaid: Vec::new(), paid: Vec::new(), nothing };
    for row in rows {
        if row.paid { open.paid.push(row.id) } else { open.unpaid.push(row.id) }
    }
    Ok(open)
}
