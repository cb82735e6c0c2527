//! The life of a campaign: every pair of state and event.

use domain::{CampaignEvent as E, CampaignState as S, Model, Step};

#[test]
fn every_pair_of_state_and_event() {
    let mut allowed = Vec::new();
    let mut quiet = Vec::new();
    for state in S::ALL {
        for event in E::ALL {
            match state.next(*event) {
                Ok(Step::To(to)) => {
                    allowed.push(format!("{} {} {}", state.as_str(), event.as_str(), to.as_str()))
                }
                Ok(Step::Stay(_)) => quiet.push(format!("{} {}", state.as_str(), event.as_str())),
                Err(refusal) => assert_eq!((refusal.state, refusal.event), (*state, *event)),
            }
        }
    }
    assert_eq!(
        allowed,
        [
            "draft submitted in_review",
            "draft cancelled cancelled",
            "in_review changes_requested draft",
            "in_review approved scheduled",
            "in_review cancelled cancelled",
            "scheduled launched live",
            "scheduled cancelled cancelled",
            "live deadline_passed settling",
            "live cancelled cancelled",
            "settling settled_funded funded",
            "settling settled_partially partially_funded",
            "settling settled_failed failed",
            "settling collected_too_little failed",
            "settling cancelled cancelled",
        ]
    );
    assert_eq!(quiet.len(), 18, "{quiet:#?}");
    assert!(quiet.contains(&"funded deadline_passed".to_owned()), "a late job is not an error");
}

#[test]
fn a_refusal_reads_like_a_sentence() {
    let refusal = S::Funded.next(E::Cancelled).expect_err("refused");
    assert_eq!(refusal.to_string(), "A campaign that is funded cannot be cancelled.");
}

#[test]
fn names_lead_back_to_what_they_name() {
    for state in S::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    for model in Model::ALL {
        assert_eq!(model.as_str().parse(), Ok(*model));
    }
}
