//! Who may pledge what, and when: every refusal once, and the edges of each.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Campaign, CampaignId, CampaignState, Collection, Country, Currency, Model, Money, PersonId, Pledge,
    PledgeRefusal, PledgeState, Reward, RewardId, Shipment, ShippingRates,
};
use uuid::Uuid;

fn noon() -> DateTime<Utc> {
    "2027-03-03T12:00:00Z".parse().expect("an instant")
}

fn euros(amount: &str) -> Money {
    Money::new(amount.parse().expect("a number"), Currency::parse("EUR").expect("a currency")).expect("money")
}

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

/// Live, all-or-nothing, €1,000, from a day ago until in thirty days; by person 1.
fn campaign() -> Campaign {
    Campaign {
        id: CampaignId(Uuid::from_u128(10)),
        creator_id: person(1),
        model: Model::AllOrNothing,
        state: CampaignState::Live,
        suspended: false,
        goal: euros("1000"),
        starts_at: noon() - TimeDelta::days(1),
        ends_at: noon() + TimeDelta::days(30),
    }
}

fn reward() -> Reward {
    Reward {
        id: RewardId(Uuid::from_u128(20)),
        campaign_id: campaign().id,
        title: "A name on the bow".into(),
        minimum: euros("25"),
        limit: Some(3),
        claimed: 2,
        shipping: None,
    }
}

fn offer(campaign: &Campaign, amount: Money) -> Result<domain::Offer, PledgeRefusal> {
    Pledge::offer(campaign, person(2), None, amount, None, noon())
}

#[test]
fn a_pledge_takes_the_campaigns_terms() {
    let offer =
        Pledge::offer(&campaign(), person(2), Some(&reward()), euros("30"), None, noon()).expect("an offer");
    assert_eq!(offer.reward_minimum, Some(euros("25")));
    assert_eq!(offer.collection, Collection::SaveCard);
}

#[test]
fn the_deadline_is_the_first_instant_that_is_too_late() {
    let campaign = campaign();
    let at = |now| Pledge::offer(&campaign, person(2), None, euros("5"), None, now);
    assert!(at(campaign.ends_at - TimeDelta::milliseconds(1)).is_ok());
    assert_eq!(at(campaign.ends_at), Err(PledgeRefusal::Over { ended_at: campaign.ends_at }));
    assert!(at(campaign.starts_at).is_ok());
    let early = at(campaign.starts_at - TimeDelta::milliseconds(1));
    assert_eq!(early, Err(PledgeRefusal::NotBegun { starts_at: campaign.starts_at }));
}

#[test]
fn only_a_live_campaign_takes_pledges() {
    for state in CampaignState::ALL {
        let campaign = Campaign { state: *state, ..campaign() };
        assert_eq!(offer(&campaign, euros("5")).is_ok(), *state == CampaignState::Live, "{state:?}");
    }
    let suspended = Campaign { suspended: true, ..campaign() };
    assert_eq!(offer(&suspended, euros("5")), Err(PledgeRefusal::CampaignSuspended));
}

#[test]
fn the_amount_must_reach_the_minimum() {
    assert_eq!(offer(&campaign(), euros("0.99")), Err(PledgeRefusal::BelowMinimum { minimum: euros("1") }));
    assert!(offer(&campaign(), euros("1")).is_ok());
    let with_reward = |amount| Pledge::offer(&campaign(), person(2), Some(&reward()), amount, None, noon());
    assert_eq!(with_reward(euros("24.99")), Err(PledgeRefusal::BelowReward { minimum: euros("25") }));
    assert!(with_reward(euros("25")).is_ok());
}

#[test]
fn what_is_refused_says_beside_which_field() {
    let sold_out = Reward { claimed: 3, ..reward() };
    let refusal = Pledge::offer(&campaign(), person(2), Some(&sold_out), euros("30"), None, noon())
        .expect_err("sold out");
    assert_eq!((refusal.field(), refusal.to_string().contains("just sold out")), (Some("reward"), true));

    let foreign = Reward { campaign_id: CampaignId(Uuid::from_u128(11)), ..reward() };
    let refusal = Pledge::offer(&campaign(), person(2), Some(&foreign), euros("30"), None, noon())
        .expect_err("foreign");
    assert_eq!(refusal, PledgeRefusal::RewardOfAnotherCampaign);

    let yen = Money::new(500.into(), Currency::parse("JPY").expect("a currency")).expect("money");
    let refusal = offer(&campaign(), yen).expect_err("another currency");
    assert_eq!(
        (refusal.field(), refusal.to_string().as_str()),
        (Some("amount"), "This campaign takes pledges in EUR.")
    );

    let own = Pledge::offer(&campaign(), person(1), None, euros("5"), None, noon());
    assert_eq!(own, Err(PledgeRefusal::OwnCampaign));
}

