//! Random histories of a campaign, from the first pledge to the last payment: pledges, cancels, events that come late,
//! doubled, in another order or never, a gateway that fails, a server that is started anew, deadlines, cards that are
//! replaced. What must always hold is checked after every step; at the end the gateway is asked for the truth, and what
//! was promised must be exactly what was paid.
//!
//! And short ones, in which everything meets at one pledge in the same moment (Case 33).
//!
//! `HISTORIES` says how many of each (32 in `make test`), `HISTORY_SEED` where they begin. A history that fails is made shorter
//! until no step of it can be left out.

mod at_once;
mod end;
mod step;
mod world;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use tokio::runtime::Runtime;

use step::{Act, Beginning, Card, Histories, Step};
use world::World;

/// Enough of them to meet most pairs of steps; thousands are for a night.
const USUAL: u32 = 32;

fn config() -> Config {
    let set = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    Config {
        cases: set("HISTORIES").and_then(|many| u32::try_from(many).ok()).unwrap_or(USUAL),
        rng_seed: RngSeed::Fixed(set("HISTORY_SEED").unwrap_or(1)),
        // Each try is a whole site.
        max_shrink_iters: 80,
        failure_persistence: None,
        ..Config::default()
    }
}

fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime")
}

/// A history under way.
struct Course {
    runtime: Runtime,
    world: World,
}

struct PromisesAreKept;

impl StateMachineTest for PromisesAreKept {
    type SystemUnderTest = Course;
    type Reference = Histories;

    fn init_test(beginning: &Beginning) -> Course {
        let runtime = runtime();
        let world = runtime.block_on(World::begin(beginning));
        Course { runtime, world }
    }

    fn apply(mut course: Course, _: &Beginning, step: Step) -> Course {
        course.runtime.block_on(course.world.take(&step));
        course
    }

    fn check_invariants(course: &Course, _: &Beginning) {
        course.runtime.block_on(course.world.holds());
    }

    fn teardown(course: Course, _: Beginning) {
        course.runtime.block_on(course.world.end());
    }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn promises_are_kept(sequential 4..24 => PromisesAreKept);
}

/// A pledge that stands is met by these in the same moment, and then the campaign runs to its end.
async fn meet(beginning: Beginning, card: Card, acts: Vec<(Act, u64)>) {
    let mut world = World::begin(&beginning).await;
    let who = 0;
    world.take(&Step::Pledge { who, amount: 2_500, limited: true }).await;
    world.take(&Step::Pay { who, card }).await;
    world.take(&Step::Return { who }).await;
    world.take(&Step::AtOnce { who, acts }).await;
    world.holds().await;
    world.end().await;
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_meets_at_one_pledge_happens_whole(
        (beginning, card, acts) in (step::beginnings(), step::cards(), step::at_once())
    ) {
        runtime().block_on(meet(beginning, card, acts));
    }
}
