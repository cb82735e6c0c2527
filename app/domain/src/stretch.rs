//! What a hybrid campaign promises above its goal.

use serde::{Deserialize, Serialize};

use crate::Money;

/// A total above the goal, and whether it was ever passed. Whoever holds several holds them in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StretchGoal {
    pub amount: Money,
    /// Once and for good, whatever is cancelled afterwards.
    pub unlocked: bool,
}

impl StretchGoal {
    /// The places of those that this total unlocks now. In order: one that is not reached holds back those behind it,
    /// and one that is unlocked already is not unlocked again.
    pub fn newly_unlocked(goals: &[Self], total: Money) -> impl Iterator<Item = usize> {
        let reached =
            move |goal: &&Self| goal.unlocked || total.compare(goal.amount).is_ok_and(|by| by.is_ge());
        let open = goals.iter().take_while(reached).enumerate();
        open.filter(|(_, goal)| !goal.unlocked).map(|(place, _)| place)
    }
}
