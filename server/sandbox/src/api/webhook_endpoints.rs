//! Webhook endpoints: where events go. The secret is shown once, when the endpoint is made.

use serde_json::{Value, json};

use super::fields::{set_metadata, set_texts};
use super::{Call, list};
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::params;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["api_version", "connect", "description", "enabled_events", "metadata", "url"])?;
    let url = call.params.required("url")?;
    check_url(url)?;
    let events = call.params.texts("enabled_events");
    if events.is_empty() {
        return Err(params::missing("enabled_events"));
    }
    let secret = format!("whsec_{}", ids::random(32));
    let mut endpoint = build(tx, url, &secret, call.params.text("api_version"), &events);
    endpoint[HIDDEN]["connect"] = json!(call.params.boolean("connect")?);
    set_texts(&mut endpoint, &call.params, &["description"]);
    set_metadata(&mut endpoint, &call.params)?;
    tx.put(endpoint.clone());
    let mut shown = public(&endpoint);
    shown["secret"] = json!(secret);
    Ok(shown)
}

/// Also for the endpoint that the command line names, whose secret is known beforehand.
pub(crate) fn build(tx: &Tx, url: &str, secret: &str, api_version: Option<&str>, events: &[&str]) -> Value {
    json!({
        "id": ids::new("we"),
        "object": "webhook_endpoint",
        "api_version": api_version,
        "application": null,
        "created": tx.now(),
        "description": null,
        "enabled_events": events,
        "livemode": false,
        "metadata": {},
        "secret": secret,
        "status": "enabled",
        "url": url,
    })
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("webhook_endpoint", &call.id, "id")?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["description", "disabled", "enabled_events", "metadata", "url"])?;
    let mut endpoint = tx.find("webhook_endpoint", &call.id, "id")?;
    set_texts(&mut endpoint, &call.params, &["description"]);
    if let Some(url) = call.params.text("url") {
        check_url(url)?;
        endpoint["url"] = json!(url);
    }
    if call.params.has("enabled_events") {
        endpoint["enabled_events"] = json!(call.params.texts("enabled_events"));
    }
    if call.params.has("disabled") {
        endpoint["status"] = json!(if call.params.boolean("disabled")? { "disabled" } else { "enabled" });
    }
    set_metadata(&mut endpoint, &call.params)?;
    tx.put(endpoint.clone());
    Ok(public(&endpoint))
}

pub(crate) fn delete(tx: &mut Tx, call: &Call) -> Outcome {
    let endpoint = tx.find("webhook_endpoint", &call.id, "id")?;
    tx.remove("webhook_endpoint", text(&endpoint, "id"));
    Ok(json!({ "id": call.id, "object": "webhook_endpoint", "deleted": true }))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "webhook_endpoint", "/v1/webhook_endpoints", |_| true)
}

fn check_url(url: &str) -> Outcome<()> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(());
    }
    Err(ApiError::invalid("url", "Invalid URL: An explicit scheme (such as https) must be provided.")
        .code("url_invalid"))
}
