//! How a campaign is funded, and the states it passes through.

use serde::{Deserialize, Serialize};

use crate::{NoOp, Step, names};

/// When backers are charged, and what happens below the goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Nobody is charged unless the goal is met at the deadline.
    AllOrNothing,
    /// Everybody is charged at once, and the creator keeps it whatever comes together.
    KeepItAll,
    /// All-or-nothing on a base goal, with stretch goals above it.
    Hybrid,
}

names!(Model { AllOrNothing = "aon", KeepItAll = "kia", Hybrid = "hybrid" });

impl Model {
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::AllOrNothing => "All or nothing",
            Self::KeepItAll => "Keep it all",
            Self::Hybrid => "All or nothing, with stretch goals",
        }
    }

    /// The consequence for a backer, in a sentence.
    #[must_use]
    pub const fn explain(self) -> &'static str {
        match self {
            Self::AllOrNothing => {
                "You are charged only if the goal is met by the deadline. Otherwise nobody pays."
            }
            Self::KeepItAll => {
                "You are charged now. The creator keeps the money even if the goal is not met."
            }
            Self::Hybrid => {
                "You are charged only if the base goal is met by the deadline. Everything above it unlocks stretch goals."
            }
        }
    }
}

/// Where a campaign stands. Suspension is not one of these: it is a hold on top of any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    Draft,
    InReview,
    /// Approved; opens by itself at its start.
    Scheduled,
    Live,
    /// The deadline has passed; the outcome is being worked out and collected.
    Settling,
    Funded,
    /// A keep-it-all campaign that ended below its goal: the creator keeps what came together.
    PartiallyFunded,
    Failed,
    Cancelled,
}

names!(CampaignState {
    Draft = "draft",
    InReview = "in_review",
    Scheduled = "scheduled",
    Live = "live",
    Settling = "settling",
    Funded = "funded",
    PartiallyFunded = "partially_funded",
    Failed = "failed",
    Cancelled = "cancelled",
});

/// What happens to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignEvent {
    Submitted,
    ChangesRequested,
    Approved,
    Launched,
    DeadlinePassed,
    SettledFunded,
    SettledPartially,
    SettledFailed,
    /// The goal was met by what was pledged and not by what could be collected, and the campaign's rule is that it then
    /// fails.
    CollectedTooLittle,
    Cancelled,
}

names!(CampaignEvent {
    Submitted = "submitted",
    ChangesRequested = "changes_requested",
    Approved = "approved",
    Launched = "launched",
    DeadlinePassed = "deadline_passed",
    SettledFunded = "settled_funded",
    SettledPartially = "settled_partially",
    SettledFailed = "settled_failed",
    CollectedTooLittle = "collected_too_little",
    Cancelled = "cancelled",
});

/// An event that this state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A campaign that is {} cannot be {}.", .state.label().to_lowercase(), .event.label())]
pub struct CampaignRefusal {
    pub state: CampaignState,
    pub event: CampaignEvent,
}

impl CampaignState {
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::InReview => "In review",
            Self::Scheduled => "Coming soon",
            Self::Live => "Live",
            Self::Settling => "Being settled",
            Self::Funded => "Funded",
            Self::PartiallyFunded => "Partially funded",
            Self::Failed => "Not funded",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether visitors may see the campaign.
    #[must_use]
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::Draft | Self::InReview)
    }

    /// The one place that says which event leads where.
    ///
    /// # Errors
    /// When the event is not allowed in this state.
    pub fn next(self, event: CampaignEvent) -> Result<Step<Self>, CampaignRefusal> {
        use CampaignEvent as E;
        let refusal = Err(CampaignRefusal { state: self, event });
        match (self, event) {
            (Self::Draft, E::Submitted) => Ok(Step::To(Self::InReview)),
            (Self::InReview, E::ChangesRequested) => Ok(Step::To(Self::Draft)),
            (Self::InReview, E::Approved) => Ok(Step::To(Self::Scheduled)),
            (Self::Scheduled, E::Launched) => Ok(Step::To(Self::Live)),
            (Self::Live, E::DeadlinePassed) => Ok(Step::To(Self::Settling)),
            (Self::Settling, E::SettledFunded) => Ok(Step::To(Self::Funded)),
            (Self::Settling, E::SettledPartially) => Ok(Step::To(Self::PartiallyFunded)),
            (Self::Settling, E::SettledFailed | E::CollectedTooLittle) => Ok(Step::To(Self::Failed)),
            (Self::Draft | Self::InReview | Self::Scheduled | Self::Live | Self::Settling, E::Cancelled) => {
                Ok(Step::To(Self::Cancelled))
            }

            (Self::InReview, E::Submitted)
            | (Self::Scheduled, E::Approved)
            | (Self::Live, E::Launched)
            | (Self::Settling, E::DeadlinePassed)
            | (Self::Funded, E::SettledFunded)
            | (Self::PartiallyFunded, E::SettledPartially)
            | (Self::Failed, E::SettledFailed | E::CollectedTooLittle)
            | (Self::Cancelled, E::Cancelled) => Ok(Step::Stay(NoOp::Repeated)),

            // Jobs fire by the clock and may come after the deed.
            (Self::Settling, E::Launched)
            | (Self::Funded | Self::PartiallyFunded | Self::Failed, E::Launched | E::DeadlinePassed)
            | (Self::Cancelled, E::Launched | E::DeadlinePassed) => Ok(Step::Stay(NoOp::Stale)),

            (Self::Draft, E::ChangesRequested | E::Approved | E::Launched | E::DeadlinePassed)
            | (Self::InReview, E::Launched | E::DeadlinePassed)
            | (Self::Scheduled, E::Submitted | E::ChangesRequested | E::DeadlinePassed)
            | (
                Self::Live | Self::Settling | Self::Cancelled,
                E::Submitted | E::ChangesRequested | E::Approved,
            )
            | (
                Self::Funded | Self::PartiallyFunded | Self::Failed,
                E::Submitted | E::ChangesRequested | E::Approved | E::Cancelled,
            )
            | (
                Self::Draft | Self::InReview | Self::Scheduled | Self::Live | Self::Cancelled,
                E::SettledFunded | E::SettledPartially | E::SettledFailed | E::CollectedTooLittle,
            )
            | (Self::Funded, E::SettledPartially | E::SettledFailed | E::CollectedTooLittle)
            | (Self::PartiallyFunded, E::SettledFunded | E::SettledFailed | E::CollectedTooLittle)
            | (Self::Failed, E::SettledFunded | E::SettledPartially) => refusal,
        }
    }
}

impl CampaignEvent {
    /// What the event does to a campaign: "A live campaign cannot be ...".
    const fn label(self) -> &'static str {
        match self {
            Self::Submitted => "submitted for review",
            Self::ChangesRequested => "sent back for changes",
            Self::Approved => "approved",
            Self::Launched => "launched",
            Self::DeadlinePassed => "settled",
            Self::SettledFunded => "declared funded",
            Self::SettledPartially => "declared partially funded",
            Self::SettledFailed => "declared not funded",
            Self::CollectedTooLittle => "declared short of its goal",
            Self::Cancelled => "cancelled",
        }
    }
}
