//! Charges: one for each attempt to take money, made by intents.

use serde_json::{Value, json};

use super::balance_transactions::{Fee, Line};
use super::cards::{self, Afterwards, Decline};
use super::fields::{address, set_metadata, set_texts};
use super::{Call, application_fees, balance_transactions, disputes, list, transfers};
use crate::error::Outcome;
use crate::ids;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("charge", &call.id, "id")?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&[
        "customer",
        "description",
        "fraud_details",
        "metadata",
        "receipt_email",
        "shipping",
        "transfer_group",
    ])?;
    let before = tx.find("charge", &call.id, "id")?;
    let mut charge = before.clone();
    set_texts(&mut charge, &call.params, &["description", "receipt_email", "transfer_group"]);
    set_metadata(&mut charge, &call.params)?;
    tx.put(charge.clone());
    tx.emit_updated("charge.updated", &before, &charge);
    Ok(public(&charge))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "charge", "/v1/charges", |charge| {
        ["customer", "payment_intent", "transfer_group"]
            .iter()
            .all(|field| list::same(&call.params, field, charge, field))
    })
}

/// The money is taken or held.
pub(crate) fn succeed(
    tx: &mut Tx,
    intent: &Value,
    method: &Value,
    capture: bool,
    off_session: bool,
) -> Value {
    let mut charge = shape(tx, intent, method);
    charge["status"] = json!("succeeded");
    charge["paid"] = json!(true);
    charge["outcome"] = outcome("approved_by_network", "authorized", None, "Payment complete.");
    if !capture {
        let until = tx.now() + hold_seconds(method, off_session);
        charge["payment_method_details"]["card"]["capture_before"] = json!(until);
    }
    tx.put(charge.clone());
    tx.emit("charge.succeeded", &charge);
    if capture { settle(tx, charge, None) } else { charge }
}

/// A transfer arrives at a connected account, as a payment from the platform.
pub(crate) fn receive(tx: &mut Tx, transfer: &Value, available_on: i64) -> Value {
    let account = text(transfer, "destination");
    let amount = transfer["amount"].as_i64().unwrap_or_default();
    let mut payment = shape(tx, transfer, &Value::Null);
    let id = ids::new("py");
    payment["receipt_url"] = json!(format!("{}/_sandbox/objects/{id}", tx.base_url));
    payment["id"] = json!(id);
    payment["status"] = json!("succeeded");
    payment["paid"] = json!(true);
    payment["captured"] = json!(true);
    payment["amount_captured"] = json!(amount);
    payment["payment_intent"] = Value::Null;
    payment["payment_method"] = Value::Null;
    payment["payment_method_details"] = json!({ "stripe_account": {}, "type": "stripe_account" });
    payment["metadata"] = json!({});
    payment["source_transfer"] = transfer["id"].clone();
    payment["transfer_group"] = Value::Null;
    payment[HIDDEN] = json!({ "account": account });
    let application_fee = transfer[HIDDEN]["application_fee"].as_i64().unwrap_or_default();
    if application_fee > 0 {
        let charge = json!({ "id": transfer["source_transaction"] });
        payment["application_fee_amount"] = json!(application_fee);
        payment["application_fee"] =
            json!(application_fees::take(tx, &charge, &payment, application_fee, available_on));
    }
    let fee = Fee::Application(application_fee);
    let line = Line { account: Some(account), kind: "payment", source: &payment, amount, fee, available_on };
    let line = balance_transactions::write(tx, line);
    payment["balance_transaction"] = json!(line);
    tx.put(payment.clone());
    payment
}

/// The bank, or Stripe itself, said no.
pub(crate) fn fail(tx: &mut Tx, intent: &Value, method: &Value, decline: Decline) -> Value {
    let mut charge = shape(tx, intent, method);
    charge["status"] = json!("failed");
    charge["failure_code"] = json!(decline.code());
    charge["failure_message"] = json!(decline.message());
    charge["outcome"] = if decline == Decline::Radar {
        outcome("not_sent_to_network", "blocked", Some("highest_risk_level"), "Stripe blocked this payment.")
    } else {
        let said = "The bank did not return any further details with this decline.";
        outcome("declined_by_network", "issuer_declined", Some(decline.decline_code()), said)
    };
    charge["payment_method_details"]["card"]["amount_authorized"] = Value::Null;
    tx.put(charge.clone());
    tx.emit("charge.failed", &charge);
    charge
}

/// Takes what was held: all of it, or a part; then the rest goes back, which Stripe shows as refunded.
pub(crate) fn capture(tx: &mut Tx, charge: Value, amount: i64) -> Value {
    settle(tx, charge, Some(amount))
}

