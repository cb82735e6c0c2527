//! Changing a pledge: who may, until when, into what, and what it takes of the card.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    CANCEL_CUTOFF, Campaign, CampaignId, CampaignState, CardWork, Country, Currency, Model, Money, PersonId,
    Pledge, PledgeRefusal, PledgeState, Reward, RewardId, Shipment, ShippingRates, Standing,
};
use uuid::Uuid;

fn noon() -> DateTime<Utc> {
    "2027-03-03T12:00:00Z".parse().expect("an instant")
}

fn euros(amount: &str) -> Money {
    Money::new(amount.parse().expect("a number"), Currency::parse("EUR").expect("a currency")).expect("money")
}

fn campaign() -> Campaign {
    Campaign {
        id: CampaignId(Uuid::from_u128(10)),
        creator_id: PersonId(Uuid::from_u128(1)),
        model: Model::AllOrNothing,
        state: CampaignState::Live,
        suspended: false,
        goal: euros("1000"),
        starts_at: noon() - TimeDelta::days(1),
        ends_at: noon() + TimeDelta::days(30),
    }
}

/// Of three slots all are taken.
fn sold_out() -> Reward {
    Reward {
        id: RewardId(Uuid::from_u128(20)),
        campaign_id: campaign().id,
        title: "A name on the bow".into(),
        minimum: euros("25"),
        limit: Some(3),
        claimed: 3,
        shipping: None,
    }
}

fn saved() -> Standing {
    Standing {
        state: PledgeState::Committed,
        reward_id: None,
        amount: euros("30"),
        shipment: None,
        held: None,
    }
}

fn held(amount: &str) -> Standing {
    Standing { state: PledgeState::Authorized, held: Some(euros(amount)), ..saved() }
}

fn to(standing: &Standing, amount: &str) -> Result<CardWork, PledgeRefusal> {
    Pledge::change(standing, &campaign(), None, euros(amount), None, noon()).map(|change| change.card)
}

#[test]
fn a_saved_card_takes_any_amount() {
    assert_eq!(to(&saved(), "5"), Ok(CardWork::None));
    assert_eq!(to(&saved(), "500"), Ok(CardWork::None));
    assert_eq!(to(&saved(), "0.99"), Err(PledgeRefusal::BelowMinimum { minimum: euros("1") }));
}

#[test]
fn a_hold_takes_as_much_as_is_held() {
    assert_eq!(to(&held("30"), "29.99"), Ok(CardWork::None));
    assert_eq!(to(&held("30"), "30"), Ok(CardWork::None));
    assert_eq!(to(&held("30"), "30.01"), Ok(CardWork::NewHold));
    // Lowered before: what is held is what counts, not what is pledged.
    assert_eq!(to(&held("50"), "45"), Ok(CardWork::None));
}

#[test]
fn a_slot_one_has_is_not_sold_out_and_another_is() {
    let reward = sold_out();
    let change = |standing: &Standing, amount: &str| {
        Pledge::change(standing, &campaign(), Some(&reward), euros(amount), None, noon())
    };
    let sold = PledgeRefusal::SoldOut { title: reward.title.clone() };
    assert_eq!(change(&saved(), "30"), Err(sold));
    let own = Standing { reward_id: Some(reward.id), ..saved() };
    let kept = change(&own, "30").expect("a change");
    assert_eq!((kept.reward_id, kept.reward_minimum), (Some(reward.id), Some(euros("25"))));
    assert_eq!(change(&own, "24.99"), Err(PledgeRefusal::BelowReward { minimum: euros("25") }));
    let foreign = Reward { campaign_id: CampaignId(Uuid::from_u128(11)), claimed: 0, ..sold_out() };
    let refused = Pledge::change(&own, &campaign(), Some(&foreign), euros("30"), None, noon());
    assert_eq!(refused, Err(PledgeRefusal::RewardOfAnotherCampaign));
}

