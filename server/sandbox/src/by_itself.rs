//! What time alone brings about.

use crate::api::{balance_transactions, disputes, payment_intents, payouts, refunds, sessions};
use crate::state::{ACCOUNT_VISIT, HIDDEN, KEPT_ANSWER};
use crate::tx::Tx;

/// The time of this object has come.
pub(crate) fn happen(tx: &mut Tx, kind: &str, id: &str) {
    let Some(object) = tx.get(kind, id) else { return };
    match kind {
        KEPT_ANSWER | ACCOUNT_VISIT => tx.remove(kind, id),
        "account" => payouts::pay_automatically(tx, &object),
        "balance_transaction" => balance_transactions::become_available(tx, object),
        "checkout.session" => drop(sessions::expire_session(tx, object)),
        "dispute" => disputes::run_out(tx, object),
        "payment_intent" => payment_intents::expire_hold(tx, object),
        "payout" => payouts::conclude(tx, object),
        "refund" => refunds::conclude(tx, object),
        _ => {}
    }
    forget(tx, kind, id);
}

/// Once is enough, whatever the above made of it, unless it asked for another time.
fn forget(tx: &mut Tx, kind: &str, id: &str) {
    let Some(mut object) = tx.get(kind, id) else { return };
    if object[HIDDEN]["due_at"].as_i64().is_some_and(|at| at <= tx.now()) {
        if let Some(hidden) = object[HIDDEN].as_object_mut() {
            hidden.remove("due_at");
        }
        tx.put(object);
    }
}
