//! The ways in for an account's owner: a link to onboarding, which works once and for five minutes, and one to a
//! dashboard. Both lead to a page of their own for an hour, so that reloading it asks for nothing new.

use serde_json::{Value, json};

use super::find;
use crate::api::Call;
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::state::{ACCOUNT_LINK, ACCOUNT_VISIT, HIDDEN, text};
use crate::tx::Tx;

const LINK_SECONDS: i64 = 5 * 60;
const VISIT_SECONDS: i64 = 60 * 60;

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["account", "collect", "collection_options", "refresh_url", "return_url", "type"])?;
    let account = find(tx, call.params.required("account")?, "account")?;
    call.params.required("type")?;
    let kind = call.params.one_of("type", &["account_onboarding", "account_update"])?.unwrap_or_default();
    for url in ["refresh_url", "return_url"] {
        let given = call.params.required(url)?;
        if !given.starts_with("http://") && !given.starts_with("https://") {
            return Err(ApiError::invalid(url, "Not a valid URL").code("url_invalid"));
        }
    }
    if kind == "account_update" {
        let message = "You cannot create an account update link for an account whose requirements Stripe collects. \
                       Use account_onboarding, or a login link.";
        return Err(ApiError::invalid("type", message));
    }
    let token = ids::random(32);
    let expires_at = tx.now() + LINK_SECONDS;
    tx.put(json!({
        "id": token,
        "object": ACCOUNT_LINK,
        "account": account["id"],
        "expires_at": expires_at,
        "refresh_url": call.params.text("refresh_url"),
        "return_url": call.params.text("return_url"),
        "used": false,
    }));
    Ok(json!({
        "object": "account_link",
        "created": tx.now(),
        "expires_at": expires_at,
        "url": format!("{}/connect/onboarding/{token}", tx.base_url),
    }))
}

pub(crate) fn login(tx: &mut Tx, call: &Call) -> Outcome {
    let account = find(tx, &call.id, "account")?;
    if account["controller"]["stripe_dashboard"]["type"] != "express" || account["details_submitted"] != true
    {
        let message = "Cannot create a login link for an account that has not completed onboarding or has no Express \
                       Dashboard.";
        return Err(ApiError::invalid("account", message));
    }
    let visit = begin_visit(tx, &account["id"], "dashboard", &Value::Null);
    Ok(json!({
        "object": "login_link",
        "created": tx.now(),
        "url": format!("{}/connect/visit/{visit}", tx.base_url),
    }))
}

/// Where the opened link leads: to onboarding, or back to the platform for a new link.
pub(crate) fn open(tx: &mut Tx, token: &str) -> Outcome<String> {
    let mut link = tx.find(ACCOUNT_LINK, token, "link")?;
    if link["used"] == true || link["expires_at"].as_i64().is_none_or(|at| at <= tx.now()) {
        return Ok(text(&link, "refresh_url").to_owned());
    }
    link["used"] = json!(true);
    tx.put(link.clone());
    let visit = begin_visit(tx, &link["account"], "onboarding", &link["return_url"]);
    Ok(format!("/connect/visit/{visit}"))
}

fn begin_visit(tx: &mut Tx, account: &Value, purpose: &str, return_url: &Value) -> String {
    let token = ids::random(32);
    tx.put(json!({
        "id": token,
        "object": ACCOUNT_VISIT,
        "account": account,
        "purpose": purpose,
        "return_url": return_url,
        HIDDEN: { "due_at": tx.now() + VISIT_SECONDS },
    }));
    token
}
