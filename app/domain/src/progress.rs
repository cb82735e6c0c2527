//! How far a campaign is: the snapshot behind every progress bar.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::{CampaignId, CampaignState, Money, names};

/// A campaign's totals at one version. Always the whole picture, never a difference, so that one may be missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub campaign_id: CampaignId,
    /// Rises with every change.
    pub version: i64,
    pub pledged: Money,
    pub goal: Money,
    pub backers: i64,
    pub state: CampaignState,
    pub ends_at: DateTime<Utc>,
}

impl Progress {
    /// Whole percent of the goal, rounded down: 100 is shown only when the goal is met.
    #[must_use]
    pub fn percent(&self) -> u32 {
        parts_of_goal(self.pledged, self.goal, 100)
    }

    /// Thousandths of the bar to fill, at most all of it.
    #[must_use]
    pub fn bar_permille(&self) -> u32 {
        parts_of_goal(self.pledged, self.goal, 1000).min(1000)
    }
}

/// What a progress bar shows, ready to be drawn: no decimals to compute in the browser, and the same on the page,
/// in the event stream and in the island.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub version: i64,
    /// Of the goal, rounded down; may pass 100.
    pub percent: u32,
    /// Thousandths of the drawing's width that are filled.
    pub fill: u32,
    /// Where the goal stands, in thousandths of the drawing's width.
    pub goal_at: u32,
    /// As people read it: "€7,680".
    pub pledged: String,
    /// The same for machines: "7680.00".
    pub pledged_plain: String,
    pub goal: String,
    pub backers: i64,
}

impl Progress {
    /// The drawing's scale ends at the goal, or at what was raised once that is more.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let past = self.percent() >= 100;
        Snapshot {
            version: self.version,
            percent: self.percent(),
            fill: self.bar_permille(),
            goal_at: if past { parts_of_goal(self.goal, self.pledged, 1000).min(1000) } else { 1000 },
            pledged: self.pledged.to_string(),
            pledged_plain: self.pledged.plain(),
            goal: self.goal.to_string(),
            backers: self.backers,
        }
    }
}

impl Snapshot {
    /// Whether this one is newer than the one on the screen. Events may overtake each other; the newest wins.
    #[must_use]
    pub fn supersedes(&self, shown: &Self) -> bool {
        self.version > shown.version
    }
}

/// `pledged / goal` in whole parts of `scale`, rounded down and never overflowing.
fn parts_of_goal(pledged: Money, goal: Money, scale: u32) -> u32 {
    if !goal.is_positive() || !pledged.is_positive() {
        return 0;
    }
    (pledged.amount() * Decimal::from(scale) / goal.amount()).trunc().to_u32().unwrap_or(u32::MAX)
}

/// Points on the way that are celebrated, once each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Milestone {
    Quarter,
    Half,
    ThreeQuarters,
    Goal,
}

names!(Milestone { Quarter = "quarter", Half = "half", ThreeQuarters = "three_quarters", Goal = "goal" });

impl Milestone {
    #[must_use]
    pub const fn percent(self) -> i16 {
        match self {
            Self::Quarter => 25,
            Self::Half => 50,
            Self::ThreeQuarters => 75,
            Self::Goal => 100,
        }
    }

    /// Every milestone that a total has passed.
    #[must_use]
    pub fn passed(pledged: Money, goal: Money) -> Vec<Self> {
        let percent = parts_of_goal(pledged, goal, 100);
        Self::ALL
            .iter()
            .copied()
            .filter(|milestone| percent >= milestone.percent().unsigned_abs().into())
            .collect()
    }
}
