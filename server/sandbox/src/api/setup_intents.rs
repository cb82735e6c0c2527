//! Setup intents: a card is saved now, to be charged later.

use serde_json::{Value, json};

use super::cards::{self, ThreeDs};
use super::fields::{set_metadata, set_texts};
use super::payment_intents::{CONFIRMABLE, authentication, check_status, check_usable};
use super::{Call, list, method_types, payment_methods};
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::params::Params;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

const KNOWN: &[&str] = &[
    "allowed_payment_method_types",
    "attach_to_self",
    "automatic_payment_methods",
    "client_secret",
    "confirm",
    "confirmation_token",
    "customer",
    "customer_account",
    "description",
    "excluded_payment_method_types",
    "flow_directions",
    "mandate_data",
    "metadata",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "return_url",
    "single_use",
    "usage",
    "use_stripe_sdk",
];

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    method_types::refuse_removed(call)?;
    let intent = make(tx, &call.params, Value::Null)?;
    let intent = set_method(tx, intent, &call.params)?;
    if call.params.boolean("confirm")? {
        return confirm_intent(tx, intent, call.params.text("return_url"), false)
            .map(|intent| public(&intent));
    }
    Ok(public(&intent))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("setup_intent", &call.id, "intent")?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    method_types::refuse_removed(call)?;
    let mut intent = tx.find("setup_intent", &call.id, "intent")?;
    set(tx, &mut intent, &call.params)?;
    tx.put(intent.clone());
    set_method(tx, intent, &call.params).map(|intent| public(&intent))
}

pub(crate) fn confirm(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    let intent = tx.find("setup_intent", &call.id, "intent")?;
    refuse_if_of_session(&intent, "confirm")?;
    check_status(&intent, CONFIRMABLE, |status, allowed| match status {
        "succeeded" => "You cannot confirm this SetupIntent because it has already succeeded.".to_owned(),
        _ => format!(
            "You cannot confirm this SetupIntent because it has a status of {status}. Only a SetupIntent with one of \
             the following statuses may be confirmed: {allowed}."
        ),
    })?;
    let intent = set_method(tx, intent, &call.params)?;
    confirm_intent(tx, intent, call.params.text("return_url"), false).map(|intent| public(&intent))
}

pub(crate) fn cancel(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["cancellation_reason"])?;
    let reasons = ["abandoned", "requested_by_customer", "duplicate"];
    let reason = call.params.one_of("cancellation_reason", &reasons)?;
    let intent = tx.find("setup_intent", &call.id, "intent")?;
    refuse_if_of_session(&intent, "cancel")?;
    check_status(&intent, CONFIRMABLE, |status, allowed| {
        format!(
            "You cannot cancel this SetupIntent because it has a status of {status}. Only a SetupIntent with one of \
             the following statuses may be canceled: {allowed}."
        )
    })?;
    Ok(public(&cancel_intent(tx, intent, reason)))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "setup_intent", "/v1/setup_intents", |intent| {
        ["customer", "payment_method"].iter().all(|field| list::same(&call.params, field, intent, field))
    })
}

fn refuse_if_of_session(intent: &Value, act: &str) -> Outcome<()> {
    if text(&intent[HIDDEN], "session").is_empty() {
        return Ok(());
    }
    let message = format!("You cannot {act} the SetupIntent for a Checkout Session.");
    Err(ApiError::state("setup_intent_unexpected_state", message))
}

pub(crate) fn cancel_intent(tx: &mut Tx, mut intent: Value, reason: Option<&str>) -> Value {
    intent["status"] = json!("canceled");
    intent["cancellation_reason"] = json!(reason);
    intent["next_action"] = Value::Null;
    tx.put(intent.clone());
    tx.emit("setup_intent.canceled", &intent);
    intent
}

/// A new intent; `session` is the checkout session it belongs to, if any.
pub(crate) fn make(tx: &mut Tx, params: &Params, session: Value) -> Outcome {
    let id = ids::new("seti");
    let mut intent = json!({
        "id": id,
        "object": "setup_intent",
        "allowed_payment_method_types": null,
        "application": null,
        "automatic_payment_methods": { "allow_redirects": "always", "enabled": true },
        "cancellation_reason": null,
        "client_secret": ids::client_secret(&id),
        "created": tx.now(),
        "customer": null,
        "customer_account": null,
        "description": null,
        "excluded_payment_method_types": null,
        "flow_directions": null,
        "last_setup_error": null,
        "latest_attempt": null,
        "livemode": false,
        "mandate": null,
        "metadata": {},
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": null,
        "payment_method_configuration_details": null,
        "payment_method_options": {
            "card": { "mandate_options": null, "network": null, "request_three_d_secure": "automatic" },
        },
        "payment_method_types": ["card"],
        "single_use_mandate": null,
        "status": "requires_payment_method",
        "usage": params.one_of("usage", &["off_session", "on_session"])?.unwrap_or("off_session"),
        HIDDEN: { "session": session },
    });
    method_types::set(&mut intent, params)?;
    set(tx, &mut intent, params)?;
    tx.put(intent.clone());
    tx.emit("setup_intent.created", &intent);
    Ok(intent)
}

