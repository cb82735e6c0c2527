//! Amounts of money. An amount is never finer than its currency, and currencies never mix.

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Currency;

/// The largest amount in whole units, either side of zero: what the `numeric(15,3)` columns hold.
const LARGEST: i64 = 999_999_999_999;

/// An amount in a currency.
///
/// Kept in the currency's full scale, so that 25 EUR and 25.00 EUR are the same value, the same hash and the same
/// text. May be zero or negative: refunds and ledger entries are amounts too.
///
/// In JSON: `{"amount":"25.00","currency":"EUR"}`, checked when read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

/// Why an amount cannot be, or two cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// It has more decimals than the currency.
    #[error("{amount} has too many decimals: {} has {}.", .currency, decimals(*.currency))]
    TooFine { amount: Decimal, currency: Currency },
    /// The other amount is in another currency.
    #[error("The amount is in {found}. It must be in {expected}.")]
    CurrencyMismatch { expected: Currency, found: Currency },
    /// It is further from zero than the database can hold.
    #[error("The largest amount is {maximum}.")]
    TooLarge { maximum: Money },
}

impl Money {
    /// An amount in whole units, so 25.5 for €25.50.
    ///
    /// # Errors
    /// `TooFine`; `TooLarge` beyond 999,999,999,999 either side of zero.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        if amount.normalize().scale() > currency.exponent() {
            return Err(MoneyError::TooFine { amount, currency });
        }
        if amount.abs() > Decimal::from(LARGEST) {
            return Err(MoneyError::TooLarge {
                maximum: Self::in_full_scale(Decimal::from(LARGEST), currency),
            });
        }
        Ok(Self::in_full_scale(amount, currency))
    }

    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::in_full_scale(Decimal::ZERO, currency)
    }

    fn in_full_scale(mut amount: Decimal, currency: Currency) -> Self {
        amount.rescale(currency.exponent());
        // A decimal can be minus zero, which equals zero but is written "-0.00".
        if amount.is_zero() {
            amount.set_sign_positive(true);
        }
        Self { amount, currency }
    }

    /// An amount in the currency's smallest unit, as gateways count: 2550 for €25.50, 2550 for ¥2,550.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn from_minor(minor_units: i64, currency: Currency) -> Result<Self, MoneyError> {
        Self::new(Decimal::new(minor_units, currency.exponent()), currency)
    }

    /// The amount in the currency's smallest unit.
    #[must_use]
    pub fn minor_units(self) -> i64 {
        // In full scale the mantissa is the minor units; LARGEST with three decimals has 15 digits, i64 holds 18.
        self.amount.mantissa() as i64
    }

    /// The amount in whole units, in the currency's full scale.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.amount
    }

    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    #[must_use]
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Above zero.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.amount > Decimal::ZERO
    }

    /// # Errors
    /// `CurrencyMismatch`, `TooLarge`.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        // Neither can overflow a decimal, which has 28 digits.
        Self::new(self.amount + other.amount, self.currency)
    }

    /// May go below zero.
    ///
    /// # Errors
    /// `CurrencyMismatch`, `TooLarge`.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::new(self.amount - other.amount, self.currency)
    }

    /// Which of two amounts is larger. Not `Ord`: amounts in different currencies have no order.
    ///
    /// # Errors
    /// `CurrencyMismatch`.
    pub fn compare(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.amount.cmp(&other.amount))
    }

    /// # Errors
    /// `CurrencyMismatch`, which expects this amount's currency.
    pub fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { expected: self.currency, found: other.currency })
        }
    }

    /// The bare number in the currency's full scale, for machines: `1000.50`.
    #[must_use]
    pub fn plain(self) -> String {
        self.amount.to_string()
    }
}

/// For people: `€25`, `€1,000.50`, `¥1,000`, `KWD 5.120`, `-€3`. Decimals are left out when they are all zero.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount.is_sign_negative() { "-" } else { "" };
        match self.currency.symbol() {
            Some(symbol) => write!(f, "{sign}{symbol}")?,
            None => write!(f, "{sign}{} ", self.currency)?,
        }
        let size = self.amount.abs();
        write_grouped(f, &size.trunc().to_string())?;
        match size.to_string().split_once('.') {
            Some((_, decimals)) if !size.fract().is_zero() => write!(f, ".{decimals}"),
            _ => Ok(()),
        }
    }
}

/// Thousands are set apart by commas, in every currency: the site is in English.
fn write_grouped(f: &mut fmt::Formatter<'_>, digits: &str) -> fmt::Result {
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            write!(f, ",")?;
        }
        write!(f, "{digit}")?;
    }
    Ok(())
}

/// How many decimals a currency has, in words.
pub(crate) fn decimals(currency: Currency) -> String {
    match currency.exponent() {
        0 => "none".to_owned(),
        exponent => format!("at most {exponent}"),
    }
}

/// The amount as text: `Decimal`'s own reading of JSON would round what it cannot hold.
#[derive(Serialize, Deserialize)]
struct Wire {
    amount: String,
    currency: Currency,
}

impl TryFrom<Wire> for Money {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let amount = Decimal::from_str_exact(&wire.amount).map_err(|error| error.to_string())?;
        Self::new(amount, wire.currency).map_err(|error| error.to_string())
    }
}

