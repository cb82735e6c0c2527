//! What may happen, and how a history begins.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use crate::support::sandbox_page;

/// How many people there are in a history.
pub(super) const PEOPLE: usize = 4;

/// The campaign that a history is about. It does not change while steps are chosen: a step that is not possible when its
/// turn comes is refused by the site, which is part of the test.
#[derive(Clone, Debug)]
pub struct Beginning {
    pub model: &'static str,
    /// In the currency's smallest unit.
    pub goal: i64,
    /// Slots of its limited reward.
    pub slots: i32,
    pub days: i64,
}

/// Cards of the gateway's test table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    Good,
    Declined,
    /// Can be saved; every charge of it fails.
    FailsWhenCharged,
    /// The bank asks whenever it is used, and its holder says yes.
    AsksTheBank,
    /// The bank asks and its holder fails the question.
    FailsTheBank,
}

impl Card {
    pub fn number(self) -> &'static str {
        match self {
            Self::Good => sandbox_page::GOOD,
            Self::Declined => sandbox_page::DECLINED,
            Self::FailsWhenCharged => "4000000000000341",
            Self::AsksTheBank | Self::FailsTheBank => sandbox_page::NEEDS_3DS,
        }
    }
}

/// What people and the clock do to a pledge that stands.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Cancel,
    /// Gives it another amount, with the limited reward or without one.
    Change {
        amount: i64,
        limited: bool,
    },
    /// The creator gives the campaign up.
    CallOff,
    /// The deadline comes, and the workers settle.
    Deadline,
    /// The gateway's events arrive, all of them once more.
    Tell,
}

#[derive(Clone, Debug)]
pub enum Step {
    /// Somebody sends the pledge form.
    Pledge {
        who: usize,
        amount: i64,
        limited: bool,
    },
    /// Somebody enters a card on the page they were sent to last.
    Pay {
        who: usize,
        card: Card,
    },
    /// Somebody's pledge meets these at the same time, each begun so many microseconds after the first.
    AtOnce {
        who: usize,
        acts: Vec<(Act, u64)>,
    },
    /// The gateway's events arrive: those that have not, and some that have, in an order of their own.
    Tell {
        order: u64,
        again: bool,
    },
    /// They are lost for good.
    Lose,
    /// Somebody opens the page that the gateway leads back to.
    Return {
        who: usize,
    },
    /// The workers do what is due.
    Work,
    Hours(i64),
    /// The next calls of this kind go wrong.
    Fault {
        path: &'static str,
        mode: &'static str,
        count: u32,
    },
    Mended,
    /// The server is stopped and started over the same rows.
    Restart,
    Deadline,
    /// After the deadline somebody puts another card in the place of one that failed.
    Fix {
        who: usize,
        card: Card,
    },
}

pub struct Histories;

impl ReferenceStateMachine for Histories {
    type State = Beginning;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Beginning> {
        beginnings().boxed()
    }

    fn transitions(_: &Beginning) -> BoxedStrategy<Step> {
        let who = 0..PEOPLE;
        prop_oneof![
            6 => (who.clone(), amounts(), any::<bool>())
                .prop_map(|(who, amount, limited)| Step::Pledge { who, amount, limited }),
            7 => (who.clone(), cards()).prop_map(|(who, card)| Step::Pay { who, card }),
            3 => (who.clone(), at_once()).prop_map(|(who, acts)| Step::AtOnce { who, acts }),
            4 => (any::<u64>(), any::<bool>()).prop_map(|(order, again)| Step::Tell { order, again }),
            1 => Just(Step::Lose),
            2 => who.clone().prop_map(|who| Step::Return { who }),
            3 => Just(Step::Work),
            2 => (1..30_i64).prop_map(Step::Hours),
            3 => faults(),
            1 => Just(Step::Mended),
            1 => Just(Step::Restart),
            1 => Just(Step::Deadline),
            2 => (who, cards()).prop_map(|(who, card)| Step::Fix { who, card }),
        ]
        .boxed()
    }

    fn apply(beginning: Beginning, _: &Step) -> Beginning {
        beginning
    }
}

pub(super) fn beginnings() -> impl Strategy<Value = Beginning> {
    let model = prop_oneof![3 => Just("aon"), 2 => Just("kia"), 1 => Just("hybrid")];
    // Few goals and amounts, so that sums meet the goal exactly, or miss it by one cent.
    let goal = prop_oneof![Just(2_500), Just(5_000), Just(5_001), Just(7_500)];
    (model, goal, 1..3_i32, 1..20_i64).prop_map(|(model, goal, slots, days)| Beginning {
        model,
        goal,
        slots,
        days,
    })
}

/// What meets at one pledge, and when each of it begins.
pub(super) fn at_once() -> impl Strategy<Value = Vec<(Act, u64)>> {
    vec((act(), 0..4_000_u64), 1..5)
}

/// Mostly what a backer does: the others end the history's best part.
fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Cancel),
        6 => (amounts(), any::<bool>()).prop_map(|(amount, limited)| Act::Change { amount, limited }),
        1 => Just(Act::CallOff),
        1 => Just(Act::Deadline),
        2 => Just(Act::Tell),
    ]
}

fn amounts() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(2_500), 2 => Just(2_501), 1 => Just(5_000), 1 => 50..100_000_i64]
}

pub(super) fn cards() -> impl Strategy<Value = Card> {
    prop_oneof![
        6 => Just(Card::Good),
        1 => Just(Card::Declined),
        2 => Just(Card::FailsWhenCharged),
        1 => Just(Card::AsksTheBank),
        1 => Just(Card::FailsTheBank),
    ]
}

fn faults() -> impl Strategy<Value = Step> {
    let path = prop::sample::select(vec![
        "/v1/checkout/sessions",
        "/v1/customers",
        "/v1/payment_intents",
        "/v1/payment_methods",
        "/v1/refunds",
    ]);
    let mode = prop::sample::select(vec![
        "drop_before",
        "drop_response_after_commit",
        "error_500_after_commit",
        "error_500_instead",
        "html_502",
        "truncated_json_200",
        "rate_limit_429",
        "lock_timeout_429",
        "idempotency_in_use_409",
    ]);
    (path, mode, 1..4_u32).prop_map(|(path, mode, count)| Step::Fault { path, mode, count })
}
