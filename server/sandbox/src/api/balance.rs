//! The balance of the platform and of each connected account, kept up with every line that moves it.

use serde_json::{Map, Value, json};

use super::Call;
use crate::error::Outcome;
use crate::state::BALANCE;
use crate::tx::Tx;

const PLATFORM: &str = "platform";

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&[])?;
    let kept = kept(tx, tx.account());
    let part = |name: &str| kept[name].as_object().cloned().unwrap_or_default();
    let (available, pending) = (part("available"), part("pending"));
    Ok(json!({
        "object": "balance",
        "available": amounts(&available),
        "connect_reserved": [],
        "livemode": false,
        "pending": amounts(&pending),
        "refund_and_dispute_prefunding": { "available": [], "pending": [] },
    }))
}

fn amounts(part: &Map<String, Value>) -> Vec<Value> {
    let amount = |currency: &str, amount: &Value| json!({ "amount": amount, "currency": currency, "source_types": { "card": amount } });
    if part.is_empty() {
        return vec![amount("usd", &json!(0))];
    }
    part.iter().map(|(currency, of)| amount(currency, of)).collect()
}

/// What can be transferred or paid out now, in minor units; it may be negative.
pub(crate) fn available(tx: &Tx, account: Option<&str>, currency: &str) -> i64 {
    kept(tx, account)["available"][currency].as_i64().unwrap_or_default()
}

/// What is there, and what charges will bring when they become available.
pub(crate) fn total(tx: &Tx, account: Option<&str>, currency: &str) -> i64 {
    available(tx, account, currency) + kept(tx, account)["pending"][currency].as_i64().unwrap_or_default()
}

/// There is, or is owed, something in some currency.
pub(crate) fn is_used(tx: &Tx, account: &str) -> bool {
    let kept = kept(tx, Some(account));
    let parts = ["available", "pending"].map(|part| kept[part].as_object().cloned().unwrap_or_default());
    parts.iter().flat_map(Map::values).any(|amount| *amount != 0)
}

/// Adds to one part, `available` or `pending`.
pub(crate) fn add(tx: &mut Tx, account: Option<&str>, part: &str, currency: &str, amount: i64) {
    let mut balance = kept(tx, account);
    // Both parts list a currency from its first line on.
    for name in ["available", "pending"] {
        let before = balance[name][currency].as_i64().unwrap_or_default();
        balance[name][currency] = json!(if name == part { before + amount } else { before });
    }
    tx.put(balance);
}

fn kept(tx: &Tx, account: Option<&str>) -> Value {
    let id = account.unwrap_or(PLATFORM);
    let empty = || json!({ "object": BALANCE, "id": id, "available": {}, "pending": {} });
    tx.get(BALANCE, id).unwrap_or_else(empty)
}
