//! The outcome and the plan, at their edges and over everything in between.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Act, CampaignState, Currency, Model, Money, Outcome, Plan, PledgeId, PledgeState, REMINDER_EVERY,
    RETRY_WINDOW, Step, next_reminder, reminders_left, worth_a_last_try,
};
use proptest::prelude::*;
use uuid::Uuid;

fn money(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").expect("a currency")).expect("money")
}

fn pledges(of: &[(PledgeState, i64)]) -> Vec<(PledgeId, PledgeState, Money)> {
    let numbered = of.iter().zip(1_u128..);
    numbered.map(|((state, amount), id)| (PledgeId(Uuid::from_u128(id)), *state, money(*amount))).collect()
}

#[test]
fn equality_meets_the_goal_and_one_unit_less_does_not() {
    for (model, pledged, outcome) in [
        (Model::AllOrNothing, 10_000, Outcome::Funded),
        (Model::AllOrNothing, 9_999, Outcome::Failed),
        (Model::AllOrNothing, 0, Outcome::Failed),
        (Model::Hybrid, 10_000, Outcome::Funded),
        (Model::Hybrid, 9_999, Outcome::Failed),
        (Model::KeepItAll, 10_000, Outcome::Funded),
        (Model::KeepItAll, 9_999, Outcome::PartiallyFunded),
        (Model::KeepItAll, 1, Outcome::PartiallyFunded),
        (Model::KeepItAll, 0, Outcome::Failed),
    ] {
        assert_eq!(Outcome::decide(model, money(pledged), money(10_000)), Ok(outcome), "{model:?} {pledged}");
    }
}

#[test]
fn currencies_are_not_compared() {
    let yen = Money::from_minor(100, Currency::parse("JPY").expect("a currency")).expect("money");
    assert!(Outcome::decide(Model::AllOrNothing, yen, money(1)).is_err());
}

#[test]
fn an_outcome_ends_a_settling_campaign_and_says_where() {
    for outcome in Outcome::ALL {
        assert_eq!(CampaignState::Settling.next(outcome.event()), Ok(Step::To(outcome.state())));
    }
}

#[test]
fn everybody_is_charged_captured_or_released() {
    use PledgeState as S;
    let of = [(S::Committed, 2_000), (S::Authorized, 3_000), (S::Captured, 5_000), (S::Cancelled, 9_000)];
    let acts = |goal| {
        let plan = Plan::of(Model::AllOrNothing, money(goal), pledges(&of)).expect("a plan");
        (plan.outcome, plan.pledged, plan.pledges.iter().map(|planned| planned.act).collect::<Vec<_>>())
    };
    assert_eq!(
        acts(10_000),
        (Outcome::Funded, money(10_000), vec![Some(Act::Charge), Some(Act::Capture), None, None])
    );
    assert_eq!(
        acts(10_001),
        (Outcome::Failed, money(10_000), vec![Some(Act::Release), Some(Act::Release), None, None])
    );
}

#[test]
fn reminders_come_every_48_hours_within_the_window() {
    let failed: DateTime<Utc> = "2027-03-03T12:00:00Z".parse().expect("an instant");
    let until = failed + RETRY_WINDOW;
    let mut told = failed;
    let mut count = 0;
    while let Some(due) = next_reminder(told, until) {
        assert_eq!(due - told, REMINDER_EVERY);
        told = due;
        count += 1;
    }
    assert_eq!((count, reminders_left(failed, until)), (3, 3), "after 2, 4 and 6 days");
    assert_eq!(reminders_left(failed, failed + TimeDelta::days(2)), 0);
    assert_eq!(next_reminder(until - REMINDER_EVERY, until), None, "none at the end itself");
    assert_eq!(
        next_reminder(until - REMINDER_EVERY - TimeDelta::seconds(1), until),
        Some(until - TimeDelta::seconds(1))
    );
}

#[test]
fn a_hard_decline_is_not_tried_again() {
    assert!(worth_a_last_try(PledgeState::Errored, Some("insufficient_funds")));
    assert!(worth_a_last_try(PledgeState::Errored, None));
    assert!(!worth_a_last_try(PledgeState::Errored, Some("stolen_card")));
    assert!(!worth_a_last_try(PledgeState::NeedsAction, Some("authentication_required")));
}

fn any_pledges() -> impl Strategy<Value = Vec<(PledgeState, i64)>> {
    proptest::collection::vec((proptest::sample::select(PledgeState::ALL), 1_i64..100_000), 0..40)
}

proptest! {
    #[test]
    fn the_plan_adds_up(of in any_pledges(), goal in 1_i64..2_000_000, model in proptest::sample::select(Model::ALL)) {
        let plan = Plan::of(model, money(goal), pledges(&of)).expect("a plan");
        let counted: i64 = of.iter().filter(|(state, _)| state.counts()).map(|(_, amount)| amount).sum();
        prop_assert_eq!(plan.pledged, money(counted));
        prop_assert_eq!(plan.pledges.len(), of.len());
        for act in Act::ALL {
            let (count, sum) = plan.sum_of(*act).expect("a sum");
            let planned = plan.pledges.iter().filter(|planned| planned.act == Some(*act));
            let expected: i64 = planned.clone().map(|planned| planned.amount.minor_units()).sum();
            prop_assert_eq!((count, sum), (planned.count(), money(expected)));
        }
    }

    /// Nobody pays for a campaign that failed, and nobody who could pay for a funded one is let go.
    #[test]
    fn no_charge_without_a_goal_met(of in any_pledges(), goal in 1_i64..2_000_000, model in proptest::sample::select(Model::ALL)) {
        let plan = Plan::of(model, money(goal), pledges(&of)).expect("a plan");
        for planned in &plan.pledges {
            let takes_money = matches!(planned.act, Some(Act::Charge | Act::Capture));
            prop_assert!(!(takes_money && plan.outcome == Outcome::Failed));
            let secured = matches!(planned.state, PledgeState::Committed | PledgeState::Authorized);
            prop_assert_eq!(takes_money, secured && plan.outcome != Outcome::Failed);
        }
    }
}
