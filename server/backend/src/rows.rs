//! From stored columns to domain types. A value that does not parse is our own defect, never the visitor's.

use domain::{Country, Currency, FeeRule, Money, ReserveRule, Shipment};
use rust_decimal::Decimal;

use crate::{Error, Result};

/// A currency column.
pub fn currency(code: &str) -> Result<Currency> {
    Currency::parse(code).map_err(|_| Error::broken(format!("currency {code}")))
}

/// An amount column with the currency column beside it.
pub fn money(amount: Decimal, code: &str) -> Result<Money> {
    Money::new(amount, currency(code)?).map_err(|_| Error::broken("amount finer than its currency"))
}

/// A column with the code of a country.
pub fn country(column: &str, code: &str) -> Result<Country> {
    Country::parse(code).map_err(|_| Error::broken(format!("{column} {code}")))
}

/// The columns `ship_to` and `shipping`, with the currency column beside them.
pub fn shipment(to: Option<&str>, cost: Decimal, code: &str) -> Result<Option<Shipment>> {
    let Some(to) = to else { return Ok(None) };
    Ok(Some(Shipment { to: country("ship_to", to)?, cost: money(cost, code)? }))
}

/// A text column that holds one of the domain's names (state, model ...).
pub fn named<T: std::str::FromStr>(column: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| Error::broken(format!("{column} {value}")))
}

/// A column of basis points.
pub fn fee(bps: i16) -> Result<FeeRule> {
    u16::try_from(bps).ok().and_then(|bps| FeeRule::new(bps).ok()).ok_or_else(|| Error::broken("fee_bps"))
}

/// The columns of what is held back of a payout.
pub fn reserve(bps: i16, days: i16) -> Result<ReserveRule> {
    let rule = u16::try_from(bps).ok().zip(u16::try_from(days).ok());
    rule.and_then(|(bps, days)| ReserveRule::new(bps, days).ok()).ok_or_else(|| Error::broken("reserve_bps"))
}

/// A counter column that the domain counts in `u32`.
pub fn count(column: &str, value: i32) -> Result<u32> {
    u32::try_from(value).map_err(|_| Error::broken(column))
}
