//! The currencies a campaign can be in: ISO 4217's, as far as people pay with them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The finest scale of the `numeric(15,3)` columns that hold amounts. The two currencies with four decimals are
/// Uruguayan and Chilean accounting units that nobody pays in.
const MOST_DECIMALS: u16 = 3;

/// A currency in circulation. Its text form, in JSON too, is the ISO code, like `EUR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

/// A code that is no currency, or none in circulation: metals, funds, test codes and currencies since replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a currency we know. Use a code of three letters, like EUR.")]
pub struct UnknownCurrency(pub String);

impl Currency {
    /// Reads an ISO 4217 code in capitals or not.
    ///
    /// # Errors
    /// The code is not of a currency in circulation.
    pub fn parse(code: &str) -> Result<Self, UnknownCurrency> {
        iso_currency::Currency::from_code(&code.to_ascii_uppercase())
            .filter(|iso| circulates(*iso))
            .map(Self)
            .ok_or_else(|| UnknownCurrency(code.to_owned()))
    }

    /// Every currency in circulation, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        // ISO's numeric codes have three digits.
        let mut all: Vec<_> = (0..1000).filter_map(iso_currency::Currency::from_numeric).collect();
        all.sort_by_key(|iso| iso.code());
        all.into_iter().filter(|iso| circulates(*iso)).map(Self)
    }

    /// The ISO code: three capital letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals its amounts have, 0 to 3: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The sign for amounts, where readers everywhere take it for this currency and no other.
    ///
    /// `$` means US dollars because every other dollar shows its code; likewise `¥` and `£`.
    #[must_use]
    pub fn symbol(self) -> Option<&'static str> {
        match self.code() {
            "EUR" => Some("€"),
            "GBP" => Some("£"),
            "ILS" => Some("₪"),
            "INR" => Some("₹"),
            "JPY" => Some("¥"),
            "KRW" => Some("₩"),
            "NGN" => Some("₦"),
            "PHP" => Some("₱"),
            "TRY" => Some("₺"),
            "UAH" => Some("₴"),
            "USD" => Some("$"),
            "VND" => Some("₫"),
            _ => None,
        }
    }
}

fn circulates(iso: iso_currency::Currency) -> bool {
    iso.flags().is_empty() && iso.exponent().is_some_and(|exponent| exponent <= MOST_DECIMALS)
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        Self::parse(code)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_and_knows_their_decimals() {
        for (typed, code, exponent) in
            [("EUR", "EUR", 2), ("jpy", "JPY", 0), ("Kwd", "KWD", 3), ("ISK", "ISK", 0), ("MRU", "MRU", 2)]
        {
            let currency = Currency::parse(typed).unwrap();
            assert_eq!((currency.code(), currency.exponent()), (code, exponent));
            assert_eq!(currency.to_string(), code);
        }
    }

    #[test]
    fn refuses_what_nobody_pays_in() {
        for code in
            ["", "EU", "EURO", "€", "XAU", "XTS", "XXX", "XDR", "CLF", "UYW", "USN", "HRK", " EUR", "ＥＵＲ"]
        {
            assert_eq!(Currency::parse(code), Err(UnknownCurrency(code.to_owned())), "{code}");
        }
    }

    #[test]
    fn all_are_listed_once_by_code() {
        let codes: Vec<_> = Currency::all().map(Currency::code).collect();
        assert!(codes.is_sorted_by(|earlier, later| earlier < later));
        assert!(codes.len() > 140, "{}", codes.len());
        assert!(["CHF", "EUR", "GBP", "JPY", "KWD", "USD"].iter().all(|code| codes.contains(code)));
    }

    #[test]
    fn no_symbol_stands_for_two_currencies() {
        let mut symbols: Vec<_> = Currency::all().filter_map(Currency::symbol).collect();
        let count = symbols.len();
        symbols.sort_unstable();
        symbols.dedup();
        assert_eq!(symbols.len(), count);
    }

    #[test]
    fn travels_as_its_code() {
        let euro = Currency::parse("EUR").unwrap();
        assert_eq!(serde_json::to_string(&euro).unwrap(), r#""EUR""#);
        assert_eq!(serde_json::from_str::<Currency>(r#""EUR""#).unwrap(), euro);
        assert!(serde_json::from_str::<Currency>(r#""XAU""#).is_err());
    }
}
