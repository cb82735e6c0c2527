//! Fixing a payment by the link of a letter, without logging in. The pass is in a cookie, so nothing here names a pledge.

use domain::{Money, PledgeState};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::settlement::FixView;

/// What came of it, for who has no account at hand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FixedByLink {
    pub campaign_slug: String,
    pub campaign_title: String,
    pub amount: Money,
    pub state: PledgeState,
}

/// What an unused link is for. Looking does not use it up.
#[server(endpoint = "fix_link", prefix = "/api")]
pub async fn fix_link(token: String) -> Result<FixView, ApiError> {
    use crate::{ssr, ssr::fix_link};
    ssr::answer(fix_link::look(&token).await)
}

/// Uses a link up and gives the browser its pass.
#[server(endpoint = "open_fix_link", prefix = "/api")]
pub async fn open_fix_link(token: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::fix_link};
    ssr::answer(fix_link::open(&token).await)?;
    ssr::redirect("/fix");
    Ok(())
}

/// The payment that the browser's pass is for.
#[server(endpoint = "linked_payment", prefix = "/api")]
pub async fn linked_payment() -> Result<FixView, ApiError> {
    use crate::{ssr, ssr::fix_link};
    ssr::answer(fix_link::fixable().await)
}

/// Tries the same card once more. Answers with where the backer goes next.
#[server(endpoint = "try_linked_payment", prefix = "/api")]
pub async fn try_linked_payment() -> Result<String, ApiError> {
    use crate::{ssr, ssr::fix_link};
    let to = ssr::answer(fix_link::try_again().await)?;
    ssr::redirect(&to);
    Ok(to)
}

/// Opens the card page for another card. Answers with where that is.
#[server(endpoint = "use_another_card_by_link", prefix = "/api")]
pub async fn use_another_card_by_link() -> Result<String, ApiError> {
    use crate::{ssr, ssr::fix_link};
    let to = ssr::answer(fix_link::use_another_card().await)?;
    ssr::redirect(&to);
    Ok(to)
}

/// Back from the bank or the card page: asks the gateway what happened and waits a moment for it to be applied.
#[server(endpoint = "linked_outcome", prefix = "/api")]
pub async fn linked_outcome() -> Result<FixedByLink, ApiError> {
    use crate::{ssr, ssr::fix_link};
    let outcome = ssr::answer(fix_link::came_back().await)?;
    match outcome.state {
        PledgeState::Charging => ssr::look_again_in(2),
        PledgeState::Errored | PledgeState::NeedsAction => ssr::redirect("/fix"),
        _ => {}
    }
    Ok(outcome)
}
