//! Payment intents: made, changed and listed here; confirmed, captured and cancelled in the files beside.

pub(crate) mod authentication;
mod capture;
mod confirm;
mod destination;

pub(crate) use capture::{cancel, cancel_intent, capture, expire_hold};
pub(crate) use confirm::{How, confirm, confirm_intent};

use serde_json::{Value, json};

use super::fields::{check_email, set_hash, set_metadata, set_texts};
use super::{Call, list, method_types, payment_methods};
use crate::error::{ApiError, Outcome};
use crate::params::{self, Params};
use crate::state::{DELETED_CUSTOMER, public, text};
use crate::tx::Tx;
use crate::{ids, money};

const TEXTS: &[&str] = &[
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
];
const KNOWN: &[&str] = &[
    "allowed_payment_method_types",
    "amount",
    "amount_details",
    "application_fee_amount",
    "automatic_payment_methods",
    "capture_method",
    "confirm",
    "confirmation_method",
    "confirmation_token",
    "currency",
    "customer",
    "customer_account",
    "description",
    "error_on_requires_action",
    "excluded_payment_method_types",
    "hooks",
    "mandate",
    "mandate_data",
    "metadata",
    "off_session",
    "on_behalf_of",
    "payment_details",
    "payment_method",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "radar_options",
    "receipt_email",
    "return_url",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
    "use_stripe_sdk",
];

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    method_types::refuse_removed(call)?;
    let intent = build(tx, &call.params)?;
    tx.put(intent.clone());
    tx.emit("payment_intent.created", &intent);
    let intent = set_method(tx, intent, &call.params)?;
    if call.params.boolean("confirm")? {
        let how = How::parse(&call.params)?;
        return confirm_intent(tx, intent, &how).map(|intent| public(&intent));
    }
    for only_confirming in ["off_session", "return_url", "error_on_requires_action"] {
        if call.params.has(only_confirming) {
            let message = format!("You cannot provide `{only_confirming}` unless `confirm` is set to true.");
            return Err(ApiError::invalid(only_confirming, message));
        }
    }
    Ok(public(&intent))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("payment_intent", &call.id, "intent")?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    method_types::refuse_removed(call)?;
    let mut intent = tx.find("payment_intent", &call.id, "intent")?;
    for field in
        ["amount", "currency", "customer", "payment_method", "payment_method_data", "setup_future_usage"]
    {
        if call.params.has(field) {
            check_status(&intent, CONFIRMABLE, |status, allowed| {
                format!(
                    "This PaymentIntent's {field} could not be updated because it has a status of {status}. You may \
                     only update the {field} of a PaymentIntent with one of the following statuses: {allowed}."
                )
            })?;
        }
    }
    set_money(&mut intent, &call.params)?;
    set_plain(tx, &mut intent, &call.params)?;
    tx.put(intent.clone());
    set_method(tx, intent, &call.params).map(|intent| public(&intent))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    if let Some(customer) = call.params.text("customer")
        && tx.get(DELETED_CUSTOMER, customer).is_none()
    {
        tx.find("customer", customer, "customer")?;
    }
    list::page(tx, call, "payment_intent", "/v1/payment_intents", |intent| {
        list::same(&call.params, "customer", intent, "customer")
    })
}

/// Before money moves, everything may change.
pub(crate) const CONFIRMABLE: &[&str] =
    &["requires_payment_method", "requires_confirmation", "requires_action"];

/// Stripe's refusal for an intent that is not in one of these states; it shows the intent.
pub(crate) fn check_status(
    intent: &Value,
    allowed: &[&str],
    message: impl FnOnce(&str, String) -> String,
) -> Outcome<()> {
    let status = text(intent, "status");
    if allowed.contains(&status) {
        return Ok(());
    }
    let kind = text(intent, "object");
    let error = ApiError::state(&format!("{kind}_unexpected_state"), message(status, allowed.join(", ")));
    Err(error.with(kind, public(intent)))
}

