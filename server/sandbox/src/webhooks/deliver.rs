//! Sends what was planned, several at a time, and again later what was not taken.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::signature;
use crate::app::App;
use crate::clock::wall_ms;
use crate::state::{DELIVERY, public, text};
use crate::tx::{Origin, Tx};

const AT_ONCE: usize = 32;
/// Stripe gives an endpoint ten seconds, and up after three days.
const TIMEOUT: Duration = Duration::from_secs(10);
const GIVES_UP_AFTER_MS: i64 = 3 * 24 * 60 * 60 * 1000;
const LONGEST_WAIT_MS: i64 = 60 * 60 * 1000;
/// The clock can be moved and the retry base is short in tests, so what is due is looked up, not slept for.
const TICK: Duration = Duration::from_millis(50);

/// Delivers until the server stops; what is under way then is planned still and goes out after the restart.
pub(crate) async fn run(app: Arc<App>) {
    let client = match client() {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "no client for webhooks"),
    };
    let mut under_way = JoinSet::new();
    let mut taken = HashSet::new();
    loop {
        app.catch_up();
        start_due(&app, &client, &mut under_way, &mut taken);
        tokio::select! {
            () = app.wake.notified() => {}
            () = tokio::time::sleep(TICK) => {}
            Some(Ok(delivery)) = under_way.join_next() => { taken.remove(&delivery); }
        }
    }
}

fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).no_proxy().build()
}

fn start_due(
    app: &Arc<App>,
    client: &reqwest::Client,
    under_way: &mut JoinSet<String>,
    taken: &mut HashSet<String>,
) {
    let due = app.lock().state.deliveries_due(app.clock.now_ms(), AT_ONCE + taken.len());
    for id in due {
        if under_way.len() >= AT_ONCE {
            return;
        }
        if taken.insert(id.clone()) {
            under_way.spawn(deliver(app.clone(), client.clone(), id));
        }
    }
}

async fn deliver(app: Arc<App>, client: reqwest::Client, id: String) -> String {
    let Some((event, endpoint)) = parcel(&app, &id) else {
        conclude(&app, &id, |_, delivery| delivery["status"] = json!("canceled"));
        return id;
    };
    let body = serde_json::to_string_pretty(&public(&event)).unwrap_or_default();
    let signed = signature::header(text(&endpoint, "secret"), wall_ms() / 1000, &body);
    let sent = client
        .post(text(&endpoint, "url"))
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", signed)
        .body(body)
        .send()
        .await;
    let outcome = match sent {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) => Err(error.to_string()),
    };
    conclude(&app, &id, |tx, delivery| record(tx, delivery, outcome, app.webhook_retry_base_ms));
    id
}

/// The event and where it goes, unless the endpoint is gone.
fn parcel(app: &App, delivery: &str) -> Option<(Value, Value)> {
    let inner = app.lock();
    let delivery = inner.state.get(DELIVERY, delivery)?;
    let event = inner.state.get("event", text(delivery, "event"))?;
    let endpoint = inner.state.get("webhook_endpoint", text(delivery, "endpoint"))?;
    Some((event.clone(), endpoint.clone()))
}

fn conclude(app: &App, id: &str, change: impl FnOnce(&mut Tx, &mut Value)) {
    let done = app.transact(Origin::default(), |tx| {
        if let Some(mut delivery) = tx.get(DELIVERY, id) {
            change(tx, &mut delivery);
            tx.put(delivery);
        }
        Ok(())
    });
    if let Err(error) = done {
        tracing::error!(error = error.message(), "a delivery could not be recorded");
    }
}

fn record(tx: &mut Tx, delivery: &mut Value, outcome: Result<u16, String>, retry_base_ms: i64) {
    let (status, error) = match outcome {
        Ok(status) => (Some(status), None),
        Err(error) => (None, Some(error)),
    };
    let Some(attempts) = delivery["attempts"].as_array_mut() else { return };
    attempts.push(json!({ "at_ms": tx.now_ms, "status": status, "error": error }));
    let failures = attempts.len() as u32;
    if status.is_some_and(|status| (200..300).contains(&status)) {
        delivery["status"] = json!("delivered");
        return one_less_pending(tx, text(delivery, "event"));
    }
    let wait =
        retry_base_ms.saturating_mul(1 << (failures - 1).min(30)).min(LONGEST_WAIT_MS.max(retry_base_ms));
    let age = tx.now_ms - delivery["planned_at_ms"].as_i64().unwrap_or_default();
    if age + wait > GIVES_UP_AFTER_MS {
        delivery["status"] = json!("failed");
    } else {
        delivery["due_at_ms"] = json!(tx.now_ms + wait);
    }
}

fn one_less_pending(tx: &mut Tx, event: &str) {
    if let Some(mut event) = tx.get("event", event) {
        let pending = event["pending_webhooks"].as_i64().unwrap_or_default();
        event["pending_webhooks"] = json!((pending - 1).max(0));
        tx.put(event);
    }
}
