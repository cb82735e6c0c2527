//! The database and the application have the same currencies in mind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use domain::Currency;

const FOUNDATIONS: &str = include_str!("../../../migrations/0001_foundations.sql");

/// The lists of `currency_exponent`, as pairs of a code and its decimals.
fn exponents_in_the_database() -> Vec<(&'static str, u32)> {
    let (_, function) = FOUNDATIONS.split_once("create function currency_exponent").unwrap();
    let (body, _) = function.split_once("$$;").unwrap();
    assert!(body.contains("else 2"), "every other currency has two decimals");
    body.split("when code in (").skip(1).flat_map(exponents_of_case).collect()
}

/// Reads `'BHD', 'IQD') then 3`.
fn exponents_of_case(case: &'static str) -> impl Iterator<Item = (&'static str, u32)> {
    let (codes, rest) = case.split_once(") then ").unwrap();
    let exponent = rest.split_whitespace().next().unwrap().parse().unwrap();
    codes.split(',').map(move |code| (code.trim().trim_matches('\''), exponent))
}

#[test]
fn every_currency_has_the_same_decimals_in_the_database() {
    let listed = exponents_in_the_database();
    for currency in Currency::all() {
        let stored =
            listed.iter().find(|(code, _)| *code == currency.code()).map_or(2, |(_, exponent)| *exponent);
        assert_eq!(stored, currency.exponent(), "{currency}");
    }
}

#[test]
fn the_database_lists_no_currency_that_iso_does_not() {
    let listed = exponents_in_the_database();
    assert!(listed.len() > 20, "{listed:?}");
    for (code, exponent) in listed {
        let iso = iso_currency::Currency::from_code(code).and_then(iso_currency::Currency::exponent);
        assert_eq!(iso.map(u32::from), Some(exponent), "{code}");
    }
}
