//! The platform's share of what is collected (PRODUCT C3).

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::Money;

/// The share in basis points: hundredths of a percent, from 0 to 1,000 (10 %). A campaign keeps the rule it was
/// launched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct FeeRule {
    bps: u16,
}

/// A share that nobody may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The platform's fee is at most 10 %, which {0} basis points are above.")]
pub struct FeeTooHigh(pub u16);

/// A payment, divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The platform's.
    pub fee: Money,
    /// The creator's, before what the gateway keeps.
    pub net: Money,
}

impl FeeRule {
    /// Basis points: 10 %.
    pub const LARGEST: u16 = 1_000;
    /// 5 %.
    pub const USUAL: Self = Self { bps: 500 };

    /// # Errors
    /// Above 10 %.
    pub const fn new(bps: u16) -> Result<Self, FeeTooHigh> {
        if bps > Self::LARGEST { Err(FeeTooHigh(bps)) } else { Ok(Self { bps }) }
    }

    #[must_use]
    pub const fn bps(self) -> u16 {
        self.bps
    }

    /// Divides one payment. The fee is rounded to the currency's smallest unit, half to even, payment by payment; the
    /// rest is the creator's, so that the parts always sum to the whole. A campaign's fee is the sum of its payments'.
    #[must_use]
    pub fn divide(self, gross: Money) -> Parts {
        let currency = gross.currency();
        let exact = gross.amount() * Decimal::new(i64::from(self.bps), 4);
        let rounded =
            exact.round_dp_with_strategy(currency.exponent(), RoundingStrategy::MidpointNearestEven);
        // Neither can fail: at most a tenth of an amount that exists, in its currency's own scale.
        let fee = Money::new(rounded, currency).unwrap_or(Money::zero(currency));
        let net = gross.checked_sub(fee).unwrap_or(gross);
        Parts { fee, net }
    }
}

impl FeeRule {
    /// The platform's share of what is given back. `returned` of `gross` is back with the backer, this refund included, and
    /// with the earlier ones `fee_returned` of the share went back. The share of what is returned in all is rounded half to
    /// even, and each refund brings what is missing to it: so the parts of a payment that is given back wholly, in however
    /// many refunds, sum to exactly the share that was taken of it.
    #[must_use]
    pub fn give_back(self, gross: Money, returned: Money, fee_returned: Money) -> Money {
        let currency = gross.currency();
        let whole = self.divide(gross).fee;
        let due = if returned.amount() >= gross.amount() {
            whole
        } else {
            let exact = whole.amount() * returned.amount() / gross.amount();
            let rounded =
                exact.round_dp_with_strategy(currency.exponent(), RoundingStrategy::MidpointNearestEven);
            Money::new(rounded, currency).unwrap_or(Money::zero(currency))
        };
        // Less than nothing, by a unit, where one refund of several was sent back meanwhile.
        let missing = (due.amount() - fee_returned.amount()).max(Decimal::ZERO);
        Money::new(missing, currency).unwrap_or(Money::zero(currency))
    }
}

/// In percent, as people read it: `5 %`, `7.25 %`.
impl std::fmt::Display for FeeRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", Decimal::new(i64::from(self.bps), 2).normalize())
    }
}

impl TryFrom<u16> for FeeRule {
    type Error = FeeTooHigh;

    fn try_from(bps: u16) -> Result<Self, FeeTooHigh> {
        Self::new(bps)
    }
}

impl From<FeeRule> for u16 {
    fn from(rule: FeeRule) -> Self {
        rule.bps
    }
}
