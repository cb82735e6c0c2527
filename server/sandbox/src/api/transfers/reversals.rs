//! Transfers taken back, whole or in part, as far as the connected account still has the money.

use serde_json::{Value, json};

use crate::api::balance_transactions::{self, Fee, Line};
use crate::api::fields::{merged_metadata, set_metadata};
use crate::api::{Call, application_fees, balance, list};
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::money;
use crate::state::{HIDDEN, owner, public, text};
use crate::tx::Tx;

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["amount", "description", "metadata", "refund_application_fee"])?;
    let transfer = tx.find("transfer", &call.id, "id")?;
    let left = left(&transfer);
    let amount = call.params.integer("amount")?.unwrap_or(left);
    if left == 0 {
        let message = format!("Transfer {} is already fully reversed.", call.id);
        return Err(ApiError::invalid("", message));
    }
    money::positive(amount, "amount")?;
    if amount > left {
        let currency = text(&transfer, "currency");
        let message = format!(
            "Reversal amount ({}) is greater than unreversed amount on transfer ({})",
            money::shown(amount, currency),
            money::shown(left, currency)
        );
        let mut error = ApiError::invalid("amount", message);
        error.began = true;
        return Err(error);
    }
    let metadata = merged_metadata(&json!({}), &call.params, "metadata")?;
    let with_fee = call.params.boolean("refund_application_fee")?;
    let reversal = take_back(tx, transfer, amount, metadata, Value::Null, with_fee)?;
    Ok(public(&reversal))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    find(tx, call).map(|reversal| public(&reversal))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["metadata"])?;
    let mut reversal = find(tx, call)?;
    set_metadata(&mut reversal, &call.params)?;
    tx.put(reversal.clone());
    Ok(public(&reversal))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    tx.find("transfer", &call.id, "id")?;
    let url = format!("/v1/transfers/{}/reversals", call.id);
    list::page(tx, call, "transfer_reversal", &url, |reversal| text(reversal, "transfer") == call.id)
}

/// The part of a destination charge's transfer that goes back with a refund; all refunds together take back all.
pub(crate) fn of_refund(tx: &mut Tx, refund: &Value, charge: &Value, with_fee: bool) -> Outcome {
    let transfer = tx.find("transfer", text(charge, "transfer"), "charge")?;
    let whole = |field: &str| transfer[field].as_i64().unwrap_or_default();
    let captured = charge["amount_captured"].as_i64().unwrap_or_default();
    let kept = charge["amount"].as_i64().unwrap_or_default()
        - charge["amount_refunded"].as_i64().unwrap_or_default();
    let refunded = captured - kept + refund["amount"].as_i64().unwrap_or_default();
    let due = money::share(whole("amount"), refunded, captured) - whole("amount_reversed");
    let amount = due.clamp(0, left(&transfer));
    if amount == 0 {
        return Ok(Value::Null);
    }
    take_back(tx, transfer, amount, json!({}), refund["id"].clone(), with_fee)
}

fn find(tx: &Tx, call: &Call) -> Outcome {
    let reversal = tx.find("transfer_reversal", &call.child, "id")?;
    if text(&reversal, "transfer") == call.id {
        return Ok(reversal);
    }
    Err(ApiError::missing("transfer reversal", &call.child, "id"))
}

fn left(transfer: &Value) -> i64 {
    transfer["amount"].as_i64().unwrap_or_default() - transfer["amount_reversed"].as_i64().unwrap_or_default()
}

fn take_back(
    tx: &mut Tx,
    mut transfer: Value,
    amount: i64,
    metadata: Value,
    refund: Value,
    with_fee: bool,
) -> Outcome {
    let payment = tx.get("charge", text(&transfer, "destination_payment")).unwrap_or_default();
    let fee = if with_fee { application_fees::share_back(tx, &payment, &transfer, amount)? } else { 0 };
    check_covered(tx, &transfer, amount - fee)?;
    let available_on = available_on(tx, &transfer);
    let id = ids::new("trr");
    let mut reversal = json!({
        "id": id,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": null,
        "created": tx.now(),
        "currency": transfer["currency"],
        "destination_payment_refund": null,
        "metadata": metadata,
        "source_refund": refund,
        "transfer": transfer["id"],
    });
    reversal["destination_payment_refund"] =
        give_up(tx, &payment, &reversal, fee, available_on)["id"].clone();
    let back = Line {
        account: None,
        kind: "transfer_refund",
        source: &reversal,
        amount,
        fee: Fee::None,
        available_on,
    };
    let line = balance_transactions::write(tx, back);
    reversal["balance_transaction"] = json!(line);
    tx.put(reversal.clone());
    let reversed = transfer["amount_reversed"].as_i64().unwrap_or_default() + amount;
    transfer["amount_reversed"] = json!(reversed);
    transfer["reversed"] = json!(transfer["amount"] == reversed);
    if let Some(reversals) = transfer["reversals"]["data"].as_array_mut() {
        reversals.insert(0, reversal.clone());
    }
    tx.put(transfer.clone());
    tx.emit("transfer.reversed", &transfer);
    Ok(reversal)
}

/// Money that has not arrived goes back when it would have.
fn available_on(tx: &Tx, transfer: &Value) -> i64 {
    let line = tx.get("balance_transaction", text(transfer, "balance_transaction")).unwrap_or_default();
    line["available_on"].as_i64().unwrap_or_default().max(tx.now())
}

/// Money of a charge that is not available yet can go back the way it came; otherwise the account must have it.
fn check_covered(tx: &Tx, transfer: &Value, amount: i64) -> Outcome<()> {
    let (account, currency) = (Some(text(transfer, "destination")), text(transfer, "currency"));
    let line = tx.get("balance_transaction", text(transfer, "balance_transaction")).unwrap_or_default();
    let there = if line["status"] == "pending" {
        balance::total(tx, account, currency)
    } else {
        balance::available(tx, account, currency)
    };
    if there >= amount {
        return Ok(());
    }
    let message = format!(
        "The connected account has insufficient funds for this reversal: {} of {}.",
        money::shown(there, currency),
        money::shown(amount, currency)
    );
    Err(ApiError::state("balance_insufficient", message))
}

/// The account's side: its payment is refunded, with the fee that the platform gives back.
fn give_up(tx: &mut Tx, payment: &Value, reversal: &Value, fee: i64, available_on: i64) -> Value {
    let mut refund = json!({
        "id": ids::new("pyr"),
        "object": "refund",
        "amount": reversal["amount"],
        "balance_transaction": null,
        "charge": payment["id"],
        "created": tx.now(),
        "currency": payment["currency"],
        "destination_details": null,
        "metadata": {},
        "payment_intent": null,
        "reason": null,
        "receipt_number": null,
        "source_transfer_reversal": reversal["id"],
        "status": "succeeded",
        "transfer_reversal": null,
        HIDDEN: payment[HIDDEN],
    });
    let amount = reversal["amount"].as_i64().unwrap_or_default();
    let fee = if fee == 0 { Fee::None } else { Fee::Application(-fee) };
    let account = owner(payment);
    let out = Line { account, kind: "payment_refund", source: &refund, amount: -amount, fee, available_on };
    let line = balance_transactions::write(tx, out);
    refund["balance_transaction"] = json!(line);
    tx.put(refund.clone());
    if let Some(mut payment) = tx.get("charge", text(payment, "id")) {
        let refunded = payment["amount_refunded"].as_i64().unwrap_or_default() + amount;
        payment["amount_refunded"] = json!(refunded);
        payment["refunded"] = json!(payment["amount"] == refunded);
        tx.put(payment);
    }
    refund
}
