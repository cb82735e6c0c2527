//! Amounts as people type them: `25`, `1,000`, `1.000,50`, `€25`, `25 EUR`, `1 000`, `1'000.50`.
//!
//! # The rule for separators
//! 1. Spaces and apostrophes only ever set thousands apart.
//! 2. A comma or dot that comes after another kind of separator is the decimal mark: `1.000,50`, `1 000,50`.
//! 3. The same separator again and again sets thousands apart: `1,000,000`.
//! 4. A comma or dot on its own is the decimal mark, except before exactly three digits, where it could be either
//!    (`1,000`; but not `0.500` or `1234.500`, as no thousands begin like that). There a comma is for thousands, as
//!    we write them ourselves, and a dot starts decimals, of which three are too many. In a currency that has three
//!    decimals either guess could be wrong by a factor of 1000, so the amount is refused as ambiguous.
//!
//! Digits are 0 to 9 only. Whatever this lets through is exact: nothing is ever rounded, and digits beyond the
//! currency's are refused even when they are zeros, for `1,0000` is more likely a slip than one euro.

use crate::money::decimals;
use crate::{Currency, Money};

/// The gateway takes amounts of at most eight digits, counted in minor units.
const LARGEST_MINOR_UNITS: i64 = 99_999_999;

/// Why what was typed is no amount to pay. Every message is fit to stand beside its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypedAmountError {
    #[error("Type an amount, like 25.")]
    Empty,
    /// Anything but a number, perhaps with a currency: `1e9`, `+5`, `NaN`, `2 x 5`.
    #[error("Type the amount in digits, like 25 or 1,000.")]
    NotANumber,
    /// Digits that look like 0 to 9 but are not, such as `１００`.
    #[error("Type the amount with the plain digits 0 to 9.")]
    OtherDigits,
    #[error("Type an amount above zero, without a minus sign.")]
    Negative,
    #[error("Type an amount above zero.")]
    Zero,
    /// Separators that do not leave groups of three digits: `1,00,0`.
    #[error("Check the commas and dots. A thousand is 1000 or 1,000.")]
    Misgrouped,
    /// The one separator could be for thousands or decimals.
    #[error("Did you mean {smaller} or {larger}? Type {} or {}.", .smaller.typed(), .larger.typed())]
    Ambiguous { smaller: Money, larger: Money },
    #[error("Too many decimals: {currency} has {}. A thousand is 1000 or 1,000.", decimals(*.currency))]
    TooFine { currency: Currency },
    #[error("The largest amount is {maximum}.")]
    TooLarge { maximum: Money },
    /// Typed with the code or sign of another currency, or a sign that several share.
    #[error("Type the amount in {expected}, like {expected} 25.")]
    OtherCurrency { expected: Currency },
}

impl Money {
    /// Reads an amount to pay in the expected currency, by the rule above. Its code or symbol may stand before or
    /// after.
    ///
    /// # Errors
    /// Why it is no amount above zero that the gateway can take.
    pub fn parse_typed(text: &str, currency: Currency) -> Result<Self, TypedAmountError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TypedAmountError::Empty);
        }
        if text.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
            return Err(TypedAmountError::OtherDigits);
        }
        let (before, number, after) = around_number(text).ok_or(TypedAmountError::NotANumber)?;
        names_currency(before, currency)?;
        names_currency(after, currency)?;
        Parts::of(number)?.to_money(currency)
    }

    /// The amount as it can be typed: what to put into a field, so that `parse_typed` reads the same amount.
    ///
    /// `25`, `1000.50`; with three decimals `5.12`, because `5.120` would be ambiguous, and for the same reason
    /// `05.124`: a zero begins no thousands.
    #[must_use]
    pub fn typed(self) -> String {
        let amount = self.amount();
        if amount.fract().is_zero() {
            return amount.trunc().to_string();
        }
        if self.currency().exponent() < 3 {
            return self.plain();
        }
        let shortest = amount.normalize();
        // From 1.001 to 999.999.
        let in_doubt = shortest.scale() == 3 && (1_000..1_000_000).contains(&self.minor_units());
        if in_doubt { format!("0{shortest}") } else { shortest.to_string() }
    }
}

