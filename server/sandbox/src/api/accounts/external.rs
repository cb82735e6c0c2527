//! The bank accounts that connected accounts are paid out to. Stripe's test numbers make payouts fail.

use serde_json::{Value, json};

use super::{build, find, review};
use crate::api::fields::{set_metadata, set_texts};
use crate::api::{Call, list};
use crate::error::{ApiError, Outcome};
use crate::params::Params;
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;
use crate::{ids, money};

/// How the numbers of docs.stripe.com/connect/testing end, and the reason for which the bank sends the payout back.
const FAILING: &[(&str, &str)] = &[
    ("11111116", "no_account"),
    ("11111113", "account_closed"),
    ("22222227", "insufficient_funds"),
    ("33333335", "debit_not_authorized"),
    ("44444440", "invalid_currency"),
    ("0532013001", "no_account"),
    ("0532013002", "account_closed"),
    ("0532013003", "insufficient_funds"),
    ("0532013004", "debit_not_authorized"),
    ("0532013005", "invalid_currency"),
];

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["default_for_currency", "external_account", "metadata"])?;
    let before = find(tx, &call.id, "account")?;
    let mut bank = add(tx, &call.id, &call.params)?;
    set_metadata(&mut bank, &call.params)?;
    tx.put(bank.clone());
    review::settle(tx, &before, before.clone());
    Ok(public(&bank))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&bank(tx, call)?))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["account_holder_name", "account_holder_type", "default_for_currency", "metadata"])?;
    let before = bank(tx, call)?;
    let mut bank = before.clone();
    set_texts(&mut bank, &call.params, &["account_holder_name", "account_holder_type"]);
    set_metadata(&mut bank, &call.params)?;
    if call.params.boolean("default_for_currency")? {
        make_default(tx, &mut bank);
    }
    tx.put(bank.clone());
    tx.emit_updated("account.external_account.updated", &before, &bank);
    Ok(public(&bank))
}

pub(crate) fn delete(tx: &mut Tx, call: &Call) -> Outcome {
    let before = find(tx, &call.id, "account")?;
    let bank = bank(tx, call)?;
    let others = of(tx, &call.id).iter().filter(|other| other["currency"] == bank["currency"]).count();
    if bank["default_for_currency"] == true && others > 1 {
        let message = "You cannot delete the default external account for a currency. Make another one the default \
                       first.";
        return Err(ApiError::invalid("", message));
    }
    tx.remove("bank_account", text(&bank, "id"));
    tx.emit("account.external_account.deleted", &bank);
    review::settle(tx, &before, before.clone());
    Ok(json!({ "id": bank["id"], "object": "bank_account", "deleted": true }))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    find(tx, &call.id, "account")?;
    let url = format!("/v1/accounts/{}/external_accounts", call.id);
    list::page(tx, call, "bank_account", &url, |bank| text(bank, "account") == call.id)
}

/// Oldest first.
pub(crate) fn of(tx: &Tx, account: &str) -> Vec<Value> {
    tx.state().all("bank_account").filter(|bank| text(bank, "account") == account).cloned().collect()
}

/// Where payouts go, in whatever currency.
pub(crate) fn default_of(tx: &Tx, account: &str) -> Option<Value> {
    of(tx, account)
        .into_iter()
        .find(|bank| bank["default_for_currency"] == true && bank["status"] != "errored")
}

/// Why a payout to this bank account comes back, if it does.
pub(crate) fn failure(bank: &Value) -> Option<&'static str> {
    let number = text(&bank[HIDDEN], "number");
    FAILING.iter().find(|(ending, _)| number.ends_with(ending)).map(|(_, code)| *code)
}

/// Adds what `external_account` describes and makes it the one that is paid, as Stripe's hosted pages do.
pub(crate) fn add(tx: &mut Tx, account: &str, params: &Params) -> Outcome {
    let mut bank = shape(tx, account, params)?;
    make_default(tx, &mut bank);
    tx.put(bank.clone());
    tx.emit("account.external_account.created", &bank);
    Ok(bank)
}

fn make_default(tx: &mut Tx, bank: &mut Value) {
    bank["default_for_currency"] = json!(true);
    for mut other in of(tx, text(bank, "account")) {
        if other["currency"] == bank["currency"] && other["id"] != bank["id"] {
            other["default_for_currency"] = json!(false);
            tx.put(other);
        }
    }
}

fn bank(tx: &Tx, call: &Call) -> Outcome {
    find(tx, &call.id, "account")?;
    let found = tx.get("bank_account", &call.child).filter(|bank| text(bank, "account") == call.id);
    found.ok_or_else(|| ApiError::missing("external account", &call.child, "id"))
}

fn shape(tx: &Tx, account: &str, params: &Params) -> Outcome {
    let given = match params.text("external_account") {
        Some("btok_us" | "btok_us_verified") => Params::from_json(json!({
            "object": "bank_account", "country": "US", "currency": "usd", "routing_number": "110000000",
            "account_number": "000123456789",
        })),
        Some(token) => return Err(ApiError::missing("token", token, "external_account")),
        None if params.has("external_account") => params.sub("external_account"),
        None => return Err(crate::params::missing("external_account")),
    };
    let number = given.required("account_number")?.replace([' ', '-'], "");
    if !(5..=34).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = "The bank account number provided is invalid.";
        let error = ApiError::invalid("external_account[account_number]", message);
        return Err(error.code("account_number_invalid"));
    }
    let country = given.required("country")?.to_uppercase();
    let currency = match given.text("currency") {
        Some(currency) => money::currency(currency)?,
        None => build::currency_of(&country).to_owned(),
    };
    Ok(json!({
        "id": ids::new("ba"),
        "object": "bank_account",
        "account": account,
        "account_holder_name": given.text("account_holder_name"),
        "account_holder_type": given.text("account_holder_type"),
        "account_type": null,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": country,
        "created": tx.now(),
        "currency": currency,
        "default_for_currency": false,
        "fingerprint": ids::random(16),
        "future_requirements": no_requirements(),
        "last4": &number[number.len() - 4..],
        "metadata": {},
        "requirements": no_requirements(),
        "routing_number": given.text("routing_number"),
        "status": "new",
        HIDDEN: { "number": number },
    }))
}

fn no_requirements() -> Value {
    json!({ "currently_due": [], "errors": [], "past_due": [], "pending_verification": [] })
}