/// A new intent, not yet kept: the card page makes them for sessions too.
pub(crate) fn build(tx: &Tx, params: &Params) -> Outcome {
    let id = ids::new("pi");
    let mut intent = shape(tx, &id);
    if !params.has("amount") {
        return Err(params::missing("amount"));
    }
    params.required("currency")?;
    set_money(&mut intent, params)?;
    let capture = ["automatic", "automatic_async", "manual"];
    if let Some(method) = params.one_of("capture_method", &capture)? {
        intent["capture_method"] = json!(method);
    }
    if let Some(method) = params.one_of("confirmation_method", &["automatic", "manual"])? {
        intent["confirmation_method"] = json!(method);
    }
    method_types::set(&mut intent, params)?;
    set_plain(tx, &mut intent, params)?;
    Ok(intent)
}

fn set_money(intent: &mut Value, params: &Params) -> Outcome<()> {
    if params.has("currency") {
        intent["currency"] = json!(money::currency(params.required("currency")?)?);
    }
    if let Some(amount) = params.integer("amount")? {
        intent["amount"] = json!(amount);
    }
    let amount = intent["amount"].as_i64().unwrap_or_default();
    money::chargeable(amount, text(intent, "currency"), "amount")?;
    Ok(())
}

fn set_plain(tx: &Tx, intent: &mut Value, params: &Params) -> Outcome<()> {
    params.one_of("setup_future_usage", &["on_session", "off_session"])?;
    check_email(params, "receipt_email")?;
    set_texts(intent, params, TEXTS);
    set_hash(intent, params, "shipping");
    if let Some(customer) = params.text("customer") {
        tx.find("customer", customer, "customer")?;
        intent["customer"] = json!(customer);
    }
    destination::set(tx, intent, params)?;
    set_metadata(intent, params)
}

/// Puts the payment method in, if the call names or describes one.
pub(crate) fn set_method(tx: &mut Tx, mut intent: Value, params: &Params) -> Outcome {
    let method = if let Some(id) = params.text("payment_method") {
        payment_methods::take(tx, id, "payment_method")?
    } else if params.has("payment_method_data") {
        let method = payment_methods::build(tx, &params.sub("payment_method_data"))?;
        tx.put(method.clone());
        method
    } else {
        return Ok(intent);
    };
    check_usable(&intent, &method)?;
    intent["payment_method"] = method["id"].clone();
    intent["status"] = json!("requires_confirmation");
    intent["next_action"] = Value::Null;
    tx.put(intent.clone());
    Ok(intent)
}

/// A card belongs to one customer or, once, to nobody.
pub(crate) fn check_usable(intent: &Value, method: &Value) -> Outcome<()> {
    let (owner, customer, id) = (text(method, "customer"), text(intent, "customer"), text(method, "id"));
    if owner == customer {
        return payment_methods::check_unspent(method);
    }
    if owner.is_empty() {
        return payment_methods::check_unspent(method);
    }
    let message = if customer.is_empty() {
        format!(
            "The provided PaymentMethod ({id}) belongs to the Customer {owner}. Please include the Customer in the \
             `customer` parameter on the intent."
        )
    } else {
        format!(
            "The provided PaymentMethod ({id}) belongs to the Customer {owner} and cannot be used by {customer}."
        )
    };
    let mut error = ApiError::invalid("payment_method", message);
    error.began = true;
    Err(error)
}

fn shape(tx: &Tx, id: &str) -> Value {
    json!({
        "id": id,
        "object": "payment_intent",
        "allowed_payment_method_types": null,
        "amount": 0,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": 0,
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": { "allow_redirects": "always", "enabled": true },
        "canceled_at": null,
        "cancellation_reason": null,
        "capture_method": "automatic_async",
        "client_secret": ids::client_secret(id),
        "confirmation_method": "automatic",
        "created": tx.now(),
        "currency": "",
        "customer": null,
        "customer_account": null,
        "description": null,
        "excluded_payment_method_types": null,
        "last_payment_error": null,
        "latest_charge": null,
        "livemode": false,
        "metadata": {},
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": null,
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": {
            "installments": null,
            "mandate_options": null,
            "network": null,
            "request_three_d_secure": "automatic",
        } },
        "payment_method_types": ["card"],
        "processing": null,
        "receipt_email": null,
        "review": null,
        "setup_future_usage": null,
        "shipping": null,
        "source": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": "requires_payment_method",
        "transfer_data": null,
        "transfer_group": null,
    })
}
