//! The front page: everything there is, newest first, each linked to its JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{escape, page};
use crate::app::App;
use crate::money;
use crate::state::{DELIVERY, KEPT_ANSWER, State as Objects, public, text};

const SHOWN: usize = 50;

/// What people look for first; the rest follows by name.
const FIRST: [&str; 9] = [
    "checkout.session",
    "payment_intent",
    "setup_intent",
    "customer",
    "refund",
    "dispute",
    "account",
    "transfer",
    "payout",
];

pub(crate) async fn index(State(app): State<Arc<App>>) -> Response {
    app.catch_up();
    let inner = app.lock();
    let objects = &inner.state;
    let others: Vec<&str> = objects
        .kinds()
        .map(|(kind, _)| kind)
        .filter(|kind| !FIRST.contains(kind) && !kind.contains("sandbox.") && *kind != "event")
        .collect();
    let sections: String = FIRST.into_iter().chain(others).map(|kind| section(objects, kind)).collect();
    let main = format!(
        "<h1>Stripe sandbox</h1><p class=\"soft\">Objects of this sandbox, newest first. <a \
         href=\"/_sandbox/objects\">All as JSON</a></p>{sections}{}",
        events(objects)
    );
    page(StatusCode::OK, "Stripe sandbox", &main)
}

/// `GET /_sandbox/objects`: all objects, by kind.
pub(crate) async fn all(State(app): State<Arc<App>>) -> Json<Value> {
    app.catch_up();
    let inner = app.lock();
    let kinds = inner.state.kinds().filter(|(kind, _)| *kind != KEPT_ANSWER);
    let listed = kinds.map(|(kind, _)| (kind.to_owned(), inner.state.all(kind).map(public).collect()));
    Json(Value::Object(listed.collect::<Map<_, Value>>()))
}

pub(crate) async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    match app.lock().state.find(&id) {
        Some(object) => Json(public(object)).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "There is no such object." }))).into_response(),
    }
}

fn section(objects: &Objects, kind: &str) -> String {
    let rows: String = objects.all(kind).rev().take(SHOWN).map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let title = escape(&kind.replace(['_', '.'], " "));
    let count = objects.all(kind).count();
    format!(
        "<h2>{title} ({count})</h2><div class=\"scroll\"><table><thead><tr><th>Id</th><th>Status</th><th>Amount</th>\
         <th>Made</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

fn row(object: &Value) -> String {
    let amount = ["amount", "amount_total"].into_iter().find_map(|field| object[field].as_i64());
    let amount = amount.map(|amount| money::shown(amount, text(object, "currency"))).unwrap_or_default();
    let status = [text(object, "status"), text(object, "email")].into_iter().find(|word| !word.is_empty());
    format!(
        "<tr><td>{}</td><td>{}</td><td>{amount}</td><td>{}</td></tr>",
        link(text(object, "id")),
        escape(status.unwrap_or_default()),
        made(object)
    )
}

fn events(objects: &Objects) -> String {
    let rows: String =
        objects.all("event").rev().take(SHOWN).map(|event| event_row(objects, event)).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<h2>events ({})</h2><div class=\"scroll\"><table><thead><tr><th>Id</th><th>Type</th><th>Object</th>\
         <th>Deliveries</th><th>Made</th></tr></thead><tbody>{rows}</tbody></table></div>",
        objects.all("event").count()
    )
}

fn event_row(objects: &Objects, event: &Value) -> String {
    let of_event = |delivery: &&Value| delivery["event"] == event["id"];
    // The newest deliveries belong to the newest events, so looking at a few thousand is enough here.
    let deliveries: Vec<String> =
        objects.all(DELIVERY).rev().take(20 * SHOWN).filter(of_event).map(delivery_words).collect();
    format!(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        link(text(event, "id")),
        escape(text(event, "type")),
        link(text(&event["data"]["object"], "id")),
        deliveries.join("<br>"),
        made(event)
    )
}

fn delivery_words(delivery: &Value) -> String {
    let attempts = delivery["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let last = attempts.last().map(|attempt| match attempt["status"].as_u64() {
        Some(status) => status.to_string(),
        None => "no answer".to_owned(),
    });
    let tries = if attempts.len() > 1 { format!(", {} tries", attempts.len()) } else { String::new() };
    escape(&format!("{} {}{tries}", text(delivery, "status"), last.unwrap_or_default()))
}

fn link(id: &str) -> String {
    let id = escape(id);
    format!("<a href=\"/_sandbox/objects/{id}\"><code>{id}</code></a>")
}

fn made(object: &Value) -> String {
    let at = object["created"].as_i64().and_then(|at| chrono::DateTime::from_timestamp(at, 0));
    at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}
