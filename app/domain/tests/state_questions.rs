//! What is asked of a state, for every state.

use domain::{CampaignState, Currency, DisputeState, PledgeState, ReserveRule, smallest_pledge};

fn pledges_that(holds: fn(PledgeState) -> bool) -> Vec<&'static str> {
    PledgeState::ALL.iter().copied().filter(|state| holds(*state)).map(PledgeState::as_str).collect()
}

#[test]
fn what_is_asked_of_a_pledge() {
    assert_eq!(pledges_that(PledgeState::can_be_fixed), ["errored", "needs_action"]);
    let paid = ["captured", "refunded", "partially_refunded", "disputed"];
    assert_eq!(pledges_that(PledgeState::is_paid), paid);
    let with_money = pledges_that(PledgeState::has_money);
    assert_eq!(with_money, [&["authorized"][..], &paid].concat());
    let without_slot = pledges_that(|state| !state.holds_slot());
    assert_eq!(without_slot, ["cancelled", "expired", "voided", "refunded"]);
}

#[test]
fn what_is_asked_of_a_campaign() {
    let hidden: Vec<_> = CampaignState::ALL.iter().filter(|state| !state.is_public()).collect();
    assert_eq!(hidden, [&CampaignState::Draft, &CampaignState::InReview]);
}

#[test]
fn what_is_asked_of_a_dispute() {
    let that = |holds: fn(DisputeState) -> bool| -> Vec<&str> {
        DisputeState::ALL.iter().copied().filter(|state| holds(*state)).map(DisputeState::as_str).collect()
    };
    assert_eq!(that(DisputeState::freezes), ["needs_response", "under_review"]);
    assert_eq!(that(DisputeState::takes_evidence), ["inquiry", "needs_response"]);
    assert_eq!(that(DisputeState::is_closed), ["inquiry_closed", "won", "lost"]);
}

#[test]
fn a_reserve_is_kept_as_it_was_chosen() {
    let rule = ReserveRule::new(1_000, 60).expect("a rule");
    assert_eq!((rule.bps(), rule.days()), (1_000, 60));
}

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
#[test]
fn the_smallest_pledge_is_what_a_card_can_be_charged() {
    let of = |code: &str| smallest_pledge(Currency::parse(code).expect("a currency")).amount();
    for (code, least) in [
        ("EUR", "1"),
        ("KWD", "1"),
        ("USD", "1"),
        ("JPY", "50"),
        ("KRW", "1000"),
        ("HUF", "175"),
        ("CZK", "15"),
        ("MXN", "10"),
        ("THB", "10"),
        ("HKD", "4"),
        ("NOK", "3"),
        ("SEK", "3"),
        ("DKK", "2.5"),
        ("AED", "2"),
        ("MYR", "2"),
        ("PLN", "2"),
        ("RON", "2"),
    ] {
        let least: rust_decimal::Decimal = least.parse().expect("a number");
        assert_eq!(of(code), least, "{code}");
    }
}
