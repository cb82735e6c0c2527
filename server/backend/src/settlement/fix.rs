//! A backer fixes a payment that failed: the same card once more, with the bank's question answered, or another card
//! (PRODUCT B8, B9).

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{CampaignId, Collection, Money, PersonId, PledgeId, PledgeState};

use crate::inbox::{self, Entry, Source};
use crate::payments::{AtTheBank, CardPage, PageState, Replacement};
use crate::{Ctx, Error, Result, payments, rows};

/// How long the page waits for the worker before it says "being charged".
const PATIENCE: Duration = Duration::from_secs(5);

/// A payment that can be fixed, for its backer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixable {
    pub campaign_slug: String,
    pub campaign_title: String,
    pub amount: Money,
    pub state: PledgeState,
    /// Why it failed, in plain words.
    pub reason: &'static str,
    /// Whether something was taken by mistake, and is given back.
    pub was_refunded: bool,
    /// The first instant that is too late.
    pub until: DateTime<Utc>,
    /// Whether the same card may be tried once more; otherwise another is needed.
    pub same_card: bool,
}

/// Why a payment is not fixed.
#[derive(Debug, thiserror::Error)]
pub enum FixRefusal {
    /// No such pledge, or somebody else's: the same answer.
    #[error("This pledge does not exist.")]
    NotFound,
    /// It is paid, dropped, or was never due.
    #[error("There is nothing to fix about this pledge.")]
    NothingToFix,
    /// Its card cannot be tried again.
    #[error("This card cannot be charged any more. Use another card.")]
    AnotherCardNeeded,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for FixRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// By which way a backer came, and goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Logged in.
    Account,
    /// By the link of a letter.
    Link,
}

impl Way {
    fn page(self, pledge: PledgeId) -> String {
        match self {
            Self::Account => format!("/pledges/{pledge}/fix"),
            Self::Link => "/fix".to_owned(),
        }
    }

    fn back(self, pledge: PledgeId) -> String {
        match self {
            Self::Account => format!("/pledges/{pledge}/fixed"),
            Self::Link => "/fix/back".to_owned(),
        }
    }
}

/// Where a backer who fixes goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// To the bank, or to the gateway's card page.
    Away { url: String },
    /// Nowhere: there is an outcome.
    Here,
}

/// What there is to fix about a pledge.
///
/// # Errors
/// [`FixRefusal`]
pub async fn fixable(ctx: &Ctx, backer: PersonId, pledge: PledgeId) -> Result<Fixable, FixRefusal> {
    let found = find(ctx, backer, pledge).await?;
    let decline = found.decline_code.as_deref().unwrap_or("generic_decline");
    Ok(Fixable {
        same_card: found.same_card().is_some(),
        campaign_slug: found.campaign_slug,
        campaign_title: found.campaign_title,
        amount: found.amount,
        state: found.state,
        reason: payments::in_plain_words(decline),
        was_refunded: decline == payments::OTHER_AMOUNT,
        until: found.until,
    })
}

/// Tries the same card once more, with the backer there.
///
/// # Errors
/// [`FixRefusal`]; nothing was charged.
pub async fn try_again(ctx: &Ctx, backer: PersonId, pledge: PledgeId, way: Way) -> Result<Next, FixRefusal> {
    let found = find(ctx, backer, pledge).await?;
    let (intent, card) = found.same_card().ok_or(FixRefusal::AnotherCardNeeded)?;
    let number = sqlx::query_scalar!(
        "update collections set fixes = fixes + 1 where pledge_id = $1 returning fixes",
        pledge as PledgeId
    )
    .fetch_one(&ctx.db)
    .await?;
    let back = format!("{}{}", ctx.config.public_url, way.back(pledge));
    match ctx.payments.confirm_with_backer(pledge, intent, card, number, &back).await? {
        AtTheBank::Asks { url } => Ok(Next::Away { url }),
        AtTheBank::Said(entry) => {
            leave(ctx, found.campaign, pledge, &entry).await?;
            Ok(Next::Here)
        }
    }
}

/// Opens the gateway's page for another card.
///
/// # Errors
/// [`FixRefusal`]; nothing was charged.
pub async fn use_another_card(
    ctx: &Ctx,
    backer: PersonId,
    pledge: PledgeId,
    way: Way,
) -> Result<Next, FixRefusal> {
    let found = find(ctx, backer, pledge).await?;
    let number = sqlx::query_scalar!(
        "update collections set card_pages = card_pages + 1 where pledge_id = $1 returning card_pages",
        pledge as PledgeId
    )
    .fetch_one(&ctx.db)
    .await?;
    let customer = found.customer.ok_or_else(|| Error::broken("a card without a customer"))?;
    let replacement = Replacement {
        pledge,
        campaign: found.campaign,
        customer,
        amount: found.amount,
        number,
        page: CardPage::ToFix,
        back: way.back(pledge),
        left: way.page(pledge),
    };
    let (session, url) = ctx.payments.open_card_page(&replacement).await?;
    if !link(ctx, pledge, &session).await? {
        // It was paid or dropped while its page was being opened: no card is wanted any more.
        ctx.payments.close_page(pledge, &session).await?;
        return Err(FixRefusal::NothingToFix);
    }
    Ok(Next::Away { url })
}