#[test]
fn shipping_is_added_to_what_is_given() {
    let portugal = Country::parse("PT").expect("a country");
    let spain = Country::parse("ES").expect("a country");
    let rates = ShippingRates::new(euros("1").currency(), [(portugal, euros("4.50"))], None);
    let sent = Reward { shipping: Some(rates.expect("rates")), ..reward() };
    let offer = |given: &str, country| {
        Pledge::offer(&campaign(), person(2), Some(&sent), euros(given), country, noon())
    };
    let shipment = Shipment { to: portugal, cost: euros("4.50") };
    let made = offer("25", Some(portugal)).expect("an offer");
    assert_eq!((made.amount, made.shipment), (euros("29.50"), Some(shipment)));
    // Shipping does not help to reach the reward.
    assert_eq!(offer("24.99", Some(portugal)), Err(PledgeRefusal::BelowReward { minimum: euros("25") }));
    assert_eq!(offer("25", None), Err(PledgeRefusal::NoCountry));
    assert!(matches!(offer("25", Some(spain)), Err(PledgeRefusal::NotShipped { .. })));
    let most = offer("999999999999", Some(portugal)).expect_err("too much");
    assert_eq!(
        (most.field(), most.to_string().as_str()),
        (Some("amount"), "The largest amount is €999,999,999,999.")
    );
    // Where nothing is sent, a country that was chosen for another reward changes nothing.
    let there = Pledge::offer(&campaign(), person(2), Some(&reward()), euros("25"), Some(spain), noon());
    let there = there.expect("an offer");
    assert_eq!((there.amount, there.shipment), (euros("25"), None));
    let given = Pledge::offer(&campaign(), person(2), None, euros("5"), Some(spain), noon());
    assert_eq!(given.expect("an offer").shipment, None);
}

#[test]
fn an_unlimited_reward_never_sells_out() {
    let unlimited = Reward { limit: None, claimed: 0, ..reward() };
    assert_eq!((unlimited.left(), unlimited.sold_out()), (None, false));
}

#[test]
fn how_the_money_is_secured_follows_model_and_time() {
    let near = Campaign { ends_at: noon() + domain::HOLD_WINDOW, ..campaign() };
    let far = Campaign { ends_at: near.ends_at + TimeDelta::milliseconds(1), ..campaign() };
    assert_eq!(near.collection(noon()), Collection::Hold);
    assert_eq!(far.collection(noon()), Collection::SaveCard);
    let keep = Campaign { model: Model::KeepItAll, ..near };
    assert_eq!(keep.collection(noon()), Collection::ChargeNow);
}

#[test]
fn cancelling_is_possible_until_the_cutoff() {
    let campaign = campaign();
    let cutoff = campaign.cancel_cutoff();
    for state in PledgeState::ALL {
        let before = Pledge::cancellable(*state, &campaign, cutoff - TimeDelta::milliseconds(1)).is_ok();
        let after = Pledge::cancellable(*state, &campaign, cutoff).is_ok();
        let always = *state == PledgeState::Pending;
        let early = matches!(state, PledgeState::Committed | PledgeState::Authorized);
        assert_eq!((before, after), (always || early, always), "{state:?}");
    }
}

#[test]
fn the_mandate_says_what_when_and_how_to_stop() {
    let campaign = campaign();
    let text = domain::mandate(&campaign, euros("25"), Collection::SaveCard, noon());
    assert!(text.contains("charged €25 after 2 April 2027 at 12:00 UTC, only if the goal is met"), "{text}");
    assert!(text.contains("You can cancel until 31 March 2027 at 12:00 UTC"), "{text}");
    let late = domain::mandate(&campaign, euros("25"), Collection::Hold, campaign.cancel_cutoff());
    assert!(late.contains("can no longer be cancelled"), "{late}");
}
