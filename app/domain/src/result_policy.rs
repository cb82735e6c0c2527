//! What follows when less than the goal can be collected of what was pledged. The deadline has decided by then, and that
//! stays what it was; this is a second, later decision, by a rule that backers could read before they pledged.

use serde::{Deserialize, Serialize};

use crate::{CampaignEvent, Money, MoneyError, Outcome, names};

/// The rule, chosen by the creator before the launch (PRODUCT A14).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultPolicy {
    /// The creator gets what could be collected.
    #[default]
    StaysFunded,
    /// Below the goal everybody who paid is refunded.
    FailsBelowGoal,
}

names!(ResultPolicy { StaysFunded = "stays_funded", FailsBelowGoal = "fails_below_goal" });

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The outcome of the deadline stands.
    Stands,
    /// Too little was collected: the campaign fails after all.
    FellShort,
}

names!(Verdict { Stands = "stands", FellShort = "fell_short" });

impl ResultPolicy {
    /// Judges what was collected of a campaign that the deadline has decided. Equality meets the goal.
    ///
    /// # Errors
    /// When the two amounts are in different currencies.
    pub fn judge(self, outcome: Outcome, collected: Money, goal: Money) -> Result<Verdict, MoneyError> {
        let short = collected.compare(goal)?.is_lt();
        Ok(match (self, outcome) {
            (Self::FailsBelowGoal, Outcome::Funded) if short => Verdict::FellShort,
            (Self::FailsBelowGoal | Self::StaysFunded, _) => Verdict::Stands,
        })
    }

    /// The rule in a sentence, for backers and creators alike.
    #[must_use]
    pub const fn explain(self) -> &'static str {
        match self {
            Self::StaysFunded => {
                "If cards fail after the deadline and less than the goal is collected, the campaign stays funded with what was collected."
            }
            Self::FailsBelowGoal => {
                "If cards fail after the deadline and less than the goal is collected, the campaign fails and everybody who paid is refunded in full."
            }
        }
    }
}

impl Verdict {
    /// The event that ends a settling campaign so.
    #[must_use]
    pub const fn event(self, outcome: Outcome) -> CampaignEvent {
        match self {
            Self::Stands => outcome.event(),
            Self::FellShort => CampaignEvent::CollectedTooLittle,
        }
    }
}