/// Splits into what stands before the number, the number, and what stands after it; `None` without a digit.
fn around_number(text: &str) -> Option<(&str, &str, &str)> {
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())?;
    let (before, rest) = text.split_at(first);
    let (number, after) = rest.split_at(last - first + 1);
    // `.50`: the mark belongs to the number.
    match before.strip_suffix(['.', ',']) {
        Some(before) => Some((before, &text[before.len()..=last], after)),
        None => Some((before, number, after)),
    }
}

/// Lets pass nothing, or the expected currency's code or symbol.
fn names_currency(word: &str, expected: Currency) -> Result<(), TypedAmountError> {
    let word = word.trim();
    if word.is_empty() || word.eq_ignore_ascii_case(expected.code()) || expected.symbol() == Some(word) {
        return Ok(());
    }
    if word.starts_with(['-', '−']) || word.ends_with(['-', '−']) {
        return Err(TypedAmountError::Negative);
    }
    if Currency::parse(word).is_ok() || word.chars().any(is_currency_sign) {
        return Err(TypedAmountError::OtherCurrency { expected });
    }
    Err(TypedAmountError::NotANumber)
}

/// Unicode's currency signs, without the rare ones of single scripts.
fn is_currency_sign(c: char) -> bool {
    matches!(c, '$' | '¢'..='¥' | '؋' | '฿' | '៛' | '\u{20A0}'..='\u{20CF}' | '﷼' | '＄' | '￠' | '￡' | '￥' | '￦')
}

/// The digits of a number, in whole units and decimals.
struct Parts {
    whole: String,
    decimals: String,
    /// The mark before the decimals, if by its place it could as well set thousands apart.
    in_doubt: Option<char>,
}

impl Parts {
    fn of(number: &str) -> Result<Self, TypedAmountError> {
        let mut runs = vec![String::new()];
        let mut marks = Vec::new();
        for c in number.chars() {
            match (mark(c), runs.last_mut()) {
                (Some(mark), _) => {
                    marks.push(mark);
                    runs.push(String::new());
                }
                (None, Some(run)) if c.is_ascii_digit() => run.push(c),
                _ => return Err(TypedAmountError::NotANumber),
            }
        }
        let mut decimals = String::new();
        let mut in_doubt = None;
        if let Some(mark) = decimal_mark(&marks) {
            marks.pop();
            decimals = runs.pop().unwrap_or_default();
            in_doubt =
                Some(mark).filter(|_| decimals.len() == 3 && marks.is_empty() && begins_thousands(&runs));
        }
        if !well_grouped(&runs, &marks) {
            return Err(TypedAmountError::Misgrouped);
        }
        Ok(Self { whole: runs.concat(), decimals, in_doubt })
    }

    fn to_money(&self, currency: Currency) -> Result<Money, TypedAmountError> {
        match (self.in_doubt, currency.exponent()) {
            (None, _) => payable(exact(&self.whole, &self.decimals, currency)?),
            (Some(_), 3) => Err(TypedAmountError::Ambiguous {
                smaller: exact(&self.whole, &self.decimals, currency)?,
                larger: exact(&self.as_thousands(), "", currency)?,
            }),
            (Some(','), _) => payable(exact(&self.as_thousands(), "", currency)?),
            (Some(_), _) => Err(TypedAmountError::TooFine { currency }),
        }
    }

    fn as_thousands(&self) -> String {
        format!("{}{}", self.whole, self.decimals)
    }
}

/// The separator a character stands for. Keyboards and copied text have several spaces and apostrophes.
fn mark(c: char) -> Option<char> {
    match c {
        ',' | '.' => Some(c),
        '\'' | '’' => Some('\''),
        ' ' | '\u{A0}' | '\u{2009}' | '\u{202F}' => Some(' '),
        _ => None,
    }
}

/// The last separator, if it is a comma or dot that occurs once.
fn decimal_mark(marks: &[char]) -> Option<char> {
    let (last, others) = marks.split_last()?;
    (matches!(last, ',' | '.') && !others.contains(last)).then_some(*last)
}

fn begins_thousands(runs: &[String]) -> bool {
    runs.first().is_some_and(|run| (1..=3).contains(&run.len()) && !run.starts_with('0'))
}

/// One kind of separator between groups of three digits, the first of one to three; without separators, any digits.
fn well_grouped(runs: &[String], marks: &[char]) -> bool {
    let Some((first, others)) = runs.split_first() else { return true };
    marks.iter().all(|mark| Some(mark) == marks.first())
        && others.iter().all(|run| run.len() == 3)
        && (others.is_empty() || (1..=3).contains(&first.len()))
}

