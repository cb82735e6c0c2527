//! What a browser may do with a publishable key: make a payment method, and read and confirm the one intent whose
//! client secret it has.

use http::Method;
use serde_json::Value;

use crate::error::{ApiError, Outcome};
use crate::params::Params;
use crate::state::{State, text};

/// The fields of an intent that a browser is shown.
const INTENT: &[&str] = &[
    "id",
    "object",
    "amount",
    "amount_details",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "last_setup_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "status",
    "usage",
];
const METHOD: &[&str] =
    &["id", "object", "allow_redisplay", "billing_details", "card", "created", "livemode", "type"];
/// Only the server knows whether the customer is there, and what it is paid for.
const SERVERS: &[&str] = &["off_session", "capture_method", "expand", "error_on_requires_action"];

/// Whether this request is one of those.
pub(crate) fn check(state: &State, method: &Method, path: &str, params: &Params) -> Outcome<()> {
    let steps: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
    let (kind, id) = match (method, steps.as_slice()) {
        (&Method::POST, ["payment_methods"]) => return refuse_customer(params),
        (&Method::GET, [kind, id]) | (&Method::POST, [kind, id, "confirm"]) => match *kind {
            "payment_intents" => ("payment_intent", id),
            "setup_intents" => ("setup_intent", id),
            _ => return Err(ApiError::secret_key_required()),
        },
        _ => return Err(ApiError::secret_key_required()),
    };
    if let Some(param) = SERVERS.iter().find(|param| params.has(param)) {
        let message = format!("You cannot set `{param}` with a publishable key.");
        return Err(ApiError::invalid(param, message));
    }
    let secret = params.required("client_secret")?;
    let intent = state.get(kind, id).ok_or_else(|| ApiError::missing(kind, id, "intent"))?;
    if text(intent, "client_secret") == secret {
        return Ok(());
    }
    let message = "The client_secret provided does not match the client_secret associated with this intent.";
    Err(ApiError::invalid("client_secret", message).code(&format!("{kind}_invalid_parameter")))
}

fn refuse_customer(params: &Params) -> Outcome<()> {
    if params.has("customer") {
        return Err(ApiError::secret_key_required());
    }
    Ok(())
}

/// Leaves of an answer what a browser is shown, in errors too.
pub(crate) fn redact(answer: &mut Value) {
    let shown = match text(answer, "object") {
        "payment_intent" | "setup_intent" => Some(INTENT),
        "payment_method" => Some(METHOD),
        _ => None,
    };
    let Some(fields) = answer.as_object_mut() else { return };
    if let Some(shown) = shown {
        fields.retain(|name, _| shown.contains(&name.as_str()));
    }
    fields.values_mut().for_each(redact);
}
