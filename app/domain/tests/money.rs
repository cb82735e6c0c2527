//! What holds for every amount in every currency, and for everything that can be typed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use domain::{Currency, Money, MoneyError, TypedAmountError};
use proptest::prelude::*;

/// What the gateway takes, in minor units.
const LARGEST_PAYABLE: i64 = 99_999_999;

fn currencies() -> impl Strategy<Value = Currency> {
    proptest::sample::select(Currency::all().collect::<Vec<_>>())
}

/// Amounts of every size, half the column's range, so that two of them add up.
fn amounts_in(currency: Currency) -> impl Strategy<Value = Money> {
    let largest = 499_999_999_999 * 10_i64.pow(currency.exponent());
    prop_oneof![-largest..=largest, -LARGEST_PAYABLE..=LARGEST_PAYABLE, -2_000..=2_000_i64]
        .prop_map(move |minor_units| Money::from_minor(minor_units, currency).unwrap())
}

fn amounts() -> impl Strategy<Value = Money> {
    currencies().prop_flat_map(amounts_in)
}

fn pairs() -> impl Strategy<Value = (Money, Money)> {
    currencies().prop_flat_map(|currency| (amounts_in(currency), amounts_in(currency)))
}

fn payable_amounts() -> impl Strategy<Value = Money> {
    (currencies(), prop_oneof![1..=LARGEST_PAYABLE, 1..=20_000_i64])
        .prop_map(|(currency, minor_units)| Money::from_minor(minor_units, currency).unwrap())
}

/// Texts that come close to amounts, far more often than arbitrary text would.
fn nearly_amounts() -> impl Strategy<Value = String> {
    "[€$¥]?[+-]?[0-9０-９٣]{0,9}[., '\u{a0}\u{202f}’e]{0,2}[0-9]{0,4}[.,]?[0-9]{0,4} ?(EUR|KWD|JPY|eur|%)?"
}

proptest! {
    #[test]
    fn minor_units_come_back(amount in amounts()) {
        prop_assert_eq!(Money::from_minor(amount.minor_units(), amount.currency()), Ok(amount));
        prop_assert_eq!(Money::new(amount.amount(), amount.currency()), Ok(amount));
        prop_assert_eq!(amount.amount().scale(), amount.currency().exponent());
    }

    #[test]
    fn subtracting_undoes_adding((a, b) in pairs()) {
        let sum = a.checked_add(b)?;
        prop_assert_eq!(sum.checked_sub(b), Ok(a));
        prop_assert_eq!(b.checked_add(a), Ok(sum));
        prop_assert_eq!(sum.minor_units(), a.minor_units() + b.minor_units());
        prop_assert_eq!(a.compare(b), Ok(a.minor_units().cmp(&b.minor_units())));
    }

    #[test]
    fn currencies_never_mix(a in amounts(), b in amounts()) {
        prop_assume!(a.currency() != b.currency());
        let mismatch = MoneyError::CurrencyMismatch { expected: a.currency(), found: b.currency() };
        prop_assert_eq!(a.checked_add(b), Err(mismatch));
        prop_assert_eq!(a.checked_sub(b), Err(mismatch));
        prop_assert_eq!(a.compare(b), Err(mismatch));
        prop_assert_eq!(a.same_currency(b), Err(mismatch));
    }

    #[test]
    fn json_comes_back(amount in amounts()) {
        let json = serde_json::to_string(&amount)?;
        prop_assert_eq!(serde_json::from_str::<Money>(&json)?, amount);
    }

    #[test]
    fn no_more_decimals_are_shown_than_the_currency_has(amount in amounts()) {
        let shown = amount.to_string();
        let decimals = shown.rsplit_once('.').map_or(0, |(_, decimals)| decimals.len());
        prop_assert!(decimals == 0 || decimals == amount.currency().exponent() as usize, "{}", shown);
    }

    /// Nothing finer than the currency, whatever its size.
    #[test]
    fn finer_amounts_are_refused(amount in amounts()) {
        let hair = rust_decimal::Decimal::new(1, amount.currency().exponent() + 1);
        let finer = amount.amount() + hair;
        prop_assert_eq!(
            Money::new(finer, amount.currency()),
            Err(MoneyError::TooFine { amount: finer, currency: amount.currency() })
        );
    }

    #[test]
    fn what_a_field_is_filled_with_is_read_back(amount in payable_amounts()) {
        prop_assert_eq!(Money::parse_typed(&amount.typed(), amount.currency()), Ok(amount));
    }

    /// With three decimals `5.120` is ambiguous whoever wrote it; never is another amount read.
    #[test]
    fn what_we_write_is_read_back(amount in payable_amounts()) {
        for written in [amount.plain(), amount.to_string()] {
            match Money::parse_typed(&written, amount.currency()) {
                Err(TypedAmountError::Ambiguous { smaller, larger }) => {
                    prop_assert_eq!(amount.currency().exponent(), 3);
                    prop_assert!(smaller == amount || larger == amount, "{}", written);
                }
                read => prop_assert_eq!(read, Ok(amount), "{}", written),
            }
        }
    }

    /// The remedy an ambiguity offers works.
    #[test]
    fn ambiguities_say_how_to_type_either(whole in 1..=99_u32, decimals in 0..=999_u32, mark in "[.,]") {
        let dinar = Currency::parse("KWD")?;
        let refusal = Money::parse_typed(&format!("{whole}{mark}{decimals:03}"), dinar);
        let Err(TypedAmountError::Ambiguous { smaller, larger }) = refusal else {
            return Err(TestCaseError::fail(format!("{refusal:?}")));
        };
        prop_assert_eq!(smaller.minor_units() * 1000, larger.minor_units());
        prop_assert_eq!(Money::parse_typed(&smaller.typed(), dinar), Ok(smaller));
        prop_assert_eq!(Money::parse_typed(&larger.typed(), dinar), Ok(larger));
    }

    #[test]
    fn any_text_is_an_amount_to_pay_or_refused(
        text in prop_oneof![nearly_amounts(), any::<String>()],
        currency in currencies(),
    ) {
        if let Ok(amount) = Money::parse_typed(&text, currency) {
            prop_assert!((1..=LARGEST_PAYABLE).contains(&amount.minor_units()));
            prop_assert_eq!(amount.currency(), currency);
            prop_assert!(!text.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()), "{}", text);
            // Every digit typed is in the amount, in order: separators only ever decide where the point goes.
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            let (typed, read) = (digits(&text), digits(&amount.plain()));
            let trimmed = |digits: &str| digits.trim_matches('0').to_owned();
            prop_assert_eq!(trimmed(&typed), trimmed(&read));
        }
    }

    #[test]
    fn other_digits_are_never_read(amount in payable_amounts(), zero in proptest::sample::select(vec!['０', '٠', '०', '𝟎'])) {
        let foreign = |c: char| match c.to_digit(10) {
            Some(digit) => char::from_u32(zero as u32 + digit).unwrap(),
            None => c,
        };
        let text: String = amount.typed().chars().map(foreign).collect();
        prop_assert_eq!(Money::parse_typed(&text, amount.currency()), Err(TypedAmountError::OtherDigits));
    }
}
