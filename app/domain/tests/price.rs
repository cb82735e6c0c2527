//! A pledge's price in lines that always add up, whatever the amount and the currency.

use domain::{Currency, FeeRule, Money, Price};
use proptest::prelude::*;

fn money(amount: &str, currency: &str) -> Money {
    Money::new(amount.parse().expect("a number"), Currency::parse(currency).expect("a currency"))
        .expect("money")
}

#[test]
fn what_is_above_the_reward_is_a_bonus_and_the_fee_is_inside() {
    let price = Price::of(money("30", "EUR"), Some(money("25", "EUR")), FeeRule::USUAL).expect("a price");
    assert_eq!(
        [price.reward, Some(price.bonus), Some(price.total), Some(price.fee)]
            .map(|line| line.map(Money::plain)),
        ["25.00", "5.00", "30.00", "1.50"].map(|line| Some(line.to_owned()))
    );
}

#[test]
fn without_a_reward_all_of_it_is_given() {
    let price = Price::of(money("500", "JPY"), None, FeeRule::USUAL).expect("a price");
    assert_eq!((price.reward, price.bonus, price.fee), (None, money("500", "JPY"), money("25", "JPY")));
}

#[test]
fn an_amount_below_the_reward_has_no_price() {
    let reward = Some(money("25", "EUR"));
    assert_eq!(Price::of(money("24.99", "EUR"), reward, FeeRule::USUAL), None);
    assert!(Price::of(money("25", "EUR"), reward, FeeRule::USUAL).is_some());
    assert_eq!(Price::of(money("30", "USD"), reward, FeeRule::USUAL), None, "in another currency");
}

proptest! {
    #[test]
    fn the_lines_sum_to_the_total(
        bps in 0..=FeeRule::LARGEST,
        reward in proptest::option::of(1_i64..100_000_000),
        above in 0_i64..100_000_000,
        code in proptest::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        let of = |minor| Money::from_minor(minor, Currency::parse(code).expect("a currency")).expect("money");
        let total = of(reward.unwrap_or(0) + above);
        let fee = FeeRule::new(bps).expect("a rule");
        let price = Price::of(total, reward.map(of), fee).expect("a price");
        let sum = price.reward.map_or(0, Money::minor_units) + price.bonus.minor_units();
        prop_assert_eq!(sum, price.total.minor_units());
        // The very rule that the ledger divides a payment by.
        prop_assert_eq!(price.fee, fee.divide(total).fee);
    }
}
