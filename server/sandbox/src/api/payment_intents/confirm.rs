//! Confirming: the moment a card is asked for money.

use serde_json::{Value, json};

use super::{CONFIRMABLE, authentication, check_status, check_usable, set_method};
use crate::api::cards::{self, Decline, ThreeDs};
use crate::api::{Call, charges, method_types, payment_methods};
use crate::error::{ApiError, Outcome};
use crate::params::Params;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

/// How a confirmation is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct How {
    /// The customer is not there to answer their bank.
    pub(crate) off_session: bool,
    pub(crate) return_url: Option<String>,
    pub(crate) error_on_requires_action: bool,
    /// The card page handles every redirect itself.
    pub(crate) hosted: bool,
}

impl How {
    pub(crate) fn parse(params: &Params) -> Outcome<Self> {
        let off_session = matches!(params.raw("off_session"), Some("true" | "one_off" | "recurring"));
        Ok(Self {
            off_session,
            return_url: params.text("return_url").map(str::to_owned),
            error_on_requires_action: params.boolean("error_on_requires_action")?,
            hosted: false,
        })
    }
}

pub(crate) fn confirm(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&[
        "allowed_payment_method_types",
        "amount_details",
        "amount_to_confirm",
        "capture_method",
        "client_secret",
        "confirmation_token",
        "error_on_requires_action",
        "excluded_payment_method_types",
        "hooks",
        "mandate",
        "mandate_data",
        "off_session",
        "payment_details",
        "payment_method",
        "payment_method_data",
        "payment_method_options",
        "payment_method_types",
        "radar_options",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "use_stripe_sdk",
    ])?;
    method_types::refuse_removed(call)?;
    let intent = tx.find("payment_intent", &call.id, "intent")?;
    let how = How::parse(&call.params)?;
    check_confirmable(&intent)?;
    let mut intent = set_method(tx, intent, &call.params)?;
    if let Some(usage) = call.params.one_of("setup_future_usage", &["on_session", "off_session"])? {
        intent["setup_future_usage"] = json!(usage);
    }
    if let Some(method) = call.params.one_of("capture_method", &["automatic", "automatic_async", "manual"])? {
        intent["capture_method"] = json!(method);
    }
    confirm_intent(tx, intent, &how).map(|intent| public(&intent))
}

fn check_confirmable(intent: &Value) -> Outcome<()> {
    check_status(intent, CONFIRMABLE, |status, allowed| match status {
        "succeeded" => {
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously \
                        confirmed."
                .to_owned()
        }
        _ => format!(
            "You cannot confirm this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one \
             of the following statuses may be confirmed: {allowed}."
        ),
    })
}

/// Asks the card; a refusal is an error that leaves the intent and a failed charge behind.
pub(crate) fn confirm_intent(tx: &mut Tx, mut intent: Value, how: &How) -> Outcome {
    let Some(method) = intent["payment_method"].as_str().and_then(|id| tx.get("payment_method", id)) else {
        let message = "You cannot confirm this PaymentIntent because it's missing a payment method. You can either \
                       update the PaymentIntent with a payment method and then confirm it again, or confirm it again \
                       directly with a payment method or ConfirmationToken.";
        let error = ApiError::state("payment_intent_unexpected_state", message);
        return Err(error.with("payment_intent", public(&intent)));
    };
    check_usable(&intent, &method)?;
    check_return_url(&intent, how)?;
    intent[HIDDEN] = json!({ "session": intent[HIDDEN]["session"], "off_session": how.off_session });
    if !bank_asks(&method, how.off_session) {
        return settle(tx, intent, &method);
    }
    if how.off_session || how.error_on_requires_action {
        return refuse(tx, intent, &method, Decline::AuthenticationRequired);
    }
    intent["status"] = json!("requires_action");
    intent["last_payment_error"] = Value::Null;
    intent["next_action"] = authentication::next_action(tx, &intent, how.return_url.as_deref());
    intent[HIDDEN]["return_url"] = json!(how.return_url);
    tx.put(intent.clone());
    tx.emit("payment_intent.requires_action", &intent);
    Ok(intent)
}

