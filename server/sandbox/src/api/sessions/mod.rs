//! Checkout sessions: made, listed and expired here; the card page's side is in `submit`.

mod build;
mod submit;

pub(crate) use submit::{Form, Submitted, finish, submit, success_url};

use serde_json::{Value, json};

use super::{Call, list, method_types, payment_intents, setup_intents};
use crate::error::{ApiError, Outcome};
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    method_types::refuse_removed(call)?;
    let mut session = build::session(tx, &call.params)?;
    if session["mode"] == "setup" {
        let mut params = call.params.sub("setup_intent_data").as_json().clone();
        if let Some(customer) = session["customer"].as_str() {
            params["customer"] = json!(customer);
        }
        let params = crate::params::Params::from_json(params);
        let intent = setup_intents::make(tx, &params, session["id"].clone())?;
        session["setup_intent"] = intent["id"].clone();
    }
    tx.put(session.clone());
    Ok(public(&session))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("checkout.session", &call.id, "session")?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["metadata", "collected_information", "shipping_options"])?;
    let mut session = tx.find("checkout.session", &call.id, "session")?;
    super::fields::set_metadata(&mut session, &call.params)?;
    tx.put(session.clone());
    Ok(public(&session))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "checkout.session", "/v1/checkout/sessions", |session| {
        let email = call.params.text("customer_details[email]");
        ["customer", "payment_intent", "status"]
            .iter()
            .all(|field| list::same(&call.params, field, session, field))
            && email.is_none_or(|email| session["customer_details"]["email"] == email)
    })
}

pub(crate) fn line_items(tx: &mut Tx, call: &Call) -> Outcome {
    let session = tx.find("checkout.session", &call.id, "session")?;
    let url = format!("/v1/checkout/sessions/{}/line_items", call.id);
    Ok(json!({ "object": "list", "data": session[HIDDEN]["line_items"], "has_more": false, "url": url }))
}

pub(crate) fn expire(tx: &mut Tx, call: &Call) -> Outcome {
    let session = tx.find("checkout.session", &call.id, "session")?;
    if session["status"] != "open" {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of \
             {}.",
            text(&session, "status")
        );
        return Err(ApiError::state("status_transition_invalid", message));
    }
    Ok(public(&expire_session(tx, session)))
}

/// Nobody can pay any more, and the intent behind is cancelled.
pub(crate) fn expire_session(tx: &mut Tx, mut session: Value) -> Value {
    session["status"] = json!("expired");
    session["url"] = Value::Null;
    no_longer_due(&mut session);
    tx.put(session.clone());
    if let Some(intent) = tx.get("setup_intent", text(&session, "setup_intent"))
        && intent["status"] != "succeeded"
    {
        setup_intents::cancel_intent(tx, intent, Some("abandoned"));
    }
    if let Some(intent) = tx.get("payment_intent", text(&session, "payment_intent"))
        && intent["status"] != "succeeded"
        && intent["status"] != "canceled"
    {
        payment_intents::cancel_intent(tx, intent, Some("abandoned"), "charge.refunded");
    }
    tx.emit("checkout.session.expired", &session);
    session
}

pub(crate) fn is_open(tx: &Tx, id: &str) -> bool {
    tx.state().get("checkout.session", id).is_some_and(|session| session["status"] == "open")
}

/// The held money of a completed session was captured.
pub(crate) fn paid(tx: &mut Tx, id: &str) {
    if let Some(mut session) = tx.get("checkout.session", id) {
        session["payment_status"] = json!("paid");
        tx.put(session);
    }
}

fn no_longer_due(session: &mut Value) {
    if let Some(hidden) = session[HIDDEN].as_object_mut() {
        hidden.remove("due_at");
    }
}
