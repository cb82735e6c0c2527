//! The work behind the endpoints for saved cards.

use backend::cards::{self, CardRefusal, MyCard};
use backend::throttle::{self, Limit, Subject};

use super::{ctx, require_viewer};
use crate::api::cards::{BoundPledge, CardLine};
use crate::api::error::ApiError;

/// The gateway counts our questions; nobody looks at their cards more often than this.
const LOOKS: Limit = Limit { bucket: "cards.look", tries: 60, minutes: 10 };

pub async fn mine() -> Result<Vec<CardLine>, ApiError> {
    let (viewer, ctx) = (require_viewer().await?, ctx()?);
    let taken = throttle::take(&ctx.db, LOOKS, Subject::of(&viewer.person_id.to_string())).await?;
    taken.map_err(|full| {
        ApiError::too_many("Too many looks in a short time. Wait a moment.", full.retry_after)
    })?;
    let today = backend::clock::now(&ctx.db).await.map_err(backend::Error::from)?.date_naive();
    let found = cards::mine(&ctx, viewer.person_id).await.map_err(|error| refused(error.into()))?;
    Ok(found.into_iter().map(|card| line(card, today)).collect())
}

fn line(MyCard { card, is_default, bound_to }: MyCard, today: chrono::NaiveDate) -> CardLine {
    let bound_to = bound_to
        .into_iter()
        .map(|bound| BoundPledge { id: bound.pledge.to_string(), campaign_title: bound.campaign_title });
    CardLine {
        name: card.name(),
        expired: card.expires_on < today,
        id: card.id,
        expires_on: card.expires_on,
        is_default,
        bound_to: bound_to.collect(),
    }
}

pub async fn use_first(card: &str) -> Result<(), ApiError> {
    let viewer = require_viewer().await?;
    cards::set_default(&ctx()?, viewer.person_id, card).await.map_err(refused)
}

pub async fn remove(card: &str) -> Result<(), ApiError> {
    let viewer = require_viewer().await?;
    cards::remove(&ctx()?, viewer.person_id, card).await.map_err(refused)
}

fn refused(refusal: CardRefusal) -> ApiError {
    match refusal {
        CardRefusal::NotFound => ApiError::NotFound,
        refusal @ CardRefusal::Bound { .. } => ApiError::conflict(None, refusal),
        CardRefusal::Failed(backend::Error::Gateway(_)) => ApiError::conflict(
            None,
            "The payment provider, who keeps your cards, cannot be reached just now. Nothing was changed. Try again in a moment.",
        ),
        CardRefusal::Failed(error) => error.into(),
    }
}