/// With payment methods chosen by the dashboard, one may redirect, so Stripe wants to know where to.
fn check_return_url(intent: &Value, how: &How) -> Outcome<()> {
    let automatic = &intent["automatic_payment_methods"];
    if how.hosted || how.return_url.is_some() || automatic["allow_redirects"] != "always" {
        return Ok(());
    }
    let message = "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some \
                   of these payment methods might redirect your customer off of your page, you must provide a \
                   `return_url`. If you don't want to accept redirect-based payment methods, set \
                   `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to \
                   `never` when creating Setup Intents and Payment Intents.";
    let mut error = ApiError::invalid("return_url", message);
    error.began = true;
    Err(error.with("payment_intent", public(intent)))
}

fn bank_asks(method: &Value, off_session: bool) -> bool {
    match cards::behind(method).three_ds {
        ThreeDs::Never => false,
        ThreeDs::UnlessSetUp => method[HIDDEN]["set_up"] != true,
        ThreeDs::Always => true,
        ThreeDs::AlreadySetUp => !off_session,
    }
}

/// The card's own answer, once nothing stands between.
pub(crate) fn settle(tx: &mut Tx, mut intent: Value, method: &Value) -> Outcome {
    if let Some(decline) = cards::behind(method).on_charge {
        return refuse(tx, intent, method, decline);
    }
    let capture = intent["capture_method"] != "manual";
    let off_session = intent[HIDDEN]["off_session"] == true;
    let charge = charges::succeed(tx, &intent, method, capture, off_session);
    intent["latest_charge"] = charge["id"].clone();
    intent["last_payment_error"] = Value::Null;
    intent["next_action"] = Value::Null;
    let event = if capture {
        intent["status"] = json!("succeeded");
        intent["amount_received"] = intent["amount"].clone();
        "payment_intent.succeeded"
    } else {
        intent["status"] = json!("requires_capture");
        intent["amount_capturable"] = intent["amount"].clone();
        intent[HIDDEN]["due_at"] = charge["payment_method_details"]["card"]["capture_before"].clone();
        "payment_intent.amount_capturable_updated"
    };
    tx.put(intent.clone());
    tx.emit(event, &intent);
    remember_card(tx, &intent, method.clone());
    Ok(intent)
}

/// The card is saved if the intent says so; a card that belongs to nobody is spent.
fn remember_card(tx: &mut Tx, intent: &Value, mut method: Value) {
    if !method["customer"].is_null() {
        return;
    }
    let customer = text(intent, "customer").to_owned();
    if customer.is_empty() || intent["setup_future_usage"].is_null() {
        method[HIDDEN]["spent"] = json!(true);
        return tx.put(method);
    }
    method[HIDDEN]["set_up"] = json!(intent["setup_future_usage"] == "off_session");
    payment_methods::own(tx, method, &customer);
}

fn refuse(tx: &mut Tx, mut intent: Value, method: &Value, decline: Decline) -> Outcome {
    let charge = charges::fail(tx, &intent, method, decline);
    let error = decline.error().with("charge", charge["id"].clone()).with("payment_method", public(method));
    intent["latest_charge"] = charge["id"].clone();
    fail_attempt(tx, &mut intent, &error);
    Err(error.with("payment_intent", public(&intent)))
}

/// Back to the start, with the reason.
pub(crate) fn fail_attempt(tx: &mut Tx, intent: &mut Value, error: &ApiError) {
    intent["status"] = json!("requires_payment_method");
    intent["payment_method"] = Value::Null;
    intent["next_action"] = Value::Null;
    intent["last_payment_error"] = error.object();
    tx.put(intent.clone());
    tx.emit("payment_intent.payment_failed", intent);
}
