//! Refunds: never more than was captured, and sometimes with a second thought a minute later.

use serde_json::{Value, json};

use super::cards::{self, Afterwards};
use super::fields::set_metadata;
use super::{Call, balance, balance_transactions, list, transfers};
use crate::error::{ApiError, Outcome};
use crate::faults::Mode;
use crate::params::Params;
use crate::settings::Settings;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;
use crate::{ids, money};

/// How long the test cards with slow refunds take, and how long one waits for missing balance.
const SLOW_SECONDS: i64 = 60;
const LOOKS_AGAIN_SECONDS: i64 = 60 * 60;
const BALANCE_SECONDS: i64 = 24 * 60 * 60;

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&[
        "amount",
        "charge",
        "currency",
        "customer",
        "instructions_email",
        "metadata",
        "origin",
        "payment_intent",
        "reason",
        "refund_application_fee",
        "reverse_transfer",
    ])?;
    let reason = call.params.one_of("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    let charge = charge_of(tx, &call.params)?;
    let amount = amount(tx, &charge, call.params.integer("amount")?)?;
    let mut refund = json!({
        "id": ids::new("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": null,
        "charge": charge["id"],
        "created": tx.now(),
        "currency": charge["currency"],
        "destination_details": {
            "card": { "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" },
            "type": "card",
        },
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": "succeeded",
        "transfer_reversal": null,
    });
    set_metadata(&mut refund, &call.params)?;
    choose_outcome(tx, &mut refund, &charge)?;
    refund["transfer_reversal"] = reverse_transfer(tx, &refund, &charge, &call.params)?;
    if refund["status"] == "succeeded" {
        refund["balance_transaction"] = json!(balance_transactions::for_refund(tx, &refund, -amount));
    }
    tx.put(refund.clone());
    tx.emit("refund.created", &refund);
    count_on_charge(tx, charge, amount, true);
    Ok(public(&refund))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("refund", &call.id, "id")?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["metadata"])?;
    let before = tx.find("refund", &call.id, "id")?;
    let mut refund = before.clone();
    set_metadata(&mut refund, &call.params)?;
    tx.put(refund.clone());
    announce(tx, &before, &refund);
    Ok(public(&refund))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "refund", "/v1/refunds", |refund| {
        ["charge", "payment_intent"].iter().all(|field| list::same(&call.params, field, refund, field))
    })
}

pub(crate) fn of_charge(tx: &mut Tx, call: &Call) -> Outcome {
    tx.find("charge", &call.id, "charge")?;
    let url = format!("/v1/charges/{}/refunds", call.id);
    list::page(tx, call, "refund", &url, |refund| text(refund, "charge") == call.id)
}

/// Of a destination charge, the connected account can be made to pay its part.
fn reverse_transfer(tx: &mut Tx, refund: &Value, charge: &Value, params: &Params) -> Outcome {
    let with_fee = params.boolean("refund_application_fee")?;
    if !params.boolean("reverse_transfer")? {
        if with_fee {
            let message =
                "The sandbox gives an application fee back with its transfer only: set `reverse_transfer`.";
            return Err(ApiError::invalid("refund_application_fee", message));
        }
        return Ok(Value::Null);
    }
    if charge["transfer"].is_null() {
        let message = "The charge does not have an associated transfer to reverse.";
        return Err(ApiError::invalid("reverse_transfer", message));
    }
    let reversal = transfers::of_refund(tx, refund, charge, with_fee)?;
    Ok(reversal["id"].clone())
}

fn charge_of(tx: &Tx, params: &Params) -> Outcome {
    if let Some(id) = params.text("charge") {
        return tx.find("charge", id, "charge");
    }
    let Some(id) = params.text("payment_intent") else {
        let message =
            "One of the following params should be provided for this request: payment_intent or charge.";
        return Err(ApiError::invalid("", message));
    };
    let intent = tx.find("payment_intent", id, "payment_intent")?;
    if intent["status"] != "succeeded" {
        let message = format!("This PaymentIntent ({id}) does not have a successful charge to refund.");
        return Err(ApiError::state("charge_not_refundable", message));
    }
    tx.find("charge", text(&intent, "latest_charge"), "charge")
}

/// What is asked for, or all that is left.
fn amount(tx: &Tx, charge: &Value, asked: Option<i64>) -> Outcome<i64> {
    let id = text(charge, "id");
    if charge["captured"] != true {
        let message =
            format!("Charge {id} has not been captured; cancel its PaymentIntent to release the hold.");
        return Err(ApiError::state("charge_not_refundable", message));
    }
    if charge["disputed"] == true && open_dispute(tx, id) {
        return Err(ApiError::state(
            "charge_disputed",
            format!("Charge {id} has been charged back; cannot issue a refund."),
        ));
    }
    // The part of a hold that was never captured counts as refunded, as at Stripe.
    let of = |field: &str| charge[field].as_i64().unwrap_or_default();
    let left = of("amount") - of("amount_refunded");
    if left == 0 {
        return Err(ApiError::state(
            "charge_already_refunded",
            format!("Charge {id} has already been refunded."),
        ));
    }
    let amount = asked.unwrap_or(left);
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(ApiError::invalid("amount", message).code("parameter_invalid_integer"));
    }
    if amount > left {
        let currency = text(charge, "currency");
        let message = format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            money::shown(amount, currency),
            money::shown(left, currency)
        );
        let mut error = ApiError::invalid("amount", message);
        error.began = true;
        return Err(error);
    }
    Ok(amount)
}