impl From<Money> for Wire {
    fn from(money: Money) -> Self {
        Self { amount: money.plain(), currency: money.currency }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn money(amount: &str, code: &str) -> Money {
        Money::new(amount.parse().unwrap(), currency(code)).unwrap()
    }

    #[test]
    fn is_shown_for_people_and_for_machines() {
        for (amount, code, shown, plain) in [
            ("25", "EUR", "€25", "25.00"),
            ("25.5", "EUR", "€25.50", "25.50"),
            ("1000.5", "EUR", "€1,000.50", "1000.50"),
            ("0", "EUR", "€0", "0.00"),
            ("-0.00", "EUR", "€0", "0.00"),
            ("-3", "EUR", "-€3", "-3.00"),
            ("-1234.5", "CHF", "-CHF 1,234.50", "-1234.50"),
            ("1000", "JPY", "¥1,000", "1000"),
            ("123456", "JPY", "¥123,456", "123456"),
            ("25", "USD", "$25", "25.00"),
            ("25", "CAD", "CAD 25", "25.00"),
            ("5.12", "KWD", "KWD 5.120", "5.120"),
            ("999999999999", "EUR", "€999,999,999,999", "999999999999.00"),
        ] {
            let money = money(amount, code);
            assert_eq!((money.to_string().as_str(), money.plain().as_str()), (shown, plain));
        }
    }

    #[test]
    fn equal_amounts_are_equal_in_every_way() {
        let same = ["25", "25.0", "25.00", "25.0000000"].map(|amount| money(amount, "EUR"));
        assert_eq!(HashSet::from(same).len(), 1);
        assert!(same.iter().all(|money| money.plain() == "25.00"));
    }

    #[test]
    fn is_never_finer_than_its_currency() {
        for (amount, code, message) in [
            ("1.005", "EUR", "1.005 has too many decimals: EUR has at most 2."),
            ("0.5", "JPY", "0.5 has too many decimals: JPY has none."),
            ("5.1234", "KWD", "5.1234 has too many decimals: KWD has at most 3."),
        ] {
            let (amount, currency) = (amount.parse().unwrap(), currency(code));
            let refusal = Money::new(amount, currency).unwrap_err();
            assert_eq!(refusal, MoneyError::TooFine { amount, currency });
            assert_eq!(refusal.to_string(), message);
        }
    }

    #[test]
    fn is_never_larger_than_its_column() {
        let euro = currency("EUR");
        let too_large = MoneyError::TooLarge { maximum: money("999999999999", "EUR") };
        for amount in ["999999999999.01", "-999999999999.01", "79228162514264337593543950335"] {
            assert_eq!(Money::new(amount.parse().unwrap(), euro), Err(too_large), "{amount}");
        }
        assert_eq!(Money::from_minor(i64::MAX, euro), Err(too_large));
        assert_eq!(Money::from_minor(i64::MIN, euro), Err(too_large));
        assert_eq!(money("999999999999", "EUR").checked_add(money("0.01", "EUR")), Err(too_large));
        assert_eq!(too_large.to_string(), "The largest amount is €999,999,999,999.");
    }

    #[test]
    fn minor_units_follow_the_currency() {
        for (amount, code, minor_units) in [
            ("500", "JPY", 500),
            ("5", "USD", 500),
            ("5.12", "KWD", 5120),
            ("-0.01", "EUR", -1),
            ("999999999999", "KWD", 999_999_999_999_000),
        ] {
            assert_eq!(money(amount, code).minor_units(), minor_units);
        }
    }

    #[test]
    fn currencies_never_mix() {
        let (euros, dollars) = (money("5", "EUR"), money("5", "USD"));
        let mismatch = MoneyError::CurrencyMismatch { expected: currency("EUR"), found: currency("USD") };
        assert_eq!(euros.checked_add(dollars), Err(mismatch));
        assert_eq!(euros.checked_sub(dollars), Err(mismatch));
        assert_eq!(euros.compare(dollars), Err(mismatch));
        assert_ne!(euros, dollars);
        assert_eq!(mismatch.to_string(), "The amount is in USD. It must be in EUR.");
    }

    #[test]
    fn adds_subtracts_and_compares() {
        let (more, less) = (money("25.50", "EUR"), money("0.75", "EUR"));
        assert_eq!(more.checked_add(less), Ok(money("26.25", "EUR")));
        assert_eq!(less.checked_sub(more), Ok(money("-24.75", "EUR")));
        assert_eq!(more.compare(less), Ok(Ordering::Greater));
        assert!(more.is_positive() && !more.is_zero());
        assert!(!less.checked_sub(more).unwrap().is_positive());
        assert!(more.checked_sub(more).unwrap().is_zero());
    }

    #[test]
    fn travels_as_text_and_is_checked_on_arrival() {
        let json = r#"{"amount":"25.00","currency":"EUR"}"#;
        assert_eq!(serde_json::to_string(&money("25", "EUR")).unwrap(), json);
        assert_eq!(serde_json::from_str::<Money>(json).unwrap(), money("25", "EUR"));
        for wrong in [
            r#"{"amount":"25.001","currency":"EUR"}"#,
            r#"{"amount":25,"currency":"EUR"}"#,
            r#"{"amount":"1e3","currency":"EUR"}"#,
            r#"{"amount":"NaN","currency":"EUR"}"#,
            r#"{"amount":"","currency":"EUR"}"#,
            r#"{"amount":"25","currency":"XXX"}"#,
            r#"{"amount":"1000000000000","currency":"EUR"}"#,
            r#"{"amount":"0.00000000000000000000000000000000001","currency":"EUR"}"#,
        ] {
            assert!(serde_json::from_str::<Money>(wrong).is_err(), "{wrong}");
        }
    }
}
