//! Refunds and disputes: what is heard late or twice changes nothing, and a backer's own window has an end.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{DisputeState, Model, PledgeState, RefundState, SelfRefundRefusal, self_refund_until};
use proptest::prelude::*;

fn day(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

proptest! {
    // Case 39
    #[test]
    fn in_whatever_order_a_refund_is_heard_of_it_ends_the_same(
        heard in Just(RefundState::ALL.to_vec()).prop_shuffle(),
    ) {
        let end = heard.into_iter().fold(RefundState::Requested, RefundState::heard);
        prop_assert_eq!(end, RefundState::Failed);
    }

    #[test]
    fn a_dispute_that_is_decided_stays_so(
        decided in proptest::sample::select(vec![DisputeState::Won, DisputeState::Lost]),
        late in proptest::sample::select(DisputeState::ALL),
    ) {
        prop_assert_eq!(decided.heard(late), decided);
    }
}

#[test]
fn an_inquiry_may_become_a_dispute() {
    assert_eq!(DisputeState::Inquiry.heard(DisputeState::NeedsResponse), DisputeState::NeedsResponse);
    assert_eq!(DisputeState::NeedsResponse.heard(DisputeState::Inquiry), DisputeState::NeedsResponse);
    for state in DisputeState::ALL {
        assert!(!(state.is_closed() && (state.freezes() || state.takes_evidence())), "{state:?}");
    }
}

#[test]
fn a_backer_may_take_it_back_while_the_policy_says_so() {
    let charged = day("2027-03-01T12:00:00Z");
    let ask = |model, days, state, hours| {
        self_refund_until(model, days, state, charged, charged + TimeDelta::hours(hours))
    };
    let end = day("2027-03-15T12:00:00Z");
    let (kia, aon, paid) = (Model::KeepItAll, Model::AllOrNothing, PledgeState::Captured);
    assert_eq!(ask(kia, Some(14), paid, 1), Ok(end));
    assert_eq!(ask(kia, Some(14), paid, 14 * 24 - 1), Ok(end));
    assert_eq!(ask(kia, Some(14), paid, 14 * 24), Err(SelfRefundRefusal::WindowEnded(end)));
    assert_eq!(ask(kia, None, paid, 1), Err(SelfRefundRefusal::NoPolicy));
    assert_eq!(ask(aon, Some(14), paid, 1), Err(SelfRefundRefusal::NoPolicy));
    assert_eq!(ask(kia, Some(14), PledgeState::Refunded, 1), Err(SelfRefundRefusal::NotPaid));
    assert_eq!(ask(kia, Some(14), PledgeState::Disputed, 1), Err(SelfRefundRefusal::Disputed));
    assert_eq!(
        SelfRefundRefusal::WindowEnded(end).to_string(),
        "You could take your money back until 15 March 2027 at 12:00 UTC. Ask the creator."
    );
}
