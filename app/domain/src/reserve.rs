//! What of a campaign's payout is held back for refunds to come (PRODUCT C13).

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::Money;

/// A share in basis points, and for how many days after the deadline it is held back. A campaign keeps the rule it was
/// launched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReserveRule {
    bps: u16,
    days: u16,
}

/// A reserve that nobody may hold back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReserveTooLarge {
    #[error("At most 30 % may be held back, which {0} basis points are above.")]
    Share(u16),
    /// The gateway holds money for ninety days: a few are left for what may stand in the way of a transfer.
    #[error("A reserve is held back for 1 to 85 days, and not for {0}.")]
    Days(u16),
}

impl ReserveRule {
    /// Basis points: 30 %.
    pub const LARGEST: u16 = 3_000;
    pub const LONGEST: u16 = 85;
    pub const NONE: Self = Self { bps: 0, days: 60 };

    /// # Errors
    /// Above 30 %, or for no day or more than 85.
    pub const fn new(bps: u16, days: u16) -> Result<Self, ReserveTooLarge> {
        if bps > Self::LARGEST {
            return Err(ReserveTooLarge::Share(bps));
        }
        if days == 0 || days > Self::LONGEST {
            return Err(ReserveTooLarge::Days(days));
        }
        Ok(Self { bps, days })
    }

    #[must_use]
    pub const fn bps(self) -> u16 {
        self.bps
    }

    #[must_use]
    pub const fn days(self) -> u16 {
        self.days
    }

    /// The part of one pledge's share that is held back, rounded down to the currency's smallest unit: a campaign's
    /// reserve is the sum of its pledges', and what is not held back is the rest.
    #[must_use]
    pub fn of(self, share: Money) -> Money {
        let currency = share.currency();
        let exact = share.amount().max(Decimal::ZERO) * Decimal::new(i64::from(self.bps), 4);
        let rounded = exact.round_dp_with_strategy(currency.exponent(), RoundingStrategy::ToZero);
        // Cannot fail: a part of an amount that exists, in its currency's own scale.
        Money::new(rounded, currency).unwrap_or(Money::zero(currency))
    }

    /// When it leaves; `None` when nothing is held back.
    #[must_use]
    pub fn until(self, deadline: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self.bps > 0).then(|| deadline + TimeDelta::days(self.days.into()))
    }
}

/// In percent, as people read it: `10 %`, `7.25 %`.
impl std::fmt::Display for ReserveRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", Decimal::new(i64::from(self.bps), 2).normalize())
    }
}
