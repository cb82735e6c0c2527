//! When a creator is paid, and what stands in the way (PRODUCT C6, C8, C9, C13).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{NoOp, Step, names};

/// How long nothing is paid to a bank account that has just taken another's place: whoever stole a creator's account
/// changes it first, and its owner has this long to notice.
pub const BANK_COOLING: TimeDelta = TimeDelta::hours(72);

/// A sum on its way to a creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutState {
    /// So large that a second person must agree.
    Waiting,
    /// Its transfers are being made.
    Approved,
    /// All of it has left.
    Sent,
    /// Staff did not agree; nothing was sent. It stays with the campaign.
    Refused,
}

names!(PayoutState { Waiting = "waiting", Approved = "approved", Sent = "sent", Refused = "refused" });

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutEvent {
    Approved,
    Refused,
    AllSent,
}

names!(PayoutEvent { Approved = "approved", Refused = "refused", AllSent = "all_sent" });

/// An event that makes no sense for a payout in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} is not possible when a payout is {state:?}")]
pub struct PayoutRefusal {
    pub state: PayoutState,
    pub event: PayoutEvent,
}

impl PayoutState {
    /// What people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waits for approval",
            Self::Approved => "On its way",
            Self::Sent => "Sent",
            Self::Refused => "Refused",
        }
    }

    /// The one place that says which event leads where.
    ///
    /// # Errors
    /// [`PayoutRefusal`]: what is on its way cannot be refused, and nothing is sent that was not approved.
    pub const fn next(self, event: PayoutEvent) -> Result<Step<Self>, PayoutRefusal> {
        match (self, event) {
            // Staff may change their mind about one they refused.
            (Self::Waiting | Self::Refused, PayoutEvent::Approved) => Ok(Step::To(Self::Approved)),
            (Self::Waiting, PayoutEvent::Refused) => Ok(Step::To(Self::Refused)),
            (Self::Approved, PayoutEvent::AllSent) => Ok(Step::To(Self::Sent)),
            (Self::Approved, PayoutEvent::Approved)
            | (Self::Refused, PayoutEvent::Refused)
            | (Self::Sent, PayoutEvent::AllSent) => Ok(Step::Stay(NoOp::Repeated)),
            (Self::Sent, PayoutEvent::Approved) => Ok(Step::Stay(NoOp::Stale)),
            (Self::Waiting | Self::Refused, PayoutEvent::AllSent)
            | (Self::Approved | Self::Sent, PayoutEvent::Refused) => {
                Err(PayoutRefusal { state: self, event })
            }
        }
    }
}

/// Why a campaign's money does not leave yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Hold {
    /// Staff look into the campaign.
    Suspended,
    /// Its date, known beforehand, has not come.
    NotDue { on: DateTime<Utc> },
    /// The gateway does not know enough about the creator, or refuses to pay them.
    Account,
    /// The bank account is new.
    BankChanged { until: DateTime<Utc> },
    /// The creator owes money that was given back to backers after it had been paid out.
    Debt,
}

/// What is known of a campaign's creator and dates.
#[derive(Clone, Copy, Debug)]
pub struct PayoutStanding {
    pub suspended: bool,
    pub due_at: DateTime<Utc>,
    /// The gateway, read last, pays this account.
    pub account_ready: bool,
    pub bank_changed_at: Option<DateTime<Utc>>,
    pub owes: bool,
}

impl PayoutStanding {
    /// What stands in the way, the weightiest first; `None` when the money may leave.
    #[must_use]
    pub fn hold(&self, now: DateTime<Utc>) -> Option<Hold> {
        if self.suspended {
            return Some(Hold::Suspended);
        }
        if now < self.due_at {
            return Some(Hold::NotDue { on: self.due_at });
        }
        if !self.account_ready {
            return Some(Hold::Account);
        }
        let until = self.bank_changed_at.map(|changed| changed + BANK_COOLING);
        if let Some(until) = until.filter(|until| now < *until) {
            return Some(Hold::BankChanged { until });
        }
        self.owes.then_some(Hold::Debt)
    }
}
