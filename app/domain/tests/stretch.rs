//! Stretch goals: each once, in order, never back.

use domain::{Currency, Money, StretchGoal};
use proptest::prelude::*;

fn money(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").expect("a currency")).expect("money")
}

fn locked(amounts: &[i64]) -> Vec<StretchGoal> {
    amounts.iter().map(|amount| StretchGoal { amount: money(*amount), unlocked: false }).collect()
}

fn unlock(goals: &mut [StretchGoal], total: i64) -> Vec<usize> {
    let now: Vec<usize> = StretchGoal::newly_unlocked(goals, money(total)).collect();
    for place in &now {
        goals[*place].unlocked = true;
    }
    now
}

// Case 23
#[test]
fn each_is_unlocked_once_at_its_amount() {
    let mut goals = locked(&[1_500, 2_000, 3_000]);
    assert_eq!(unlock(&mut goals, 1_499), [] as [usize; 0]);
    assert_eq!(unlock(&mut goals, 1_500), [0], "equality passes it");
    assert_eq!(unlock(&mut goals, 1_400), [] as [usize; 0], "somebody cancelled");
    assert_eq!(unlock(&mut goals, 3_000), [1, 2], "one pledge may pass two");
    assert_eq!(unlock(&mut goals, 9_000), [] as [usize; 0]);
}

#[test]
fn one_that_is_not_reached_holds_back_those_behind_it() {
    assert_eq!(unlock(&mut locked(&[2_000, 1_500]), 1_700), [] as [usize; 0]);
}

proptest! {
    #[test]
    fn whatever_the_total_does_nothing_is_unlocked_twice_or_out_of_order(
        amounts in proptest::collection::btree_set(1i64..10_000, 0..6),
        totals in proptest::collection::vec(0i64..12_000, 0..30),
    ) {
        let amounts: Vec<i64> = amounts.into_iter().collect();
        let mut goals = locked(&amounts);
        let mut order = Vec::new();
        for total in &totals {
            order.extend(unlock(&mut goals, *total));
        }
        let highest = totals.iter().copied().max().unwrap_or_default();
        let passed = amounts.iter().filter(|amount| **amount <= highest).count();
        prop_assert_eq!(order, (0..passed).collect::<Vec<_>>());
    }
}
