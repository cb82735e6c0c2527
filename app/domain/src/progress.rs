//! How far a campaign is: the snapshot behind every progress bar.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::{CampaignId, CampaignState, Money, StretchGoal, names};

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
    /// In their order; a card does not ask for them.
    pub stretch: Vec<StretchGoal>,
}

impl Progress {
    /// Whole percent of the goal, rounded down: 100 is shown only when the goal is met.
    #[must_use]
    pub fn percent(&self) -> u32 {
        parts_of_goal(self.pledged, self.goal, 100)
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
    /// How many stretch goals there are, and how many of them are unlocked: the first ones.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stretch_goals: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unlocked: u32,
    /// Stretch goals on the drawing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

/// A stretch goal on the bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// In thousandths of the drawing's width.
    pub at: u32,
    /// What stands beneath it; empty where there is no room for words.
    pub label: String,
    pub unlocked: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// So many stretch goals are drawn beside the goal: with more, none of them could be read.
const MARKS: usize = 3;
/// Closer than this, in thousandths of the width, the words beneath two marks would run into each other.
const ROOM_FOR_WORDS: u32 = 180;

impl Progress {
    /// The drawing's scale ends at the goal, at the last stretch goal on it or at what was raised, whichever is most.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let shown = self.shown_stretch();
        let ends = shown.iter().map(|goal| goal.amount).chain([self.pledged]);
        let scale = ends.fold(self.goal, larger);
        let at = |amount| parts_of_goal(amount, scale, 1000).min(1000);
        Snapshot {
            version: self.version,
            percent: self.percent(),
            fill: at(self.pledged),
            goal_at: at(self.goal),
            pledged: self.pledged.to_string(),
            pledged_plain: self.pledged.plain(),
            goal: self.goal.to_string(),
            backers: self.backers,
            stretch_goals: count(self.stretch.len()),
            unlocked: count(self.unlocked()),
            marks: marks(at(self.goal), shown, at),
        }
    }

    fn unlocked(&self) -> usize {
        self.stretch.iter().filter(|goal| goal.unlocked).count()
    }

    /// The last that is unlocked and those that come next.
    fn shown_stretch(&self) -> &[StretchGoal] {
        let first = self.unlocked().saturating_sub(1).min(self.stretch.len().saturating_sub(MARKS));
        &self.stretch[first..self.stretch.len().min(first + MARKS)]
    }
}

fn marks(goal_at: u32, shown: &[StretchGoal], at: impl Fn(Money) -> u32) -> Vec<Mark> {
    let mut marks: Vec<Mark> = shown
        .iter()
        .map(|goal| Mark {
            at: at(goal.amount),
            label: format!("Stretch {}", goal.amount),
            unlocked: goal.unlocked,
        })
        .collect();
    let places = [goal_at].into_iter().chain(marks.iter().map(|mark| mark.at));
    let next = marks.iter().map(|mark| mark.at);
    if places.zip(next).any(|(one, next)| next.saturating_sub(one) < ROOM_FOR_WORDS) {
        marks.iter_mut().for_each(|mark| mark.label.clear());
    }
    marks
}

fn larger(one: Money, other: Money) -> Money {
    if other.compare(one).is_ok_and(|by| by.is_gt()) { other } else { one }
}

fn count(of: usize) -> u32 {
    of.try_into().unwrap_or(u32::MAX)
}

impl Snapshot {
    /// Whether this one is newer than the one on the screen. Events may overtake each other; the newest wins.
    #[must_use]
    pub fn supersedes(&self, shown: &Self) -> bool {
        self.version > shown.version
    }

    /// What a reader is told of the drawing.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { pledged, percent, goal, unlocked, stretch_goals, .. } = self;
        let stretch = match stretch_goals {
            0 => String::new(),
            all => format!(", {unlocked} of {all} stretch goals unlocked"),
        };
        format!("{pledged} raised, {percent} percent of the goal of {goal}{stretch}")
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
