//! Which event leads a pledge where. Events come from a gateway that repeats itself and keeps no order, so the machine is
//! built to end in the same state whatever the order: see `tests/pledge_states.rs`.

use super::{EventRefusal, PledgeEvent, PledgeState};
use crate::{NoOp, Step};

impl PledgeState {
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
