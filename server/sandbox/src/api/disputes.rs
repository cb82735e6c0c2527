//! Disputes and fraud warnings, which certain test cards raise right after they were charged.

mod evidence;

use serde_json::{Value, json};

use super::cards::Afterwards;
use super::fields::set_metadata;
use super::{Call, balance_transactions, list};
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

/// What Stripe takes for a dispute, won or lost, in minor units of its currency.
const FEE: i64 = 1500;
const RESPONSE_SECONDS: i64 = 9 * 24 * 60 * 60;

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("dispute", &call.id, "id")?))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "dispute", "/v1/disputes", |dispute| {
        ["charge", "payment_intent"].iter().all(|field| list::same(&call.params, field, dispute, field))
    })
}

/// Evidence is collected, then submitted, which `submit=false` puts off. The words `winning_evidence` and
/// `losing_evidence`, which Stripe's testing page gives, decide at once; anything else is under review.
pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["evidence", "metadata", "submit"])?;
    let before = tx.find("dispute", &call.id, "id")?;
    let mut dispute = before.clone();
    set_metadata(&mut dispute, &call.params)?;
    let submitted = call.params.has("submit") && call.params.boolean("submit")?;
    let submitted = submitted || (call.params.has("evidence") && !call.params.has("submit"));
    if call.params.has("evidence") || submitted {
        check_open(&dispute)?;
        evidence::set(&mut dispute, &call.params.sub("evidence"))?;
    }
    if submitted {
        let inquiry = is_inquiry(&dispute);
        let count = dispute["evidence_details"]["submission_count"].as_i64().unwrap_or_default();
        dispute["evidence_details"]["submission_count"] = json!(count + 1);
        dispute["status"] = json!(if inquiry { "warning_under_review" } else { "under_review" });
    }
    tx.put(dispute.clone());
    tx.emit_updated("charge.dispute.updated", &before, &dispute);
    let dispute = match text(&dispute["evidence"], "uncategorized_text") {
        "winning_evidence" if submitted => close_as(tx, dispute, "won"),
        "losing_evidence" if submitted => close_as(tx, dispute, "lost"),
        _ => dispute,
    };
    Ok(public(&dispute))
}

/// Nobody answered in time, or no answer convinced the bank.
pub(crate) fn run_out(tx: &mut Tx, mut dispute: Value) {
    dispute["evidence_details"]["past_due"] = json!(text(&dispute, "status").ends_with("needs_response"));
    close_as(tx, dispute, "lost");
}

/// Giving in.
pub(crate) fn close(tx: &mut Tx, call: &Call) -> Outcome {
    let dispute = tx.find("dispute", &call.id, "id")?;
    check_open(&dispute)?;
    Ok(public(&close_as(tx, dispute, "lost")))
}

pub(crate) fn fraud_warnings(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "radar.early_fraud_warning", "/v1/radar/early_fraud_warnings", |warning| {
        ["charge", "payment_intent"].iter().all(|field| list::same(&call.params, field, warning, field))
    })
}

pub(crate) fn fraud_warning(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("radar.early_fraud_warning", &call.id, "id")?))
}

fn is_inquiry(dispute: &Value) -> bool {
    text(dispute, "status").starts_with("warning")
}

fn check_open(dispute: &Value) -> Outcome<()> {
    if text(dispute, "status").ends_with("needs_response") {
        return Ok(());
    }
    let message = "This dispute is already closed.";
    Err(ApiError::state("status_transition_invalid", message))
}

fn close_as(tx: &mut Tx, mut dispute: Value, outcome: &str) -> Value {
    let inquiry = is_inquiry(&dispute);
    dispute[HIDDEN]["due_at"] = Value::Null;
    dispute["status"] = json!(if inquiry { "warning_closed" } else { outcome });
    let amount = dispute["amount"].as_i64().unwrap_or_default();
    let given_back = outcome == "won" && !inquiry;
    if given_back {
        let line = balance_transactions::for_dispute(tx, &dispute, amount, 0);
        add_line(tx, &mut dispute, &line);
    }
    tx.put(dispute.clone());
    tx.emit("charge.dispute.closed", &dispute);
    if given_back {
        tx.emit("charge.dispute.funds_reinstated", &dispute);
    }
    dispute
}

/// What the card does once its money was taken.
pub(crate) fn after_charge(tx: &mut Tx, charge: &Value, afterwards: Afterwards) {
    match afterwards {
        Afterwards::Dispute(reason) => open(tx, charge.clone(), reason),
        Afterwards::EarlyFraudWarning => warn(tx, charge),
        _ => {}
    }
}

/// An inquiry takes no money yet; a dispute does, with a fee.
fn open(tx: &mut Tx, mut charge: Value, reason: &str) {
    let inquiry = reason == "inquiry";
    charge["disputed"] = json!(true);
    tx.put(charge.clone());
    let mut dispute = shape(tx, &charge, if inquiry { "general" } else { reason });
    dispute["status"] = json!(if inquiry { "warning_needs_response" } else { "needs_response" });
    tx.put(dispute.clone());
    if !inquiry {
        let amount = dispute["amount"].as_i64().unwrap_or_default();
        let line = balance_transactions::for_dispute(tx, &dispute, -amount, FEE);
        add_line(tx, &mut dispute, &line);
    }
    tx.put(dispute.clone());
    tx.emit("charge.dispute.created", &dispute);
    if !inquiry {
        tx.emit("charge.dispute.funds_withdrawn", &dispute);
    }
}

fn add_line(tx: &Tx, dispute: &mut Value, line: &str) {
    if let (Some(lines), Some(line)) =
        (dispute["balance_transactions"].as_array_mut(), tx.get("balance_transaction", line))
    {
        lines.push(public(&line));
    }
}

fn warn(tx: &mut Tx, charge: &Value) {
    let warning = json!({
        "id": ids::new("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": true,
        "charge": charge["id"],
        "created": tx.now(),
        "fraud_type": "misc",
        "livemode": false,
        "payment_intent": charge["payment_intent"],
    });
    tx.put(warning.clone());
    tx.emit("radar.early_fraud_warning.created", &warning);
}

fn shape(tx: &Tx, charge: &Value, reason: &str) -> Value {
    let due_by = tx.now() + RESPONSE_SECONDS;
    json!({
        "id": ids::new("du"),
        "object": "dispute",
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": tx.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence::none(),
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": false,
            "past_due": false,
            "submission_count": 0,
        },
        "is_charge_refundable": reason == "general",
        "livemode": false,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": if reason == "general" { "inquiry" } else { "chargeback" },
                "network": charge["payment_method_details"]["card"]["brand"],
                "network_reason_code": "83",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
        HIDDEN: { "due_at": due_by },
    })
}
