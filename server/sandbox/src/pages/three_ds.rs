//! The bank's page, where a customer completes or fails 3-D Secure.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::{message, not_found, page_in, see_other};
use crate::api::payment_intents::authentication;
use crate::api::sessions;
use crate::app::App;
use crate::error::Outcome;
use crate::money;
use crate::state::{HIDDEN, text};
use crate::tx::Origin;

#[derive(Deserialize)]
pub(crate) struct Answer {
    result: String,
}

pub(crate) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Some(intent) = find(&app, &id) else { return not_found() };
    if intent["status"] != "requires_action" {
        return already_answered(&app, &intent);
    }
    let what = match intent["amount"].as_i64() {
        Some(amount) => format!("a payment of {}", money::shown(amount, text(&intent, "currency"))),
        None => "saving your card for later payments".to_owned(),
    };
    let main = format!(
        "<section class=\"sheet\"><h1>Your bank asks</h1><p>This page stands in for your bank. It asks you to approve \
         {what}.</p><form method=\"post\"><button name=\"result\" value=\"complete\">Complete</button><button \
         class=\"quiet\" name=\"result\" value=\"fail\">Fail</button></form></section>"
    );
    // Stripe.js shows it over the shop's page where it knows no way back.
    page_in(StatusCode::OK, "Authentication", &main, "*")
}

pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Form(answer): Form<Answer>,
) -> Response {
    let Some(intent) = find(&app, &id) else { return not_found() };
    if intent["status"] != "requires_action" {
        return already_answered(&app, &intent);
    }
    let passed = answer.result == "complete";
    let mut too_late = false;
    let outcome = app.transact(Origin::default(), |tx| {
        // Read again inside: of two clicks, the first has answered.
        let intent = tx.find(text(&intent, "object"), &id, "intent")?;
        if intent["status"] != "requires_action" {
            too_late = true;
            return Ok(intent);
        }
        let outcome = authentication::answer(tx, intent, passed);
        if let Ok(intent) = &outcome {
            sessions::finish(tx, intent);
        }
        outcome
    });
    if too_late { already_answered(&app, &intent) } else { leave(&app, &intent, outcome) }
}

fn find(app: &App, id: &str) -> Option<Value> {
    let inner = app.lock();
    inner.state.get("payment_intent", id).or_else(|| inner.state.get("setup_intent", id)).cloned()
}

/// Back to the shop, or to the card page if the card was refused there.
fn leave(app: &App, before: &Value, outcome: Outcome) -> Response {
    let session = text(&before[HIDDEN], "session").to_owned();
    if !session.is_empty() {
        let session = app.lock().state.get("checkout.session", &session).cloned().unwrap_or_default();
        return match outcome {
            Ok(_) => see_other(&sessions::success_url(&session)),
            Err(error) => see_other(&format!("/c/pay/{}?{}", text(&session, "id"), reason(&error))),
        };
    }
    let status = if outcome.is_ok() { "succeeded" } else { "failed" };
    match before[HIDDEN]["return_url"].as_str() {
        Some(url) => see_other(&with_result(url, before, status)),
        None if outcome.is_ok() => {
            message(StatusCode::OK, "Authentication complete", "You can close this page.")
        }
        None => message(StatusCode::OK, "Authentication failed", "You can close this page."),
    }
}

fn reason(error: &crate::error::ApiError) -> &'static str {
    if error.field("code").ends_with("authentication_failure") {
        "authentication=failed"
    } else {
        "declined=1"
    }
}

/// As Stripe.js appends it. It proves nothing: anybody can type it.
fn with_result(url: &str, intent: &Value, status: &str) -> String {
    let kind = text(intent, "object");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(kind, text(intent, "id"));
    query.append_pair(&format!("{kind}_client_secret"), text(intent, "client_secret"));
    query.append_pair("redirect_status", status);
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{}", query.finish())
}

fn already_answered(app: &App, intent: &Value) -> Response {
    let session = text(&intent[HIDDEN], "session");
    if session.is_empty() {
        return message(StatusCode::OK, "Already answered", "There is nothing left to approve here.");
    }
    let session = app.lock().state.get("checkout.session", session).cloned().unwrap_or_default();
    if session["status"] == "complete" {
        return see_other(&sessions::success_url(&session));
    }
    see_other(&format!("/c/pay/{}", text(&session, "id")))
}
