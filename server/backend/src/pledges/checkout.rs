//! A reserved pledge and its page at the gateway: opened once, found again after anything that went wrong.

use domain::{CampaignId, Collection, PersonId, PledgeId, PledgeState};

use super::Started;
use crate::inbox::{self, Source};
use crate::payments::{HostedPage, Occasion, PageRequest, PageState};
use crate::{Ctx, Error, Result, rows};

/// Opens the gateway's page for a pending pledge, or answers with the one that is open.
pub async fn resume(ctx: &Ctx, pledge: PledgeId) -> Result<Started> {
    let row = sqlx::query!(
        r#"select pledges.state, pledges.gateway_session_url, pledges.amount, pledges.currency, collection,
                  campaign_id as "campaign: CampaignId", campaigns.title, campaigns.slug,
                  backer_id as "backer: PersonId", people.email, people.display_name, people.gateway_customer_id
           from pledges
           join campaigns on campaigns.id = campaign_id
           join people on people.id = backer_id
           where pledges.id = $1"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    if state != PledgeState::Pending {
        return Ok(Started::Confirmed { pledge });
    }
    if let Some(url) = row.gateway_session_url {
        return Ok(Started::AtGateway { pledge, url });
    }
    let collection: Collection = rows::named("pledges.collection", &row.collection)?;
    let page = ctx
        .payments
        .open_page(PageRequest {
            occasion: Occasion::Pledge,
            pledge,
            campaign: row.campaign,
            backer: row.backer,
            backer_email: row.email,
            backer_name: row.display_name,
            customer: row.gateway_customer_id,
            campaign_title: row.title,
            campaign_slug: row.slug,
            amount: rows::money(row.amount, &row.currency)?,
            collection,
        })
        .await?;
    if !link(ctx, pledge, row.backer, &page).await? {
        // The pledge ended while its page was being opened: nobody may pay on it.
        ctx.payments.close_page(pledge, &page.session_id).await?;
        return Ok(Started::Confirmed { pledge });
    }
    ctx.faults.step("checkout.linked");
    Ok(match page.url {
        Some(url) => Started::AtGateway { pledge, url },
        // Found closed: what came of it is read when the backer or the clock asks.
        None => Started::Confirmed { pledge },
    })
}

/// Asks the gateway what became of the pledge's page, and leaves the answer for the worker. For the return page:
/// its address proves nothing, and the webhook may be late.
pub async fn look_again(ctx: &Ctx, pledge: PledgeId) -> Result<()> {
    let row = sqlx::query!(
        r#"select state, gateway_session_id, campaign_id as "campaign: CampaignId" from pledges where id = $1"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let (PledgeState::Pending, Some(session)) =
        (rows::named("pledges.state", &row.state)?, row.gateway_session_id)
    else {
        return Ok(());
    };
    if let PageState::Complete(Some(done)) = ctx.payments.read_page(&session).await? {
        if done.pledge != pledge || done.campaign != row.campaign {
            return Err(Error::broken("a hosted page that names another pledge"));
        }
        inbox::leave(&ctx.db, row.campaign, pledge, &done.entry, Source::Gateway).await?;
        ctx.inbox.ring();
    }
    Ok(())
}

/// Whether the pledge still waits for its page.
async fn link(ctx: &Ctx, pledge: PledgeId, backer: PersonId, page: &HostedPage) -> Result<bool> {
    let linked = sqlx::query!(
        "with customer as (
             update people set gateway_customer_id = $4 where id = $5 and gateway_customer_id is null
         )
         update pledges set gateway_session_id = $2, gateway_session_url = $3, updated_at = clock()
         where id = $1 and state = 'pending'",
        pledge as PledgeId,
        page.session_id,
        page.url,
        page.customer,
        backer as PersonId,
    )
    .execute(&ctx.db)
    .await?;
    Ok(linked.rows_affected() == 1)
}
