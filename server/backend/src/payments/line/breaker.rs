//! Whether the gateway answers at all. After several calls without an answer nobody is kept waiting for the next one:
//! it is left alone for a while, then a single call tries it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many calls in a row without an answer: more than one call makes before it gives up.
const TOO_MANY: u32 = 5;

/// How the gateway is, as far as this process knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    Answers,
    /// It did not answer lately; the next call tries it.
    Trying,
    /// It does not answer and is left alone: calls fail at once.
    Away,
}

pub(super) struct Breaker {
    rest: Duration,
    state: Mutex<State>,
}

enum State {
    /// With so many calls in a row that were not answered.
    Closed(u32),
    /// Nobody calls before this instant. Then one does, and moves it on.
    Open { until: Instant },
}

impl Breaker {
    pub(super) fn new(rest: Duration) -> Self {
        Self { rest, state: Mutex::new(State::Closed(0)) }
    }

    /// Whether to call. After a rest one caller is let through, and the others wait as long again for what it learns.
    pub(super) fn admits(&self, now: Instant) -> bool {
        match &mut *self.state() {
            State::Closed(_) => true,
            State::Open { until } if *until <= now => {
                *until = now + self.rest;
                true
            }
            State::Open { .. } => false,
        }
    }

    pub(super) fn answered(&self) {
        let mut state = self.state();
        if let State::Open { .. } = *state {
            tracing::info!("the gateway answers again");
        }
        *state = State::Closed(0);
    }

    pub(super) fn silent(&self, now: Instant) {
        let mut state = self.state();
        match &mut *state {
            State::Closed(calls) if *calls + 1 < TOO_MANY => *calls += 1,
            State::Closed(_) => {
                tracing::error!("the gateway does not answer and is left alone for a while");
                *state = State::Open { until: now + self.rest };
            }
            State::Open { until } => *until = now + self.rest,
        }
    }

    pub(super) fn condition(&self, now: Instant) -> Condition {
        match *self.state() {
            State::Closed(_) => Condition::Answers,
            State::Open { until } if until <= now => Condition::Trying,
            State::Open { .. } => Condition::Away,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(5);

    fn silenced(now: Instant) -> Breaker {
        let breaker = Breaker::new(REST);
        for _ in 0..TOO_MANY {
            assert!(breaker.admits(now));
            breaker.silent(now);
        }
        breaker
    }

    #[test]
    fn silence_in_a_row_opens_it() {
        let now = Instant::now();
        let breaker = silenced(now);
        assert_eq!(breaker.condition(now), Condition::Away);
        assert!(!breaker.admits(now + REST / 2));
    }

    #[test]
    fn any_answer_between_begins_the_row_anew() {
        let now = Instant::now();
        let breaker = Breaker::new(REST);
        for _ in 0..10 {
            breaker.silent(now);
            breaker.silent(now);
            breaker.answered();
        }
        assert_eq!(breaker.condition(now), Condition::Answers);
    }

    #[test]
    fn after_a_rest_one_call_tries_and_decides() {
        let now = Instant::now();
        let later = now + REST;
        let breaker = silenced(now);
        assert_eq!(breaker.condition(later), Condition::Trying);
        assert!(breaker.admits(later));
        assert!(!breaker.admits(later), "only one");
        breaker.silent(later);
        assert!(!breaker.admits(later + REST / 2));

        assert!(breaker.admits(later + REST));
        breaker.answered();
        assert!(breaker.admits(later + REST) && breaker.admits(later + REST));
        assert_eq!(breaker.condition(later + REST), Condition::Answers);
    }

    #[test]
    fn a_try_that_never_reports_is_followed_by_another() {
        let now = Instant::now();
        let breaker = silenced(now);
        assert!(breaker.admits(now + REST));
        assert!(breaker.admits(now + REST * 2));
    }
}
