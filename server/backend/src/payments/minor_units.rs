//! The one border where money becomes the gateway's integers and back. Exact, or refused.
//! Rules: docs.stripe.com/currencies.

use domain::{Currency, Money};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The gateway takes at most eight digits.
const LARGEST: i64 = 99_999_999;

/// An amount the gateway cannot take exactly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotChargeable {
    #[error("{0} is more than a card payment can be.")]
    TooLarge(Money),
    #[error("Amounts in {0} can be charged in whole units only.")]
    WholeUnitsOnly(Currency),
    #[error("Amounts in {0} can be charged in steps of 0.010 only.")]
    LastDigitNotZero(Currency),
}

/// What the gateway calls this amount.
///
/// # Errors
/// When the gateway has no exact number for it.
pub fn to_gateway(money: Money) -> Result<i64, NotChargeable> {
    let currency = money.currency();
    let scaled = money.amount() * Decimal::from(10_i64.pow(gateway_exponent(currency)));
    if !scaled.fract().is_zero() {
        return Err(NotChargeable::WholeUnitsOnly(currency));
    }
    let minor = scaled.to_i64().filter(|minor| *minor <= LARGEST).ok_or(NotChargeable::TooLarge(money))?;
    if gateway_exponent(currency) == 3 && minor % 10 != 0 {
        return Err(NotChargeable::LastDigitNotZero(currency));
    }
    if currency.exponent() == 0 && gateway_exponent(currency) == 2 && minor % 100 != 0 {
        return Err(NotChargeable::WholeUnitsOnly(currency));
    }
    Ok(minor)
}

/// The amount behind the gateway's integer; `None` when it fits no amount of ours.
#[must_use]
pub fn from_gateway(minor: i64, currency: Currency) -> Option<Money> {
    let amount = Decimal::new(minor, gateway_exponent(currency));
    Money::new(amount, currency).ok()
}

/// The most of this amount that one transfer can move exactly: three-decimal currencies move in steps of ten, and no sum
/// has more than eight digits.
#[must_use]
pub fn transferable(money: Money) -> Money {
    let currency = money.currency();
    let step = match (currency.exponent(), gateway_exponent(currency)) {
        (_, 3) => 10,
        (0, 2) => 100,
        _ => 1,
    };
    let scaled = money.amount() * Decimal::from(10_i64.pow(gateway_exponent(currency)));
    let minor = scaled.floor().to_i64().unwrap_or(LARGEST).clamp(0, LARGEST) / step * step;
    from_gateway(minor, currency).unwrap_or_else(|| Money::zero(currency))
}

/// The number behind the gateway's integer, in whatever currency it says: it need not fit one of ours.
pub(super) fn major(minor: i64, code: &str) -> Decimal {
    let exponent = Currency::parse(code).map_or(2, gateway_exponent);
    Decimal::new(minor, exponent)
}

/// Decimals the gateway counts in: ISO 4217's, but for a few currencies that it treats in its own way.
fn gateway_exponent(currency: Currency) -> u32 {
    match currency.code() {
        // Two decimals in ISO, none at the gateway.
        "MGA" => 0,
        // None in ISO, sent with two zeros.
        "ISK" | "UGX" => 2,
        _ => currency.exponent(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, currency: &str) -> Money {
        Money::new(amount.parse().unwrap(), Currency::parse(currency).unwrap()).unwrap()
    }

    #[test]
    fn every_kind_of_currency_has_its_own_number() {
        for (amount, currency, minor) in [
            ("500", "JPY", 500),
            ("5.00", "USD", 500),
            ("5.120", "KWD", 5120),
            ("5", "ISK", 500),
            ("5", "UGX", 500),
            ("7", "MGA", 7),
            ("999999.99", "EUR", 99_999_999),
        ] {
            let money = money(amount, currency);
            assert_eq!(to_gateway(money), Ok(minor), "{money}");
            assert_eq!(from_gateway(minor, money.currency()), Some(money));
        }
    }

    #[test]
    fn what_can_be_transferred_is_rounded_down() {
        for (amount, currency, rounded) in [
            ("23.75", "EUR", "23.75"),
            ("4.868", "KWD", "4.860"),
            ("7.55", "MGA", "7"),
            ("475", "ISK", "475"),
            ("0.009", "KWD", "0.000"),
        ] {
            assert_eq!(transferable(money(amount, currency)), money(rounded, currency));
        }
    }

    #[test]
    fn what_has_no_exact_number_is_refused() {
        let dinar = money("5.124", "KWD");
        assert_eq!(to_gateway(dinar), Err(NotChargeable::LastDigitNotZero(dinar.currency())));
        let ariary = money("7.50", "MGA");
        assert_eq!(to_gateway(ariary), Err(NotChargeable::WholeUnitsOnly(ariary.currency())));
        let fortune = money("1000000.00", "EUR");
        assert_eq!(to_gateway(fortune), Err(NotChargeable::TooLarge(fortune)));
    }
}
