//! What all requests share: the state behind one lock, and the ways to change it.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

use serde_json::json;
use tokio::sync::Notify;

use crate::by_itself;
use crate::clock::Clock;
use crate::error::{ApiError, Outcome};
use crate::faults::{Fault, Faults};
use crate::journal::Journal;
use crate::limits::Limits;
use crate::settings::Settings;
use crate::state::{KEPT_ANSWER, State};
use crate::tx::{Origin, Tx};

pub(crate) struct App {
    inner: Mutex<Inner>,
    pub(crate) clock: Clock,
    pub(crate) base_url: String,
    pub(crate) webhook_retry_base_ms: i64,
    /// Rung after each commit: there may be something to deliver.
    pub(crate) wake: Notify,
}

pub(crate) struct Inner {
    pub(crate) state: State,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    limits: Limits,
    /// Keys whose first request is still being executed.
    keys_in_flight: HashSet<String>,
}

/// What a request finds under its idempotency key.
pub(crate) enum Claim {
    Mine,
    Answered { status: u16, body: String, request_id: String },
}

/// A finished answer, as it is sent and as it is kept under a key.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) should_retry: Option<bool>,
    /// Seconds, with a 429.
    pub(crate) retry_after: Option<u64>,
    /// Too many requests to this endpoint.
    pub(crate) rate_limited: bool,
}

impl Answer {
    pub(crate) fn new(status: u16, body: String) -> Self {
        Self { status, body, should_retry: None, retry_after: None, rate_limited: false }
    }
}

impl App {
    pub(crate) fn new(
        state: State,
        journal: Journal,
        clock: Clock,
        base_url: String,
        retry_base_ms: i64,
    ) -> Self {
        let inner = Inner {
            state,
            journal,
            faults: Faults::default(),
            limits: Limits::default(),
            keys_in_flight: HashSet::new(),
        };
        Self {
            inner: Mutex::new(inner),
            clock,
            base_url,
            webhook_retry_base_ms: retry_base_ms,
            wake: Notify::new(),
        }
    }

    /// A panic in one operation must not take the server with it: its writes are undone by the next start.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Runs an operation as one transaction, kept in the journal before this returns.
    pub(crate) fn transact<T>(
        &self,
        origin: Origin,
        operation: impl FnOnce(&mut Tx) -> Outcome<T>,
    ) -> Outcome<T> {
        self.transact_with(origin, None, operation)
    }

    pub(crate) fn transact_with<T>(
        &self,
        origin: Origin,
        fault: Option<Fault>,
        operation: impl FnOnce(&mut Tx) -> Outcome<T>,
    ) -> Outcome<T> {
        self.catch_up();
        let mut inner = self.lock();
        let Inner { state, faults, journal, .. } = &mut *inner;
        let mut tx = Tx::new(state, faults, self.clock.now_ms(), &self.base_url, origin);
        tx.fault = fault;
        let outcome = operation(&mut tx);
        match &outcome {
            Err(error) if !error.commits => tx.roll_back(),
            _ => tx.commit(journal).map_err(journal_failed)?,
        }
        drop(inner);
        self.wake.notify_one();
        outcome
    }

    /// Does what time alone brings about: expiries and late outcomes, each in a transaction of its own.
    pub(crate) fn catch_up(&self) {
        let mut inner = self.lock();
        let mut moved = false;
        while let Some((kind, id)) = inner.state.next_due(self.clock.now()) {
            let Inner { state, faults, journal, .. } = &mut *inner;
            let mut tx = Tx::new(state, faults, self.clock.now_ms(), &self.base_url, Origin::default());
            by_itself::happen(&mut tx, &kind, &id);
            if let Err(error) = tx.commit(journal) {
                tracing::error!(%error, "the journal cannot be written");
                return;
            }
            moved = true;
        }
        if moved {
            self.wake.notify_one();
        }
    }

    pub(crate) fn advance_clock(&self, seconds: i64) -> Outcome<()> {
        self.clock.advance(seconds);
        let advanced_ms = self.clock.advanced_ms();
        self.transact(Origin::default(), |tx| {
            tx.keep_clock(advanced_ms);
            Ok(())
        })
    }

    /// Lets the folder go: another server may open it.
    pub(crate) fn close_journal(&self) {
        self.lock().journal = Journal::default();
    }

    /// One more request to this endpoint, unless there were too many in this second.
    pub(crate) fn admit(&self, endpoint: &str) -> Outcome<()> {
        let mut inner = self.lock();
        let Some(limit) = Settings::of(&inner.state).requests_per_second else { return Ok(()) };
        if inner.limits.take(endpoint, limit, self.clock.now_ms()) {
            return Ok(());
        }
        Err(ApiError::rate_limited())
    }

    /// Takes the key for this request, or finds who has it.
    pub(crate) fn claim(&self, key: &str, fingerprint: &str) -> Outcome<Claim> {
        self.catch_up();
        let mut inner = self.lock();
        if let Some(kept) = inner.state.get(KEPT_ANSWER, key) {
            if kept["fingerprint"] != fingerprint {
                return Err(ApiError::key_mismatch(key));
            }
            return Ok(Claim::Answered {
                status: kept["status"].as_u64().unwrap_or(500) as u16,
                body: kept["body"].as_str().unwrap_or_default().to_owned(),
                request_id: kept["request_id"].as_str().unwrap_or_default().to_owned(),
            });
        }
        if !inner.keys_in_flight.insert(key.to_owned()) {
            return Err(ApiError::key_in_use(key));
        }
        Ok(Claim::Mine)
    }

    pub(crate) fn release(&self, key: &str) {
        self.lock().keys_in_flight.remove(key);
    }
}

/// Keeps the answer for a day, in the transaction that caused it.
pub(crate) fn keep_answer(tx: &mut Tx, key: &str, fingerprint: &str, answer: &Answer) {
    tx.put(json!({
        "object": KEPT_ANSWER,
        "id": key,
        "fingerprint": fingerprint,
        "status": answer.status,
        "body": answer.body,
        "request_id": tx.origin.request_id,
        "_sandbox": { "due_at": tx.now() + 24 * 60 * 60 },
    }));
}

fn journal_failed(error: std::io::Error) -> Box<ApiError> {
    tracing::error!(%error, "the journal cannot be written");
    ApiError::internal()
}
