//! How strict the sandbox is, as far as that can be chosen. Kept with the objects.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::state::{SETTINGS, State};
use crate::tx::Tx;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Stripe debits the platform's bank account when its balance does not cover a refund. Without that, such a
    /// refund stays pending until there is enough.
    pub(crate) bank_debits: bool,
    /// What each endpoint takes in a second before it answers 429; without a limit if absent.
    pub(crate) requests_per_second: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bank_debits: true, requests_per_second: None }
    }
}

impl Settings {
    pub(crate) fn of(state: &State) -> Self {
        let kept = state.get(SETTINGS, SETTINGS).map(|kept| kept["settings"].clone());
        kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default()
    }

    pub(crate) fn keep(&self, tx: &mut Tx) {
        tx.put(json!({ "object": SETTINGS, "id": SETTINGS, "settings": self.as_json() }));
    }

    pub(crate) fn as_json(&self) -> Value {
        json!({ "bank_debits": self.bank_debits, "requests_per_second": self.requests_per_second })
    }
}
