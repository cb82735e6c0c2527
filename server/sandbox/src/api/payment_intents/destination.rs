//! Destination charges: whose money it will be, and what the platform keeps of it.

use serde_json::{Value, json};

use crate::api::transfers;
use crate::error::{ApiError, Outcome};
use crate::money;
use crate::params::{self, Params};
use crate::tx::Tx;

/// At creation, in updates, and once more at the capture.
pub(super) fn set(tx: &Tx, intent: &mut Value, params: &Params) -> Outcome<()> {
    if let Some(id) = params.text("on_behalf_of") {
        transfers::destination(tx, id, "on_behalf_of")?;
        intent["on_behalf_of"] = json!(id);
    }
    if let Some(id) = params.text("transfer_data[destination]") {
        transfers::destination(tx, id, "transfer_data[destination]")?;
        intent["transfer_data"] = json!({ "destination": id });
    }
    if params.has("transfer_data") && intent["transfer_data"]["destination"].is_null() {
        return Err(params::missing("transfer_data[destination]"));
    }
    if let Some(fee) = params.integer("application_fee_amount")? {
        intent["application_fee_amount"] = json!(fee);
    }
    if let Some(amount) = params.integer("transfer_data[amount]")? {
        intent["transfer_data"]["amount"] = json!(amount);
    }
    check(intent, intent["amount"].as_i64().unwrap_or_default())
}

/// Neither part may be more than is charged, and only one of them says how the money is divided.
pub(super) fn check(intent: &Value, charged: i64) -> Outcome<()> {
    let fee = intent["application_fee_amount"].as_i64();
    let sent = intent["transfer_data"]["amount"].as_i64();
    if fee.is_some() && intent["transfer_data"]["destination"].is_null() {
        let message = "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment \
                       (using an OAuth key or Stripe-Account header) or destination payment (using \
                       `transfer_data[destination]`).";
        return Err(ApiError::invalid("application_fee_amount", message));
    }
    if fee.is_some() && sent.is_some() {
        let message =
            "You may only specify one of these parameters: application_fee_amount, transfer_data[amount].";
        return Err(ApiError::invalid("application_fee_amount", message).code("parameters_exclusive"));
    }
    for (param, part) in [("application_fee_amount", fee), ("transfer_data[amount]", sent)] {
        let Some(part) = part else { continue };
        money::positive(part, param)?;
        if part > charged {
            let message = format!("The {param} must be less than or equal to the amount of the charge.");
            return Err(ApiError::invalid(param, message).code("amount_too_large"));
        }
    }
    Ok(())
}
