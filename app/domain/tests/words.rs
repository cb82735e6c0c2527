//! What people read of states and declines: something, and something else for each.

use domain::{
    CampaignState, Country, Currency, DisputeState, Model, OTHER_AMOUNT, PayoutState, PledgeState,
    RefundState, ResultPolicy, in_plain_words,
};

fn are_sentences_of_their_own(what: &str, words: &[&str]) {
    for (at, one) in words.iter().enumerate() {
        assert!(one.len() >= 3 && one.starts_with(char::is_uppercase), "{what}: {one:?}");
        assert!(!words[..at].contains(one), "{what}: {one:?} twice");
    }
}

#[test]
fn every_state_has_words_of_its_own() {
    fn all<T: Copy>(what: &str, states: &[T], words: fn(T) -> &'static str) {
        are_sentences_of_their_own(what, &states.iter().copied().map(words).collect::<Vec<_>>());
    }
    all("models", Model::ALL, Model::label);
    all("models", Model::ALL, Model::explain);
    all("rules", ResultPolicy::ALL, ResultPolicy::explain);
    all("campaigns", CampaignState::ALL, CampaignState::label);
    all("pledges", PledgeState::ALL, PledgeState::label);
    all("payouts", PayoutState::ALL, PayoutState::label);
    // Whether the gateway was asked yet is nobody's business.
    assert_eq!(RefundState::Requested.label(), RefundState::Pending.label());
    all("refunds", &RefundState::ALL[1..], RefundState::label);
    all("disputes", DisputeState::ALL, DisputeState::label);
}

#[test]
fn every_decline_that_its_holder_can_mend_is_told_apart() {
    let groups: [&[&str]; 13] = [
        &["insufficient_funds"],
        &["card_gone"],
        &["hold_expired"],
        &[OTHER_AMOUNT],
        &["expired_card"],
        &["incorrect_cvc", "invalid_cvc"],
        &["incorrect_number", "invalid_number"],
        &["invalid_expiry_month", "invalid_expiry_year"],
        &["processing_error"],
        &["card_velocity_exceeded", "withdrawal_count_limit_exceeded"],
        &[
            "authentication_required",
            "authentication_failure",
            "setup_intent_authentication_failure",
            "payment_intent_authentication_failure",
        ],
        &["currency_not_supported"],
        &["card_not_supported", "transaction_not_allowed"],
    ];
    let away: &[&str] = &["try_again_later", "issuer_not_available", "reenter_transaction"];
    let groups = [&groups[..], &[away, &["generic_decline"]]].concat();
    are_sentences_of_their_own(
        "declines",
        &groups.iter().map(|codes| in_plain_words(codes[0])).collect::<Vec<_>>(),
    );
    for codes in groups {
        assert!(codes.iter().all(|code| in_plain_words(code) == in_plain_words(codes[0])), "{codes:?}");
    }
}

#[test]
fn a_sign_is_for_the_currency_that_everybody_takes_it_for() {
    let signs: Vec<(&str, &str)> =
        Currency::all().filter_map(|currency| Some((currency.code(), currency.symbol()?))).collect();
    assert_eq!(
        signs,
        [
            ("EUR", "€"),
            ("GBP", "£"),
            ("ILS", "₪"),
            ("INR", "₹"),
            ("JPY", "¥"),
            ("KRW", "₩"),
            ("NGN", "₦"),
            ("PHP", "₱"),
            ("TRY", "₺"),
            ("UAH", "₴"),
            ("USD", "$"),
            ("VND", "₫"),
        ]
    );
}

#[test]
fn a_country_is_its_code_in_a_log() {
    assert_eq!(format!("{:?}", Country::parse("PT").expect("a country")), "PT");
}
