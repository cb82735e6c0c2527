//! What happens when a card is entered on the card page.

use serde_json::{Value, json};

use super::no_longer_due;
use crate::api::fields::address;
use crate::api::payment_intents::{self, How};
use crate::api::{Call, customers, payment_methods, setup_intents};
use crate::error::{ApiError, Outcome};
use crate::params::Params;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

/// What was typed into the card page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) number: String,
    pub(crate) exp_month: String,
    pub(crate) exp_year: String,
    pub(crate) cvc: String,
}

pub(crate) enum Submitted {
    Complete(Value),
    /// The bank wants to see the customer first.
    Authenticate(String),
    Refused(Box<ApiError>),
    /// Somebody was faster, such as the first of two clicks.
    Closed,
}

/// Saves or charges the card. A refusal is an answer here: what it left behind stays.
pub(crate) fn submit(tx: &mut Tx, id: &str, form: &Form) -> Outcome<Submitted> {
    let session = tx.find("checkout.session", id, "session")?;
    if session["status"] != "open" {
        return Ok(Submitted::Closed);
    }
    let method = match payment_methods::build(tx, &card(form)) {
        Ok(method) => method,
        Err(error) => return Ok(Submitted::Refused(error)),
    };
    tx.put(method.clone());
    let session = with_customer(tx, session, form)?;
    let intent = with_method(intent(tx, &session)?, &method);
    tx.put(intent.clone());
    let how = How { hosted: true, ..How::default() };
    let confirmed = match text(&session, "mode") {
        "setup" => setup_intents::confirm_intent(tx, intent, None, true),
        _ => payment_intents::confirm_intent(tx, intent, &how),
    };
    match confirmed {
        Ok(intent) if intent["status"] == "requires_action" => {
            Ok(Submitted::Authenticate(text(&intent, "id").to_owned()))
        }
        Ok(intent) => Ok(Submitted::Complete(finish(tx, &intent))),
        Err(error) => Ok(Submitted::Refused(error)),
    }
}

fn card(form: &Form) -> Params {
    Params::from_json(json!({
        "type": "card",
        "card": { "number": form.number, "exp_month": form.exp_month, "exp_year": form.exp_year, "cvc": form.cvc },
        "billing_details": { "email": form.email, "name": form.name },
    }))
}

/// The session remembers who paid, and makes a customer of them if it was asked to.
fn with_customer(tx: &mut Tx, mut session: Value, form: &Form) -> Outcome {
    session["customer_details"] = json!({
        "address": address(None),
        "business_name": null,
        "email": form.email,
        "individual_name": null,
        "name": form.name,
        "phone": null,
        "tax_exempt": "none",
        "tax_ids": [],
    });
    if session["customer"].is_null() && session["customer_creation"] == "always" {
        let params = Params::from_json(json!({ "email": form.email, "name": form.name }));
        let customer = customers::create(tx, &Call { params, ..Call::default() })?;
        session["customer"] = customer["id"].clone();
    }
    tx.put(session.clone());
    Ok(session)
}

/// Setup sessions have their intent from the start; a payment's is made with the first card.
fn intent(tx: &mut Tx, session: &Value) -> Outcome {
    if session["mode"] == "setup" {
        let mut intent = tx.find("setup_intent", text(session, "setup_intent"), "setup_intent")?;
        intent["customer"] = session["customer"].clone();
        return Ok(intent);
    }
    if let Some(intent) = tx.get("payment_intent", text(session, "payment_intent")) {
        return Ok(intent);
    }
    let mut params = session[HIDDEN]["payment_intent_data"].clone();
    if !params.is_object() {
        params = json!({});
    }
    params["amount"] = json!(session["amount_total"].to_string());
    params["currency"] = session["currency"].clone();
    params["allowed_payment_method_types"] = json!(["card"]);
    if let Some(customer) = session["customer"].as_str() {
        params["customer"] = json!(customer);
    }
    let mut intent = payment_intents::build(tx, &Params::from_json(params))?;
    intent[HIDDEN] = json!({ "session": session["id"] });
    tx.put(intent.clone());
    tx.emit("payment_intent.created", &intent);
    let mut session = session.clone();
    session["payment_intent"] = intent["id"].clone();
    tx.put(session);
    Ok(intent)
}

fn with_method(mut intent: Value, method: &Value) -> Value {
    intent["payment_method"] = method["id"].clone();
    intent["status"] = json!("requires_confirmation");
    intent
}

/// The intent is through: its session, if it has one, is complete.
pub(crate) fn finish(tx: &mut Tx, intent: &Value) -> Value {
    let Some(mut session) = tx.get("checkout.session", text(&intent[HIDDEN], "session")) else {
        return Value::Null;
    };
    session["status"] = json!("complete");
    session["url"] = Value::Null;
    if intent["status"] == "succeeded" && session["mode"] == "payment" {
        session["payment_status"] = json!("paid");
    }
    no_longer_due(&mut session);
    tx.put(session.clone());
    tx.emit("checkout.session.completed", &session);
    public(&session)
}

/// Where the customer goes then; the shop may ask for the session's id in it.
pub(crate) fn success_url(session: &Value) -> String {
    text(session, "success_url").replace("{CHECKOUT_SESSION_ID}", text(session, "id"))
}
