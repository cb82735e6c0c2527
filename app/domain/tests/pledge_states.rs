//! The life of a pledge: every pair of state and event, and what must not depend on the order.

use domain::{EventRefusal, PledgeEvent as E, PledgeState as S, Step};
use proptest::prelude::*;

/// One letter for each pair: where it leads, `=` for a named no-op, `!` for something to give back, `.` for impossible.
/// The columns are the events in their order, the rows the states in theirs.
#[test]
fn every_pair_of_state_and_event() {
    let mut table = String::new();
    for state in S::ALL {
        let row: Vec<String> = E::ALL.iter().map(|event| letter(*state, *event)).collect();
        table.push_str(&format!("{:<19}{}\n", state.as_str(), row.join(" ")));
    }
    let expected = "\
pending            com aut cap =   =   .   .   .   .   .   can exp voi voi ref par =   .   .   .
committed          =   .   cap =   =   cha com com !   .   can =   voi voi ref par =   .   .   .
authorized         =   =   cap =   =   cha .   aut aut .   can =   voi voi ref par =   .   .   .
captured           =   =   =   =   =   =   =   =   !   =   .   =   .   .   ref par =   dis =   =
charging           =   =   cap err nee =   =   =   !   .   .   =   .   .   ref par =   .   .   .
errored            =   .   cap =   nee cha cha =   !   dro .   =   voi voi ref par =   .   .   .
needs_action       =   .   cap err =   cha cha =   !   dro .   =   voi voi ref par =   .   .   .
dropped            !   !   !   =   =   .   !   =   !   =   =   =   =   =   =   =   =   .   .   .
cancelled          !   !   !   =   =   .   !   =   !   =   =   =   =   =   =   =   =   .   .   .
expired            !   !   !   =   =   .   !   =   !   =   =   =   =   =   =   =   =   .   .   .
voided             !   !   !   =   =   .   !   =   !   =   =   =   =   =   =   =   =   .   .   .
refunded           =   =   =   =   =   =   =   =   !   =   =   =   =   =   =   =   cap =   =   =
partially_refunded =   =   =   =   =   =   =   =   !   =   .   =   .   .   ref =   cap dis =   =
disputed           =   =   =   =   =   =   =   =   !   =   .   =   .   .   ref =   =   =   cap ref
";
    assert_eq!(squeezed(&table), squeezed(expected), "\n{table}");
}

fn letter(state: S, event: E) -> String {
    match state.next(event) {
        Ok(Step::To(to)) => to.as_str().chars().take(3).collect(),
        Ok(Step::Stay(_)) => "=".into(),
        Err(EventRefusal::LateMoney { .. }) => "!".into(),
        Err(EventRefusal::Impossible { .. }) => ".".into(),
    }
}

fn squeezed(table: &str) -> Vec<String> {
    table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn names_lead_back_to_what_they_name() {
    for state in S::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    for event in E::ALL {
        assert_eq!(event.as_str().parse(), Ok(*event));
    }
    assert!("paid".parse::<S>().is_err());
}

#[test]
fn what_counts_holds_its_slot_and_is_not_over() {
    for state in S::ALL {
        assert!(!state.counts() || state.holds_slot(), "{state:?}");
        assert!(!(state.counts() && state.is_over()), "{state:?}");
    }
}

/// Applies events in any order and any number; refusals change nothing.
fn after(events: &[E]) -> S {
    events.iter().fold(S::Pending, |state, event| match state.next(*event) {
        Ok(Step::To(to)) => to,
        Ok(Step::Stay(_)) | Err(_) => state,
    })
}

fn shuffled(events: &'static [E]) -> impl Strategy<Value = Vec<E>> {
    // Every event at least once, some of them again, in any order.
    proptest::collection::vec(proptest::sample::select(events), 0..6).prop_flat_map(move |again| {
        let all: Vec<E> = events.iter().copied().chain(again).collect();
        Just(all).prop_shuffle()
    })
}

proptest! {
    #[test]
    fn saving_a_card_ends_committed(events in shuffled(&[E::ActionRequired, E::PaymentFailed, E::CardSaved])) {
        prop_assert_eq!(after(&events), S::Committed);
    }

    #[test]
    fn placing_a_hold_ends_authorized(events in shuffled(&[E::ActionRequired, E::PaymentFailed, E::HoldPlaced])) {
        prop_assert_eq!(after(&events), S::Authorized);
    }

    #[test]
    fn paying_ends_captured(events in shuffled(&[E::ActionRequired, E::PaymentFailed, E::HoldPlaced, E::PaymentCaptured])) {
        prop_assert_eq!(after(&events), S::Captured);
    }

    #[test]
    fn a_refund_ends_refunded(events in shuffled(&[E::PaymentCaptured, E::Refunded, E::PartiallyRefunded])) {
        prop_assert_eq!(after(&events), S::Refunded);
    }

    // Case 39: whatever the order, a dispute that is lost ends refunded, and a refund that was returned ends paid.
    #[test]
    fn a_lost_dispute_ends_refunded(events in shuffled(&[E::DisputeOpened, E::DisputeLost])) {
        let told: Vec<E> = std::iter::once(E::PaymentCaptured).chain(events).chain([E::DisputeOpened, E::DisputeLost]).collect();
        prop_assert_eq!(after(&told), S::Refunded);
    }

    #[test]
    fn what_is_over_stays_over(events in proptest::collection::vec(proptest::sample::select(E::ALL), 0..40)) {
        let mut state = S::Pending;
        for event in events {
            let over = state.is_over();
            if let Ok(Step::To(to)) = state.next(event) {
                // The one way back: the bank returned the refund, so the money is here again.
                let returned = (state, event) == (S::Refunded, E::RefundFailed);
                prop_assert!(!over || returned, "{:?} came back to life by {:?}", state, event);
                state = to;
            }
        }
    }
}
