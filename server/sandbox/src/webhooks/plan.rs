//! Which endpoint gets an event, how often and when, with the faults that a test asked for.

use serde_json::{Value, json};

use crate::faults::EventFaults;
use crate::state::text;
use crate::tx::Tx;

/// Keeps the event and plans one delivery for each endpoint that wants it.
pub(crate) fn deliveries(tx: &mut Tx, mut event: Value, faults: &EventFaults) {
    if faults.old_api_version {
        render_as_2018(&mut event);
    }
    let endpoints = tx.state().endpoints_for(text(&event, "type"), event["account"].is_string());
    let copies = if faults.duplicate { 2 } else { 1 };
    event["pending_webhooks"] = json!(endpoints.len());
    tx.put(event.clone());
    let due_at_ms = tx.now_ms + faults.delay_ms;
    for endpoint in &endpoints {
        for _ in 0..copies {
            tx.plan_delivery(&event, endpoint, due_at_ms, faults.dropped);
        }
    }
}

/// Intents once had sources instead of payment methods and a list of charges: a strict reader of today's
/// shapes finds required fields missing, as it would after an upgrade on Stripe's side.
fn render_as_2018(event: &mut Value) {
    event["api_version"] = json!("2018-11-08");
    let object = &mut event["data"]["object"];
    let charge = object["latest_charge"].clone();
    let source = object["payment_method"].clone();
    let Some(fields) = object.as_object_mut() else { return };
    for newer in
        ["payment_method_types", "latest_charge", "payment_method", "amount_capturable", "client_secret"]
    {
        fields.remove(newer);
    }
    fields.insert("allowed_source_types".into(), json!(["card"]));
    fields.insert("source".into(), source);
    fields.insert("charges".into(), json!({ "object": "list", "data": [charge], "has_more": false }));
}
