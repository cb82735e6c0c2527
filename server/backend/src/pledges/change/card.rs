//! Another card for a pledge that stands: a saved one is replaced on the gateway's card page and forgotten; a held
//! amount is held anew on the other card first.

use domain::{CampaignId, Collection, PersonId, Pledge, PledgeId, PledgeState, Standing};

use super::{Begun, ChangeRefusal, Changed, PATIENCE, Terms, find, hold, store, wanted_reward};
use crate::inbox::{self, Source};
use crate::payments::{CardPage, PageState, Replacement};
use crate::pledges::Ended;
use crate::{Ctx, Error, Result, campaigns, clock, rows};

/// Opens the page for another card.
///
/// # Errors
/// [`ChangeRefusal`]: the pledge keeps its card.
pub async fn replace_card(ctx: &Ctx, backer: PersonId, pledge: PledgeId) -> Result<Changed, ChangeRefusal> {
    let mut tx = ctx.db.begin().await?;
    let found = find(&mut tx, backer, pledge).await?.ok_or(ChangeRefusal::NotFound)?;
    let campaign = campaigns::rules(&mut *tx, found.campaign)
        .await?
        .ok_or_else(|| Error::broken("a pledge without a campaign"))?;
    let now = clock::now(&mut *tx).await?;
    match found.collection {
        // A saved card is not needed before the deadline: it can be replaced until then.
        Collection::SaveCard if found.standing.state == PledgeState::Committed => {
            campaign.accepts_pledges(now)?;
            tx.commit().await?;
            return open_card_page(ctx, pledge).await;
        }
        _ => Pledge::changeable(found.standing.state, &campaign, now)?,
    }
    let begun = match &found.open {
        Some(open) if open.waits => Begun::Supersedes(open.id),
        Some(_) => return Err(ChangeRefusal::Meanwhile),
        None => {
            let reward = wanted_reward(&mut tx, &found, found.standing.reward_id).await?;
            let Standing { amount, shipment, .. } = found.standing;
            let (found, campaign, reward) = (&found, &campaign, reward.as_ref());
            let terms = Terms { found, campaign, reward, amount, shipment, waits: true, now };
            Begun::Waits(store(ctx, &mut tx, &terms).await?)
        }
    };
    tx.commit().await?;
    match begun {
        Begun::Supersedes(older) if hold::lapse(ctx, older).await? != Ended::Ending => {
            Err(ChangeRefusal::Meanwhile)
        }
        Begun::Supersedes(_) => Box::pin(replace_card(ctx, backer, pledge)).await,
        Begun::Waits(change) | Begun::Ready(change) => Ok(hold::resume(ctx, change).await?),
        Begun::Already => Ok(Changed::Done),
    }
}

async fn open_card_page(ctx: &Ctx, pledge: PledgeId) -> Result<Changed, ChangeRefusal> {
    let row = sqlx::query!(
        r#"update pledges set new_card_pages = new_card_pages + 1 from people
           where pledges.id = $1 and people.id = backer_id
           returning new_card_pages, amount, currency, campaign_id as "campaign: CampaignId", gateway_customer_id"#,
        pledge as PledgeId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let replacement = Replacement {
        pledge,
        campaign: row.campaign,
        customer: row.gateway_customer_id.ok_or_else(|| Error::broken("a card without a customer"))?,
        amount: rows::money(row.amount, &row.currency)?,
        number: row.new_card_pages,
        page: CardPage::WhileLive,
        back: format!("/pledges/{pledge}/card-changed"),
        left: format!("/pledges/{pledge}/change"),
    };
    let (session, url) = ctx.payments.open_card_page(&replacement).await?;
    sqlx::query!("update pledges set new_card_session_id = $2 where id = $1", pledge as PledgeId, session)
        .execute(&ctx.db)
        .await?;
    Ok(Changed::AtGateway { url })
}

/// The backer is back from the card page: the gateway is asked what came of it. Whether another card was saved.
///
/// # Errors
/// When the gateway does not answer.
pub async fn card_came_back(ctx: &Ctx, pledge: PledgeId) -> Result<bool> {
    let row = sqlx::query!(
        r#"select new_card_session_id, gateway_intent_id, campaign_id as "campaign: CampaignId" from pledges
           where id = $1 and state = 'committed'"#,
        pledge as PledgeId,
    )
    .fetch_optional(&ctx.db)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let Some(session) = row.new_card_session_id else { return Ok(false) };
    let PageState::Complete(Some(done)) = ctx.payments.read_page(&session).await? else { return Ok(false) };
    if done.pledge == pledge && done.entry.evidence.intent_id != row.gateway_intent_id {
        inbox::leave(&ctx.db, row.campaign, pledge, &done.entry, Source::Gateway).await?;
        inbox::settled(ctx, pledge, PATIENCE).await?;
    }
    Ok(done.pledge == pledge)
}
