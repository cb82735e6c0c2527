//! Payouts: every pair of state and event, and everything that may stand in the way.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{BANK_COOLING, Hold, NoOp, PayoutEvent, PayoutStanding, PayoutState, Step};

#[test]
fn every_pair_of_state_and_event() {
    use PayoutEvent as E;
    use PayoutState as S;
    let to = |state| Some(Step::To(state));
    let repeated = Some(Step::Stay(NoOp::Repeated));
    let stale = Some(Step::Stay(NoOp::Stale));
    let table = [
        (S::Waiting, [to(S::Approved), to(S::Refused), to(S::Declined), to(S::Withdrawn), None, None]),
        (S::Approved, [repeated, None, None, None, to(S::Sent), to(S::Dropped)]),
        (S::Sent, [stale, None, None, None, repeated, None]),
        (S::Refused, [to(S::Approved), repeated, None, None, None, None]),
        (S::Declined, [None, None, repeated, None, None, None]),
        (S::Withdrawn, [None, None, None, repeated, None, None]),
        (S::Dropped, [stale, None, None, None, None, repeated]),
    ];
    assert_eq!(table.map(|(state, _)| state), S::ALL);
    for (state, row) in table {
        let events = [E::Approved, E::Refused, E::Declined, E::Withdrawn, E::AllSent, E::NothingLeft];
        assert_eq!(events, E::ALL);
        for (event, expected) in events.into_iter().zip(row) {
            assert_eq!(state.next(event).ok(), expected, "{state:?} {event:?}");
        }
    }
}

fn now() -> DateTime<Utc> {
    "2027-03-03T18:00:00Z".parse().expect("a time")
}

fn ready() -> PayoutStanding {
    PayoutStanding {
        suspended: false,
        due_at: now(),
        account_ready: true,
        bank_changed_at: None,
        asked_until: None,
    }
}

#[test]
fn money_leaves_at_the_very_instant_it_is_due() {
    assert_eq!(ready().hold(now()), None);
    let before = now() - TimeDelta::milliseconds(1);
    assert_eq!(ready().hold(before), Some(Hold::NotDue { on: now() }));
}

#[test]
fn a_new_bank_account_cools_for_72_hours() {
    let standing = PayoutStanding { bank_changed_at: Some(now()), ..ready() };
    let until = now() + TimeDelta::hours(72);
    assert_eq!(until, now() + BANK_COOLING);
    assert_eq!(standing.hold(until - TimeDelta::milliseconds(1)), Some(Hold::BankChanged { until }));
    assert_eq!(standing.hold(until), None);
}

#[test]
fn each_reason_holds_alone_and_the_weightiest_is_told() {
    assert_eq!(PayoutStanding { account_ready: false, ..ready() }.hold(now()), Some(Hold::Account));
    let until = now() + TimeDelta::days(1);
    let asks = PayoutStanding { asked_until: Some(until), ..ready() };
    assert_eq!(asks.hold(now()), Some(Hold::NotAsked { until }));
    assert_eq!(asks.hold(until), None, "then it leaves by itself");
    let all = PayoutStanding {
        suspended: true,
        due_at: now() + TimeDelta::days(1),
        account_ready: false,
        bank_changed_at: Some(now()),
        asked_until: Some(until),
    };
    assert_eq!(all.hold(now()), Some(Hold::Suspended));
    let all = PayoutStanding { suspended: false, ..all };
    assert_eq!(all.hold(now()), Some(Hold::NotDue { on: all.due_at }));
    let all = PayoutStanding { due_at: now(), ..all };
    assert_eq!(all.hold(now()), Some(Hold::Account));
}