#[test]
fn where_it_goes_already_shipping_stays_as_agreed() {
    let country = |code| Country::parse(code).expect("a country");
    let (portugal, spain, japan) = (country("PT"), country("ES"), country("JP"));
    // Dearer than when the pledge was made.
    let prices = [(portugal, euros("9")), (spain, euros("6"))];
    let rates = ShippingRates::new(euros("1").currency(), prices, None).expect("rates");
    let sent = Reward { claimed: 0, shipping: Some(rates), ..sold_out() };
    let agreed = Shipment { to: portugal, cost: euros("4") };
    let own = Standing { reward_id: Some(sent.id), shipment: Some(agreed), ..held("34") };
    let change = |standing: &Standing, given: &str, country| {
        let made = Pledge::change(standing, &campaign(), Some(&sent), euros(given), country, noon());
        made.map(|change| (change.amount, change.shipment, change.card))
    };
    assert_eq!(change(&own, "30", Some(portugal)), Ok((euros("34"), Some(agreed), CardWork::None)));
    assert_eq!(change(&own, "31", Some(portugal)), Ok((euros("35"), Some(agreed), CardWork::NewHold)));
    let elsewhere = Shipment { to: spain, cost: euros("6") };
    assert_eq!(change(&own, "30", Some(spain)), Ok((euros("36"), Some(elsewhere), CardWork::NewHold)));
    assert!(matches!(change(&own, "30", Some(japan)), Err(PledgeRefusal::NotShipped { .. })));
    assert_eq!(change(&own, "30", None), Err(PledgeRefusal::NoCountry));
    // Whoever chose it when nothing was to be sent owes nothing for it now.
    let before = Standing { shipment: None, ..own.clone() };
    assert_eq!(change(&before, "30", Some(spain)), Ok((euros("30"), None, CardWork::None)));
    // Who comes from another reward pays what it costs now.
    let other = Standing { reward_id: None, shipment: None, ..own.clone() };
    let now = Shipment { to: portugal, cost: euros("9") };
    assert_eq!(change(&other, "30", Some(portugal)), Ok((euros("39"), Some(now), CardWork::NewHold)));
    // And nobody pays for sending nothing.
    let given =
        Pledge::change(&own, &campaign(), None, euros("30"), Some(portugal), noon()).expect("a change");
    assert_eq!((given.amount, given.shipment), (euros("30"), None));
}

#[test]
fn dollars_do_not_become_euros() {
    let dollars = Money::new(30.into(), Currency::parse("USD").expect("a currency")).expect("money");
    let refused = Pledge::change(&saved(), &campaign(), None, dollars, None, noon());
    assert_eq!(refused, Err(PledgeRefusal::WrongCurrency { expected: campaign().goal.currency() }));
}

#[test]
fn the_cutoff_is_the_first_instant_that_is_too_late() {
    let campaign = campaign();
    let cutoff = campaign.ends_at - CANCEL_CUTOFF;
    for state in [PledgeState::Committed, PledgeState::Authorized] {
        assert_eq!(Pledge::changeable(state, &campaign, cutoff - TimeDelta::milliseconds(1)), Ok(()));
        let refused = Pledge::changeable(state, &campaign, cutoff);
        assert_eq!(refused, Err(PledgeRefusal::ChangesOver { cutoff }));
    }
    let suspended = Campaign { suspended: true, ..campaign };
    let refused = Pledge::changeable(PledgeState::Committed, &suspended, noon());
    assert_eq!(refused, Err(PledgeRefusal::CampaignSuspended));
}

#[test]
fn only_a_pledge_that_stands_and_is_not_paid_can_change() {
    for state in PledgeState::ALL {
        let may = Pledge::changeable(*state, &campaign(), noon());
        match state {
            PledgeState::Committed | PledgeState::Authorized => assert_eq!(may, Ok(()), "{state:?}"),
            PledgeState::Pending => assert_eq!(may, Err(PledgeRefusal::NotFinished)),
            PledgeState::Captured | PledgeState::PartiallyRefunded | PledgeState::Disputed => {
                assert_eq!(may, Err(PledgeRefusal::RaiseByAnother), "{state:?}");
            }
            state if state.is_over() => assert_eq!(may, Err(PledgeRefusal::AlreadyOver), "{state:?}"),
            _ => {
                let cutoff = campaign().cancel_cutoff();
                assert_eq!(may, Err(PledgeRefusal::ChangesOver { cutoff }), "{state:?}");
            }
        }
    }
}
