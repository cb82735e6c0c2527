//! Where rewards go and for how much: no country is sent to by mistake, and no parcel is free by mistake.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Country, Currency, Money, PledgeRefusal, ShippingRates, ShippingRatesError, UnknownCountry};
use proptest::prelude::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("a currency")
}

fn euros(amount: &str) -> Money {
    Money::new(amount.parse().expect("a number"), currency("EUR")).expect("money")
}

fn country(code: &str) -> Country {
    Country::parse(code).expect("a country")
}

fn rates(prices: &[(&str, &str)], elsewhere: Option<&str>) -> Result<ShippingRates, ShippingRatesError> {
    let prices = prices.iter().map(|(code, price)| (country(code), euros(price)));
    ShippingRates::new(currency("EUR"), prices, elsewhere.map(euros))
}

#[test]
fn every_country_is_found_by_its_code_and_by_nothing_else() {
    let all: Vec<Country> = Country::all().collect();
    assert_eq!(all.len(), 249);
    let (mut codes, mut names) = (BTreeSet::new(), BTreeSet::new());
    for country in all {
        assert_eq!(Country::parse(country.code()), Ok(country));
        assert!(
            country.code().len() == 2 && country.code().bytes().all(|letter| letter.is_ascii_uppercase())
        );
        assert!(!country.name().is_empty() && country.name().trim() == country.name());
        codes.insert(country.code());
        names.insert(country.name());
    }
    assert_eq!((codes.len(), names.len()), (249, 249));
    for (code, name) in [("PT", "Portugal"), ("AD", "Andorra"), ("ZW", "Zimbabwe"), ("CI", "Côte d’Ivoire")]
    {
        assert_eq!(country(code).name(), name);
    }
    for code in ["", "pt", "P", "PRT", "XX", "EU", "ZZ"] {
        assert_eq!(Country::parse(code), Err(UnknownCountry(code.to_owned())), "{code}");
    }
    assert_eq!(Country::chosen(""), Ok(None));
    assert_eq!(Country::chosen("PT"), Ok(Some(country("PT"))));
    let refusal = Country::chosen(&"long".repeat(1000)).expect_err("no country");
    assert!(refusal.to_string().len() < 120, "{refusal}");
}

#[test]
fn rates_that_nobody_can_ship_by() {
    assert_eq!(rates(&[], None), Err(ShippingRatesError::Nowhere));
    assert_eq!(
        rates(&[("PT", "4"), ("ES", "5"), ("PT", "6")], None),
        Err(ShippingRatesError::Twice(country("PT")))
    );
    assert_eq!(rates(&[("PT", "-0.01")], None), Err(ShippingRatesError::Negative));
    assert_eq!(rates(&[("PT", "4")], Some("-1")), Err(ShippingRatesError::Negative));
    let yen = Money::new(400.into(), currency("JPY")).expect("money");
    let wrong = Err(ShippingRatesError::WrongCurrency(currency("EUR")));
    assert_eq!(ShippingRates::new(currency("EUR"), [(country("JP"), yen)], None), wrong);
    assert_eq!(ShippingRates::new(currency("EUR"), [], Some(yen)), wrong);
    assert!(rates(&[("PT", "0")], None).is_ok(), "a present");
}

#[test]
fn it_says_in_few_words_where_it_goes() {
    for (prices, elsewhere, words) in [
        (&[("PT", "4")][..], None, "Ships to Portugal for €4"),
        (&[("PT", "0")], None, "Ships to Portugal for free"),
        (&[("PT", "4"), ("ES", "5.50"), ("FR", "7")], None, "Ships to 3 countries, from €4"),
        (&[("PT", "4"), ("ES", "4")], None, "Ships to 2 countries for €4"),
        (&[("PT", "4")], Some("12"), "Ships worldwide, from €4"),
        (&[], Some("12"), "Ships worldwide for €12"),
        (&[("PT", "0")], Some("12"), "Ships worldwide, from €0"),
    ] {
        assert_eq!(rates(prices, elsewhere).expect("rates").summary(), words);
    }
}

#[test]
fn a_refusal_says_where_it_goes_instead() {
    let refused = |prices: &[(&str, &str)]| {
        let rates = rates(prices, None).expect("rates");
        rates.shipment("A name on the bow", Some(country("JP"))).expect_err("not to Japan")
    };
    let one = refused(&[("PT", "4")]);
    assert_eq!(one.to_string(), "“A name on the bow” is not sent to Japan. It is sent to Portugal.");
    assert_eq!(one.field(), Some("country"));
    let three = refused(&[("PT", "4"), ("ES", "4"), ("FR", "4")]);
    assert!(three.to_string().ends_with("It is sent to France, Portugal and Spain."), "{three}");
    let many: Vec<(&str, &str)> =
        Country::all().map(Country::code).filter(|code| *code != "JP").map(|code| (code, "4")).collect();
    let many = refused(&many);
    assert!(many.to_string().contains("Afghanistan, Åland Islands, Albania"), "{many}");
    assert!(many.to_string().ends_with(" and 236 more."), "{many}");

    let rates = rates(&[("PT", "4")], Some("9")).expect("rates");
    let nowhere = rates.shipment("A name on the bow", None).expect_err("no country");
    assert_eq!((nowhere.clone(), nowhere.field()), (PledgeRefusal::NoCountry, Some("country")));
}

fn any_country() -> impl Strategy<Value = Country> {
    (0..249_usize).prop_map(|at| Country::all().nth(at).expect("a country"))
}

proptest! {
    #[test]
    fn a_country_costs_its_own_price_or_that_of_the_rest_or_is_not_sent_to(
        prices in proptest::collection::btree_map(any_country(), 0_i64..100_000_000, 0..20),
        elsewhere in proptest::option::of(0_i64..100_000_000),
        to in any_country(),
        code in proptest::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        let money = |minor: &i64| Money::from_minor(*minor, currency(code)).expect("money");
        let made = ShippingRates::new(
            currency(code),
            prices.iter().map(|(country, price)| (*country, money(price))),
            elsewhere.as_ref().map(money),
        );
        prop_assume!(!(prices.is_empty() && elsewhere.is_none()));
        let rates = made.expect("rates");
        let expected = prices.get(&to).or(elsewhere.as_ref()).map(money);
        prop_assert_eq!(rates.to(to), expected);
        prop_assert_eq!(rates.destinations().contains(&to), expected.is_some());
        let shipment = rates.shipment("It", Some(to));
        prop_assert_eq!(shipment.ok().map(|shipment| (shipment.to, shipment.cost)), expected.map(|cost| (to, cost)));
        // What it was made of is what is read of it.
        let read: BTreeMap<Country, i64> = rates.rates().map(|(country, price)| (country, price.minor_units())).collect();
        prop_assert_eq!(read, prices);
        prop_assert_eq!(rates.elsewhere(), elsewhere.as_ref().map(money));
    }
}
