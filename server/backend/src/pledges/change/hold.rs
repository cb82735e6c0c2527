//! A new hold in the place of the one there is. Its page at the gateway is opened and found again like a pledge's first
//! one. The old hold is released by the worker, once the new one is confirmed: never two taken, never none.

use domain::{CampaignId, ChangeId, Collection, PersonId, PledgeEvent, PledgeId};

use super::{Changed, PATIENCE};
use crate::inbox::{self, Source};
use crate::payments::{Occasion, PageRequest, PageState};
use crate::pledges::Ended;
use crate::{Ctx, Result, rows};

/// Opens the gateway's page for a waiting change, or answers with the one that is open.
pub(super) async fn resume(ctx: &Ctx, change: ChangeId) -> Result<Changed> {
    let row = sqlx::query!(
        r#"select changes.state, session_url, changes.amount, changes.currency, pledge_id as "pledge: PledgeId",
                  campaigns.id as "campaign: CampaignId", title, slug, backer_id as "backer: PersonId", email,
                  display_name, gateway_customer_id
           from pledge_changes changes
           join pledges on pledges.id = pledge_id
           join campaigns on campaigns.id = changes.campaign_id
           join people on people.id = backer_id
           where changes.id = $1"#,
        change as ChangeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    if row.state != "waiting" {
        return Ok(Changed::Done);
    }
    if let Some(url) = row.session_url {
        return Ok(Changed::AtGateway { url });
    }
    let page = Box::pin(ctx.payments.open_page(PageRequest {
        occasion: Occasion::NewHold(change),
        pledge: row.pledge,
        campaign: row.campaign,
        backer: row.backer,
        backer_email: row.email,
        backer_name: row.display_name,
        customer: row.gateway_customer_id,
        campaign_title: row.title,
        campaign_slug: row.slug,
        amount: rows::money(row.amount, &row.currency)?,
        collection: Collection::Hold,
    }))
    .await?;
    let linked = sqlx::query!(
        "update pledge_changes set session_id = $2, session_url = $3 where id = $1 and state = 'waiting'",
        change as ChangeId,
        page.session_id,
        page.url,
    )
    .execute(&ctx.db)
    .await?;
    if linked.rows_affected() == 0 {
        // It ended while its page was being opened: nobody may place a hold on it.
        ctx.payments.close_page(row.pledge, &page.session_id).await?;
        return Ok(Changed::Done);
    }
    Ok(page.url.map_or(Changed::Done, |url| Changed::AtGateway { url }))
}

/// The backer is back from the page. The address proves nothing: the gateway is asked, and what it says goes the way
/// of every event.
///
/// # Errors
/// When the gateway does not answer.
pub async fn came_back(ctx: &Ctx, pledge: PledgeId) -> Result<()> {
    let row = sqlx::query!(
        r#"select session_id, campaign_id as "campaign: CampaignId" from pledge_changes
           where pledge_id = $1 and state = 'waiting'"#,
        pledge as PledgeId,
    )
    .fetch_optional(&ctx.db)
    .await?;
    let Some((session, campaign)) = row.and_then(|row| Some((row.session_id?, row.campaign))) else {
        return Ok(());
    };
    if let PageState::Complete(Some(done)) = ctx.payments.read_page(&session).await?
        && done.pledge == pledge
    {
        inbox::leave(&ctx.db, campaign, pledge, &done.entry, Source::Gateway).await?;
        inbox::settled(ctx, pledge, PATIENCE).await?;
    }
    Ok(())
}

/// Ends a waiting change: its page is closed first, and only then is its slot free. Who finished there in that very
/// moment has changed the pledge.
///
/// # Errors
/// When the gateway cannot say whether the page is closed: the change then waits until it can.
pub async fn lapse(ctx: &Ctx, change: ChangeId) -> Result<Ended> {
    let row = sqlx::query!(
        r#"select state, session_id, pledge_id as "pledge: PledgeId", campaign_id as "campaign: CampaignId",
                  -- a hold came that was not the one this waits for, or for a pledge that is over: it is given back
                  exists (select from pledge_inbox
                          where pledge_inbox.pledge_id = changes.pledge_id and received_at >= created_at
                                and outcome in ('mismatch', 'late_money')) as "mistaken!"
           from pledge_changes changes where id = $1"#,
        change as ChangeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    if row.state != "waiting" {
        return Ok(Ended::Secured);
    }
    let Some(session) = row.session_id else {
        // A page may have been asked for, and we do not know its name: asking again under the same key tells it.
        resume(ctx, change).await?;
        return Box::pin(lapse(ctx, change)).await;
    };
    match ctx.payments.close_page(row.pledge, &session).await? {
        PageState::Open { .. } => Ok(Ended::StillOpen),
        PageState::Complete(Some(done)) if done.entry.event == PledgeEvent::HoldReplaced && !row.mistaken => {
            inbox::leave(&ctx.db, row.campaign, row.pledge, &done.entry, Source::Gateway).await?;
            ctx.inbox.ring();
            Ok(Ended::Secured)
        }
        // Nothing came of it.
        PageState::Expired | PageState::Complete(_) => {
            end(ctx, change).await?;
            Ok(Ended::Ending)
        }
    }
}

/// One statement: the change is over and its slot free, or neither.
async fn end(ctx: &Ctx, change: ChangeId) -> Result<()> {
    sqlx::query!(
        "with ended as (
             update pledge_changes set state = 'lapsed', ended_at = clock()
             where id = $1 and state = 'waiting'
             returning reward_id, claims_slot
         )
         update rewards set claimed = claimed - 1 from ended where id = reward_id and claims_slot",
        change as ChangeId,
    )
    .execute(&ctx.db)
    .await?;
    Ok(())
}
