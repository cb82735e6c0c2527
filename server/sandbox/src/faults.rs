//! Faults that a test switches on: on requests (by method, path, body, call number or chance) and on webhooks
//! (by type of event). They live in memory; a restart clears them.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// The connection closes; nothing was executed.
    DropBefore,
    /// Executed and kept; the connection closes without a byte of answer.
    DropResponseAfterCommit,
    /// Executed; the answer is a 500, which also belongs to the key from then on.
    #[serde(rename = "error_500_after_commit")]
    Error500AfterCommit,
    /// Not executed; the answer is a 500, which belongs to the key all the same.
    #[serde(rename = "error_500_instead")]
    Error500Instead,
    #[serde(rename = "rate_limit_429")]
    RateLimit429,
    #[serde(rename = "lock_timeout_429")]
    LockTimeout429,
    /// The key has no right to do this; nothing was executed.
    #[serde(rename = "refuse_403")]
    Refuse403,
    #[serde(rename = "idempotency_in_use_409")]
    IdempotencyInUse409,
    /// A proxy's page. Not executed unless `commit` is set; then the key holds the true answer.
    #[serde(rename = "html_502")]
    Html502,
    /// Executed and kept; the answer breaks off in the middle of its JSON.
    #[serde(rename = "truncated_json_200")]
    TruncatedJson200,
    /// The key is taken, then nothing happens for `ms`, then all goes on.
    Stall,
    /// A refund finds no money: it stays pending for a day, or is refused if `refuse` is set.
    InsufficientBalance,
    /// Webhooks: sent `ms` later.
    #[serde(alias = "delay_ms")]
    Delay,
    /// Webhooks: sent twice.
    Duplicate,
    /// Webhooks: sent `ms` (default 300) later, so that what follows overtakes it.
    Reorder,
    /// Webhooks: never sent.
    Drop,
    /// Webhooks: two events with different ids for one change.
    Twin,
    /// Webhooks: rendered as the API of 2018 did.
    OldApiVersion,
}

impl Mode {
    fn is_webhook(self) -> bool {
        use Mode::*;
        matches!(self, Delay | Duplicate | Reorder | Drop | Twin | OldApiVersion)
    }
}

/// Which requests, or which events, and how many of them.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Match {
    method: Option<String>,
    path_prefix: Option<String>,
    /// A piece of the decoded form, such as `metadata[pledge_id]=7`.
    body_contains: Option<String>,
    /// A type of event, or its beginning with a star: `payment_intent.*`.
    event: Option<String>,
    nth: Option<u64>,
    every: Option<u64>,
    /// At most so many times.
    count: Option<u64>,
    percent: Option<f64>,
    seed: u64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default, rename = "match")]
    matching: Match,
    pub(crate) mode: Mode,
    #[serde(default)]
    pub(crate) ms: Option<u64>,
    /// `Stripe-Should-Retry` on a 429; absent if not given.
    #[serde(default)]
    pub(crate) should_retry: Option<bool>,
    /// `Retry-After` on a 429, in seconds; absent if not given.
    #[serde(default)]
    pub(crate) retry_after: Option<u64>,
    #[serde(default)]
    pub(crate) commit: bool,
    #[serde(default)]
    pub(crate) refuse: bool,
}

struct Armed {
    fault: Fault,
    dice: StdRng,
    seen: u64,
    fired: u64,
}

/// What the faults do to the webhooks of one event.
#[derive(Default)]
pub(crate) struct EventFaults {
    pub(crate) twin: bool,
    pub(crate) duplicate: bool,
    pub(crate) dropped: bool,
    pub(crate) old_api_version: bool,
    pub(crate) delay_ms: i64,
}

#[derive(Default)]
pub(crate) struct Faults(Vec<Armed>);

impl Faults {
    /// Arms one fault, or several in a list.
    pub(crate) fn arm(&mut self, body: Value) -> Result<(), serde_json::Error> {
        let wanted: Vec<Fault> = match body {
            Value::Array(_) => serde_json::from_value(body)?,
            one => vec![serde_json::from_value(one)?],
        };
        self.0.extend(wanted.into_iter().map(|fault| {
            let dice = StdRng::seed_from_u64(fault.matching.seed);
            Armed { fault, dice, seen: 0, fired: 0 }
        }));
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn shown(&self) -> Value {
        let shown = |armed: &Armed| json!({ "fault": armed.fault, "seen": armed.seen, "fired": armed.fired });
        self.0.iter().map(shown).collect()
    }

    /// The first fault that strikes this request.
    pub(crate) fn for_request(&mut self, method: &str, path: &str, body: &str) -> Option<Fault> {
        let concerned = |armed: &&mut Armed| {
            let wanted = &armed.fault.matching;
            !armed.fault.mode.is_webhook()
                && wanted.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && wanted.path_prefix.as_deref().is_none_or(|prefix| path.starts_with(prefix))
                && wanted.body_contains.as_deref().is_none_or(|piece| body.contains(piece))
        };
        let struck: Vec<Fault> = self.0.iter_mut().filter(concerned).filter_map(Armed::strike).collect();
        struck.into_iter().next()
    }

    pub(crate) fn for_event(&mut self, event_type: &str) -> EventFaults {
        let mut effect = EventFaults::default();
        let concerned = |armed: &&mut Armed| {
            armed.fault.mode.is_webhook()
                && armed.fault.matching.event.as_deref().is_none_or(|m| names(m, event_type))
        };
        for fault in self.0.iter_mut().filter(concerned).filter_map(Armed::strike) {
            match fault.mode {
                Mode::Twin => effect.twin = true,
                Mode::Duplicate => effect.duplicate = true,
                Mode::Drop => effect.dropped = true,
                Mode::OldApiVersion => effect.old_api_version = true,
                _ => effect.delay_ms += fault.ms.unwrap_or(300) as i64,
            }
        }
        effect
    }
}

impl Armed {
    fn strike(&mut self) -> Option<Fault> {
        let wanted = &self.fault.matching;
        self.seen += 1;
        let hit = wanted.nth.is_none_or(|nth| nth == self.seen)
            && wanted.every.is_none_or(|every| every > 0 && self.seen.is_multiple_of(every))
            && wanted.percent.is_none_or(|percent| self.dice.random_range(0.0..100.0) < percent)
            && wanted.count.is_none_or(|count| self.fired < count);
        self.fired += u64::from(hit);
        hit.then(|| self.fault.clone())
    }
}

fn names(pattern: &str, event_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => event_type.starts_with(beginning),
        None => pattern == event_type,
    }
}
