//! Taking what is held, or letting it go.

use serde_json::{Value, json};

use super::{CONFIRMABLE, check_status, destination};
use crate::api::fields::{merged_metadata, set_texts};
use crate::api::{Call, charges, sessions};
use crate::error::{ApiError, Outcome};
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

pub(crate) fn capture(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&[
        "amount_details",
        "amount_to_capture",
        "application_fee_amount",
        "final_capture",
        "hooks",
        "metadata",
        "payment_details",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
    ])?;
    let mut intent = tx.find("payment_intent", &call.id, "intent")?;
    check_status(&intent, &["requires_capture"], |status, allowed| {
        format!(
            "This PaymentIntent could not be captured because it has a status of {status}. Only a PaymentIntent with \
             one of the following statuses may be captured: {allowed}."
        )
    })?;
    let capturable = intent["amount_capturable"].as_i64().unwrap_or_default();
    let amount = call.params.integer("amount_to_capture")?.unwrap_or(capturable);
    check_amount(amount, capturable)?;
    set_texts(&mut intent, &call.params, &["statement_descriptor", "statement_descriptor_suffix"]);
    intent["metadata"] = merged_metadata(&intent["metadata"], &call.params, "metadata")?;
    destination::set(tx, &mut intent, &call.params)?;
    destination::check(&intent, amount)?;
    let mut charge = tx.find("charge", text(&intent, "latest_charge"), "charge")?;
    for field in ["application_fee_amount", "transfer_data"] {
        charge[field] = intent[field].clone();
    }
    charges::capture(tx, charge, amount);
    intent["status"] = json!("succeeded");
    intent["amount_capturable"] = json!(0);
    intent["amount_received"] = json!(amount);
    no_longer_due(&mut intent);
    tx.put(intent.clone());
    tx.emit("payment_intent.succeeded", &intent);
    sessions::paid(tx, text(&intent[HIDDEN], "session"));
    Ok(public(&intent))
}

fn check_amount(amount: i64, capturable: i64) -> Outcome<()> {
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(ApiError::invalid("amount_to_capture", message).code("parameter_invalid_integer"));
    }
    if amount > capturable {
        let message = format!(
            "The amount_to_capture ({amount}) is greater than the amount that can be captured ({capturable}). You may \
             only capture up to the amount_capturable of the PaymentIntent."
        );
        let error = ApiError::state("amount_too_large", message);
        return Err(error.with("param", json!("amount_to_capture")));
    }
    Ok(())
}

pub(crate) fn cancel(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["cancellation_reason"])?;
    let intent = tx.find("payment_intent", &call.id, "intent")?;
    let reasons = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"];
    let reason = call.params.one_of("cancellation_reason", &reasons)?;
    let allowed = [&["requires_capture"], CONFIRMABLE, &["processing"]].concat();
    check_status(&intent, &allowed, |status, allowed| {
        format!(
            "You cannot cancel this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one \
             of the following statuses may be canceled: {allowed}."
        )
    })?;
    if sessions::is_open(tx, text(&intent[HIDDEN], "session")) {
        let message = "You cannot cancel the PaymentIntent for a Checkout Session. Expire the Checkout Session instead.";
        return Err(ApiError::state("payment_intent_unexpected_state", message));
    }
    Ok(public(&cancel_intent(tx, intent, reason, "charge.refunded")))
}

/// Stripe lets go of a hold that nobody captured in time.
pub(crate) fn expire_hold(tx: &mut Tx, intent: Value) {
    cancel_intent(tx, intent, Some("automatic"), "charge.expired");
}

pub(crate) fn cancel_intent(
    tx: &mut Tx,
    mut intent: Value,
    reason: Option<&str>,
    charge_event: &str,
) -> Value {
    if intent["status"] == "requires_capture"
        && let Some(charge) = tx.get("charge", text(&intent, "latest_charge"))
    {
        charges::release(tx, charge, charge_event);
    }
    intent["status"] = json!("canceled");
    intent["amount_capturable"] = json!(0);
    intent["canceled_at"] = json!(tx.now());
    intent["cancellation_reason"] = json!(reason);
    intent["next_action"] = Value::Null;
    no_longer_due(&mut intent);
    tx.put(intent.clone());
    tx.emit("payment_intent.canceled", &intent);
    intent
}

fn no_longer_due(intent: &mut Value) {
    if let Some(hidden) = intent[HIDDEN].as_object_mut() {
        hidden.remove("due_at");
    }
}
