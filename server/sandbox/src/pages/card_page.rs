//! The hosted card page of a checkout session.

mod entry;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use entry::Entry;

use super::{escape, message, not_found, page, see_other};
use crate::api::cards::CARDS;
use crate::api::sessions::{self, Submitted};
use crate::app::App;
use crate::money;
use crate::state::{HIDDEN, text};
use crate::tx::Origin;

const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[derive(Deserialize)]
pub(crate) struct Came {
    /// The customer comes back from their bank without having passed.
    authentication: Option<String>,
    /// They passed, and then the card was declined.
    declined: Option<String>,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(came): Query<Came>,
) -> Response {
    app.catch_up();
    let Some(session) = find(&app, &id) else { return not_found() };
    let mut entry = Entry::known(&app, &session);
    if came.authentication.as_deref() == Some("failed") {
        entry.refuse("Authentication failed. You were not charged. Try again, or use a different card.");
    }
    if came.declined.is_some() {
        entry.refuse(&entry::after_authentication(&app, &session));
    }
    render(&session, &entry, StatusCode::OK)
}

pub(crate) async fn submit(State(app): State<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    app.catch_up();
    let Some(session) = find(&app, &id) else { return not_found() };
    if session["status"] != "open" {
        return render(&session, &Entry::default(), StatusCode::OK);
    }
    let mut entry = Entry::typed(&body);
    let Some(form) = entry.check() else { return render(&session, &entry, REFUSED) };
    match app.transact(Origin::default(), |tx| sessions::submit(tx, &id, &form)) {
        Ok(Submitted::Complete(session)) => see_other(&sessions::success_url(&session)),
        Ok(Submitted::Authenticate(intent)) => see_other(&format!("/3ds/{intent}")),
        Ok(Submitted::Closed) => see_other(&format!("/c/pay/{id}")),
        Ok(Submitted::Refused(error)) | Err(error) => {
            entry.blame(&error);
            render(&session, &entry, REFUSED)
        }
    }
}

fn find(app: &App, id: &str) -> Option<Value> {
    app.lock().state.get("checkout.session", id).cloned()
}

fn render(session: &Value, entry: &Entry, status: StatusCode) -> Response {
    match text(session, "status") {
        "open" => {}
        "complete" => {
            return finished(session, "All done", "This is complete. There is nothing left to do here.");
        }
        _ => return finished(session, "This page has expired", "Go back and start again to get a new page."),
    }
    let title = if paying(session) { "Pay by card" } else { "Save this card for later" };
    let main = format!(
        "<section class=\"sheet\">\n{}\n{}\n{}\n{}\n</section>",
        heading(session),
        entry.form(&button(session)),
        cancel_link(session),
        handy_cards()
    );
    page(status, title, &main)
}

fn paying(session: &Value) -> bool {
    session["mode"] == "payment"
}

fn amount(session: &Value) -> String {
    money::shown(session["amount_total"].as_i64().unwrap_or_default(), text(session, "currency"))
}

fn heading(session: &Value) -> String {
    let said = session["custom_text"]["submit"]["message"].as_str().map(escape);
    let said = said.map(|text| format!("<p>{text}</p>")).unwrap_or_default();
    if !paying(session) {
        return format!(
            "<h1>Save this card for later</h1>\n<p class=\"soft\">Nothing is charged now.</p>\n{said}"
        );
    }
    let data = &session[HIDDEN]["payment_intent_data"];
    let held = data["capture_method"] == "manual";
    let held = if held { "<p class=\"soft\">The amount is held now and charged later.</p>" } else { "" };
    let purpose = escape(data["description"].as_str().unwrap_or_default());
    let items: String = session[HIDDEN]["line_items"].as_array().into_iter().flatten().map(item).collect();
    format!(
        "<h1>Pay by card</h1>\n<p class=\"amount\">{}</p>\n<p>{purpose}</p>\n<dl>{items}</dl>\n{held}{said}",
        amount(session)
    )
}

fn item(item: &Value) -> String {
    let name = escape(item["description"].as_str().unwrap_or("Item"));
    let times = match item["quantity"].as_i64() {
        Some(quantity) if quantity > 1 => format!(" × {quantity}"),
        _ => String::new(),
    };
    let total = money::shown(item["amount_total"].as_i64().unwrap_or_default(), text(item, "currency"));
    format!("<dt>{name}{times}</dt><dd>{total}</dd>")
}

fn button(session: &Value) -> String {
    if paying(session) { format!("Pay {}", amount(session)) } else { "Save card".to_owned() }
}

fn cancel_link(session: &Value) -> String {
    match session["cancel_url"].as_str() {
        Some(url) => format!("<a class=\"back\" href=\"{}\">Cancel and go back</a>", escape(url)),
        None => String::new(),
    }
}

fn handy_cards() -> String {
    let line = |card: &crate::api::cards::TestCard| {
        let grouped: Vec<&str> = [0, 4, 8, 12].map(|at| &card.number[at..at + 4]).to_vec();
        format!("<li><code>{}</code> <span>{}</span></li>", grouped.join(" "), card.story)
    };
    let lines: String = CARDS.iter().filter(|card| !card.story.is_empty()).map(line).collect();
    format!(
        "<details><summary>Test cards</summary><p>Any expiry in the future and any CVC.</p><ul>{lines}</ul></details>"
    )
}

fn finished(session: &Value, title: &str, words: &str) -> Response {
    let link = |url: &str, words: &str| format!("<p><a href=\"{}\">{words}</a></p>", escape(url));
    let back = match text(session, "status") {
        "complete" => link(&sessions::success_url(session), "Continue"),
        _ => session["cancel_url"].as_str().map(|url| link(url, "Go back")).unwrap_or_default(),
    };
    if back.is_empty() {
        return message(StatusCode::OK, title, words);
    }
    page(
        StatusCode::OK,
        title,
        &format!("<section class=\"sheet\"><h1>{title}</h1><p>{words}</p>{back}</section>"),
    )
}
