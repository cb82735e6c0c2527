//! The numbers behind the bar.

use domain::{CampaignId, CampaignState, Currency, Milestone, Money, Progress};
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
    }
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
        prop_assert!(now.bar_permille() <= 1000);
        prop_assert!(now.snapshot().goal_at <= 1000);
    }

    #[test]
    fn more_money_is_never_less_percent(pledged in 0i64..1_000_000, more in 0i64..1_000_000, goal in 1i64..1_000_000) {
        prop_assert!(progress(pledged + more, goal).percent() >= progress(pledged, goal).percent());
    }
}
