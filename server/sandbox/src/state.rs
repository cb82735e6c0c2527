//! All objects, by kind, in the order they were made. Objects are the JSON that Stripe shows; what only the
//! sandbox knows of one (the card behind a payment method, when a hold runs out) sits under `_sandbox`.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Value, json};

/// The key of an object under which the sandbox keeps what Stripe does not show.
pub(crate) const HIDDEN: &str = "_sandbox";

/// A delivery of an event to an endpoint, and an answer kept under its idempotency key: kept like objects.
pub(crate) const DELIVERY: &str = "sandbox.delivery";
pub(crate) const KEPT_ANSWER: &str = "sandbox.kept_answer";
/// What is left of a customer, so that its id still says something.
pub(crate) const DELETED_CUSTOMER: &str = "deleted_customer";
pub(crate) const CLOCK: &str = "sandbox.clock";
pub(crate) const SETTINGS: &str = "sandbox.settings";
/// A link to onboarding, and the hour that an account's owner has on the page behind it.
pub(crate) const ACCOUNT_LINK: &str = "sandbox.account_link";
pub(crate) const ACCOUNT_VISIT: &str = "sandbox.account_visit";
/// The running balance of an account.
pub(crate) const BALANCE: &str = "sandbox.balance";

#[derive(Default)]
pub(crate) struct State {
    objects: BTreeMap<String, IndexMap<String, Value>>,
    /// What happens by itself, and when: (Unix seconds, kind, id).
    due: BTreeSet<(i64, String, String)>,
    /// Deliveries to make: (Unix milliseconds, id).
    deliveries: BTreeSet<(i64, String)>,
}

impl State {
    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        self.objects.get(kind)?.get(id)
    }

    /// An object by its id alone, wherever it is.
    pub(crate) fn find(&self, id: &str) -> Option<&Value> {
        self.objects.iter().filter(|(kind, _)| !is_internal(kind)).find_map(|(_, objects)| objects.get(id))
    }

    /// Oldest first.
    pub(crate) fn all(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Value> {
        self.objects.get(kind).into_iter().flat_map(IndexMap::values)
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&str, usize)> {
        self.objects.iter().map(|(kind, objects)| (kind.as_str(), objects.len()))
    }

    pub(crate) fn put(&mut self, object: Value) -> Option<Value> {
        let (kind, id) = (text(&object, "object").to_owned(), text(&object, "id").to_owned());
        let before = self.get(&kind, &id).cloned();
        if let Some(before) = &before {
            self.unplan(before);
        }
        self.plan(&object);
        self.objects.entry(kind).or_default().insert(id, object);
        before
    }

    pub(crate) fn remove(&mut self, kind: &str, id: &str) -> Option<Value> {
        let before = self.objects.get_mut(kind)?.shift_remove(id)?;
        self.unplan(&before);
        Some(before)
    }

    fn plan(&mut self, object: &Value) {
        let (kind, id) = (text(object, "object").to_owned(), text(object, "id").to_owned());
        if let Some(at) = object[HIDDEN]["due_at"].as_i64() {
            self.due.insert((at, kind, id));
        } else if let Some(at_ms) = delivery_at(object) {
            self.deliveries.insert((at_ms, id));
        }
    }

    fn unplan(&mut self, object: &Value) {
        let (kind, id) = (text(object, "object").to_owned(), text(object, "id").to_owned());
        if let Some(at) = object[HIDDEN]["due_at"].as_i64() {
            self.due.remove(&(at, kind, id));
        } else if let Some(at_ms) = delivery_at(object) {
            self.deliveries.remove(&(at_ms, id));
        }
    }

    /// The earliest thing that is due by now.
    pub(crate) fn next_due(&self, now: i64) -> Option<(String, String)> {
        let (at, kind, id) = self.due.first()?;
        (*at <= now).then(|| (kind.clone(), id.clone()))
    }

    /// The first few that are due, oldest first.
    pub(crate) fn deliveries_due(&self, now_ms: i64, few: usize) -> Vec<String> {
        self.deliveries
            .iter()
            .take_while(|(at, _)| *at <= now_ms)
            .take(few)
            .map(|(_, id)| id.clone())
            .collect()
    }

    pub(crate) fn everything(&self) -> impl Iterator<Item = &Value> {
        self.objects.values().flat_map(IndexMap::values)
    }

    /// Endpoints that want this type of event, of the platform itself or of the accounts connected to it.
    pub(crate) fn endpoints_for(&self, event_type: &str, connect: bool) -> Vec<Value> {
        let wants = |endpoint: &&Value| {
            let mut names =
                endpoint["enabled_events"].as_array().into_iter().flatten().filter_map(Value::as_str);
            endpoint["status"] == "enabled"
                && (endpoint[HIDDEN]["connect"] == true) == connect
                && names.any(|name| name == "*" || name == event_type)
        };
        self.all("webhook_endpoint").filter(wants).cloned().collect()
    }
}

fn delivery_at(object: &Value) -> Option<i64> {
    (text(object, "object") == DELIVERY && object["status"] == "pending")
        .then(|| object["due_at_ms"].as_i64())?
}

pub(crate) fn is_internal(kind: &str) -> bool {
    kind.starts_with("sandbox.")
}

/// The connected account that an object belongs to; most belong to the platform.
pub(crate) fn owner(object: &Value) -> Option<&str> {
    object[HIDDEN]["account"].as_str()
}

/// The text of a field, empty if it is absent or null.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// The object as Stripe shows it.
pub(crate) fn public(object: &Value) -> Value {
    if object["object"] == DELETED_CUSTOMER {
        return json!({ "id": object["id"], "object": "customer", "deleted": true });
    }
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove(HIDDEN);
        // The secret of an endpoint is shown once, when it is made.
        if fields.get("object") == Some(&json!("webhook_endpoint")) {
            fields.remove("secret");
        }
    }
    object
}
