//! What a pledge costs, line by line, as it is shown before paying and afterwards (PRODUCT B2, X11).

use crate::{FeeRule, Money};

/// A pledge's amount, taken apart. The total is what the backer typed: nothing is ever added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The chosen reward's minimum.
    pub reward: Option<Money>,
    /// What is given above it; all of it without a reward.
    pub bonus: Money,
    pub total: Money,
    /// The platform's share, which is inside the total.
    pub fee: Money,
}

impl Price {
    /// `None` when the amount does not reach the reward's minimum.
    #[must_use]
    pub fn of(total: Money, reward: Option<Money>, fee: FeeRule) -> Option<Self> {
        let currency = total.currency();
        if reward.is_some_and(|minimum| minimum.currency() != currency) {
            return None;
        }
        // In the smallest unit, both fit it exactly: this runs in the browser, where decimals weigh more.
        let above = total.minor_units() - reward.map_or(0, Money::minor_units);
        let bonus = Money::from_minor(above, currency).ok().filter(|_| above >= 0)?;
        Some(Self { reward, bonus, total, fee: fee.divide(total).fee })
    }
}
