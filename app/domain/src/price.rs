//! What a pledge costs, line by line, as it is shown before paying and afterwards (PRODUCT B2, X11).

use crate::{FeeRule, Money};

/// A pledge's amount, taken apart. To what the backer typed only shipping is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The chosen reward's minimum.
    pub reward: Option<Money>,
    /// What is given above it; all of it without a reward.
    pub bonus: Money,
    /// What of it is for sending the reward; `None` when nothing is sent.
    pub shipping: Option<Money>,
    pub total: Money,
    /// The platform's share, which is inside the total.
    pub fee: Money,
}

impl Price {
    /// `None` when the total does not reach the reward's minimum and the shipping.
    #[must_use]
    pub fn of(total: Money, reward: Option<Money>, shipping: Option<Money>, fee: FeeRule) -> Option<Self> {
        let currency = total.currency();
        let mut parts = [reward, shipping].into_iter().flatten();
        if parts.any(|part| part.currency() != currency) {
            return None;
        }
        // In the smallest unit, all fit it exactly: this runs in the browser, where decimals weigh more.
        let minor = |part: Option<Money>| part.map_or(0, Money::minor_units);
        let above = total.minor_units() - minor(reward) - minor(shipping);
        let bonus = Money::from_minor(above, currency).ok().filter(|_| above >= 0)?;
        Some(Self { reward, bonus, shipping, total, fee: fee.divide(total).fee })
    }
}
