//! When a creator is paid, and what stands in the way (PRODUCT C6, C8, C9, C13).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{NoOp, Step, names};

/// How long nothing is paid to a bank account that has just taken another's place: whoever stole a creator's account
/// changes it first, and its owner has this long to notice.
pub const BANK_COOLING: TimeDelta = TimeDelta::hours(72);

/// How long the money of a creator who asks for it themselves waits for that after its campaign is settled. Then it leaves
/// by itself: the gateway holds money for ninety days at most, and from sixty on somebody is alarmed.
pub const ASKED_WITHIN: TimeDelta = TimeDelta::days(55);

/// When a creator's money leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutSchedule {
    /// By itself, on its date.
    #[default]
    OnDate,
    /// When its creator asks for it, from that date on.
    WhenAsked,
}

names!(PayoutSchedule { OnDate = "on_date", WhenAsked = "when_asked" });

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
    /// Staff did not agree; nothing was sent. It stays with the campaign, and staff may change their mind.
    Refused,
    /// Staff did not agree to what its creator asked for. They may ask again.
    Declined,
    /// Its creator, who had asked for it, took that back.
    Withdrawn,
    /// Nothing was left of it when it was to leave: it went back to backers, or was set off against a debt.
    Dropped,
}

names!(PayoutState {
    Waiting = "waiting",
    Approved = "approved",
    Sent = "sent",
    Refused = "refused",
    Declined = "declined",
    Withdrawn = "withdrawn",
    Dropped = "dropped",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutEvent {
    Approved,
    Refused,
    /// Staff refuse what its creator asked for.
    Declined,
    /// The creator no longer asks for it.
    Withdrawn,
    AllSent,
    NothingLeft,
}

names!(PayoutEvent {
    Approved = "approved",
    Refused = "refused",
    Declined = "declined",
    Withdrawn = "withdrawn",
    AllSent = "all_sent",
    NothingLeft = "nothing_left",
});

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
            Self::Declined => "Declined",
            Self::Withdrawn => "Withdrawn",
            Self::Dropped => "Nothing was left of it",
        }
    }

    /// The one place that says which event leads where.
    ///
    /// # Errors
    /// [`PayoutRefusal`]: what is on its way cannot be refused or withdrawn, and nothing is sent that was not approved.
    pub const fn next(self, event: PayoutEvent) -> Result<Step<Self>, PayoutRefusal> {
        use PayoutEvent as E;
        match (self, event) {
            // Staff may change their mind about one they refused.
            (Self::Waiting | Self::Refused, E::Approved) => Ok(Step::To(Self::Approved)),
            (Self::Waiting, E::Refused) => Ok(Step::To(Self::Refused)),
            (Self::Waiting, E::Declined) => Ok(Step::To(Self::Declined)),
            (Self::Waiting, E::Withdrawn) => Ok(Step::To(Self::Withdrawn)),
            (Self::Approved, E::AllSent) => Ok(Step::To(Self::Sent)),
            (Self::Approved, E::NothingLeft) => Ok(Step::To(Self::Dropped)),
            (Self::Approved, E::Approved)
            | (Self::Refused, E::Refused)
            | (Self::Declined, E::Declined)
            | (Self::Withdrawn, E::Withdrawn)
            | (Self::Sent, E::AllSent)
            | (Self::Dropped, E::NothingLeft) => Ok(Step::Stay(NoOp::Repeated)),
            (Self::Sent | Self::Dropped, E::Approved) => Ok(Step::Stay(NoOp::Stale)),
            _ => Err(PayoutRefusal { state: self, event }),
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
    /// The creator asks for it themselves; after this it leaves all the same.
    NotAsked { until: DateTime<Utc> },
    /// Held back for refunds to come.
    Reserved { until: DateTime<Utc> },
    /// A backer's bank questions the payment, or it is on its way back to the backer.
    Questioned,
}

/// What is known of a campaign's creator and dates.
#[derive(Clone, Copy, Debug)]
pub struct PayoutStanding {
    pub suspended: bool,
    pub due_at: DateTime<Utc>,
    /// The gateway, read last, pays this account.
    pub account_ready: bool,
    pub bank_changed_at: Option<DateTime<Utc>>,
    /// Until when its creator is waited for, if they ask for their money themselves.
    pub asked_until: Option<DateTime<Utc>>,
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
        if let Some(until) = cools_until(self.bank_changed_at, now) {
            return Some(Hold::BankChanged { until });
        }
        self.asked_until.filter(|until| now < *until).map(|until| Hold::NotAsked { until })
    }
}

/// Until when nothing is paid to a bank account that took another's place; `None` when it may be paid.
#[must_use]
pub fn cools_until(bank_changed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    bank_changed_at.map(|changed| changed + BANK_COOLING).filter(|until| now < *until)
}
