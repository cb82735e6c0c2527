//! Changing a pledge while its campaign runs: amount, reward, card.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::pledges::{PledgeForm, PledgeView};

/// A pledge that is to be changed, for its backer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangeView {
    pub pledge: PledgeView,
    /// `None`: see `why_not`.
    pub form: Option<PledgeForm>,
    /// Why nothing can be changed any more.
    pub why_not: Option<String>,
    /// Whether the campaign takes a further pledge of the same person: their first is paid.
    pub may_pledge_again: bool,
    /// Whether another card can be put in the place of the present one.
    pub other_card: bool,
    pub waiting: Option<WaitingChange>,
}

/// A change that waits for its backer at the card page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WaitingChange {
    /// As people read it.
    pub amount: String,
    pub until: DateTime<Utc>,
}

/// What the page for changing a pledge shows.
#[server(endpoint = "pledge_to_change", prefix = "/api")]
pub async fn pledge_to_change(id: String) -> Result<ChangeView, ApiError> {
    use crate::{ssr, ssr::changes};
    ssr::answer(changes::to_change(&id).await)
}

/// Gives a pledge another amount or reward. Answers with where the backer goes next.
#[server(endpoint = "change_pledge", prefix = "/api")]
pub async fn change_pledge(
    pledge: String,
    version: String,
    #[server(default)] reward: String,
    #[server(default)] amount: String,
    #[server(default)] country: String,
) -> Result<String, ApiError> {
    use crate::{ssr, ssr::changes, ssr::sent::Wish};
    let wish = Wish { reward: &reward, amount: &amount, country: &country };
    let to = ssr::answer(changes::change(&pledge, &version, wish).await)?;
    ssr::redirect(&to);
    Ok(to)
}

/// Opens the card page for another card. Answers with where that is.
#[server(endpoint = "change_card", prefix = "/api")]
pub async fn change_card(pledge: String) -> Result<String, ApiError> {
    use crate::{ssr, ssr::changes};
    let to = ssr::answer(changes::change_card(&pledge).await)?;
    ssr::redirect(&to);
    Ok(to)
}

/// After a change, and back from its card page: asks the gateway what happened and waits a moment for it to be applied.
#[server(endpoint = "changed_pledge", prefix = "/api")]
pub async fn changed_pledge(id: String) -> Result<PledgeView, ApiError> {
    use crate::{ssr, ssr::changes};
    let (pledge, next) = ssr::answer(changes::came_back(&id).await)?;
    match next {
        Some(to) => ssr::redirect(&to),
        None => ssr::look_again_in(3),
    }
    Ok(pledge)
}

/// Back from the page for another card.
#[server(endpoint = "card_changed", prefix = "/api")]
pub async fn card_changed(id: String) -> Result<PledgeView, ApiError> {
    use crate::{ssr, ssr::changes};
    let (pledge, next) = ssr::answer(changes::card_came_back(&id).await)?;
    match next {
        Some(to) => ssr::redirect(&to),
        None => ssr::look_again_in(3),
    }
    Ok(pledge)
}
