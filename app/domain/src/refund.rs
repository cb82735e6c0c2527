//! Giving money back, and what a backer's bank asks back: the states of both.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{Model, PledgeState, names};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Written down; the gateway has not confirmed it.
    Requested,
    /// The gateway took it on and the money is under way.
    Pending,
    Succeeded,
    /// Refused, or sent back by the bank later. For good: another try is another refund.
    Failed,
}

names!(RefundState {
    Requested = "requested",
    Pending = "pending",
    Succeeded = "succeeded",
    Failed = "failed",
});

impl RefundState {
    /// Where what the gateway says leads. Old news, which may arrive late, changes nothing: the order of the states is the
    /// only order a refund goes through.
    #[must_use]
    pub fn heard(self, said: Self) -> Self {
        self.max(said)
    }

    /// What people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Requested | Self::Pending => "Under way",
            Self::Succeeded => "Refunded",
            Self::Failed => "Failed",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    /// The bank asks before it takes anything.
    Inquiry,
    InquiryUnderReview,
    InquiryClosed,
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
}

names!(DisputeState {
    Inquiry = "inquiry",
    InquiryUnderReview = "inquiry_under_review",
    InquiryClosed = "inquiry_closed",
    NeedsResponse = "needs_response",
    UnderReview = "under_review",
    Won = "won",
    Lost = "lost",
});

impl DisputeState {
    /// Where what the gateway says leads. An inquiry may become a dispute, never the other way; what is closed with money
    /// stays closed.
    #[must_use]
    pub fn heard(self, said: Self) -> Self {
        if matches!(self, Self::Won | Self::Lost) { self } else { self.max(said) }
    }

    /// Whether the money is with the bank until it decides.
    #[must_use]
    pub const fn freezes(self) -> bool {
        matches!(self, Self::NeedsResponse | Self::UnderReview)
    }

    /// Whether evidence can be sent.
    #[must_use]
    pub const fn takes_evidence(self) -> bool {
        matches!(self, Self::Inquiry | Self::NeedsResponse)
    }

    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::InquiryClosed | Self::Won | Self::Lost)
    }

    /// What people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Inquiry => "Inquiry, answer needed",
            Self::InquiryUnderReview => "Inquiry, under review",
            Self::InquiryClosed => "Inquiry closed",
            Self::NeedsResponse => "Answer needed",
            Self::UnderReview => "Under review",
            Self::Won => "Won",
            Self::Lost => "Lost",
        }
    }
}

/// Why a backer cannot take their money back by themselves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelfRefundRefusal {
    #[error("Nothing is paid for this pledge that could be given back.")]
    NotPaid,
    #[error("Your bank is deciding a dispute about this payment. It cannot be refunded meanwhile.")]
    Disputed,
    #[error("The creator of this campaign decides about refunds. Ask them.")]
    NoPolicy,
    #[error("You could take your money back until {}. Ask the creator.", .0.format("%-d %B %Y at %H:%M UTC"))]
    WindowEnded(DateTime<Utc>),
}

/// Until when a backer may take the money back: `days` after it was charged.
///
/// # Errors
/// [`SelfRefundRefusal`].
pub fn self_refund_until(
    model: Model,
    days: Option<u16>,
    state: PledgeState,
    charged_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, SelfRefundRefusal> {
    match state {
        PledgeState::Captured | PledgeState::PartiallyRefunded => {}
        PledgeState::Disputed => return Err(SelfRefundRefusal::Disputed),
        _ => return Err(SelfRefundRefusal::NotPaid),
    }
    let days = days.filter(|_| model == Model::KeepItAll).ok_or(SelfRefundRefusal::NoPolicy)?;
    let until = charged_at + TimeDelta::days(i64::from(days));
    if now < until { Ok(until) } else { Err(SelfRefundRefusal::WindowEnded(until)) }
}
