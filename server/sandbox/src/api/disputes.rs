//! Disputes and fraud warnings, which certain test cards raise right after they were charged.

use serde_json::{Value, json};

use super::cards::Afterwards;
use super::fields::set_metadata;
use super::{Call, balance_transactions, list};
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::state::{public, text};
use crate::tx::Tx;

const FEE: i64 = 1500;

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("dispute", &call.id, "id")?))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "dispute", "/v1/disputes", |dispute| {
        ["charge", "payment_intent"].iter().all(|field| list::same(&call.params, field, dispute, field))
    })
}

/// Evidence decides at once: `winning_evidence` and `losing_evidence` are the words Stripe's testing page gives.
pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["evidence", "metadata", "submit"])?;
    let before = tx.find("dispute", &call.id, "id")?;
    let mut dispute = before.clone();
    set_metadata(&mut dispute, &call.params)?;
    let evidence = call.params.text("evidence[uncategorized_text]").unwrap_or_default().to_owned();
    if call.params.has("evidence") {
        check_open(&dispute)?;
        dispute["evidence"]["uncategorized_text"] = json!(evidence);
        dispute["evidence_details"]["has_evidence"] = json!(true);
    }
    tx.put(dispute.clone());
    tx.emit_updated("charge.dispute.updated", &before, &dispute);
    let dispute = match evidence.as_str() {
        "winning_evidence" => close_as(tx, dispute, "won"),
        "losing_evidence" => close_as(tx, dispute, "lost"),
        _ => dispute,
    };
    Ok(public(&dispute))
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

fn check_open(dispute: &Value) -> Outcome<()> {
    if text(dispute, "status").ends_with("needs_response") {
        return Ok(());
    }
    let message = "This dispute is already closed.";
    Err(ApiError::state("status_transition_invalid", message))
}

fn close_as(tx: &mut Tx, mut dispute: Value, outcome: &str) -> Value {
    let inquiry = text(&dispute, "status").starts_with("warning");
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
    json!({
        "id": ids::new("du"),
        "object": "dispute",
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": tx.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": { "enhanced_evidence": {} },
        "evidence_details": {
            "due_by": tx.now() + 9 * 24 * 60 * 60,
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
    })
}
