//! Our pace at each of the gateway's endpoints: so many calls a second and no more. Told that it is too fast it slows down,
//! by half where that is told often, by little where it is told once in hundreds of calls, and comes back bit by bit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// This share of a second's calls may be made at once.
const BURST: f64 = 0.2;
/// From nothing back to the full pace takes this long; from a half, half of it.
const RECOVERY: Duration = Duration::from_secs(60);
/// Calls that were under way together are told together: that is one telling.
const ONE_TELLING: Duration = Duration::from_secs(1);
/// One call in so many may be told to slow down without our pace being at fault: others share the gateway's limits.
const OFTEN: f64 = 10.0;

pub(super) struct Buckets {
    /// Calls a second.
    pace: f64,
    by_endpoint: Mutex<HashMap<String, Bucket>>,
}

impl Buckets {
    pub(super) fn new(requests_per_second: u32) -> Self {
        Self { pace: f64::from(requests_per_second), by_endpoint: Mutex::default() }
    }

    /// Takes a turn and says how long to wait for it; `None` if that were longer than `patience`: then no turn is taken.
    pub(super) fn take(&self, endpoint: &str, now: Instant, patience: Duration) -> Option<Duration> {
        self.bucket(endpoint, now, |bucket| bucket.take(now, patience))
    }

    /// The gateway said that we are too fast.
    pub(super) fn slow_down(&self, endpoint: &str, now: Instant) {
        tracing::warn!(endpoint, "the gateway asks for a slower pace");
        self.bucket(endpoint, now, |bucket| bucket.slow_down(now));
    }

    /// The pace at each endpoint that was called, by its name.
    pub(super) fn paces(&self, now: Instant) -> Vec<Pace> {
        let mut buckets = self.by_endpoint.lock().unwrap_or_else(PoisonError::into_inner);
        let mut paces: Vec<Pace> = buckets
            .iter_mut()
            .map(|(endpoint, bucket)| {
                bucket.pass(now);
                Pace { endpoint: endpoint.clone(), a_second: bucket.pace, at_most: bucket.full_pace }
            })
            .collect();
        paces.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
        paces
    }

    fn bucket<T>(&self, endpoint: &str, now: Instant, with: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.by_endpoint.lock().unwrap_or_else(PoisonError::into_inner);
        with(buckets.entry(endpoint.to_owned()).or_insert_with(|| Bucket::full(self.pace, now)))
    }
}

/// How fast an endpoint is called.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Method and path, without the names of objects.
    pub endpoint: String,
    pub a_second: f64,
    pub at_most: f64,
}

impl Pace {
    /// Whether the gateway asked for less than our own pace, and has not been given it back.
    #[must_use]
    pub fn is_slowed(&self) -> bool {
        self.a_second < self.at_most
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:.1} of {:.0} calls a second", self.endpoint, self.a_second, self.at_most)
    }
}

struct Bucket {
    full_pace: f64,
    pace: f64,
    /// Negative: as many callers wait for their turn.
    turns: f64,
    at: Instant,
    told_at: Option<Instant>,
    /// Calls since it was last told.
    calls: f64,
}

impl Bucket {
    fn full(pace: f64, now: Instant) -> Self {
        Self { full_pace: pace, pace, turns: burst(pace), at: now, told_at: None, calls: 0.0 }
    }

    fn take(&mut self, now: Instant, patience: Duration) -> Option<Duration> {
        self.pass(now);
        let wait = Duration::from_secs_f64((1.0 - self.turns).max(0.0) / self.pace);
        if wait > patience {
            return None;
        }
        self.turns -= 1.0;
        self.calls += 1.0;
        Some(wait)
    }

    fn slow_down(&mut self, now: Instant) {
        self.pass(now);
        if self.told_at.is_some_and(|told_at| now.saturating_duration_since(told_at) < ONE_TELLING) {
            return;
        }
        self.told_at = Some(now);
        self.pace = (self.pace * (1.0 - 0.5 * (OFTEN / self.calls.max(OFTEN)))).max(1.0);
        self.turns = self.turns.min(0.0);
        self.calls = 0.0;
    }

