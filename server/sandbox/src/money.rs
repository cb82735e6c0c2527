//! Which amounts Stripe takes, per currency, and what it keeps as its fee.

use crate::error::{ApiError, Outcome};

const ZERO_DECIMAL: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof",
    "xpf",
];
const THREE_DECIMAL: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];
const TWO_DECIMAL: &[&str] = &[
    "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd", "bdt", "bgn", "bmd",
    "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad", "cdf", "chf", "cny", "cop", "crc", "cve", "czk",
    "dkk", "dop", "dzd", "egp", "etb", "eur", "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gtq", "gyd", "hkd",
    "hnl", "hrk", "htg", "huf", "idr", "ils", "inr", "isk", "jmd", "kes", "kgs", "khr", "kyd", "kzt", "lak",
    "lbp", "lkr", "lrd", "lsl", "mad", "mdl", "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mxn", "myr",
    "mzn", "nad", "ngn", "nio", "nok", "npr", "nzd", "pab", "pen", "pgk", "php", "pkr", "pln", "qar", "ron",
    "rsd", "rub", "sar", "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "std", "szl", "thb", "tjs",
    "top", "try", "ttd", "twd", "tzs", "uah", "usd", "uyu", "uzs", "wst", "xcd", "yer", "zar", "zmw",
];

/// Stripe's published minimum charge per settlement currency, in minor units.
const MINIMUM: &[(&str, i64)] = &[
    ("usd", 50),
    ("aed", 200),
    ("aud", 50),
    ("bgn", 100),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1000),
    ("bhd", 190),
    ("jod", 360),
    ("kwd", 160),
    ("omr", 200),
    ("tnd", 1600),
    ("krw", 700),
    ("isk", 7000),
];

/// The currency, if Stripe knows it; upper case is taken and answered in lower case.
pub(crate) fn currency(text: &str) -> Outcome<String> {
    let currency = text.to_lowercase();
    if decimals(&currency).is_some() {
        return Ok(currency);
    }
    let known: Vec<&str> = TWO_DECIMAL.iter().chain(ZERO_DECIMAL).chain(THREE_DECIMAL).copied().collect();
    let message =
        format!("Invalid currency: {text}. Stripe currently supports these currencies: {}", known.join(", "));
    Err(ApiError::invalid("currency", message))
}

fn decimals(currency: &str) -> Option<usize> {
    match currency {
        c if TWO_DECIMAL.contains(&c) => Some(2),
        c if ZERO_DECIMAL.contains(&c) => Some(0),
        c if THREE_DECIMAL.contains(&c) => Some(3),
        _ => None,
    }
}

/// An amount that moves at all.
pub(crate) fn positive(amount: i64, param: &str) -> Outcome<()> {
    if amount >= 1 {
        return Ok(());
    }
    let message = "This value must be greater than or equal to 1.";
    Err(ApiError::invalid(param, message).code("parameter_invalid_integer"))
}

/// What `part` of `whole` is of this amount, rounded half up; all of it at the end.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let exact = i128::from(amount) * i128::from(part);
    let whole = i128::from(whole);
    i64::try_from((2 * exact + whole) / (2 * whole)).unwrap_or(amount)
}

/// A chargeable amount: positive, at most eight digits, no smaller than fifty cents' worth.
pub(crate) fn chargeable(amount: i64, currency: &str, param: &str) -> Outcome<i64> {
    positive(amount, param)?;
    if amount > 99_999_999 {
        let message = format!("Amount must be no more than {}", shown(99_999_999, currency));
        return Err(ApiError::invalid(param, message).code("amount_too_large"));
    }
    if decimals(currency) == Some(3) && amount % 10 != 0 {
        let message = "The amount must be rounded to the nearest ten in currencies with three decimals: its last \
                       digit must be 0.";
        return Err(ApiError::invalid(param, message).code("parameter_invalid_integer"));
    }
    let minimum = minimum(currency);
    if amount < minimum {
        let message = format!("Amount must be at least {}", shown(minimum, currency));
        return Err(ApiError::invalid(param, message).code("amount_too_small"));
    }
    Ok(amount)
}

/// Fifty minor units where no other minimum is published.
fn minimum(currency: &str) -> i64 {
    MINIMUM.iter().find(|(known, _)| *known == currency).map_or(50, |(_, minimum)| *minimum)
}

/// The price of a European card: 1.5 % and a quarter of the currency's unit, their sum rounded half up. A quarter
/// of a yen disappears in that; a quarter of a dinar is 250 minor units.
pub(crate) fn fee(amount: i64, currency: &str) -> i64 {
    let unit = 10_i64.pow(decimals(currency).unwrap_or(2) as u32);
    ((amount * 15 + unit * 250 + 500) / 1000).min(amount)
}

/// `€25.00`, `¥500`, `KWD 5.120`.
pub(crate) fn shown(amount: i64, currency: &str) -> String {
    let minus = if amount < 0 { "-" } else { "" };
    let amount = amount.abs();
    let sign = match currency {
        "eur" => "€".to_owned(),
        "usd" => "$".to_owned(),
        "gbp" => "£".to_owned(),
        "jpy" => "¥".to_owned(),
        other => format!("{} ", other.to_uppercase()),
    };
    let decimals = decimals(currency).unwrap_or(2);
    let unit = 10_i64.pow(decimals as u32);
    let whole = grouped(amount / unit);
    if decimals == 0 {
        format!("{minus}{sign}{whole}")
    } else {
        format!("{minus}{sign}{whole}.{:0decimals$}", amount % unit)
    }
}

fn grouped(whole: i64) -> String {
    let digits = whole.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_as_people_write_them() {
        assert_eq!(shown(2500, "eur"), "€25.00");
        assert_eq!(shown(123_456_789, "usd"), "$1,234,567.89");
        assert_eq!(shown(500, "jpy"), "¥500");
        assert_eq!(shown(5120, "kwd"), "KWD 5.120");
        assert_eq!(shown(-305, "eur"), "-€3.05");
    }

    #[test]
    fn the_fee_is_rounded_half_up() {
        assert_eq!(fee(1000, "usd"), 40);
        assert_eq!(fee(2500, "eur"), 63);
        assert_eq!(fee(10, "usd"), 10);
        assert_eq!(fee(500, "jpy"), 8);
        assert_eq!(fee(5120, "kwd"), 327);
    }
}
