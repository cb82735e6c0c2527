//! 3-D Secure: the bank's page stands in between until the customer completes or fails it.

use serde_json::{Value, json};

use super::confirm::{fail_attempt, settle};
use crate::api::setup_intents;
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::state::{public, text};
use crate::tx::Tx;

/// Where the customer has to go; without a return URL Stripe.js would open the page.
pub(crate) fn next_action(tx: &Tx, intent: &Value, return_url: Option<&str>) -> Value {
    let url = format!("{}/3ds/{}", tx.base_url, text(intent, "id"));
    match return_url {
        Some(return_url) => {
            json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": return_url, "url": url } })
        }
        None => json!({
            "type": "use_stripe_sdk",
            "use_stripe_sdk": { "type": "three_d_secure_redirect", "stripe_js": url, "source": ids::new("src") },
        }),
    }
}

/// The customer answered. A refusal comes back as an error; both leave the intent changed.
pub(crate) fn answer(tx: &mut Tx, intent: Value, passed: bool) -> Outcome {
    let method = tx.find("payment_method", text(&intent, "payment_method"), "payment_method")?;
    match (text(&intent, "object"), passed) {
        ("setup_intent", true) => setup_intents::succeed(tx, intent, method),
        ("setup_intent", false) => Err(setup_intents::fail(tx, intent, &method, failure("setup"))),
        (_, true) => settle(tx, intent, &method),
        (_, false) => {
            let mut intent = intent;
            let error = failure("payment").with("payment_method", public(&method));
            fail_attempt(tx, &mut intent, &error);
            Err(error.with("payment_intent", public(&intent)))
        }
    }
}

fn failure(kind: &str) -> Box<ApiError> {
    let message = "Authentication failed. The provided PaymentMethod has failed authentication. You can provide \
                   payment_method_data or a new PaymentMethod to attempt to fulfill this intent again.";
    let mut error = ApiError::state(&format!("{kind}_intent_authentication_failure"), message);
    error.commits = true;
    error
}
