//! What moves the balance: captured charges with Stripe's fee, refunds, and money taken for disputes.

use serde_json::{Value, json};

use super::{Call, list};
use crate::error::Outcome;
use crate::ids;
use crate::money;
use crate::state::{public, text};
use crate::tx::Tx;

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("balance_transaction", &call.id, "id")?))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "balance_transaction", "/v1/balance_transactions", |line| {
        list::same(&call.params, "source", line, "source")
            && list::same(&call.params, "type", line, "type")
            && list::same(&call.params, "currency", line, "currency")
    })
}

/// The line of a captured charge, less the fee.
pub(crate) fn for_charge(tx: &mut Tx, charge: &Value, amount: i64, available_now: bool) -> String {
    let wait = if available_now { 0 } else { 7 * 24 * 60 * 60 };
    write(tx, "charge", charge, amount, money::fee(amount), wait)
}

/// The line of a refund: the fee of the charge is not given back.
pub(crate) fn for_refund(tx: &mut Tx, refund: &Value, amount: i64) -> String {
    write(tx, if amount < 0 { "refund" } else { "refund_failure" }, refund, amount, 0, 0)
}

pub(crate) fn for_dispute(tx: &mut Tx, dispute: &Value, amount: i64, fee: i64) -> String {
    write(tx, "adjustment", dispute, amount, fee, 0)
}

fn write(tx: &mut Tx, kind: &str, source: &Value, amount: i64, fee: i64, wait: i64) -> String {
    let id = ids::new("txn");
    let currency = text(source, "currency");
    let fees = json!([{
        "amount": fee,
        "application": null,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }]);
    tx.put(json!({
        "id": id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": tx.now() + wait,
        "balance_type": "payments",
        "created": tx.now(),
        "currency": currency,
        "description": source["description"],
        "exchange_rate": null,
        "fee": fee,
        "fee_details": if fee == 0 { json!([]) } else { fees },
        "net": amount - fee,
        "reporting_category": if kind == "adjustment" { "dispute" } else { kind },
        "source": source["id"],
        "status": if wait == 0 { "available" } else { "pending" },
        "type": kind,
    }));
    id
}