fn set(tx: &Tx, intent: &mut Value, params: &Params) -> Outcome<()> {
    set_texts(intent, params, &["description"]);
    if let Some(customer) = params.text("customer") {
        tx.find("customer", customer, "customer")?;
        intent["customer"] = json!(customer);
    }
    set_metadata(intent, params)
}

fn set_method(tx: &mut Tx, mut intent: Value, params: &Params) -> Outcome {
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
    tx.put(intent.clone());
    Ok(intent)
}

/// Asks the card's bank whether it may be used later.
pub(crate) fn confirm_intent(
    tx: &mut Tx,
    mut intent: Value,
    return_url: Option<&str>,
    hosted: bool,
) -> Outcome {
    let Some(method) = intent["payment_method"].as_str().and_then(|id| tx.get("payment_method", id)) else {
        let message = "You cannot confirm this SetupIntent because it's missing a payment method. Update the \
                       SetupIntent with a payment method and then confirm it again.";
        let error = ApiError::state("setup_intent_unexpected_state", message);
        return Err(error.with("setup_intent", public(&intent)));
    };
    if !hosted && return_url.is_none() && intent["automatic_payment_methods"]["allow_redirects"] == "always" {
        let message = "This SetupIntent is configured to accept payment methods enabled in your Dashboard. Because \
                       some of these payment methods might redirect your customer off of your page, you must provide \
                       a `return_url`.";
        let mut error = ApiError::invalid("return_url", message);
        error.began = true;
        return Err(error.with("setup_intent", public(&intent)));
    }
    let card = cards::behind(&method);
    if let Some(decline) = card.on_attach {
        return Err(fail(tx, intent, &method, decline.error()));
    }
    if card.three_ds == ThreeDs::Never
        || (method[HIDDEN]["set_up"] == true && card.three_ds != ThreeDs::Always)
    {
        return succeed(tx, intent, method);
    }
    intent["status"] = json!("requires_action");
    intent["last_setup_error"] = Value::Null;
    intent["next_action"] = authentication::next_action(tx, &intent, return_url);
    intent[HIDDEN]["return_url"] = json!(return_url);
    tx.put(intent.clone());
    tx.emit("setup_intent.requires_action", &intent);
    Ok(intent)
}

/// The card belongs to the customer from here on, ready to be charged without them.
pub(crate) fn succeed(tx: &mut Tx, mut intent: Value, mut method: Value) -> Outcome {
    method[HIDDEN]["set_up"] = json!(intent["usage"] == "off_session");
    tx.put(method.clone());
    if let Some(customer) = intent["customer"].as_str()
        && method["customer"].is_null()
    {
        method = payment_methods::own(tx, method, customer);
    }
    intent["status"] = json!("succeeded");
    intent["next_action"] = Value::Null;
    intent["last_setup_error"] = Value::Null;
    intent["latest_attempt"] = record_attempt(tx, &intent, &method, "succeeded", Value::Null);
    tx.put(intent.clone());
    tx.emit("setup_intent.succeeded", &intent);
    Ok(intent)
}

pub(crate) fn fail(tx: &mut Tx, mut intent: Value, method: &Value, error: Box<ApiError>) -> Box<ApiError> {
    let error = error.with("payment_method", public(method));
    intent["status"] = json!("requires_payment_method");
    intent["payment_method"] = Value::Null;
    intent["next_action"] = Value::Null;
    intent["last_setup_error"] = error.object();
    intent["latest_attempt"] = record_attempt(tx, &intent, method, "failed", error.object());
    tx.put(intent.clone());
    tx.emit("setup_intent.setup_failed", &intent);
    error.with("setup_intent", public(&intent))
}

fn record_attempt(tx: &mut Tx, intent: &Value, method: &Value, status: &str, error: Value) -> Value {
    let id = ids::new("setatt");
    tx.put(json!({
        "id": id,
        "object": "setup_attempt",
        "application": null,
        "created": tx.now(),
        "customer": intent["customer"],
        "flow_directions": null,
        "livemode": false,
        "on_behalf_of": null,
        "payment_method": method["id"],
        "payment_method_details": { "card": { "three_d_secure": null }, "type": "card" },
        "setup_error": error,
        "setup_intent": intent["id"],
        "status": status,
        "usage": intent["usage"],
    }));
    json!(id)
}
