//! Changing a pledge: who may, until when, into what, and what it takes of the card.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    CANCEL_CUTOFF, Campaign, CampaignId, CampaignState, CardWork, Currency, Model, Money, PersonId, Pledge,
    PledgeRefusal, PledgeState, Reward, RewardId, Standing,
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
    }
}

fn saved() -> Standing {
    Standing { state: PledgeState::Committed, reward_id: None, amount: euros("30"), held: None }
}

fn held(amount: &str) -> Standing {
    Standing { state: PledgeState::Authorized, held: Some(euros(amount)), ..saved() }
}

fn to(standing: &Standing, amount: &str) -> Result<CardWork, PledgeRefusal> {
    Pledge::change(standing, &campaign(), None, euros(amount), noon()).map(|change| change.card)
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
        Pledge::change(standing, &campaign(), Some(&reward), euros(amount), noon())
    };
    let sold = PledgeRefusal::SoldOut { title: reward.title.clone() };
    assert_eq!(change(&saved(), "30"), Err(sold));
    let own = Standing { reward_id: Some(reward.id), ..saved() };
    let kept = change(&own, "30").expect("a change");
    assert_eq!((kept.reward_id, kept.reward_minimum), (Some(reward.id), Some(euros("25"))));
    assert_eq!(change(&own, "24.99"), Err(PledgeRefusal::BelowReward { minimum: euros("25") }));
    let foreign = Reward { campaign_id: CampaignId(Uuid::from_u128(11)), claimed: 0, ..sold_out() };
    let refused = Pledge::change(&own, &campaign(), Some(&foreign), euros("30"), noon());
    assert_eq!(refused, Err(PledgeRefusal::RewardOfAnotherCampaign));
}

#[test]
fn dollars_do_not_become_euros() {
    let dollars = Money::new(30.into(), Currency::parse("USD").expect("a currency")).expect("money");
    let refused = Pledge::change(&saved(), &campaign(), None, dollars, noon());
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