fn open_dispute(tx: &Tx, charge: &str) -> bool {
    let mut disputes = tx.state().all("dispute").filter(|dispute| text(dispute, "charge") == charge);
    disputes.any(|dispute| dispute["status"] != "won" && !text(dispute, "status").starts_with("warning"))
}

fn choose_outcome(tx: &Tx, refund: &mut Value, charge: &Value) -> Outcome<()> {
    if let Some(fault) = tx.fault.as_ref().filter(|fault| fault.mode == Mode::InsufficientBalance) {
        if fault.refuse {
            let message = "Insufficient funds in your Stripe balance to refund this amount.";
            return Err(ApiError::state("balance_insufficient", message));
        }
        refund["status"] = json!("pending");
        refund["pending_reason"] = json!("insufficient_funds");
        refund[HIDDEN] = json!({ "due_at": tx.now() + BALANCE_SECONDS, "becomes": "succeeded" });
        return Ok(());
    }
    if lacks_balance(tx, refund) {
        refund["status"] = json!("pending");
        refund["pending_reason"] = json!("insufficient_funds");
        refund[HIDDEN] = json!({ "due_at": tx.now() + LOOKS_AGAIN_SECONDS, "becomes": "funded" });
        return Ok(());
    }
    match cards::behind(charge).afterwards {
        Afterwards::RefundPending => {
            refund["status"] = json!("pending");
            refund["pending_reason"] = json!("processing");
            refund[HIDDEN] = json!({ "due_at": tx.now() + SLOW_SECONDS, "becomes": "succeeded" });
        }
        Afterwards::RefundFails => {
            refund[HIDDEN] = json!({ "due_at": tx.now() + SLOW_SECONDS, "becomes": "failed" });
        }
        _ => {}
    }
    Ok(())
}

/// The balance does not cover it, and nobody debits the platform's bank account instead.
fn lacks_balance(tx: &Tx, refund: &Value) -> bool {
    let amount = refund["amount"].as_i64().unwrap_or_default();
    let there = balance::total(tx, None, text(refund, "currency"));
    !Settings::of(tx.state()).bank_debits && there < amount
}

/// What the bank says later, or the balance that a refund waits for.
pub(crate) fn conclude(tx: &mut Tx, before: Value) {
    let mut refund = before.clone();
    if refund[HIDDEN]["becomes"] == "funded" && lacks_balance(tx, &refund) {
        refund[HIDDEN]["due_at"] = json!(tx.now() + LOOKS_AGAIN_SECONDS);
        return tx.put(refund);
    }
    let amount = refund["amount"].as_i64().unwrap_or_default();
    let failed = refund[HIDDEN]["becomes"] == "failed";
    refund[HIDDEN] = json!({});
    if let Some(fields) = refund.as_object_mut() {
        fields.remove("pending_reason");
    }
    if failed {
        refund["status"] = json!("failed");
        refund["failure_reason"] = json!("expired_or_canceled_card");
        refund["failure_balance_transaction"] = json!(balance_transactions::for_refund(tx, &refund, amount));
    } else {
        refund["status"] = json!("succeeded");
        refund["balance_transaction"] = json!(balance_transactions::for_refund(tx, &refund, -amount));
    }
    tx.put(refund.clone());
    announce(tx, &before, &refund);
    if failed {
        tx.emit("refund.failed", &refund);
        if let Some(charge) = tx.get("charge", text(&refund, "charge")) {
            count_on_charge(tx, charge, -amount, false);
        }
    }
}

/// Under both names: the older one is about the charge, and existing endpoints listen to it.
fn announce(tx: &mut Tx, before: &Value, refund: &Value) {
    tx.emit_updated("refund.updated", before, refund);
    tx.emit_updated("charge.refund.updated", before, refund);
}

fn count_on_charge(tx: &mut Tx, mut charge: Value, amount: i64, tell: bool) {
    let before = charge.clone();
    let total = charge["amount_refunded"].as_i64().unwrap_or_default() + amount;
    charge["amount_refunded"] = json!(total);
    charge["refunded"] = json!(charge["amount"] == total);
    tx.put(charge.clone());
    if tell {
        tx.emit_updated("charge.refunded", &before, &charge);
    }
}
