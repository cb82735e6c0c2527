//! Connected accounts: made, changed, listed and given up here. What a new one looks like is in `build`, what it
//! may do in `review`, its bank accounts in `external`, and the ways in for its owner in `links`.

mod build;
pub(crate) mod external;
pub(crate) mod links;
pub(crate) mod review;

use serde_json::{Value, json};

use super::fields::{check_email, set_metadata, set_texts};
use super::{Call, balance, list};
use crate::error::{ApiError, Outcome};
use crate::params::Params;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

const KNOWN: &[&str] = &[
    "business_profile",
    "business_type",
    "capabilities",
    "controller",
    "country",
    "default_currency",
    "email",
    "external_account",
    "individual",
    "metadata",
    "settings",
    "type",
];

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    let mut account = build::account(tx, &call.params)?;
    set(&mut account, &call.params)?;
    tx.put(account.clone());
    if call.params.has("external_account") {
        external::add(tx, text(&account, "id"), &call.params)?;
    }
    review::put(tx, account.clone());
    find(tx, text(&account, "id"), "id").map(|account| shown(tx, &account))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    let account = find(tx, &call.id, "account")?;
    Ok(shown(tx, &account))
}

/// `GET /v1/account`: whoever the request is made for.
pub(crate) fn retrieve_own(tx: &mut Tx, _: &Call) -> Outcome {
    match tx.account().map(str::to_owned) {
        Some(id) => find(tx, &id, "account").map(|account| shown(tx, &account)),
        None => Ok(build::platform(tx)),
    }
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    for fixed in ["controller", "country", "type"] {
        if call.params.has(fixed) {
            return Err(ApiError::invalid(fixed, format!("You cannot change `{fixed}` of an account.")));
        }
    }
    let before = find(tx, &call.id, "account")?;
    let mut account = before.clone();
    build::request_capabilities(&mut account, &call.params)?;
    set(&mut account, &call.params)?;
    tx.put(account.clone());
    if call.params.has("external_account") {
        external::add(tx, &call.id, &call.params)?;
    }
    review::settle(tx, &before, account);
    find(tx, &call.id, "account").map(|account| shown(tx, &account))
}

/// Its owner is not asked; what is left on its balance keeps it.
pub(crate) fn delete(tx: &mut Tx, call: &Call) -> Outcome {
    let account = find(tx, &call.id, "account")?;
    if balance::is_used(tx, &call.id) {
        let message = "This account cannot be deleted because it still has a balance.";
        return Err(ApiError::invalid("", message));
    }
    lose(tx, account);
    Ok(json!({ "id": call.id, "object": "account", "deleted": true }))
}

/// The platform suspects it.
pub(crate) fn reject(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["reason"])?;
    call.params.required("reason")?;
    let reason = call.params.one_of("reason", &["fraud", "terms_of_service", "other"])?.unwrap_or("other");
    let before = find(tx, &call.id, "account")?;
    let mut account = before.clone();
    account[HIDDEN]["rejected"] = json!(reason);
    review::settle(tx, &before, account);
    find(tx, &call.id, "account").map(|account| shown(tx, &account))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    let mut page = list::page(tx, call, "account", "/v1/accounts", |account| !is_lost(account))?;
    for account in page["data"].as_array_mut().into_iter().flatten() {
        *account = shown(tx, account);
    }
    Ok(page)
}

pub(crate) fn capabilities(tx: &mut Tx, call: &Call) -> Outcome {
    let account = find(tx, &call.id, "account")?;
    let data = review::capabilities(&account);
    let url = format!("/v1/accounts/{}/capabilities", call.id);
    Ok(json!({ "object": "list", "data": data, "has_more": false, "url": url }))
}

/// The account's owner takes the platform's access away.
pub(crate) fn deauthorize(tx: &mut Tx, id: &str) -> Outcome<()> {
    let account = find(tx, id, "account")?;
    lose(tx, account);
    let application = json!({ "id": APPLICATION, "object": "application", "name": "Sandbox platform" });
    let mut told = application;
    told[HIDDEN] = json!({ "account": id });
    tx.emit("account.application.deauthorized", &told);
    Ok(())
}

/// The platform, as objects of connected accounts name it.
pub(crate) const APPLICATION: &str = "ca_sandbox";

/// The account, unless it was never connected or no longer is.
pub(crate) fn find(tx: &Tx, id: &str, param: &str) -> Outcome {
    match tx.get("account", id) {
        Some(account) if is_lost(&account) => Err(ApiError::no_access(id)),
        Some(account) => Ok(account),
        None => Err(ApiError::missing("account", id, param)),
    }
}

pub(crate) fn is_lost(account: &Value) -> bool {
    account[HIDDEN]["lost"] == true
}

fn lose(tx: &mut Tx, mut account: Value) {
    account[HIDDEN]["lost"] = json!(true);
    tx.put(account);
}

fn set(account: &mut Value, params: &Params) -> Outcome<()> {
    check_email(params, "email")?;
    set_texts(account, params, &["email", "business_type"]);
    for field in ["name", "url", "mcc", "product_description", "support_email"] {
        if let Some(value) = params.raw(&format!("business_profile[{field}]")) {
            account["business_profile"][field] = if value.is_empty() { Value::Null } else { json!(value) };
        }
    }
    for field in ["first_name", "last_name"] {
        if let Some(value) = params.text(&format!("individual[{field}]")) {
            account[HIDDEN]["given"][field] = json!(value);
        }
    }
    let interval = "settings[payouts][schedule][interval]";
    if let Some(interval) = params.one_of(interval, &["manual", "daily", "weekly", "monthly"])? {
        account["settings"]["payouts"]["schedule"]["interval"] = json!(interval);
    }
    set_metadata(account, params)
}

/// With its bank accounts, which are kept apart.
fn shown(tx: &Tx, account: &Value) -> Value {
    let id = text(account, "id").to_owned();
    let mut account = public(account);
    let banks: Vec<Value> = external::of(tx, &id).iter().map(public).collect();
    account["external_accounts"] = json!({
        "object": "list",
        "data": banks,
        "has_more": false,
        "url": format!("/v1/accounts/{id}/external_accounts"),
    });
    account
}
