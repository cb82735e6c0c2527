//! Which kinds of payment methods an intent takes. The sandbox's account has cards only.

use serde_json::{Value, json};

use super::Call;
use crate::error::{ApiError, Outcome};
use crate::params::Params;

/// The release that took `payment_method_types` away from requests.
const REMOVED_IN: &str = "2026-09-30";

/// Callers that pin an older version may still send it.
pub(crate) fn refuse_removed(call: &Call) -> Outcome<()> {
    if !call.params.has("payment_method_types") || call.version.as_str() < REMOVED_IN {
        return Ok(());
    }
    let message = "`payment_method_types` is no longer supported on this API version. Use \
                   `allowed_payment_method_types` to limit payment methods, or leave it out to manage them from the \
                   Dashboard.";
    Err(ApiError::invalid("payment_method_types", message).code("payment_method_types_no_longer_supported"))
}

/// Either the dashboard decides, or the caller names what is allowed.
pub(crate) fn set(intent: &mut Value, params: &Params) -> Outcome<()> {
    if let Some(redirects) =
        params.one_of("automatic_payment_methods[allow_redirects]", &["always", "never"])?
    {
        intent["automatic_payment_methods"]["allow_redirects"] = json!(redirects);
    }
    if params.has("automatic_payment_methods") && !params.boolean("automatic_payment_methods[enabled]")? {
        intent["automatic_payment_methods"] = Value::Null;
    }
    let allowed = params.texts("allowed_payment_method_types");
    let named = if allowed.is_empty() { params.texts("payment_method_types") } else { allowed.clone() };
    if named.is_empty() {
        return Ok(());
    }
    for other in
        ["automatic_payment_methods", "excluded_payment_method_types", "payment_method_configuration"]
    {
        if params.has(other) {
            let message = format!(
                "You may only specify one of these parameters: allowed_payment_method_types, {other}."
            );
            return Err(ApiError::invalid(other, message).code("parameters_exclusive"));
        }
    }
    if !named.contains(&"card") {
        let message = "No valid payment method types for this intent: the sandbox takes cards only.";
        return Err(ApiError::invalid("allowed_payment_method_types", message));
    }
    if !allowed.is_empty() {
        intent["allowed_payment_method_types"] = json!(allowed);
    }
    intent["automatic_payment_methods"] = Value::Null;
    Ok(())
}
