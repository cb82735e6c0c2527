//! A reserved pledge and its page at the gateway: opened once, found again after anything that went wrong.

use std::time::Duration;

use domain::{CampaignId, Collection, Currency, PersonId, PledgeId, PledgeState};

use super::Started;
use crate::inbox::{self, Source};
use crate::payments::{
    FoundIntent, HostedPage, IntentRequest, Occasion, OwnIntent, PageRequest, PageState, in_plain_words,
    to_gateway,
};
use crate::{Ctx, Error, Result, rows};

/// How long somebody waits for the worker whose saved card has worked at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the gateway's card fields on our page need to go on with a pledge. No `Debug`: the secret belongs in no log.
pub struct CardStep {
    pub collection: Collection,
    pub currency: Currency,
    /// In the gateway's minor units.
    pub amount: i64,
    /// Confirms the pledge's own intent.
    pub client_secret: String,
}

/// Opens the gateway's page for a pending pledge, or answers with the one that is open. A pledge that wants none has its
/// own intent instead.
pub async fn resume(ctx: &Ctx, pledge: PledgeId) -> Result<Started> {
    let row = sqlx::query!(
        r#"select pledges.state, pledges.gateway_session_url, pledges.amount, pledges.currency, collection,
                  campaign_id as "campaign: CampaignId", campaigns.title, campaigns.slug,
                  wanted_card, in_page, own_intent_id, backer_id as "backer: PersonId", people.email, people.display_name, people.gateway_customer_id
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
    if row.in_page || row.wanted_card.is_some() {
        let customer = match row.gateway_customer_id {
            Some(customer) => customer,
            None if row.in_page => customer(ctx, row.backer, &row.email, &row.display_name).await?,
            None => return Err(Error::broken("a saved card without a customer")),
        };
        let payment = IntentRequest {
            pledge,
            campaign: row.campaign,
            backer: row.backer,
            customer,
            card: row.wanted_card,
            amount: rows::money(row.amount, &row.currency)?,
            collection,
        };
        return Box::pin(with_own_intent(ctx, &payment, row.own_intent_id)).await;
    }
    let page = Box::pin(ctx.payments.open_page(PageRequest {
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
    }))
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

/// Goes on with a pledge's own intent, or makes it.
async fn with_own_intent(ctx: &Ctx, payment: &IntentRequest, known: Option<String>) -> Result<Started> {
    let pledge = payment.pledge;
    let found = match known {
        Some(intent) => ctx.payments.read_own_intent(&intent, payment.collection).await?,
        None => match ctx.payments.make_own_intent(payment).await? {
            OwnIntent::There(found) => found,
            OwnIntent::Declined(reason) => return Ok(Started::Declined { pledge, reason }),
        },
    };
    let linked = sqlx::query!(
        "update pledges set own_intent_id = coalesce(own_intent_id, $2), updated_at = clock()
         where id = $1 and state = 'pending'",
        pledge as PledgeId,
        found.id,
    )
    .execute(&ctx.db)
    .await?;
    if linked.rows_affected() == 0 && matches!(found.state, PageState::Open { .. }) {
        // The pledge ended while its intent was being made: nobody may confirm it.
        ctx.payments.close_own_intent(pledge, &found.id, payment.collection).await?;
        return Ok(Started::Confirmed { pledge });
    }
    ctx.faults.step("checkout.linked");
    match found.state {
        PageState::Open { .. } if payment.card.is_none() => {
            Ok(Started::OnOurPage { pledge, step: card_step(payment, found)? })
        }
        PageState::Open { url: Some(url) } => Ok(Started::AtGateway { pledge, url }),
        // The bank asked, and was not answered well.
        PageState::Open { url: None } => {
            let reason = in_plain_words("authentication_failure");
            Ok(Started::Declined { pledge, reason })
        }
        PageState::Complete(Some(done)) => {
            inbox::leave(&ctx.db, payment.campaign, pledge, &done.entry, Source::Gateway).await?;
            inbox::settled(ctx, pledge, PATIENCE).await?;
            Ok(Started::Confirmed { pledge })
        }
        PageState::Complete(None) | PageState::Expired => Ok(Started::Confirmed { pledge }),
    }
}

fn card_step(payment: &IntentRequest, found: FoundIntent) -> Result<CardStep> {
    let amount =
        to_gateway(payment.amount).map_err(|_| Error::broken("a pledge the gateway cannot charge"))?;
    let client_secret =
        found.client_secret.ok_or_else(|| Error::broken("an intent without a client secret"))?;
    Ok(CardStep {
        collection: payment.collection,
        currency: payment.amount.currency(),
        amount,
        client_secret,
    })
}

/// Makes the backer's customer. Kept before anything is made for it, so that what was made is found again.
async fn customer(ctx: &Ctx, backer: PersonId, email: &str, name: &str) -> Result<String> {
    let customer = ctx.payments.make_customer(backer, email, name).await?;
    sqlx::query!(
        "update people set gateway_customer_id = $2 where id = $1 and gateway_customer_id is null",
        backer as PersonId,
        customer,
    )
    .execute(&ctx.db)
    .await?;
    Ok(customer)
}

/// Links the intent that an undecided call has made for a pledge with a saved card; `false` when it made none.
pub(super) async fn find_lost_intent(ctx: &Ctx, pledge: PledgeId) -> Result<bool> {
    let row = sqlx::query!(
        "select collection, gateway_customer_id from pledges join people on people.id = backer_id where pledges.id = $1",
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let Some(customer) = row.gateway_customer_id else { return Ok(false) };
    let collection = rows::named("pledges.collection", &row.collection)?;
    let Some(intent) = ctx.payments.find_own_intent(pledge, &customer, collection).await? else {
        return Ok(false);
    };
    sqlx::query!(
        "update pledges set own_intent_id = $2 where id = $1 and own_intent_id is null",
        pledge as PledgeId,
        intent,
    )
    .execute(&ctx.db)
    .await?;
    Ok(true)
}

/// Asks the gateway what became of the pledge's page, and leaves the answer for the worker. For the return page:
/// its address proves nothing, and the webhook may be late. Answers whether a card still has to be typed on our page.
pub async fn look_again(ctx: &Ctx, pledge: PledgeId) -> Result<bool> {
    let row = sqlx::query!(
        r#"select state, gateway_session_id, own_intent_id, in_page, collection, campaign_id as "campaign: CampaignId"
           from pledges where id = $1"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    let there = match (state, row.gateway_session_id, row.own_intent_id) {
        (PledgeState::Pending, Some(session), _) => ctx.payments.read_page(&session).await?,
        (PledgeState::Pending, None, Some(intent)) => {
            let collection = rows::named("pledges.collection", &row.collection)?;
            ctx.payments.read_own_intent(&intent, collection).await?.state
        }
        _ => return Ok(false),
    };
    let asks_for_card = row.in_page && matches!(there, PageState::Open { url: None });
    if let PageState::Complete(Some(done)) = there {
        if done.pledge != pledge || done.campaign != row.campaign {
            return Err(Error::broken("a hosted page that names another pledge"));
        }
        inbox::leave(&ctx.db, row.campaign, pledge, &done.entry, Source::Gateway).await?;
        ctx.inbox.ring();
    }
    Ok(asks_for_card)
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
