//! What time alone brings about.

use serde_json::Value;

use crate::api::{payment_intents, refunds, sessions};
use crate::state::{HIDDEN, KEPT_ANSWER};
use crate::tx::Tx;

/// The time of this object has come.
pub(crate) fn happen(tx: &mut Tx, kind: &str, id: &str) {
    let Some(object) = tx.get(kind, id) else { return };
    match kind {
        KEPT_ANSWER => tx.remove(kind, id),
        "checkout.session" => drop(sessions::expire_session(tx, object)),
        "payment_intent" => payment_intents::expire_hold(tx, object),
        "refund" => refunds::conclude(tx, object),
        _ => {}
    }
    forget(tx, kind, id);
}

/// Once is enough, whatever the above made of it.
fn forget(tx: &mut Tx, kind: &str, id: &str) {
    let Some(mut object) = tx.get(kind, id) else { return };
    if object[HIDDEN].get("due_at").is_some_and(Value::is_i64) {
        if let Some(hidden) = object[HIDDEN].as_object_mut() {
            hidden.remove("due_at");
        }
        tx.put(object);
    }
}
