//! A person's saved cards (PRODUCT B26): which there are, which pledges rest on them, and how one is forgotten without
//! leaving a pledge that nobody can charge.

mod expiry;
mod keeping;

use domain::{PersonId, PledgeId};
use sqlx::{PgConnection, PgPool};

pub use expiry::look as look_at_expiries;
pub(crate) use keeping::{hold_saved, let_go};

use crate::jobs::{self, Job};
use crate::payments::{Condition, SavedCard};
use crate::{Ctx, Error, Result, clock};

/// A saved card, for its owner.
#[derive(Clone, Debug)]
pub struct MyCard {
    pub card: SavedCard,
    pub is_default: bool,
    /// Pledges that will be charged to it.
    pub bound_to: Vec<Bound>,
}

/// A pledge that rests on a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub pledge: PledgeId,
    pub campaign_title: String,
}

/// Why a card stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum CardRefusal {
    /// No such card, or somebody else's: the same answer.
    #[error("This card is not saved here.")]
    NotFound,
    #[error(
        "This card is to be charged for your pledge to “{campaign_title}”, so it was not removed. Put another card in its place there first."
    )]
    Bound { campaign_title: String },
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for CardRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The person's saved cards: the default one first, then the newest.
///
/// # Errors
/// When the gateway, which keeps them, does not answer.
pub async fn mine(ctx: &Ctx, person: PersonId) -> Result<Vec<MyCard>> {
    let saved = saved(ctx, person).await?;
    let default = default_of(&ctx.db, person).await?;
    let mut bound = bound_of(&ctx.db, person).await?;
    let mut cards: Vec<MyCard> = saved
        .into_iter()
        .map(|card| MyCard {
            is_default: default.as_ref() == Some(&card.id),
            bound_to: bound.extract_if(.., |(id, _)| *id == card.id).map(|(_, bound)| bound).collect(),
            card,
        })
        .collect();
    cards.sort_by_key(|card| !card.is_default);
    Ok(cards)
}

/// Cards that still work, the default one first: what a pledge may be made with.
///
/// # Errors
/// When the gateway, which keeps them, does not answer.
pub async fn usable(ctx: &Ctx, person: PersonId) -> Result<Vec<SavedCard>> {
    if ctx.payments.condition() == Condition::Away {
        return Ok(Vec::new());
    }
    let today = clock::now(&ctx.db).await?.date_naive();
    let default = default_of(&ctx.db, person).await?;
    let mut cards = saved(ctx, person).await?;
    cards.retain(|card| card.expires_on >= today);
    cards.sort_by_key(|card| default.as_ref() != Some(&card.id));
    Ok(cards)
}

/// Offers a card first from now on, and keeps it when its pledges are over.
///
/// # Errors
/// [`CardRefusal::NotFound`], or when the gateway does not answer.
pub async fn set_default(ctx: &Ctx, person: PersonId, card: &str) -> Result<(), CardRefusal> {
    is_theirs(ctx, person, card).await?;
    let set = sqlx::query!(
        "update people set default_card = $2
         where id = $1 and not exists (select from removed_cards where payment_method_id = $2)",
        person as PersonId,
        card,
    )
    .execute(&ctx.db)
    .await?;
    if set.rows_affected() == 1 { Ok(()) } else { Err(CardRefusal::NotFound) }
}

/// Forgets a card, unless a pledge that may still be charged rests on it.
///
/// # Errors
/// [`CardRefusal`]: the card is kept.
pub async fn remove(ctx: &Ctx, person: PersonId, card: &str) -> Result<(), CardRefusal> {
    is_theirs(ctx, person, card).await?;
    let mut tx = ctx.db.begin().await?;
    keeping::hold_person(&mut tx, person).await?;
    if let Some(campaign_title) = first_bound(&mut tx, card).await? {
        return Err(CardRefusal::Bound { campaign_title });
    }
    keeping::mark_removed(&mut tx, person, card).await?;
    jobs::stage(&mut tx, &[(Job::ForgetCard { person, card }, format!("forget_{card}"))]).await?;
    tx.commit().await?;
    Ok(())
}

/// Those of the gateway's that are not about to be forgotten.
async fn saved(ctx: &Ctx, person: PersonId) -> Result<Vec<SavedCard>> {
    let row = sqlx::query!(
        r#"select gateway_customer_id,
                  array(select payment_method_id from removed_cards where person_id = people.id) as "removed!"
           from people where id = $1"#,
        person as PersonId,
    )
    .fetch_one(&ctx.db)
    .await?;
    let Some(customer) = row.gateway_customer_id else { return Ok(Vec::new()) };
    let mut cards = ctx.payments.saved_cards(&customer).await?;
    cards.retain(|card| !row.removed.contains(&card.id));
    Ok(cards)
}

/// Whether a pledge of this person may be begun with a card: asked of the gateway first, and of [`hold_saved`] in the
/// pledge's own transaction.
pub(crate) async fn is_saved(ctx: &Ctx, person: PersonId, card: &str) -> Result<bool> {
    Ok(saved(ctx, person).await?.iter().any(|saved| saved.id == card))
}

async fn is_theirs(ctx: &Ctx, person: PersonId, card: &str) -> Result<(), CardRefusal> {
    if is_saved(ctx, person, card).await? { Ok(()) } else { Err(CardRefusal::NotFound) }
}

async fn default_of(db: &PgPool, person: PersonId) -> Result<Option<String>> {
    let card = sqlx::query_scalar!("select default_card from people where id = $1", person as PersonId)
        .fetch_one(db)
        .await?;
    Ok(card)
}

async fn bound_of(db: &PgPool, person: PersonId) -> Result<Vec<(String, Bound)>> {
    let rows = sqlx::query!(
        r#"select payment_method_id as "card!", pledges.id as "pledge: PledgeId", title
           from pledges join campaigns on campaigns.id = campaign_id
           where backer_id = $1 and payment_method_id is not null
                 and pledges.state in ('committed', 'authorized', 'charging', 'errored', 'needs_action')
           order by pledges.created_at"#,
        person as PersonId,
    )
    .fetch_all(db)
    .await?;
    let bound = rows.into_iter().map(|row| {
        let bound = Bound { pledge: row.pledge, campaign_title: row.title };
        (row.card, bound)
    });
    Ok(bound.collect())
}

/// The campaign of a pledge that rests on the card.
async fn first_bound(db: &mut PgConnection, card: &str) -> Result<Option<String>> {
    let title = sqlx::query_scalar!(
        "select title from pledges join campaigns on campaigns.id = campaign_id
         where payment_method_id = $1
               and pledges.state in ('committed', 'authorized', 'charging', 'errored', 'needs_action')
               or wanted_card = $1 and pledges.state = 'pending'
         order by pledges.created_at limit 1",
        card,
    )
    .fetch_optional(db)
    .await?;
    Ok(title)
}
