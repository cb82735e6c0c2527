//! The platform's share: rounded as it is stated, and never a unit lost.

use domain::{Currency, FeeRule, FeeTooHigh, Money};
use proptest::prelude::*;

fn divided(bps: u16, minor: i64, currency: &str) -> (i64, i64) {
    let gross = Money::from_minor(minor, Currency::parse(currency).expect("a currency")).expect("money");
    let parts = FeeRule::new(bps).expect("a rule").divide(gross);
    (parts.fee.minor_units(), parts.net.minor_units())
}

#[test]
fn half_a_unit_goes_to_the_even_side() {
    for (bps, minor, currency, parts) in [
        (500, 2_500, "EUR", (125, 2_375)),
        (500, 10, "EUR", (0, 10)),
        (500, 30, "EUR", (2, 28)),
        (500, 50, "EUR", (2, 48)),
        (500, 51, "EUR", (3, 48)),
        (500, 1_010, "JPY", (50, 960)),
        (500, 5_120, "KWD", (256, 4_864)),
        (0, 2_500, "EUR", (0, 2_500)),
        (1_000, 999, "EUR", (100, 899)),
    ] {
        assert_eq!(divided(bps, minor, currency), parts, "{bps} of {minor} {currency}");
    }
}

/// By code: every one that money can be in.
fn any_currency() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(Currency::all().map(Currency::code).collect::<Vec<_>>())
}

#[test]
fn it_is_kept_in_basis_points() {
    let rule = FeeRule::new(725).expect("a rule");
    assert_eq!((rule.bps(), u16::from(rule)), (725, 725));
    assert_eq!(serde_json::to_string(&rule).expect("JSON"), "725");
}

#[test]
fn ten_percent_is_the_most() {
    assert_eq!(FeeRule::new(1_001), Err(FeeTooHigh(1_001)));
    assert!(serde_json::from_str::<FeeRule>("1001").is_err());
    let shown: Vec<String> =
        [0, 500, 725, 1_000].map(|bps| FeeRule::new(bps).expect("a rule").to_string()).into();
    assert_eq!(shown, ["0 %", "5 %", "7.25 %", "10 %"]);
}

proptest! {
    // Case 24
    #[test]
    fn the_parts_sum_to_the_whole(
        bps in 0..=FeeRule::LARGEST,
        minor in 1_i64..100_000_000,
        code in any_currency(),
    ) {
        let (fee, net) = divided(bps, minor, code);
        prop_assert_eq!(fee + net, minor);
        prop_assert!(fee >= 0 && net >= 0);
        // Within half a unit of the exact share.
        let exact = i128::from(minor) * i128::from(bps);
        prop_assert!((i128::from(fee) * 10_000 - exact).abs() <= 5_000);
    }
}

proptest! {
    // Case 12
    #[test]
    fn however_many_refunds_return_a_payment_they_return_its_share(
        bps in 0..=FeeRule::LARGEST,
        parts in proptest::collection::vec(1_i64..1_000_000, 1..12),
        code in any_currency(),
    ) {
        let rule = FeeRule::new(bps).expect("a rule");
        let money = |minor| Money::from_minor(minor, Currency::parse(code).expect("a currency")).expect("money");
        let gross = parts.iter().sum::<i64>();
        let (mut returned, mut fees) = (0, 0);
        for part in parts {
            returned += part;
            let fee = rule.give_back(money(gross), money(returned), money(fees)).minor_units();
            prop_assert!(fee >= 0);
            fees += fee;
            // In between it is in proportion, within half a unit.
            let whole = rule.divide(money(gross)).fee.minor_units();
            let off = i128::from(fees) * i128::from(gross) - i128::from(whole) * i128::from(returned);
            prop_assert!(off.abs() * 2 <= i128::from(gross), "{fees} of {whole} for {returned} of {gross}");
        }
        prop_assert_eq!(fees, rule.divide(money(gross)).fee.minor_units());
    }
}
