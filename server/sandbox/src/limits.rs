//! Request limits: a bucket for each endpoint that holds a second's worth of requests and fills by the sandbox's
//! clock. They live in memory; a restart fills them.

use std::collections::HashMap;

#[derive(Default)]
pub(crate) struct Limits(HashMap<String, Bucket>);

/// In thousandths of a request, so that a millisecond can add a whole number of them.
struct Bucket {
    level: i64,
    filled_at_ms: i64,
}

const REQUEST: i64 = 1000;

impl Limits {
    /// Takes one request out of the endpoint's bucket, if it holds one.
    pub(crate) fn take(&mut self, endpoint: &str, per_second: u32, now_ms: i64) -> bool {
        let per_second = i64::from(per_second);
        let full = per_second * REQUEST;
        let bucket =
            self.0.entry(endpoint.to_owned()).or_insert(Bucket { level: full, filled_at_ms: now_ms });
        let passed = (now_ms - bucket.filled_at_ms).max(0);
        bucket.level = passed.saturating_mul(per_second).saturating_add(bucket.level).min(full);
        bucket.filled_at_ms = now_ms;
        let taken = bucket.level >= REQUEST;
        if taken {
            bucket.level -= REQUEST;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_a_second_and_fills_with_time() {
        let mut limits = Limits::default();
        let taken = |limits: &mut Limits, at| (0..100).filter(|_| limits.take("a", 25, at)).count();
        assert_eq!(taken(&mut limits, 0), 25);
        assert_eq!(taken(&mut limits, 39), 0);
        assert_eq!(taken(&mut limits, 40), 1);
        assert_eq!(taken(&mut limits, 240), 5);
        assert_eq!(taken(&mut limits, 90_000), 25);
        assert!(limits.take("b", 25, 0));
    }
}
