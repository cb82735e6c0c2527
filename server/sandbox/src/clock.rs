//! The sandbox's own time. It runs with the wall clock unless a test freezes it, and it can be moved
//! forward, so that a hold of seven days or a key of one day runs out within a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that can be shared, frozen and advanced.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    frozen_at_ms: Option<i64>,
    advanced_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The wall clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at this Unix time until it is advanced.
    pub fn frozen_at(unix_seconds: i64) -> Self {
        Self { frozen_at_ms: Some(unix_seconds * 1000), advanced_ms: Arc::default() }
    }

    /// Unix time in seconds.
    pub fn now(&self) -> i64 {
        self.now_ms() / 1000
    }

    /// Unix time in milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.frozen_at_ms.unwrap_or_else(wall_ms) + self.advanced_ms.load(Ordering::SeqCst)
    }

    /// Moves the clock forward.
    pub fn advance(&self, seconds: i64) {
        self.advanced_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn advanced_ms(&self) -> i64 {
        self.advanced_ms.load(Ordering::SeqCst)
    }

    pub(crate) fn set_advanced_ms(&self, ms: i64) {
        self.advanced_ms.store(ms, Ordering::SeqCst);
    }
}

/// Unix milliseconds of the machine, also for signatures: receivers compare those with their own clock.
#[expect(clippy::disallowed_methods, reason = "the gateway has a clock of its own: this one")]
pub(crate) fn wall_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
