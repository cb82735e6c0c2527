//! A person's saved cards. The gateway keeps them; here they are listed, chosen and removed.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

/// A saved card, for its owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CardLine {
    /// The gateway's name for it.
    pub id: String,
    /// `Visa ending in 4242`
    pub name: String,
    /// The last day on which it works.
    pub expires_on: NaiveDate,
    pub expired: bool,
    pub is_default: bool,
    /// Pledges that will be charged to it. While there are any it cannot be removed.
    pub bound_to: Vec<BoundPledge>,
}

/// A pledge that rests on a card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BoundPledge {
    pub id: String,
    pub campaign_title: String,
}

#[server(endpoint = "my_cards", prefix = "/api")]
pub async fn my_cards() -> Result<Vec<CardLine>, ApiError> {
    use crate::{ssr, ssr::cards};
    ssr::answer(cards::mine().await)
}

/// Offers a card first from now on.
#[server(endpoint = "use_card_first", prefix = "/api")]
pub async fn use_card_first(card: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::cards};
    ssr::answer(cards::use_first(&card).await)?;
    ssr::redirect("/account/cards?done=first");
    Ok(())
}

/// Forgets a card that no pledge rests on.
#[server(endpoint = "remove_card", prefix = "/api")]
pub async fn remove_card(card: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::cards};
    ssr::answer(cards::remove(&card).await)?;
    ssr::redirect("/account/cards?done=removed");
    Ok(())
}
