//! The second decision: what follows from what could be collected.

use domain::{CampaignState, Currency, Money, Outcome, ResultPolicy, Step, Verdict};
use proptest::prelude::*;

fn money(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").expect("a currency")).expect("money")
}

// Case 20
#[test]
fn equality_is_enough_and_one_unit_less_is_not() {
    let judge =
        |collected| ResultPolicy::FailsBelowGoal.judge(Outcome::Funded, money(collected), money(10_000));
    assert_eq!(judge(10_000), Ok(Verdict::Stands));
    assert_eq!(judge(9_999), Ok(Verdict::FellShort));
    assert_eq!(judge(0), Ok(Verdict::FellShort));
}

#[test]
fn a_verdict_ends_a_settling_campaign() {
    let ends = |verdict: Verdict| CampaignState::Settling.next(verdict.event(Outcome::Funded));
    assert_eq!(ends(Verdict::Stands), Ok(Step::To(CampaignState::Funded)));
    assert_eq!(ends(Verdict::FellShort), Ok(Step::To(CampaignState::Failed)));
    assert!(
        CampaignState::Funded.next(Verdict::FellShort.event(Outcome::Funded)).is_err(),
        "never afterwards"
    );
}

proptest! {
    #[test]
    fn only_the_rule_that_says_so_lets_a_funded_campaign_fail(
        policy in proptest::sample::select(ResultPolicy::ALL),
        outcome in proptest::sample::select(Outcome::ALL),
        collected in 0i64..20_000,
        goal in 1i64..20_000,
    ) {
        let fell = policy.judge(outcome, money(collected), money(goal)) == Ok(Verdict::FellShort);
        let should =
            policy == ResultPolicy::FailsBelowGoal && outcome == Outcome::Funded && collected < goal;
        prop_assert_eq!(fell, should);
    }

    #[test]
    fn collecting_more_never_makes_it_fail(
        policy in proptest::sample::select(ResultPolicy::ALL),
        collected in 0i64..20_000,
        more in 0i64..20_000,
        goal in 1i64..20_000,
    ) {
        let stands = |collected| policy.judge(Outcome::Funded, money(collected), money(goal)) == Ok(Verdict::Stands);
        prop_assert!(!stands(collected) || stands(collected + more));
    }
}
