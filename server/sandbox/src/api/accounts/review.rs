//! What an account may do, worked out from what is known of its owner, and told when it changes.

use serde_json::{Value, json};

use super::external;
use crate::state::{HIDDEN, text};
use crate::tx::Tx;

const DOCUMENT: &str = "individual.verification.document";

/// Keeps a new account, with what it may do.
pub(super) fn put(tx: &mut Tx, account: Value) -> Value {
    let account = judged(tx, account);
    tx.put(account.clone());
    account
}

/// Keeps a changed account and tells what became of it.
pub(crate) fn settle(tx: &mut Tx, before: &Value, account: Value) -> Value {
    let account = put(tx, account);
    for capability in capabilities(&account) {
        if before["capabilities"][text(&capability, "id")] != capability["status"] {
            tx.emit("capability.updated", &capability);
        }
    }
    if *before != account {
        tx.emit_updated("account.updated", before, &account);
    }
    account
}

fn judged(tx: &Tx, mut account: Value) -> Value {
    let due = due(tx, &account);
    let errors = errors(&account);
    let rejected = account[HIDDEN]["rejected"].as_str().map(|reason| format!("rejected.{reason}"));
    let disabled = rejected.or_else(|| (!due.is_empty()).then(|| "requirements.past_due".to_owned()));
    let submitted = account["details_submitted"] == true;
    // Without a bank account money can still come in; it only cannot leave.
    let blocked =
        account[HIDDEN]["rejected"].is_string() || due.iter().any(|field| field != "external_account");
    let enabled = submitted && !blocked;
    let status = if enabled { "active" } else { "inactive" };
    for (_, capability) in account["capabilities"].as_object_mut().into_iter().flatten() {
        *capability = json!(status);
    }
    account["charges_enabled"] = json!(enabled && account["capabilities"].get("card_payments").is_some());
    account["payouts_enabled"] = json!(enabled && external::default_of(tx, text(&account, "id")).is_some());
    account["requirements"] = json!({
        "alternatives": [],
        "current_deadline": null,
        "currently_due": due,
        "disabled_reason": disabled,
        "errors": errors,
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    });
    account
}

/// The names Stripe gives to what is missing.
fn due(tx: &Tx, account: &Value) -> Vec<String> {
    let given = &account[HIDDEN]["given"];
    let has = |field: &str| given[field].is_string();
    let mut due = Vec::new();
    if external::default_of(tx, text(account, "id")).is_none() {
        due.push("external_account");
    }
    if !has("date_of_birth") {
        due.extend(["individual.dob.day", "individual.dob.month", "individual.dob.year"]);
    }
    if !has("first_name") {
        due.push("individual.first_name");
    }
    if !has("last_name") {
        due.push("individual.last_name");
    }
    if account["tos_acceptance"]["date"].is_null() {
        due.extend(["tos_acceptance.date", "tos_acceptance.ip"]);
    }
    if account[HIDDEN]["unverified"] == true {
        due.push(DOCUMENT);
    }
    due.into_iter().map(str::to_owned).collect()
}

fn errors(account: &Value) -> Value {
    if account[HIDDEN]["unverified"] != true {
        return json!([]);
    }
    json!([{
        "code": "verification_failed_keyed_identity",
        "reason": "The person's keyed-in identity information could not be verified.",
        "requirement": DOCUMENT,
    }])
}

/// As objects of their own.
pub(super) fn capabilities(account: &Value) -> Vec<Value> {
    let capability = |(name, status): (&String, &Value)| {
        json!({
            "id": name,
            "object": "capability",
            "account": account["id"],
            "future_requirements": account["future_requirements"],
            "requested": true,
            "requested_at": account["created"],
            "requirements": account["requirements"],
            "status": status,
        })
    };
    account["capabilities"].as_object().into_iter().flatten().map(capability).collect()
}
