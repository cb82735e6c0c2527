//! What the owner of a connected account sees: onboarding, and a dashboard to change the bank account.

mod entry;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use entry::{Act, Entry};

use super::{escape, message, not_found, page, see_other};
use crate::api::accounts::{self, external, links, review};
use crate::api::balance;
use crate::app::App;
use crate::error::Outcome;
use crate::money;
use crate::params::Params;
use crate::state::{ACCOUNT_VISIT, HIDDEN, text};
use crate::tx::{Origin, Tx};

/// Opens a link, which works once; then it leads to the platform's `refresh_url`.
pub(crate) async fn open(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    match app.transact(Origin::default(), |tx| links::open(tx, &token)) {
        Ok(url) => see_other(&url),
        Err(_) => not_found(),
    }
}

pub(crate) async fn show(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    match app.transact(Origin::default(), |tx| visit(tx, &token)) {
        Ok((visit, account)) => render(&app, &visit, &account, &Entry::known(&account), StatusCode::OK),
        Err(_) => not_found(),
    }
}

pub(crate) async fn submit(State(app): State<Arc<App>>, Path(token): Path<String>, body: Bytes) -> Response {
    let Ok((visit, account)) = app.transact(Origin::default(), |tx| self::visit(tx, &token)) else {
        return not_found();
    };
    let mut entry = Entry::typed(&body);
    let has_bank =
        app.transact(Origin::default(), |tx| Ok(external::default_of(tx, text(&account, "id")).is_some()));
    if !entry.check(visit["purpose"] == "dashboard", has_bank.unwrap_or_default()) {
        return render(&app, &visit, &account, &entry, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match app.transact(Origin::default(), |tx| apply(tx, text(&account, "id"), &entry)) {
        Ok(()) => match visit["return_url"].as_str() {
            Some(url) => see_other(url),
            None => message(StatusCode::OK, "Saved", "Payouts go to the new bank account from now on."),
        },
        Err(error) => {
            entry.blame_bank(error.message());
            render(&app, &visit, &account, &entry, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

/// The visit and its account, unless the hour is over or the account gone.
fn visit(tx: &mut Tx, token: &str) -> Outcome<(Value, Value)> {
    let visit = tx.find(ACCOUNT_VISIT, token, "visit")?;
    let account = accounts::find(tx, text(&visit, "account"), "account")?;
    Ok((visit, account))
}

/// What was typed becomes what Stripe knows; the owner's decision ends the visit's form.
fn apply(tx: &mut Tx, id: &str, entry: &Entry) -> Outcome<()> {
    let before = accounts::find(tx, id, "account")?;
    let mut account = before.clone();
    for (name, value) in entry.details() {
        account[HIDDEN]["given"][name] = json!(value);
    }
    let number = entry.bank_number();
    if !number.is_empty() {
        let country = text(&account, "country");
        let iban = number.starts_with(|first: char| first.is_ascii_alphabetic());
        let routing = if iban { None } else { Some("110000000") };
        let bank = json!({ "external_account": {
            "object": "bank_account", "country": country, "currency": account["default_currency"],
            "account_number": number, "routing_number": routing,
        } });
        external::add(tx, id, &Params::from_json(bank))?;
    }
    match entry.act() {
        Act::Leave | Act::ChangeBank => {}
        Act::Complete | Act::FailVerification => {
            account["details_submitted"] = json!(true);
            account["tos_acceptance"]["date"] = json!(tx.now());
            account[HIDDEN]["unverified"] = json!(entry.act() == Act::FailVerification);
        }
    }
    review::settle(tx, &before, account);
    Ok(())
}

fn render(app: &App, visit: &Value, account: &Value, entry: &Entry, status: StatusCode) -> Response {
    let main = if visit["purpose"] == "dashboard" {
        let held = held(app, account);
        format!(
            "<section class=\"sheet\"><h1>Your account</h1><p>Balance: {held}</p>{}</section>",
            entry.bank_form(account)
        )
    } else {
        format!(
            "<section class=\"sheet\"><h1>Get paid</h1><p class=\"soft\">This page stands in for Stripe's. Payouts go \
             to the bank account you enter here.</p>{}</section>",
            entry.onboarding_form(account)
        )
    };
    page(status, "Connect your account", &main)
}

fn held(app: &App, account: &Value) -> String {
    let currency = text(account, "default_currency").to_owned();
    let amount =
        app.transact(Origin::default(), |tx| Ok(balance::total(tx, Some(text(account, "id")), &currency)));
    escape(&money::shown(amount.unwrap_or_default(), &currency))
}