    fn pass(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.turns = (self.turns + seconds * self.pace).min(burst(self.pace));
        self.pace = (self.pace + self.full_pace * seconds / RECOVERY.as_secs_f64()).min(self.full_pace);
    }
}

fn burst(pace: f64) -> f64 {
    (pace * BURST).max(1.0)
}

/// The endpoint of a call: its method and path without the names of objects, which alone have digits or capitals.
pub(super) fn endpoint(method: &str, path: &str) -> String {
    let is_object = |part: &str| part.contains(|one: char| one.is_ascii_digit() || one.is_ascii_uppercase());
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts
        .fold(method.to_owned(), |endpoint, part| endpoint + "/" + if is_object(part) { "…" } else { part })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn waits(buckets: &Buckets, now: Instant, calls: usize) -> Vec<u128> {
        (0..calls).map(|_| buckets.take("x", now, PATIENCE).expect("a turn").as_millis()).collect()
    }

    #[test]
    fn a_few_at_once_then_one_after_the_other() {
        let now = Instant::now();
        let buckets = Buckets::new(10);
        assert_eq!(waits(&buckets, now, 5), [0, 0, 100, 200, 300]);
        assert_eq!(buckets.take("y", now, PATIENCE), Some(Duration::ZERO), "each endpoint by itself");
    }

    #[test]
    fn a_second_holds_no_more_than_its_pace_and_the_burst() {
        let now = Instant::now();
        let buckets = Buckets::new(10);
        let within = waits(&buckets, now, 40).iter().filter(|wait| **wait <= 1000).count();
        assert_eq!(within, 12);
    }

    #[test]
    fn nobody_waits_longer_than_they_can_and_no_turn_is_lost() {
        let now = Instant::now();
        let buckets = Buckets::new(1);
        assert_eq!(buckets.take("x", now, PATIENCE), Some(Duration::ZERO));
        for _ in 0..3 {
            assert_eq!(buckets.take("x", now, Duration::from_millis(500)), None);
        }
        assert_eq!(buckets.take("x", now, PATIENCE), Some(Duration::from_secs(1)));
    }

    #[test]
    fn told_to_slow_down_it_halves_once_and_comes_back() {
        let now = Instant::now();
        let buckets = Buckets::new(20);
        buckets.slow_down("x", now);
        buckets.slow_down("x", now);
        assert_eq!(waits(&buckets, now, 2), [100, 200], "ten a second");
        buckets.slow_down("x", now + Duration::from_secs(2));
        let paced = |at| {
            buckets.bucket("x", at, |bucket| {
                bucket.pass(at);
                bucket.pace
            })
        };
        assert!((5.0..6.0).contains(&paced(now + Duration::from_secs(2))));
        assert!(buckets.paces(now + Duration::from_secs(2))[0].is_slowed());
        assert!((20.0 - paced(now + RECOVERY)).abs() < 0.001);
        assert!(!buckets.paces(now + RECOVERY)[0].is_slowed());
    }

    #[test]
    fn told_once_in_hundreds_of_calls_it_goes_on_almost_as_before() {
        let now = Instant::now();
        let buckets = Buckets::new(20);
        for second in 0..30 {
            for _ in 0..10 {
                buckets.take("x", now + Duration::from_secs(second), PATIENCE);
            }
        }
        buckets.slow_down("x", now + Duration::from_secs(30));
        let pace = buckets.bucket("x", now + Duration::from_secs(30), |bucket| bucket.pace);
        assert!((19.0..20.0).contains(&pace), "{pace}");
    }

    #[test]
    fn it_never_stops_altogether() {
        let now = Instant::now();
        let buckets = Buckets::new(2);
        for second in 0..20 {
            buckets.slow_down("x", now + Duration::from_millis(1001 * second));
        }
        assert!(buckets.take("x", now + Duration::from_secs(21), PATIENCE).is_some());
    }

    #[test]
    fn an_endpoint_has_no_names_of_objects() {
        assert_eq!(
            endpoint("Post", "/checkout/sessions/cs_test_a1B/expire"),
            "Post/checkout/sessions/…/expire"
        );
        assert_eq!(endpoint("Post", "/payment_intents"), "Post/payment_intents");
    }
}
