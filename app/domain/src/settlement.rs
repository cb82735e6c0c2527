//! What becomes of a campaign and its pledges after the deadline. The job that settles and the dry run read the same
//! plan, so that a rehearsal cannot differ from the deed.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{CampaignEvent, CampaignState, Model, Money, MoneyError, PledgeId, PledgeState, names};

/// How long a backer whose payment failed has to fix it, unless the operator says otherwise (PRODUCT B9).
pub const RETRY_WINDOW: TimeDelta = TimeDelta::days(7);

/// The pause between two reminders to fix a payment.
pub const REMINDER_EVERY: TimeDelta = TimeDelta::hours(48);

/// How a campaign came out. Decided once, from the exact total at the deadline, and never changed by what is
/// collected afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The goal was met.
    Funded,
    /// A keep-it-all campaign that ended below its goal with something to keep.
    PartiallyFunded,
    /// Nobody pays.
    Failed,
}

names!(Outcome { Funded = "funded", PartiallyFunded = "partially_funded", Failed = "failed" });

impl Outcome {
    /// Equality meets the goal. A hybrid is decided by its base goal alone.
    ///
    /// # Errors
    /// When the two amounts are in different currencies.
    pub fn decide(model: Model, pledged: Money, goal: Money) -> Result<Self, MoneyError> {
        Ok(match (model, pledged.compare(goal)?.is_ge()) {
            (_, true) => Self::Funded,
            (Model::KeepItAll, false) if pledged.is_positive() => Self::PartiallyFunded,
            (Model::AllOrNothing | Model::Hybrid | Model::KeepItAll, false) => Self::Failed,
        })
    }

    /// The event that ends the campaign so.
    #[must_use]
    pub const fn event(self) -> CampaignEvent {
        match self {
            Self::Funded => CampaignEvent::SettledFunded,
            Self::PartiallyFunded => CampaignEvent::SettledPartially,
            Self::Failed => CampaignEvent::SettledFailed,
        }
    }

    /// Where the campaign ends.
    #[must_use]
    pub const fn state(self) -> CampaignState {
        match self {
            Self::Funded => CampaignState::Funded,
            Self::PartiallyFunded => CampaignState::PartiallyFunded,
            Self::Failed => CampaignState::Failed,
        }
    }

    /// What is to be done about a pledge in this state; `None` where nothing is.
    #[must_use]
    pub const fn act(self, pledge: PledgeState) -> Option<Act> {
        match (self, pledge) {
            (Self::Funded | Self::PartiallyFunded, PledgeState::Committed) => Some(Act::Charge),
            (Self::Funded | Self::PartiallyFunded, PledgeState::Authorized) => Some(Act::Capture),
            (Self::Failed, PledgeState::Committed | PledgeState::Authorized) => Some(Act::Release),
            // Still at the gateway's page when the campaign was decided: too late either way.
            (_, PledgeState::Pending) => Some(Act::Release),
            (
                _,
                PledgeState::Captured
                | PledgeState::Charging
                | PledgeState::Errored
                | PledgeState::NeedsAction
                | PledgeState::Dropped
                | PledgeState::Cancelled
                | PledgeState::Expired
                | PledgeState::Voided
                | PledgeState::Refunded
                | PledgeState::PartiallyRefunded
                | PledgeState::Disputed,
            ) => None,
        }
    }
}

/// What settling does about one pledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// The saved card is charged.
    Charge,
    /// The hold is captured.
    Capture,
    /// The card or hold is given back; nothing was charged.
    Release,
}

names!(Act { Charge = "charge", Capture = "capture", Release = "release" });

/// One pledge of a [`Plan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedPledge {
    pub pledge: PledgeId,
    pub state: PledgeState,
    pub amount: Money,
    pub act: Option<Act>,
}

/// Everything settling would do at this instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub outcome: Outcome,
    /// The exact sum of the pledges that count.
    pub pledged: Money,
    pub pledges: Vec<PlannedPledge>,
}

impl Plan {
    /// Decides by the exact sum of the pledges that count, never by a running total.
    ///
    /// # Errors
    /// When a pledge is in another currency than the goal, or the sum is more than can be held.
    pub fn of(
        model: Model,
        goal: Money,
        pledges: impl IntoIterator<Item = (PledgeId, PledgeState, Money)>,
    ) -> Result<Self, MoneyError> {
        let pledges: Vec<_> = pledges.into_iter().collect();
        let counted = pledges.iter().filter(|(_, state, _)| state.counts());
        let pledged = counted
            .map(|(_, _, amount)| *amount)
            .try_fold(Money::zero(goal.currency()), Money::checked_add)?;
        let outcome = Outcome::decide(model, pledged, goal)?;
        let pledges = pledges
            .into_iter()
            .map(|(pledge, state, amount)| PlannedPledge { pledge, state, amount, act: outcome.act(state) })
            .collect();
        Ok(Self { outcome, pledged, pledges })
    }

    /// How many pledges an act concerns, and their sum.
    ///
    /// # Errors
    /// When the sum is more than can be held.
    pub fn sum_of(&self, act: Act) -> Result<(usize, Money), MoneyError> {
        let concerned = self.pledges.iter().filter(|planned| planned.act == Some(act));
        concerned
            .map(|planned| planned.amount)
            .try_fold((0, Money::zero(self.pledged.currency())), |(count, sum), amount| {
                Ok((count + 1, sum.checked_add(amount)?))
            })
    }
}

/// When the next reminder to fix a payment is due; `None` when none comes before the window closes.
#[must_use]
pub fn next_reminder(last_told: DateTime<Utc>, retry_until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Some(last_told + REMINDER_EVERY).filter(|due| *due < retry_until)
}

/// How many reminders are still to come.
#[must_use]
pub fn reminders_left(last_told: DateTime<Utc>, retry_until: DateTime<Utc>) -> u32 {
    let dues = std::iter::successors(Some(last_told), |told| next_reminder(*told, retry_until));
    u32::try_from(dues.skip(1).count()).unwrap_or(u32::MAX)
}

/// Whether the last automatic try at the window's end could help. A bank that wants its customer, and a card that is
/// gone for good, only decline again, and the card networks count such tries against the merchant.
#[must_use]
pub fn worth_a_last_try(state: PledgeState, decline_code: Option<&str>) -> bool {
    const GONE_FOR_GOOD: [&str; 10] = [
        "lost_card",
        "stolen_card",
        "pickup_card",
        "expired_card",
        "incorrect_number",
        "invalid_account",
        "fraudulent",
        "restricted_card",
        "revocation_of_all_authorizations",
        "stop_payment_order",
    ];
    state == PledgeState::Errored && decline_code.is_none_or(|code| !GONE_FOR_GOOD.contains(&code))
}
