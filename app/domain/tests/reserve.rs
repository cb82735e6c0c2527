//! What is held back of a payout: rounded down, and within the gateway's limit.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Currency, Money, ReserveRule, ReserveTooLarge};
use proptest::prelude::*;

fn held_back(bps: u16, minor: i64, currency: &str) -> i64 {
    let share = Money::from_minor(minor, Currency::parse(currency).expect("a currency")).expect("money");
    ReserveRule::new(bps, 60).expect("a rule").of(share).minor_units()
}

#[test]
fn it_is_rounded_down() {
    for (bps, minor, currency, reserve) in [
        (1_000, 2_312, "EUR", 231),
        (1_000, 2_319, "EUR", 231),
        (1_000, 9, "EUR", 0),
        (250, 1_010, "JPY", 25),
        (1_000, 5_129, "KWD", 512),
        (0, 2_500, "EUR", 0),
        (1_000, -2_500, "EUR", 0),
    ] {
        assert_eq!(held_back(bps, minor, currency), reserve, "{bps} of {minor} {currency}");
    }
}

#[test]
fn nobody_holds_back_more_than_a_third_or_longer_than_the_gateway_lets() {
    assert_eq!(ReserveRule::new(3_001, 60), Err(ReserveTooLarge::Share(3_001)));
    assert_eq!(ReserveRule::new(1_000, 0), Err(ReserveTooLarge::Days(0)));
    assert_eq!(ReserveRule::new(1_000, 86), Err(ReserveTooLarge::Days(86)));
    assert_eq!(ReserveRule::new(3_000, 85).expect("a rule").to_string(), "30 %");
}

#[test]
fn it_leaves_so_many_days_after_the_deadline() {
    let deadline: DateTime<Utc> = "2027-03-03T18:00:00Z".parse().expect("a time");
    let rule = ReserveRule::new(1_000, 60).expect("a rule");
    assert_eq!(rule.until(deadline), Some(deadline + TimeDelta::days(60)));
    assert_eq!(ReserveRule::NONE.until(deadline), None);
}

proptest! {
    // C13
    #[test]
    fn it_is_never_more_than_its_share(bps in 0..=ReserveRule::LARGEST, minor in 0..1_000_000_i64) {
        let reserve = held_back(bps, minor, "EUR");
        prop_assert!((0..=minor).contains(&reserve));
        prop_assert!(i128::from(reserve) * 10_000 <= i128::from(minor) * i128::from(bps));
        prop_assert!((i128::from(reserve) + 1) * 10_000 > i128::from(minor) * i128::from(bps));
    }
}
