//! The life of a pledge. Events come from a gateway that repeats itself and keeps no order, so the machine is built
//! to end in the same state whatever the order: see `tests/pledge_states.rs`.

use serde::{Deserialize, Serialize};

use crate::{NoOp, Step, names};

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

    /// The one place that says which event leads where.
    ///
    /// # Errors
    /// [`EventRefusal::LateMoney`] when something must be given back, [`EventRefusal::Impossible`] otherwise.
    pub fn next(self, event: PledgeEvent) -> Result<Step<Self>, EventRefusal> {
        use PledgeEvent as E;
        match event {
            E::CardSaved => self.card_saved(),
            E::HoldPlaced => self.hold_placed(),
            E::PaymentCaptured => self.captured(),
            E::PaymentFailed => self.attempt_ended(Self::Errored),
            E::ActionRequired => self.attempt_ended(Self::NeedsAction),
            E::ChargeStarted => self.charge_started(),
            E::CardReplaced => self.card_replaced(),
            E::TermsChanged => self.terms_changed(),
            E::HoldReplaced => self.hold_replaced(),
            E::RetryWindowEnded => self.retry_window_ended(),
            E::BackerCancelled => self.backer_cancelled(),
            E::ReservationLapsed => self.lapsed(),
            E::CampaignFailed | E::CampaignCancelled => self.campaign_over(event),
            E::Refunded => self.refunded(),
            E::PartiallyRefunded => self.partially_refunded(),
            E::RefundFailed => self.refund_failed(),
            E::DisputeOpened => self.dispute_opened(),
            E::DisputeWon => self.dispute_closed(Self::Captured, event),
            E::DisputeLost => self.dispute_closed(Self::Refunded, event),
        }
    }

    fn card_saved(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Pending => Ok(Step::To(Self::Committed)),
            Self::Committed => Ok(Step::Stay(NoOp::Repeated)),
            Self::Authorized
            | Self::Captured
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::Refunded
            | Self::PartiallyRefunded
            | Self::Disputed => Ok(Step::Stay(NoOp::Stale)),
            Self::Dropped | Self::Cancelled | Self::Expired | Self::Voided => {
                self.late_money(PledgeEvent::CardSaved)
            }
        }
    }

    fn hold_placed(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Pending => Ok(Step::To(Self::Authorized)),
            Self::Authorized => Ok(Step::Stay(NoOp::Repeated)),
            Self::Captured | Self::Charging | Self::Refunded | Self::PartiallyRefunded | Self::Disputed => {
                Ok(Step::Stay(NoOp::Stale))
            }
            Self::Committed | Self::Errored | Self::NeedsAction => self.impossible(PledgeEvent::HoldPlaced),
            Self::Dropped | Self::Cancelled | Self::Expired | Self::Voided => {
                self.late_money(PledgeEvent::HoldPlaced)
            }
        }
    }

    fn captured(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Pending
            | Self::Committed
            | Self::Authorized
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction => Ok(Step::To(Self::Captured)),
            Self::Captured => Ok(Step::Stay(NoOp::Repeated)),
            // The refund or dispute arrived first; the capture it speaks of is already beneath it.
            Self::Refunded | Self::PartiallyRefunded | Self::Disputed => Ok(Step::Stay(NoOp::Stale)),
            Self::Dropped | Self::Cancelled | Self::Expired | Self::Voided => {
                self.late_money(PledgeEvent::PaymentCaptured)
            }
        }
    }

    /// A declined card, or a bank that asks. At the gateway's page that is a remark: the backer tries again there.
    fn attempt_ended(self, to: Self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Pending => Ok(Step::Stay(NoOp::Underway)),
            Self::Charging | Self::Errored | Self::NeedsAction if self == to => {
                Ok(Step::Stay(NoOp::Repeated))
            }
            Self::Charging | Self::Errored | Self::NeedsAction => Ok(Step::To(to)),
            Self::Committed
            | Self::Authorized
            | Self::Captured
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided
            | Self::Refunded
            | Self::PartiallyRefunded
            | Self::Disputed => Ok(Step::Stay(NoOp::Stale)),
        }
    }

    fn charge_started(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Committed | Self::Authorized | Self::Errored | Self::NeedsAction => {
                Ok(Step::To(Self::Charging))
            }
            Self::Charging => Ok(Step::Stay(NoOp::Repeated)),
            Self::Captured | Self::Refunded | Self::PartiallyRefunded | Self::Disputed => {
                Ok(Step::Stay(NoOp::Stale))
            }
            Self::Pending | Self::Dropped | Self::Cancelled | Self::Expired | Self::Voided => {
                self.impossible(PledgeEvent::ChargeStarted)
            }
        }
    }

    /// A new card is charged at once where a payment is due, and kept where none is.
    fn card_replaced(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Committed => Ok(Step::To(Self::Committed)),
            Self::Errored | Self::NeedsAction => Ok(Step::To(Self::Charging)),
            Self::Charging => Ok(Step::Stay(NoOp::Repeated)),
            Self::Captured | Self::Refunded | Self::PartiallyRefunded | Self::Disputed => {
                Ok(Step::Stay(NoOp::Stale))
            }
            Self::Pending | Self::Authorized => self.impossible(PledgeEvent::CardReplaced),
            Self::Dropped | Self::Cancelled | Self::Expired | Self::Voided => {
                self.late_money(PledgeEvent::CardReplaced)
            }
        }
    }

    /// The same state with other terms; whatever came first, a cancellation or the deadline, leaves nothing to change.
    fn terms_changed(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Committed | Self::Authorized => Ok(Step::To(self)),
            Self::Pending => self.impossible(PledgeEvent::TermsChanged),
            Self::Captured
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided
            | Self::Refunded
            | Self::PartiallyRefunded
            | Self::Disputed => Ok(Step::Stay(NoOp::Stale)),
        }
    }

    /// Wherever there is no hold to replace any more, the new one is one too many.
    fn hold_replaced(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Authorized => Ok(Step::To(Self::Authorized)),
            Self::Pending => self.impossible(PledgeEvent::HoldReplaced),
            Self::Committed
            | Self::Captured
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided
            | Self::Refunded
            | Self::PartiallyRefunded
            | Self::Disputed => self.late_money(PledgeEvent::HoldReplaced),
        }
    }

    fn retry_window_ended(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Errored | Self::NeedsAction => Ok(Step::To(Self::Dropped)),
            Self::Dropped => Ok(Step::Stay(NoOp::Repeated)),
            Self::Captured
            | Self::Cancelled
            | Self::Expired
            | Self::Voided
            | Self::Refunded
            | Self::PartiallyRefunded
            | Self::Disputed => Ok(Step::Stay(NoOp::Stale)),
            // A charge under way has an outcome we do not know yet; it must be read first.
            Self::Pending | Self::Committed | Self::Authorized | Self::Charging => {
                self.impossible(PledgeEvent::RetryWindowEnded)
            }
        }
    }

    fn backer_cancelled(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Pending | Self::Committed | Self::Authorized => Ok(Step::To(Self::Cancelled)),
            Self::Cancelled => Ok(Step::Stay(NoOp::Repeated)),
            Self::Expired | Self::Voided | Self::Dropped | Self::Refunded => Ok(Step::Stay(NoOp::Stale)),
            Self::Captured
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::PartiallyRefunded
            | Self::Disputed => self.impossible(PledgeEvent::BackerCancelled),
        }
    }

    fn lapsed(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Pending => Ok(Step::To(Self::Expired)),
            Self::Expired => Ok(Step::Stay(NoOp::Repeated)),
            Self::Committed
            | Self::Authorized
            | Self::Captured
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::Dropped
            | Self::Cancelled
            | Self::Voided
            | Self::Refunded
            | Self::PartiallyRefunded
            | Self::Disputed => Ok(Step::Stay(NoOp::Stale)),
        }
    }

    fn campaign_over(self, event: PledgeEvent) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Pending | Self::Committed | Self::Authorized | Self::Errored | Self::NeedsAction => {
                Ok(Step::To(Self::Voided))
            }
            Self::Voided => Ok(Step::Stay(NoOp::Repeated)),
            Self::Dropped | Self::Cancelled | Self::Expired | Self::Refunded => Ok(Step::Stay(NoOp::Stale)),
            // Money that was taken is refunded, not voided.
            Self::Captured | Self::Charging | Self::PartiallyRefunded | Self::Disputed => {
                self.impossible(event)
            }
        }
    }

    fn refunded(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            // From Pending and the like: the refund overtook the capture it belongs to.
            Self::Pending
            | Self::Committed
            | Self::Authorized
            | Self::Captured
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::PartiallyRefunded
            | Self::Disputed => Ok(Step::To(Self::Refunded)),
            Self::Refunded => Ok(Step::Stay(NoOp::Repeated)),
            // A late payment that was given back: the pledge was over before and stays so.
            Self::Dropped | Self::Cancelled | Self::Expired | Self::Voided => Ok(Step::Stay(NoOp::Stale)),
        }
    }

    fn partially_refunded(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Pending
            | Self::Committed
            | Self::Authorized
            | Self::Captured
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction => Ok(Step::To(Self::PartiallyRefunded)),
            Self::PartiallyRefunded => Ok(Step::Stay(NoOp::Repeated)),
            Self::Refunded
            | Self::Disputed
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided => Ok(Step::Stay(NoOp::Stale)),
        }
    }

    /// All that had been given back is here again; what of it still stands is said by a [`PledgeEvent::PartiallyRefunded`]
    /// that follows.
    fn refund_failed(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Refunded | Self::PartiallyRefunded => Ok(Step::To(Self::Captured)),
            Self::Captured => Ok(Step::Stay(NoOp::Repeated)),
            Self::Pending
            | Self::Committed
            | Self::Authorized
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::Disputed
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided => Ok(Step::Stay(NoOp::Stale)),
        }
    }

    fn dispute_opened(self) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Captured | Self::PartiallyRefunded => Ok(Step::To(Self::Disputed)),
            Self::Disputed => Ok(Step::Stay(NoOp::Repeated)),
            Self::Refunded => Ok(Step::Stay(NoOp::Stale)),
            Self::Pending
            | Self::Committed
            | Self::Authorized
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided => self.impossible(PledgeEvent::DisputeOpened),
        }
    }

    fn dispute_closed(self, to: Self, event: PledgeEvent) -> Result<Step<Self>, EventRefusal> {
        match self {
            Self::Disputed => Ok(Step::To(to)),
            Self::Captured | Self::Refunded | Self::PartiallyRefunded => Ok(Step::Stay(NoOp::Stale)),
            Self::Pending
            | Self::Committed
            | Self::Authorized
            | Self::Charging
            | Self::Errored
            | Self::NeedsAction
            | Self::Dropped
            | Self::Cancelled
            | Self::Expired
            | Self::Voided => self.impossible(event),
        }
    }

    fn late_money(self, event: PledgeEvent) -> Result<Step<Self>, EventRefusal> {
        Err(EventRefusal::LateMoney { state: self, event })
    }

    fn impossible(self, event: PledgeEvent) -> Result<Step<Self>, EventRefusal> {
        Err(EventRefusal::Impossible { state: self, event })
    }
}
