//! How calls to the gateway ended, counted since the process began: for whoever watches it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Result;
use crate::payments::GatewayError;

/// The ways, in the order of the counters.
const OUTCOMES: [&str; 6] = ["answered", "refused", "busy", "unanswered", "failed", "not_sent"];

#[derive(Default)]
pub(super) struct Calls([AtomicU64; OUTCOMES.len()]);

impl Calls {
    pub(super) fn count<T>(&self, outcome: &Result<T, GatewayError>) {
        let which = match outcome {
            Ok(_) => 0,
            Err(GatewayError::Refused { .. }) => 1,
            Err(GatewayError::Busy { .. }) => 2,
            Err(GatewayError::Unknown) => 3,
            Err(GatewayError::Indeterminate) => 4,
            Err(GatewayError::Unavailable) => 5,
        };
        self.0[which].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn so_far(&self) -> Vec<(&'static str, u64)> {
        OUTCOMES.iter().zip(&self.0).map(|(name, count)| (*name, count.load(Ordering::Relaxed))).collect()
    }
}