/// Digits before and after the decimal mark, as an amount.
fn exact(whole: &str, decimals: &str, currency: Currency) -> Result<Money, TypedAmountError> {
    let scale = currency.exponent() as usize;
    if decimals.len() > scale {
        return Err(TypedAmountError::TooFine { currency });
    }
    let too_large = TypedAmountError::TooLarge { maximum: largest(currency) };
    let minor_units = format!("{whole}{decimals:0<scale$}").parse().map_err(|_| too_large)?;
    Money::from_minor(minor_units, currency).map_err(|_| too_large)
}

fn payable(money: Money) -> Result<Money, TypedAmountError> {
    if money.is_zero() {
        return Err(TypedAmountError::Zero);
    }
    if money.minor_units() > LARGEST_MINOR_UNITS {
        return Err(TypedAmountError::TooLarge { maximum: largest(money.currency()) });
    }
    Ok(money)
}

fn largest(currency: Currency) -> Money {
    Money::from_minor(LARGEST_MINOR_UNITS, currency).unwrap_or(Money::zero(currency))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::TypedAmountError::*;
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn read(typed: &str, code: &str) -> Result<String, TypedAmountError> {
        Money::parse_typed(typed, currency(code)).map(Money::plain)
    }

    #[test]
    fn reads_what_people_type() {
        for (typed, code, amount) in [
            ("25", "EUR", "25.00"),
            ("  25 ", "EUR", "25.00"),
            ("0025", "EUR", "25.00"),
            ("25.5", "EUR", "25.50"),
            ("25,50", "EUR", "25.50"),
            (".50", "EUR", "0.50"),
            ("0,05", "EUR", "0.05"),
            ("€25", "EUR", "25.00"),
            ("€ 25", "EUR", "25.00"),
            ("€.50", "EUR", "0.50"),
            ("25€", "EUR", "25.00"),
            ("25 EUR", "EUR", "25.00"),
            ("eur25", "EUR", "25.00"),
            ("€25 EUR", "EUR", "25.00"),
            ("$25", "USD", "25.00"),
            ("CAD 25", "CAD", "25.00"),
            ("1,000", "EUR", "1000.00"),
            ("1,005", "EUR", "1005.00"),
            ("12,345", "EUR", "12345.00"),
            ("1,000.50", "EUR", "1000.50"),
            ("1.000,50", "EUR", "1000.50"),
            ("100.000,5", "EUR", "100000.50"),
            ("1 000", "EUR", "1000.00"),
            ("1 000,50", "EUR", "1000.50"),
            ("1\u{a0}000,50", "EUR", "1000.50"),
            ("1\u{202f}000,50\u{a0}€", "EUR", "1000.50"),
            ("1'000", "CHF", "1000.00"),
            ("1'000.50", "CHF", "1000.50"),
            ("1’000.50 chf", "CHF", "1000.50"),
            ("1000", "JPY", "1000"),
            ("¥1,000", "JPY", "1000"),
            ("1,000,000", "JPY", "1000000"),
            ("1.000.000", "JPY", "1000000"),
            ("5.12", "KWD", "5.120"),
            ("5,1", "KWD", "5.100"),
            ("0.500", "KWD", "0.500"),
            ("05.124", "KWD", "5.124"),
            ("1234.500", "KWD", "1234.500"),
            ("1,234.500", "KWD", "1234.500"),
            ("1.234,500 KWD", "KWD", "1234.500"),
            ("1 000", "KWD", "1000.000"),
            ("999,999.99", "EUR", "999999.99"),
            ("99,999,999", "JPY", "99999999"),
        ] {
            assert_eq!(read(typed, code), Ok(amount.to_owned()), "{typed:?} in {code}");
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        let euro = currency("EUR");
        let too_fine = TooFine { currency: euro };
        for (typed, refusal) in [
            ("", Empty),
            (" \u{a0}\t", Empty),
            ("NaN", NotANumber),
            ("inf", NotANumber),
            ("€", NotANumber),
            ("1e9", NotANumber),
            ("+5", NotANumber),
            ("0x10", NotANumber),
            ("25.", NotANumber),
            ("..5", NotANumber),
            ("2 x 5", NotANumber),
            ("25k", NotANumber),
            ("1_000", NotANumber),
            ("25 or 30", NotANumber),
            ("25\u{0}", NotANumber),
            ("１００", OtherDigits),
            ("1００", OtherDigits),
            ("٢٥", OtherDigits),
            ("2½", OtherDigits),
            ("-5", Negative),
            ("−5", Negative),
            ("-€5", Negative),
            ("€-5", Negative),
            ("0", Zero),
            ("0.00", Zero),
            ("00", Zero),
            ("1.005", too_fine),
            ("1.000", too_fine),
            ("0.005", too_fine),
            ("1.0000", too_fine),
            ("1,0000", too_fine),
            ("0.500", too_fine),
            ("1,00,0", Misgrouped),
            ("1,,000", Misgrouped),
            ("1.,000", Misgrouped),
            ("1,000,00", Misgrouped),
            ("1000,000.00", Misgrouped),
            ("1,000.000,00", Misgrouped),
            ("25 30", Misgrouped),
            ("1 00", Misgrouped),
            ("$25", OtherCurrency { expected: euro }),
            ("25 USD", OtherCurrency { expected: euro }),
            ("25 chf", OtherCurrency { expected: euro }),
            ("CA$25", OtherCurrency { expected: euro }),
        ] {
            assert_eq!(read(typed, "EUR"), Err(refusal), "{typed:?}");
        }
    }

    #[test]
    fn a_shared_sign_is_not_taken_for_the_campaigns_currency() {
        for (typed, code) in [("$25", "CAD"), ("$25", "MXN"), ("¥25", "CNY"), ("£25", "EGP")] {
            assert_eq!(
                read(typed, code),
                Err(OtherCurrency { expected: currency(code) }),
                "{typed} in {code}"
            );
        }
    }

    #[test]
    fn no_decimals_where_the_currency_has_none() {
        let yen = currency("JPY");
        for typed in ["25.5", "25.00", "1.000", "0.5"] {
            assert_eq!(read(typed, "JPY"), Err(TooFine { currency: yen }), "{typed}");
        }
    }

    #[test]
    fn asks_instead_of_guessing_where_three_digits_could_be_either() {
        let dinars = |minor_units| Money::from_minor(minor_units, currency("KWD")).unwrap();
        for (typed, smaller, larger) in
            [("5.120", 5_120, 5_120_000), ("5,120", 5_120, 5_120_000), ("KWD 100.000", 100_000, 100_000_000)]
        {
            let refusal = Ambiguous { smaller: dinars(smaller), larger: dinars(larger) };
            assert_eq!(read(typed, "KWD"), Err(refusal), "{typed}");
        }
        assert_eq!(
            read("5.120", "KWD").unwrap_err().to_string(),
            "Did you mean KWD 5.120 or KWD 5,120? Type 5.12 or 5120."
        );
    }

    #[test]
    fn the_gateway_takes_eight_digits() {
        for (typed, code, maximum) in [
            ("1000000", "EUR", "€999,999.99"),
            ("1,000,000.00", "EUR", "€999,999.99"),
            ("100000000", "JPY", "¥99,999,999"),
            ("100 000", "KWD", "KWD 99,999.999"),
            ("99999999999999999999999999999999999999", "EUR", "€999,999.99"),
        ] {
            let refusal = read(typed, code).unwrap_err();
            assert!(matches!(refusal, TooLarge { .. }), "{typed}: {refusal:?}");
            assert_eq!(refusal.to_string(), format!("The largest amount is {maximum}."));
        }
    }

    #[test]
    fn fields_are_filled_with_what_can_be_typed() {
        for (minor_units, code, typed) in [
            (2_500, "EUR", "25"),
            (100_050, "EUR", "1000.50"),
            (2_500, "JPY", "2500"),
            (5_120, "KWD", "5.12"),
            (5_124, "KWD", "05.124"),
            (512, "KWD", "0.512"),
            (1_234_567, "KWD", "1234.567"),
            (25_000, "KWD", "25"),
        ] {
            assert_eq!(Money::from_minor(minor_units, currency(code)).unwrap().typed(), typed);
        }
    }

    #[test]
    fn messages_say_what_to_type() {
        for (typed, code, message) in [
            ("1.005", "EUR", "Too many decimals: EUR has at most 2. A thousand is 1000 or 1,000."),
            ("2.5", "JPY", "Too many decimals: JPY has none. A thousand is 1000 or 1,000."),
            ("$25", "CAD", "Type the amount in CAD, like CAD 25."),
        ] {
            assert_eq!(read(typed, code).unwrap_err().to_string(), message);
        }
    }
}