/// The backer is back from the bank or the card page. The address proves nothing: the gateway is asked, and what it
/// says goes the way of every event.
///
/// # Errors
/// [`FixRefusal::NotFound`], or when the gateway does not answer.
pub async fn came_back(ctx: &Ctx, backer: PersonId, pledge: PledgeId) -> Result<(), FixRefusal> {
    let found = match find(ctx, backer, pledge).await {
        Ok(found) => found,
        // The webhook was faster.
        Err(FixRefusal::NothingToFix) => return Ok(()),
        Err(refusal) => return Err(refusal),
    };
    let entry = match new_card(ctx, pledge, &found).await? {
        Some(entry) => Some(entry),
        None => match &found.payment {
            Some(intent) => ctx.payments.read_payment(intent).await?.map(|there| there.entry),
            None => None,
        },
    };
    if let Some(entry) = entry {
        leave(ctx, found.campaign, pledge, &entry).await?;
    }
    Ok(())
}

/// Whether the pledge still wants a card from this page; also while the present one is tried once more.
async fn link(ctx: &Ctx, pledge: PledgeId, session: &str) -> Result<bool> {
    let linked = sqlx::query!(
        "update collections set card_session_id = $2
         from pledges
         where pledge_id = $1 and pledges.id = pledge_id and state in ('errored', 'needs_action', 'charging')",
        pledge as PledgeId,
        session,
    )
    .execute(&ctx.db)
    .await?;
    Ok(linked.rows_affected() == 1)
}

/// A card that was saved on the gateway's page and is not the pledge's yet.
async fn new_card(ctx: &Ctx, pledge: PledgeId, found: &Found) -> Result<Option<Entry>> {
    let Some(session) = &found.card_session else { return Ok(None) };
    let PageState::Complete(Some(done)) = ctx.payments.read_page(session).await? else { return Ok(None) };
    let is_new = done.pledge == pledge && done.entry.evidence.intent_id != found.saved_by;
    Ok(is_new.then_some(done.entry))
}

async fn leave(ctx: &Ctx, campaign: CampaignId, pledge: PledgeId, entry: &Entry) -> Result<()> {
    inbox::leave(&ctx.db, campaign, pledge, entry, Source::Gateway).await?;
    inbox::settled(ctx, pledge, PATIENCE).await?;
    Ok(())
}

struct Found {
    campaign: CampaignId,
    campaign_slug: String,
    campaign_title: String,
    amount: Money,
    state: PledgeState,
    collection: Collection,
    /// The gateway's intent that saved the present card.
    saved_by: Option<String>,
    payment: Option<String>,
    card: Option<String>,
    card_session: Option<String>,
    customer: Option<String>,
    decline_code: Option<String>,
    until: DateTime<Utc>,
}

impl Found {
    /// The payment and the card that may be tried once more. A hold that ran out left neither.
    fn same_card(&self) -> Option<(&str, &str)> {
        let still_there = self.collection == Collection::SaveCard;
        self.payment.as_deref().zip(self.card.as_deref()).filter(|_| still_there)
    }
}

async fn find(ctx: &Ctx, backer: PersonId, pledge: PledgeId) -> Result<Found, FixRefusal> {
    let row = sqlx::query!(
        r#"select pledges.state, collection, amount, pledges.currency, gateway_intent_id, charge_intent_id,
                  payment_method_id, decline_code, card_session_id as "card_session_id?", campaigns.id as "campaign: CampaignId", slug,
                  title, gateway_customer_id, greatest(retry_until, failed_at + interval '48 hours') as until,
                  suspended_at is not null as "suspended!", clock() as "now!"
           from pledges
           join campaigns on campaigns.id = pledges.campaign_id
           join people on people.id = backer_id
           left join collections on collections.pledge_id = pledges.id
           left join settlements on settlements.campaign_id = campaigns.id
           where pledges.id = $1 and backer_id = $2"#,
        pledge as PledgeId,
        backer as PersonId,
    )
    .fetch_optional(&ctx.db)
    .await?
    .ok_or(FixRefusal::NotFound)?;
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    let until = row
        .until
        .filter(|until| state.can_be_fixed() && !row.suspended && *until > row.now)
        .ok_or(FixRefusal::NothingToFix)?;
    Ok(Found {
        campaign: row.campaign,
        campaign_slug: row.slug,
        campaign_title: row.title,
        amount: rows::money(row.amount, &row.currency)?,
        state,
        collection: rows::named("pledges.collection", &row.collection)?,
        saved_by: row.gateway_intent_id,
        payment: row.charge_intent_id,
        card: row.payment_method_id,
        card_session: row.card_session_id,
        customer: row.gateway_customer_id,
        decline_code: row.decline_code,
        until,
    })
}
