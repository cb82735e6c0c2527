//! What can be said in a dispute.

use serde_json::{Map, Value, json};

use crate::api::fields::set_texts;
use crate::error::{ApiError, Outcome};
use crate::params::Params;

const FIELDS: &[&str] = &[
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];
/// Stripe's limit for all texts together.
const LONGEST: usize = 150_000;

pub(super) fn none() -> Value {
    let mut evidence: Map<String, Value> =
        FIELDS.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
    evidence.insert("enhanced_evidence".into(), json!({}));
    Value::Object(evidence)
}

/// Takes what is given, keeps the rest; an empty text takes a piece back.
pub(super) fn set(dispute: &mut Value, given: &Params) -> Outcome<()> {
    given.only(FIELDS)?;
    set_texts(&mut dispute["evidence"], given, FIELDS);
    let length: usize =
        FIELDS.iter().filter_map(|field| dispute["evidence"][*field].as_str()).map(str::len).sum();
    if length > LONGEST {
        let message = "The combined character count of your evidence is more than 150,000.";
        return Err(ApiError::invalid("evidence", message));
    }
    dispute["evidence_details"]["has_evidence"] = json!(length > 0);
    Ok(())
}
