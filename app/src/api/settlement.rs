//! What becomes of a campaign's money after the deadline, and how a backer fixes a payment that failed.

use chrono::{DateTime, Utc};
use domain::{Money, Outcome, PledgeState, ResultPolicy};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::campaigns::CampaignView;
use super::error::ApiError;
use super::pledges::PledgeView;

/// A campaign's public account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettlementView {
    pub campaign: String,
    pub title: String,
    pub goal: Money,
    /// `None` for a campaign that was called off.
    pub outcome: Option<Outcome>,
    /// Whether backers had paid, of whatever became of it since.
    pub had_been_paid: bool,
    pub lines: Vec<Line>,
    /// What follows when less than the goal is collected.
    pub policy: Option<ResultPolicy>,
    /// Whether it has followed.
    pub fell_short: bool,
    pub retry_until: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// SHA-256 of the result and of every pledge that it counts.
    pub digest: Option<String>,
}

/// A sum and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub meaning: String,
    /// As people read it.
    pub amount: String,
    /// The bare number.
    pub plain: String,
}

/// A payment that failed, for its backer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FixView {
    pub id: String,
    pub campaign_slug: String,
    pub campaign_title: String,
    pub amount: Money,
    pub state: PledgeState,
    pub reason: String,
    /// Whether something was taken by mistake, and is given back.
    pub was_refunded: bool,
    pub until: DateTime<Utc>,
    /// Whether the same card may be tried once more.
    pub same_card: bool,
}

/// Where a campaign's money stands.
#[server(endpoint = "settlement", prefix = "/api")]
pub async fn settlement(slug: String) -> Result<SettlementView, ApiError> {
    use crate::{ssr, ssr::settlement};
    ssr::answer(settlement::account(&slug).await)
}

/// The campaign whose end its creator is asked to confirm.
#[server(endpoint = "campaign_to_cancel", prefix = "/api")]
pub async fn campaign_to_cancel(slug: String) -> Result<CampaignView, ApiError> {
    use crate::{ssr, ssr::settlement};
    ssr::answer(settlement::to_call_off(&slug).await)
}

/// Ends a campaign before its outcome is decided: nobody is charged, and who has paid is paid back.
#[server(endpoint = "cancel_campaign", prefix = "/api")]
pub async fn cancel_campaign(slug: String, #[server(default)] reason: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::settlement};
    ssr::answer(settlement::call_off(&slug, &reason).await)?;
    ssr::redirect(&format!("/campaigns/{slug}"));
    Ok(())
}

/// What there is to fix about one of the backer's own pledges.
#[server(endpoint = "fixable_pledge", prefix = "/api")]
pub async fn fixable_pledge(id: String) -> Result<FixView, ApiError> {
    use crate::{ssr, ssr::settlement};
    ssr::answer(settlement::fixable(&id).await)
}

/// Tries the same card once more. Answers with where the backer goes next.
#[server(endpoint = "try_payment_again", prefix = "/api")]
pub async fn try_payment_again(pledge: String) -> Result<String, ApiError> {
    use crate::{ssr, ssr::settlement};
    let to = ssr::answer(settlement::try_again(&pledge).await)?;
    ssr::redirect(&to);
    Ok(to)
}

/// Opens the card page for another card. Answers with where that is.
#[server(endpoint = "use_another_card", prefix = "/api")]
pub async fn use_another_card(pledge: String) -> Result<String, ApiError> {
    use crate::{ssr, ssr::settlement};
    let to = ssr::answer(settlement::use_another_card(&pledge).await)?;
    ssr::redirect(&to);
    Ok(to)
}

/// Back from the bank or the card page: asks the gateway what happened and waits a moment for it to be applied.
#[server(endpoint = "fixed_pledge", prefix = "/api")]
pub async fn fixed_pledge(id: String) -> Result<PledgeView, ApiError> {
    use crate::{ssr, ssr::settlement};
    let pledge = ssr::answer(settlement::came_back(&id).await)?;
    match pledge.state {
        PledgeState::Charging => ssr::look_again_in(2),
        PledgeState::Errored | PledgeState::NeedsAction => ssr::redirect(&format!("/pledges/{id}/fix")),
        _ => ssr::redirect(&format!("/pledges/{id}")),
    }
    Ok(pledge)
}
