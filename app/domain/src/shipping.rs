//! What it costs to send a reward, by country.
//!
//! The one rule about shipping: what a backer types is for the campaign, and shipping is added to it. The sum is the
//! pledge's *amount*, and the amount is what is charged, counted towards the goal, booked, given back and paid out. Its parts
//! (reward, bonus, shipping) are kept beside it and always sum to it ([`crate::Price`]).

use std::collections::BTreeMap;

use crate::{Country, Currency, Money, PledgeRefusal};

/// How many countries a refusal names.
const NAMED: usize = 12;

/// Where a reward is sent, and for how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingRates {
    rates: BTreeMap<Country, Money>,
    elsewhere: Option<Money>,
}

/// Where a pledge's reward goes, and what of the pledge is for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipment {
    pub to: Country,
    pub cost: Money,
}

/// Rates that nobody can ship by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShippingRatesError {
    #[error("Say at least one country, or the rest of the world.")]
    Nowhere,
    #[error("{0} has two prices.")]
    Twice(Country),
    #[error("Shipping is paid in {0}, as the campaign is.")]
    WrongCurrency(Currency),
    #[error("Shipping costs nothing or more.")]
    Negative,
}

impl ShippingRates {
    /// `elsewhere`: to every country without a price of its own; without it those cannot be shipped to.
    ///
    /// # Errors
    /// [`ShippingRatesError`], the first that is found.
    pub fn new(
        currency: Currency,
        rates: impl IntoIterator<Item = (Country, Money)>,
        elsewhere: Option<Money>,
    ) -> Result<Self, ShippingRatesError> {
        let sound = |price: Money| match price.currency() == currency {
            false => Err(ShippingRatesError::WrongCurrency(currency)),
            true if price.minor_units() < 0 => Err(ShippingRatesError::Negative),
            true => Ok(price),
        };
        let mut by_country = BTreeMap::new();
        for (country, price) in rates {
            if by_country.insert(country, sound(price)?).is_some() {
                return Err(ShippingRatesError::Twice(country));
            }
        }
        let elsewhere = elsewhere.map(sound).transpose()?;
        if by_country.is_empty() && elsewhere.is_none() {
            return Err(ShippingRatesError::Nowhere);
        }
        Ok(Self { rates: by_country, elsewhere })
    }

    /// What it costs to send it there; `None` when it is not sent there.
    #[must_use]
    pub fn to(&self, country: Country) -> Option<Money> {
        self.rates.get(&country).copied().or(self.elsewhere)
    }

    /// The countries that have a price of their own, by code.
    pub fn rates(&self) -> impl Iterator<Item = (Country, Money)> {
        self.rates.iter().map(|(country, price)| (*country, *price))
    }

    /// The price for all others, if it is sent there.
    #[must_use]
    pub fn elsewhere(&self) -> Option<Money> {
        self.elsewhere
    }

    /// All countries that it is sent to, by name.
    #[must_use]
    pub fn destinations(&self) -> Vec<Country> {
        Country::by_name().into_iter().filter(|country| self.to(*country).is_some()).collect()
    }

    /// In few words: `Ships to 3 countries, from €4`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut only = self.rates.keys();
        let places = match (self.elsewhere, only.next(), only.len()) {
            (None, Some(country), 0) => format!("Ships to {country}"),
            (None, ..) => format!("Ships to {} countries", self.rates.len()),
            (Some(_), ..) => "Ships worldwide".to_owned(),
        };
        let mut prices: Vec<Money> = self.rates.values().copied().chain(self.elsewhere).collect();
        prices.sort_by_key(|price| price.minor_units());
        match (prices.first(), prices.last()) {
            (_, Some(most)) if most.is_zero() => format!("{places} for free"),
            (Some(least), Some(most)) if least == most => format!("{places} for {least}"),
            (Some(least), Some(_)) => format!("{places}, from {least}"),
            _ => places,
        }
    }

    /// Sends a reward of this title there.
    ///
    /// # Errors
    /// No country is chosen, or it is not sent there.
    pub fn shipment(&self, title: &str, country: Option<Country>) -> Result<Shipment, PledgeRefusal> {
        let to = country.ok_or(PledgeRefusal::NoCountry)?;
        let cost = self.to(to).ok_or_else(|| PledgeRefusal::NotShipped {
            title: title.to_owned(),
            to,
            places: named(&self.destinations()),
        })?;
        Ok(Shipment { to, cost })
    }
}

/// `Portugal, Spain and France`; of many the first few.
fn named(countries: &[Country]) -> String {
    let names: Vec<&str> = countries.iter().take(NAMED).map(|country| country.name()).collect();
    match (names.split_last(), countries.len().saturating_sub(NAMED)) {
        (Some((last, [])), 0) => (*last).to_owned(),
        (Some((last, others)), 0) => format!("{} and {last}", others.join(", ")),
        (_, more) => format!("{} and {more} more", names.join(", ")),
    }
}
