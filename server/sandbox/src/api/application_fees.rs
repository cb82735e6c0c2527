//! What the platform keeps of destination charges, and gives back when they are refunded.

use serde_json::{Value, json};

use super::accounts::APPLICATION;
use super::balance_transactions::{self, Fee, Line};
use super::fields::merged_metadata;
use super::{Call, list};
use crate::error::{ApiError, Outcome};
use crate::state::{owner, public, text};
use crate::tx::Tx;
use crate::{ids, money};

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("application_fee", &call.id, "id")?))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    let charge = call.params.text("charge");
    list::page(tx, call, "application_fee", "/v1/application_fees", |fee| {
        charge.is_none_or(|id| text(fee, "charge") == id || text(fee, "originating_transaction") == id)
    })
}

pub(crate) fn refund(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["amount", "metadata"])?;
    let fee = tx.find("application_fee", &call.id, "id")?;
    let left = left(&fee);
    let amount = call.params.integer("amount")?.unwrap_or(left);
    money::positive(amount, "amount")?;
    if amount > left {
        let currency = text(&fee, "currency");
        let message = format!(
            "Refund amount ({}) is greater than unrefunded amount on fee ({})",
            money::shown(amount, currency),
            money::shown(left, currency)
        );
        return Err(ApiError::invalid("amount", message));
    }
    let metadata = merged_metadata(&json!({}), &call.params, "metadata")?;
    let payment = tx.get("charge", text(&fee, "charge")).unwrap_or_default();
    // Without a reversal beside it, the account gets the fee as money of its own.
    balance_transactions::at_once(tx, "payment", &payment, amount, Fee::None);
    Ok(give_back(tx, fee, amount, metadata))
}

pub(crate) fn refunds(tx: &mut Tx, call: &Call) -> Outcome {
    tx.find("application_fee", &call.id, "id")?;
    let url = format!("/v1/application_fees/{}/refunds", call.id);
    list::page(tx, call, "fee_refund", &url, |refund| text(refund, "fee") == call.id)
}

/// Takes the platform's part of a payment, just received by a connected account.
pub(crate) fn take(tx: &mut Tx, charge: &Value, payment: &Value, amount: i64, available_on: i64) -> String {
    let id = ids::new("fee");
    let mut fee = json!({
        "id": id,
        "object": "application_fee",
        "account": owner(payment),
        "amount": amount,
        "amount_refunded": 0,
        "application": APPLICATION,
        "balance_transaction": null,
        "charge": payment["id"],
        "created": tx.now(),
        "currency": payment["currency"],
        "fee_source": { "charge": payment["id"], "type": "charge" },
        "livemode": false,
        "originating_transaction": charge["id"],
        "refunded": false,
        "refunds": {
            "object": "list", "data": [], "has_more": false, "url": format!("/v1/application_fees/{id}/refunds"),
        },
    });
    let line =
        Line { account: None, kind: "application_fee", source: &fee, amount, fee: Fee::None, available_on };
    let line = balance_transactions::write(tx, line);
    fee["balance_transaction"] = json!(line);
    tx.put(fee.clone());
    tx.emit("application_fee.created", &fee);
    id
}

/// Gives back the fee's part of a transfer that is reversed by `reversed` minor units; how much that was.
pub(crate) fn share_back(tx: &mut Tx, payment: &Value, transfer: &Value, reversed: i64) -> Outcome<i64> {
    let Some(fee) = tx.get("application_fee", text(payment, "application_fee")) else {
        let message = "There is no application fee to refund.";
        return Err(ApiError::invalid("refund_application_fee", message));
    };
    let whole = |object: &Value, field: &str| object[field].as_i64().unwrap_or_default();
    let so_far = whole(transfer, "amount_reversed") + reversed;
    let due = money::share(whole(&fee, "amount"), so_far, whole(transfer, "amount"));
    let amount = (due - whole(&fee, "amount_refunded")).clamp(0, left(&fee));
    if amount > 0 {
        give_back(tx, fee, amount, json!({}));
    }
    Ok(amount)
}

fn left(fee: &Value) -> i64 {
    fee["amount"].as_i64().unwrap_or_default() - fee["amount_refunded"].as_i64().unwrap_or_default()
}

/// The platform's side of it.
fn give_back(tx: &mut Tx, mut fee: Value, amount: i64, metadata: Value) -> Value {
    let mut refund = json!({
        "id": ids::new("fr"),
        "object": "fee_refund",
        "amount": amount,
        "balance_transaction": null,
        "created": tx.now(),
        "currency": fee["currency"],
        "fee": fee["id"],
        "metadata": metadata,
    });
    let line = balance_transactions::at_once(tx, "application_fee_refund", &refund, -amount, Fee::None);
    refund["balance_transaction"] = json!(line);
    tx.put(refund.clone());
    let refunded = fee["amount_refunded"].as_i64().unwrap_or_default() + amount;
    fee["amount_refunded"] = json!(refunded);
    fee["refunded"] = json!(fee["amount"] == refunded);
    if let Some(refunds) = fee["refunds"]["data"].as_array_mut() {
        refunds.insert(0, refund.clone());
    }
    tx.put(fee.clone());
    tx.emit("application_fee.refunded", &fee);
    refund
}
