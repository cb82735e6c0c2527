//! The life of a pledge: its states, and the events that move it. Which event leads where: `transitions.rs`.

mod transitions;

use serde::{Deserialize, Serialize};

use crate::names;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PledgeState {
    /// The slot is reserved while the backer is at the gateway's page.
    Pending,
    /// The card is saved; it will be charged after the deadline.
    Committed,
    /// The amount is held on the card.
    Authorized,
    /// The money is here.
    Captured,
    /// Being charged after the deadline.
    Charging,
    /// The charge was declined; the backer may fix it.
    Errored,
    /// The bank wants the backer to confirm.
    NeedsAction,
    /// The retry window ended without payment.
    Dropped,
    /// By the backer, before being charged.
    Cancelled,
    /// The backer never finished at the gateway's page.
    Expired,
    /// The campaign failed or was cancelled; nobody was charged.
    Voided,
    Refunded,
    PartiallyRefunded,
    /// The backer's bank disputes the charge.
    Disputed,
}

names!(PledgeState {
    Pending = "pending",
    Committed = "committed",
    Authorized = "authorized",
    Captured = "captured",
    Charging = "charging",
    Errored = "errored",
    NeedsAction = "needs_action",
    Dropped = "dropped",
    Cancelled = "cancelled",
    Expired = "expired",
    Voided = "voided",
    Refunded = "refunded",
    PartiallyRefunded = "partially_refunded",
    Disputed = "disputed",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PledgeEvent {
    CardSaved,
    HoldPlaced,
    PaymentCaptured,
    PaymentFailed,
    /// The bank asks the backer to confirm (3-D Secure).
    ActionRequired,
    ChargeStarted,
    /// Another card: after the first was declined, or because its backer wishes it.
    CardReplaced,
    /// Another amount or reward, by the backer.
    TermsChanged,
    /// Another hold in the place of the one there was: for more, or on another card.
    HoldReplaced,
    RetryWindowEnded,
    BackerCancelled,
    ReservationLapsed,
    CampaignFailed,
    CampaignCancelled,
    Refunded,
    PartiallyRefunded,
    /// The bank sent a refund back: what was given back is here again.
    RefundFailed,
    DisputeOpened,
    DisputeWon,
    DisputeLost,
}

names!(PledgeEvent {
    CardSaved = "card_saved",
    HoldPlaced = "hold_placed",
    PaymentCaptured = "payment_captured",
    PaymentFailed = "payment_failed",
    ActionRequired = "action_required",
    ChargeStarted = "charge_started",
    CardReplaced = "card_replaced",
    TermsChanged = "terms_changed",
    HoldReplaced = "hold_replaced",
    RetryWindowEnded = "retry_window_ended",
    BackerCancelled = "backer_cancelled",
    ReservationLapsed = "reservation_lapsed",
    CampaignFailed = "campaign_failed",
    CampaignCancelled = "campaign_cancelled",
    Refunded = "refunded",
    PartiallyRefunded = "partially_refunded",
    RefundFailed = "refund_failed",
    DisputeOpened = "dispute_opened",
    DisputeWon = "dispute_won",
    DisputeLost = "dispute_lost",
});

/// An event that cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    /// A card, a hold or money for a pledge that is over. It is not ours to keep: the caller gives it back.
    #[error("{event:?} came when the pledge was already {state:?}")]
    LateMoney { state: PledgeState, event: PledgeEvent },
    /// The event makes no sense in this state.
    #[error("{event:?} is not possible when a pledge is {state:?}")]
    Impossible { state: PledgeState, event: PledgeEvent },
}

impl PledgeState {
    /// What the backer reads.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pending => "Waiting for your card",
            Self::Committed => "Pledged",
            Self::Authorized => "Pledged, amount held",
            Self::Captured => "Paid",
            Self::Charging => "Being charged",
            Self::Errored => "Payment failed",
            Self::NeedsAction => "Your bank needs you",
            Self::Dropped => "Dropped, not paid",
            Self::Cancelled => "Cancelled",
            Self::Expired => "Not finished",
            Self::Voided => "Not charged",
            Self::Refunded => "Refunded",
            Self::PartiallyRefunded => "Partly refunded",
            Self::Disputed => "Disputed",
        }
    }

    /// Whether the pledge is part of the campaign's total: from the gateway's confirmation until it ends without
    /// payment. A failed or disputed charge still counts while it may be fixed; the outcome that decides a campaign
    /// is frozen before collecting begins.
    #[must_use]
    pub const fn counts(self) -> bool {
        match self {
            Self::Committed
            | Self::Authorized
            | Self::Captured
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::PartiallyRefunded
            | Self::Disputed => true,
            Self::Pending
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided
            | Self::Refunded => false,
        }
    }

    /// Whether the pledge occupies a slot of a limited reward. A dropped one keeps it: the campaign is over, and
    /// reopening a tier then would sell what the creator no longer plans for.
    #[must_use]
    pub const fn holds_slot(self) -> bool {
        self.counts() || matches!(self, Self::Pending | Self::Dropped)
    }

    /// Whether a payment failed that its backer may still fix.
    #[must_use]
    pub const fn can_be_fixed(self) -> bool {
        matches!(self, Self::Errored | Self::NeedsAction)
    }

    /// Whether the pledge is over: for good, but for a refund that its bank sends back.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Dropped | Self::Cancelled | Self::Expired | Self::Voided | Self::Refunded)
    }

    /// Whether money of its backer is held or taken for it: a second payment would bring it twice.
    #[must_use]
    pub const fn has_money(self) -> bool {
        match self {
            Self::Authorized | Self::Captured | Self::Refunded | Self::PartiallyRefunded | Self::Disputed => {
                true
            }
            Self::Pending
            | Self::Committed
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided => false,
        }
    }

    /// Whether its money was taken, whatever became of it since.
    #[must_use]
    pub const fn is_paid(self) -> bool {
        self.has_money() && !matches!(self, Self::Authorized)
    }
}