fn settle(tx: &mut Tx, mut charge: Value, held_amount: Option<i64>) -> Value {
    let card = cards::behind(&json!({ "_sandbox": charge["_sandbox"] }));
    let amount = held_amount.unwrap_or_else(|| charge["amount"].as_i64().unwrap_or_default());
    charge["amount_captured"] = json!(amount);
    charge["captured"] = json!(true);
    let line =
        balance_transactions::for_charge(tx, &charge, amount, card.afterwards == Afterwards::Available);
    charge["balance_transaction"] = json!(line);
    let rest = charge["amount"].as_i64().unwrap_or_default() - amount;
    if rest > 0 {
        charge["amount_refunded"] = json!(rest);
    }
    tx.put(charge.clone());
    charge = pass_on(tx, charge, amount);
    if held_amount.is_some() {
        tx.emit("charge.captured", &charge);
    }
    disputes::after_charge(tx, &charge, card.afterwards);
    tx.get("charge", text(&charge, "id")).unwrap_or(charge)
}

/// A destination charge: the money goes on to a connected account, less the platform's fee.
fn pass_on(tx: &mut Tx, charge: Value, captured: i64) -> Value {
    let Some(destination) = charge["transfer_data"]["destination"].as_str() else { return charge };
    let transfer = transfers::make(
        tx,
        transfers::Order {
            amount: charge["transfer_data"]["amount"].as_i64().unwrap_or(captured),
            currency: text(&charge, "currency"),
            destination,
            source: Some(charge.clone()),
            group: None,
            description: None,
            metadata: json!({}),
            application_fee: charge["application_fee_amount"].as_i64().unwrap_or_default(),
        },
    );
    let payment = tx.get("charge", text(&transfer, "destination_payment")).unwrap_or_default();
    let Some(mut charge) = tx.get("charge", text(&charge, "id")) else { return charge };
    charge["transfer"] = transfer["id"].clone();
    charge["application_fee"] = payment["application_fee"].clone();
    tx.put(charge.clone());
    charge
}

/// Lets a hold go: nothing was taken, and Stripe shows all of it as refunded.
pub(crate) fn release(tx: &mut Tx, mut charge: Value, event: &str) {
    charge["amount_refunded"] = charge["amount"].clone();
    charge["refunded"] = json!(true);
    tx.put(charge.clone());
    tx.emit(event, &charge);
}

/// Seven days; Visa gives less when the customer is not there.
fn hold_seconds(method: &Value, off_session: bool) -> i64 {
    const HOUR: i64 = 60 * 60;
    if off_session && method["card"]["brand"] == "visa" { (4 * 24 + 18) * HOUR } else { 7 * 24 * HOUR }
}

fn outcome(network_status: &str, kind: &str, reason: Option<&str>, seller_message: &str) -> Value {
    let risk = if kind == "blocked" { "highest" } else { "normal" };
    json!({
        "advice_code": null,
        "network_advice_code": null,
        "network_decline_code": null,
        "network_status": network_status,
        "reason": reason,
        "risk_level": risk,
        "risk_score": if risk == "highest" { 92 } else { 12 },
        "seller_message": seller_message,
        "type": if kind == "approved_by_network" { "authorized" } else { kind },
    })
}

fn shape(tx: &Tx, intent: &Value, method: &Value) -> Value {
    let id = ids::new("ch");
    let card = &method["card"];
    json!({
        "id": id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": null,
        "application_fee": null,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": null,
        "billing_details": if method.is_null() { nobody() } else { method["billing_details"].clone() },
        "calculated_statement_descriptor": "SANDBOX",
        "captured": false,
        "created": tx.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": false,
        "failure_balance_transaction": null,
        "failure_code": null,
        "failure_message": null,
        "fraud_details": {},
        "livemode": false,
        "metadata": intent["metadata"],
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": null,
        "paid": false,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": {
                "amount_authorized": intent["amount"],
                "authorization_code": null,
                "brand": card["brand"],
                "checks": {
                    "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"
                },
                "country": card["country"],
                "exp_month": card["exp_month"],
                "exp_year": card["exp_year"],
                "extended_authorization": { "status": "disabled" },
                "fingerprint": card["fingerprint"],
                "funding": card["funding"],
                "incremental_authorization": { "status": "unavailable" },
                "installments": null,
                "last4": card["last4"],
                "mandate": null,
                "multicapture": { "status": "unavailable" },
                "network": card["brand"],
                "network_token": { "used": false },
                "network_transaction_id": ids::random(15),
                "overcapture": { "maximum_amount_capturable": intent["amount"], "status": "unavailable" },
                "regulated_status": "unregulated",
                "three_d_secure": null,
                "wallet": null,
            },
            "type": "card",
        },
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": null,
        "receipt_url": format!("{}/_sandbox/objects/{id}", tx.base_url),
        "refunded": false,
        "review": null,
        "shipping": intent["shipping"],
        "source": null,
        "source_transfer": null,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_data": intent["transfer_data"],
        "transfer_group": intent["transfer_group"],
        "_sandbox": { "number": method["_sandbox"]["number"] },
    })
}

fn nobody() -> Value {
    json!({ "address": address(None), "email": null, "name": null, "phone": null, "tax_id": null })
}
