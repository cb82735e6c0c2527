//! From the rows of `reward_shipping` to rates. They are read as two arrays beside their reward, so that a reward is one
//! statement.

use domain::ShippingRates;
use rust_decimal::Decimal;

use crate::{Error, Result, rows};

/// `countries` and `prices` stand in the same order; no country is the rest of the world. `None`: nothing is sent.
pub(super) fn rates(
    countries: &[Option<String>],
    prices: &[Decimal],
    currency: &str,
) -> Result<Option<ShippingRates>> {
    let (mut rates, mut elsewhere) = (Vec::new(), None);
    for (country, price) in countries.iter().zip(prices) {
        let price = rows::money(*price, currency)?;
        match country {
            Some(code) => rates.push((rows::country("reward_shipping.country", code)?, price)),
            None => elsewhere = Some(price),
        }
    }
    if rates.is_empty() && elsewhere.is_none() {
        return Ok(None);
    }
    let rates = ShippingRates::new(rows::currency(currency)?, rates, elsewhere);
    rates.map(Some).map_err(|error| Error::broken(format!("reward_shipping: {error}")))
}
