//! One transaction on the state: what an operation reads, writes and announces. It is undone as a whole when
//! the operation refuses.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::error::{ApiError, Outcome};
use crate::faults::{Fault, Faults};
use crate::ids;
use crate::journal::Journal;
use crate::state::{CLOCK, DELIVERY, HIDDEN, State, owner, public, text};
use crate::webhooks::plan;

/// The API version that objects are shaped by.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Which request an event came from, and on behalf of which connected account (`Stripe-Account`) it was made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) account: Option<String>,
}

pub(crate) struct Tx<'a> {
    state: &'a mut State,
    pub(crate) faults: &'a mut Faults,
    pub(crate) now_ms: i64,
    pub(crate) base_url: &'a str,
    pub(crate) origin: Origin,
    /// What a test wants to go wrong inside this operation.
    pub(crate) fault: Option<Fault>,
    /// What was there before the first write to each object.
    undo: IndexMap<(String, String), Option<Value>>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(
        state: &'a mut State,
        faults: &'a mut Faults,
        now_ms: i64,
        base_url: &'a str,
        origin: Origin,
    ) -> Self {
        Self { state, faults, now_ms, base_url, origin, fault: None, undo: IndexMap::new() }
    }

    pub(crate) fn now(&self) -> i64 {
        self.now_ms / 1000
    }

    pub(crate) fn state(&self) -> &State {
        self.state
    }

    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<Value> {
        self.state.get(kind, id).cloned()
    }

    /// The object or Stripe's 404; `param` is where the id came from.
    pub(crate) fn find(&self, kind: &str, id: &str, param: &str) -> Outcome {
        let found = self.get(kind, id).filter(|object| self.is_ours(object));
        found.ok_or_else(|| ApiError::missing(noun(kind), id, param))
    }

    /// A request sees either the platform's objects or those of the one account it names.
    pub(crate) fn is_ours(&self, object: &Value) -> bool {
        owner(object) == self.account()
    }

    pub(crate) fn account(&self) -> Option<&str> {
        self.origin.account.as_deref()
    }

    pub(crate) fn put(&mut self, object: Value) {
        let name = (text(&object, "object").to_owned(), text(&object, "id").to_owned());
        let before = self.state.put(object);
        self.undo.entry(name).or_insert(before);
    }

    pub(crate) fn remove(&mut self, kind: &str, id: &str) {
        let before = self.state.remove(kind, id);
        self.undo.entry((kind.to_owned(), id.to_owned())).or_insert(before);
    }

    /// Records an event and plans its deliveries.
    pub(crate) fn emit(&mut self, event_type: &str, object: &Value) {
        self.emit_with(event_type, object, None);
    }

    /// An `…updated` event: what changed is told with its former value.
    pub(crate) fn emit_updated(&mut self, event_type: &str, before: &Value, after: &Value) {
        let (before, shown) = (public(before), public(after));
        let changed: serde_json::Map<String, Value> = before
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(field, value)| shown[field.as_str()] != **value)
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect();
        self.emit_with(event_type, after, Some(Value::Object(changed)));
    }

    fn emit_with(&mut self, event_type: &str, object: &Value, previous: Option<Value>) {
        let faults = self.faults.for_event(event_type);
        for _ in 0..=usize::from(faults.twin) {
            let mut data = json!({ "object": public(object) });
            if let Some(previous) = &previous {
                data["previous_attributes"] = previous.clone();
            }
            let mut event = json!({
                "id": ids::new("evt"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now(),
                "data": data,
                "livemode": false,
                "pending_webhooks": 0,
                "request": { "id": self.origin.request_id, "idempotency_key": self.origin.idempotency_key },
                "type": event_type,
            });
            if let Some(account) = account_of(object) {
                event["account"] = json!(account);
                event[HIDDEN] = json!({ "account": account });
            }
            plan::deliveries(self, event, &faults);
        }
    }

    pub(crate) fn plan_delivery(&mut self, event: &Value, endpoint: &Value, due_at_ms: i64, dropped: bool) {
        self.put(json!({
            "id": ids::new("dlv"),
            "object": DELIVERY,
            "event": event["id"],
            "type": event["type"],
            "endpoint": endpoint["id"],
            "url": endpoint["url"],
            "status": if dropped { "dropped" } else { "pending" },
            "planned_at_ms": self.now_ms,
            "due_at_ms": due_at_ms,
            "attempts": [],
        }));
    }

    /// How far the clock was moved outlives a restart, or a replayed hold would be young again.
    pub(crate) fn keep_clock(&mut self, advanced_ms: i64) {
        self.put(json!({ "object": CLOCK, "id": "clock", "advanced_ms": advanced_ms }));
    }

    pub(crate) fn roll_back(self) {
        for ((kind, id), before) in self.undo {
            match before {
                Some(object) => self.state.put(object),
                None => self.state.remove(&kind, &id),
            };
        }
    }

    /// Keeps everything that was written: in the journal first, or not at all.
    pub(crate) fn commit(self, journal: &mut Journal) -> std::io::Result<()> {
        let is_there = |name: &(String, String)| self.state.get(&name.0, &name.1);
        let put: Vec<&Value> = self.undo.keys().filter_map(is_there).collect();
        let removed: Vec<(String, String)> =
            self.undo.keys().filter(|name| is_there(name).is_none()).cloned().collect();
        let written = journal.append(&put, &removed);
        if written.is_err() {
            self.roll_back();
        }
        written
    }
}

/// The connected account an event is about: the owner of its object, or the account itself.
fn account_of(object: &Value) -> Option<&str> {
    match text(object, "object") {
        "account" => object["id"].as_str(),
        "bank_account" | "capability" => object["account"].as_str(),
        _ => owner(object),
    }
}

/// What Stripe's messages call an object of this kind.
fn noun(kind: &str) -> &str {
    match kind {
        "payment_method" => "PaymentMethod",
        "checkout.session" => "checkout.session",
        "balance_transaction" => "balance transaction",
        "bank_account" => "external account",
        "application_fee" => "application fee",
        "transfer_reversal" => "transfer reversal",
        "webhook_endpoint" => "webhook endpoint",
        "payment_intent" => "payment_intent",
        "setup_intent" => "setupintent",
        other => other,
    }
}
