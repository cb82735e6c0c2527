//! A pledge's price in lines that always add up, whatever the amount and the currency.

use domain::{Currency, FeeRule, Money, Price};
use proptest::prelude::*;

fn money(amount: &str, currency: &str) -> Money {
    Money::new(amount.parse().expect("a number"), Currency::parse(currency).expect("a currency"))
        .expect("money")
}

#[test]
fn what_is_above_the_reward_is_a_bonus_and_the_fee_is_inside() {
    let price =
        Price::of(money("30", "EUR"), Some(money("25", "EUR")), None, FeeRule::USUAL).expect("a price");
    assert_eq!(
        [price.reward, Some(price.bonus), Some(price.total), Some(price.fee)]
            .map(|line| line.map(Money::plain)),
        ["25.00", "5.00", "30.00", "1.50"].map(|line| Some(line.to_owned()))
    );
}

#[test]
fn without_a_reward_all_of_it_is_given() {
    let price = Price::of(money("500", "JPY"), None, None, FeeRule::USUAL).expect("a price");
    assert_eq!((price.reward, price.bonus, price.fee), (None, money("500", "JPY"), money("25", "JPY")));
}

#[test]
fn an_amount_below_the_reward_has_no_price() {
    let reward = Some(money("25", "EUR"));
    assert_eq!(Price::of(money("24.99", "EUR"), reward, None, FeeRule::USUAL), None);
    assert!(Price::of(money("25", "EUR"), reward, None, FeeRule::USUAL).is_some());
    assert_eq!(Price::of(money("30", "USD"), reward, None, FeeRule::USUAL), None, "in another currency");
}

#[test]
fn shipping_is_a_line_of_its_own_and_in_the_fee() {
    let of = |total| {
        let (reward, shipping) = (Some(money("25", "EUR")), Some(money("4.50", "EUR")));
        Price::of(money(total, "EUR"), reward, shipping, FeeRule::USUAL)
    };
    let price = of("34.50").expect("a price");
    assert_eq!((price.bonus, price.shipping), (money("5", "EUR"), Some(money("4.50", "EUR"))));
    assert_eq!(price.fee, money("1.72", "EUR"), "of all of it, half to even");
    assert!(of("29.50").is_some());
    assert_eq!(of("29.49"), None, "not without the shipping");
    let dollars = Price::of(money("30", "EUR"), None, Some(money("4", "USD")), FeeRule::USUAL);
    assert_eq!(dollars, None, "in another currency");
}

proptest! {
    #[test]
    fn the_lines_sum_to_the_total(
        bps in 0..=FeeRule::LARGEST,
        reward in proptest::option::of(1_i64..100_000_000),
        above in 0_i64..100_000_000,
        shipping in proptest::option::of(0_i64..100_000_000),
        code in proptest::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        let of = |minor| Money::from_minor(minor, Currency::parse(code).expect("a currency")).expect("money");
        let total = of(reward.unwrap_or(0) + above + shipping.unwrap_or(0));
        let fee = FeeRule::new(bps).expect("a rule");
        let price = Price::of(total, reward.map(of), shipping.map(of), fee).expect("a price");
        let sum = [price.reward, Some(price.bonus), price.shipping].into_iter().flatten().map(Money::minor_units);
        prop_assert_eq!(sum.sum::<i64>(), price.total.minor_units());
        prop_assert_eq!(price.bonus.minor_units(), above);
        // The very rule that the ledger divides a payment by.
        prop_assert_eq!(price.fee, fee.divide(total).fee);
    }
}
