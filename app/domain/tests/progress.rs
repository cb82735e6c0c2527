//! The numbers behind the bar.

use domain::{CampaignId, CampaignState, Currency, Milestone, Money, Progress, StretchGoal};
use proptest::prelude::*;
use uuid::Uuid;

fn money(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").expect("a currency")).expect("money")
}

fn progress(pledged: i64, goal: i64) -> Progress {
    Progress {
        campaign_id: CampaignId(Uuid::nil()),
        version: 1,
        pledged: money(pledged),
        goal: money(goal),
        backers: 1,
        state: CampaignState::Live,
        ends_at: "2027-03-03T12:00:00Z".parse().expect("an instant"),
        stretch: Vec::new(),
    }
}

/// The same with stretch goals, of which the first so many are unlocked.
fn stretched(pledged: i64, goal: i64, amounts: &[i64], unlocked: usize) -> Progress {
    let stretch = amounts
        .iter()
        .enumerate()
        .map(|(place, amount)| StretchGoal { amount: money(*amount), unlocked: place < unlocked });
    Progress { stretch: stretch.collect(), ..progress(pledged, goal) }
}

#[test]
fn one_cent_short_is_not_a_hundred_percent() {
    assert_eq!(progress(99_999, 100_000).percent(), 99);
    assert_eq!(progress(100_000, 100_000).percent(), 100);
    assert_eq!(Milestone::passed(money(99_999), money(100_000)).len(), 3);
    assert_eq!(Milestone::passed(money(100_000), money(100_000)).len(), 4);
}

#[test]
fn past_the_goal_the_goal_moves_back_on_the_bar() {
    let double = progress(200_000, 100_000).snapshot();
    assert_eq!((double.percent, double.fill, double.goal_at), (200, 1000, 500));
    let half = progress(50_000, 100_000).snapshot();
    assert_eq!((half.percent, half.fill, half.goal_at), (50, 500, 1000));
    assert_eq!((half.pledged.as_str(), half.pledged_plain.as_str()), ("€500", "500.00"));
}

#[test]
fn the_bar_reaches_to_the_last_stretch_goal_and_further_when_more_is_raised() {
    let before = stretched(60_000, 100_000, &[150_000, 200_000], 0).snapshot();
    assert_eq!((before.percent, before.fill, before.goal_at), (60, 300, 500));
    let places: Vec<(u32, &str)> = before.marks.iter().map(|mark| (mark.at, mark.label.as_str())).collect();
    assert_eq!(places, [(750, "Stretch €1,500"), (1000, "Stretch €2,000")]);
    assert_eq!(
        before.words(),
        "€600 raised, 60 percent of the goal of €1,000, 0 of 2 stretch goals unlocked"
    );
    let after = stretched(400_000, 100_000, &[150_000, 200_000], 2).snapshot();
    assert_eq!((after.fill, after.goal_at, after.marks[1].at), (1000, 250, 500));
    assert_eq!((after.unlocked, after.stretch_goals), (2, 2));
    assert!(after.marks.iter().all(|mark| mark.unlocked && mark.label.is_empty()), "{:?}", after.marks);
}

#[test]
fn words_stand_beneath_marks_that_leave_them_room() {
    let labels = |goal| stretched(0, goal, &[100_000], 0).snapshot().marks.remove(0).label;
    assert_eq!(labels(82_000), "Stretch €1,000", "180 thousandths");
    assert_eq!(labels(82_100), "", "179 of them");
}

#[test]
fn nothing_of_nothing_is_nothing() {
    assert_eq!(progress(500, 0).percent(), 0);
    assert_eq!(progress(-500, 1_000).percent(), 0);
}

#[test]
fn what_was_unlocked_stays_so_when_somebody_cancels() {
    let fallen = stretched(140_000, 100_000, &[150_000], 1).snapshot();
    assert!(fallen.marks[0].unlocked);
}

#[test]
fn of_many_stretch_goals_the_next_ones_are_drawn() {
    let amounts = [110_000, 120_000, 130_000, 140_000, 150_000];
    let drawn = |unlocked| -> Vec<bool> {
        let snapshot = stretched(100_000, 100_000, &amounts, unlocked).snapshot();
        assert_eq!(snapshot.unlocked as usize, unlocked);
        snapshot.marks.iter().map(|mark| mark.unlocked).collect()
    };
    assert_eq!(drawn(0), [false, false, false]);
    assert_eq!(drawn(2), [true, false, false]);
    assert_eq!(drawn(5), [true, true, true]);
}

#[test]
fn without_stretch_goals_the_snapshot_says_nothing_of_them() {
    let said = serde_json::to_string(&progress(1, 100).snapshot()).expect("JSON");
    assert!(!said.contains("marks") && !said.contains("stretch"), "{said}");
}

#[test]
fn only_newer_snapshots_replace_what_is_shown() {
    let old = progress(1, 100).snapshot();
    let new = domain::Snapshot { version: 2, ..old.clone() };
    assert!(new.supersedes(&old) && !old.supersedes(&new) && !old.supersedes(&old));
}

proptest! {
    #[test]
    fn a_hundred_percent_is_the_goal_exactly(pledged in 0i64..10_000_000_000, goal in 1i64..10_000_000_000) {
        let now = progress(pledged, goal);
        prop_assert_eq!(now.percent() >= 100, pledged >= goal);
        prop_assert!(now.snapshot().fill <= 1000);
        prop_assert!(now.snapshot().goal_at <= 1000);
    }

    #[test]
    fn more_money_is_never_less_percent(pledged in 0i64..1_000_000, more in 0i64..1_000_000, goal in 1i64..1_000_000) {
        prop_assert!(progress(pledged + more, goal).percent() >= progress(pledged, goal).percent());
    }
}

/// What the server sends is what the browser reads.
#[test]
fn a_snapshot_is_the_same_after_its_way() {
    for snapshot in [progress(60_000, 100_000), stretched(60_000, 100_000, &[150_000, 200_000], 1)] {
        let snapshot = snapshot.snapshot();
        let sent = serde_json::to_string(&snapshot).expect("JSON");
        assert_eq!(serde_json::from_str::<domain::Snapshot>(&sent).expect("a snapshot"), snapshot);
    }
}
