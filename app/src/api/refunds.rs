//! Giving money back: the creator's list of paid pledges, the refund form, and what a backer sees of it.

use chrono::{DateTime, Utc};
use domain::{DisputeState, Money, PledgeState, RefundState};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::pledges::ShipmentView;

/// The paid pledges of a campaign, for its creator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaidPledgesView {
    pub slug: String,
    pub title: String,
    pub pledges: Vec<PaidPledgeView>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaidPledgeView {
    pub id: String,
    pub backer: String,
    pub reward_title: Option<String>,
    pub shipment: Option<ShipmentView>,
    pub state: PledgeState,
    pub amount: Money,
    pub refunded: Money,
    pub under_way: Money,
    /// The last refund did not arrive.
    pub failed: bool,
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl PaidPledgeView {
    /// Whether there is anything to give back just now.
    #[must_use]
    pub fn can_be_refunded(&self) -> bool {
        let spoken_for = self.refunded.checked_add(self.under_way).unwrap_or(self.amount);
        matches!(self.state, PledgeState::Captured | PledgeState::PartiallyRefunded)
            && spoken_for != self.amount
    }
}

/// What a refund of a pledge would be: for whoever may give it, or for the backer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundFormView {
    pub pledge: String,
    pub campaign_slug: String,
    pub campaign_title: String,
    pub backer: String,
    /// The backer takes it back; otherwise the creator or staff give it.
    pub by_backer: bool,
    pub reward_title: Option<String>,
    pub amount: Money,
    pub left: Money,
    /// Why nothing can be given back just now.
    pub closed: Option<String>,
    /// The platform's share in what is left.
    pub fee: Money,
    /// Names this form: sent twice, it makes one refund.
    pub refund: String,
}

/// What became of a pledge's money, for its backer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MoneyView {
    pub refunds: Vec<RefundView>,
    pub dispute: Option<(DisputeState, Money)>,
    pub receipts: Vec<ReceiptView>,
    /// Until when the backer may take the money back, or why not. `None`: that was never promised.
    pub take_back: Option<Result<DateTime<Utc>, String>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundView {
    pub amount: Money,
    pub state: RefundState,
    pub reason: String,
    pub keeps_reward: bool,
    pub came_back: bool,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReceiptView {
    pub number: String,
    pub is_refund: bool,
    pub seller: String,
    pub buyer: String,
    pub campaign_title: String,
    pub reward_title: Option<String>,
    /// What of a charge was for the reward, and for sending it; the rest was given on top.
    pub reward_minimum: Option<Money>,
    pub shipment: Option<ShipmentView>,
    pub amount: Money,
    pub issued_at: DateTime<Utc>,
}

impl ReceiptView {
    /// Beneath every receipt.
    pub const NOTE: &str = "A pledge is collected for the campaign’s creator. No value added tax is shown: what is owed, the creator owes.";

    #[must_use]
    pub fn title(&self) -> String {
        let kind = if self.is_refund { "Refund" } else { "Payment" };
        format!("{kind}, receipt {}", self.number)
    }

    /// What it was paid for, line by line, where there is more than one; the lines sum to the amount.
    #[must_use]
    pub fn lines(&self) -> Vec<(String, Money)> {
        let Some(minimum) = self.reward_minimum else { return Vec::new() };
        let mut lines = vec![("For the reward".to_owned(), minimum)];
        let cost = self.shipment.as_ref().map_or(Money::zero(minimum.currency()), |sent| sent.cost);
        let above = self.amount.checked_sub(minimum).and_then(|above| above.checked_sub(cost));
        lines.extend(above.ok().filter(|bonus| bonus.is_positive()).map(|bonus| ("Bonus".to_owned(), bonus)));
        lines.extend(self.shipment.as_ref().map(|sent| (format!("Shipping to {}", sent.to), sent.cost)));
        if lines.len() > 1 { lines } else { Vec::new() }
    }

    /// What the amount is called.
    #[must_use]
    pub fn total(&self) -> &'static str {
        if self.is_refund { "Given back" } else { "Paid" }
    }
}

/// The paid pledges of one's own campaign.
#[server(endpoint = "campaign_pledges", prefix = "/api")]
pub async fn campaign_pledges(slug: String) -> Result<PaidPledgesView, ApiError> {
    use crate::{ssr, ssr::refunds};
    ssr::answer(refunds::of_campaign(&slug).await)
}

/// What there is to give back of a pledge.
#[server(endpoint = "refund_form", prefix = "/api")]
pub async fn refund_form(id: String) -> Result<RefundFormView, ApiError> {
    use crate::{ssr, ssr::refunds};
    ssr::answer(refunds::form(&id).await)
}

/// Gives a part of a pledge, or all that is left, back to its backer.
#[server(endpoint = "refund_pledge", prefix = "/api")]
pub async fn refund_pledge(
    pledge: String,
    refund: String,
    left: String,
    #[server(default)] amount: String,
    #[server(default)] reason: String,
    #[server(default)] keeps_reward: String,
) -> Result<(), ApiError> {
    use crate::{ssr, ssr::refunds};
    let asked = refunds::give(&pledge, &refund, &left, &amount, &reason, &keeps_reward).await;
    let slug = ssr::answer(asked)?;
    ssr::redirect(&format!("/campaigns/{slug}/pledges?refunded=yes"));
    Ok(())
}

/// The backer takes the pledge's money back.
#[server(endpoint = "take_pledge_back", prefix = "/api")]
pub async fn take_pledge_back(pledge: String, refund: String) -> Result<(), ApiError> {
    use crate::{ssr, ssr::refunds};
    ssr::answer(refunds::take_back(&pledge, &refund).await)?;
    ssr::redirect(&format!("/pledges/{pledge}"));
    Ok(())
}

/// Refunds, dispute and receipts of one's own pledge.
#[server(endpoint = "pledge_money", prefix = "/api")]
pub async fn pledge_money(id: String) -> Result<MoneyView, ApiError> {
    use crate::{ssr, ssr::refunds};
    ssr::answer(refunds::money(&id).await)
}
