//! Payment methods: cards, by number, by test token, or by the ready-made `pm_card_…`.

use chrono::{DateTime, Datelike};
use serde_json::{Value, json};

use super::cards::{self, Decline, TestCard};
use super::fields::{address, merged_metadata, set_metadata};
use super::{Call, list};
use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::params::{self, Params};
use crate::state::{HIDDEN, public, text};
use crate::tx::Tx;

const KNOWN: &[&str] = &[
    "allow_redisplay",
    "billing_details",
    "card",
    "customer",
    "metadata",
    "payment_method",
    "radar_options",
    "type",
];

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    let method = build(tx, &call.params)?;
    tx.put(method.clone());
    Ok(public(&method))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    take(tx, &call.id, "payment_method").map(|method| public(&method))
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    let before = tx.find("payment_method", &call.id, "payment_method")?;
    if before["customer"].is_null() {
        let message = "You must save this PaymentMethod to a customer before you can update it.";
        return Err(ApiError::state("payment_method_unexpected_state", message));
    }
    let mut method = before.clone();
    set_billing(&mut method, &call.params);
    set_metadata(&mut method, &call.params)?;
    tx.put(method.clone());
    tx.emit_updated("payment_method.updated", &before, &method);
    Ok(public(&method))
}

pub(crate) fn attach(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(&["customer", "customer_account"])?;
    let customer = call.params.required("customer")?;
    tx.find("customer", customer, "customer")?;
    let method = take(tx, &call.id, "payment_method")?;
    attach_to(tx, method, customer).map(|method| public(&method))
}

pub(crate) fn detach(tx: &mut Tx, call: &Call) -> Outcome {
    let method = tx.find("payment_method", &call.id, "payment_method")?;
    if method["customer"].is_null() {
        let message =
            "The payment method you provided is not attached to a customer so detachment is impossible.";
        return Err(ApiError::state("payment_method_unexpected_state", message));
    }
    Ok(public(&detach_from(tx, method)))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    if let Some(customer) = call.params.text("customer") {
        tx.find("customer", customer, "customer")?;
    }
    list::page(tx, call, "payment_method", "/v1/payment_methods", |method| {
        !method["customer"].is_null()
            && list::same(&call.params, "customer", method, "customer")
            && list::same(&call.params, "type", method, "type")
    })
}

/// The payment method with this id; `pm_card_visa` and its like make a new one each time.
pub(crate) fn take(tx: &mut Tx, id: &str, param: &str) -> Outcome {
    let Some(card) = cards::by_token(id) else { return tx.find("payment_method", id, param) };
    let method = shape(tx, card, card.number, (12, i64::from(year(tx)) + 1), &Params::default());
    tx.put(method.clone());
    Ok(method)
}

/// What `payment_method_data` describes.
pub(crate) fn build(tx: &Tx, params: &Params) -> Outcome {
    match params.required("type")? {
        "card" => {}
        other => {
            return Err(ApiError::invalid("type", format!("The sandbox knows cards only, not '{other}'.")));
        }
    }
    let mut method = match params.text("card[token]") {
        Some(token) => {
            let card =
                cards::by_token(token).ok_or_else(|| ApiError::missing("token", token, "card[token]"))?;
            shape(tx, card, card.number, (12, i64::from(year(tx)) + 1), params)
        }
        None => from_number(tx, params)?,
    };
    method["metadata"] = merged_metadata(&json!({}), params, "metadata")?;
    Ok(method)
}

fn from_number(tx: &Tx, params: &Params) -> Outcome {
    let number: String =
        params.required("card[number]")?.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let wrong = |code: &str, param: &str, message: &str| {
        let mut error = ApiError::card(code, message).with("param", json!(param));
        error.commits = false;
        error
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !(12..=19).contains(&number.len()) || !cards::luhn(&number) {
        return Err(wrong("incorrect_number", "number", "Your card number is incorrect."));
    }
    let month = params.integer("card[exp_month]")?.ok_or_else(|| params::missing("card[exp_month]"))?;
    if !(1..=12).contains(&month) {
        return Err(wrong("invalid_expiry_month", "exp_month", "Your card's expiration month is invalid."));
    }
    let year = match params.integer("card[exp_year]")?.ok_or_else(|| params::missing("card[exp_year]"))? {
        short @ 0..=99 => 2000 + short,
        year => year,
    };
    let today = today(tx);
    if (year, month) < (i64::from(today.0), i64::from(today.1)) || year > i64::from(today.0) + 50 {
        return Err(wrong("invalid_expiry_year", "exp_year", "Your card's expiration year is invalid."));
    }
    if let Some(cvc) = params.text("card[cvc]")
        && (!(3..=4).contains(&cvc.len()) || !cvc.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(wrong("invalid_cvc", "cvc", "Your card's security code is invalid."));
    }
    let Some(card) = cards::by_number(&number) else {
        let mut error = Decline::LiveCard.error();
        error.commits = false;
        return Err(error);
    };
    Ok(shape(tx, card, &number, (month, year), params))
}

fn shape(tx: &Tx, card: &TestCard, number: &str, expiry: (i64, i64), params: &Params) -> Value {
    let mut method = json!({
        "id": ids::new("pm"),
        "object": "payment_method",
        "allow_redisplay": params.text("allow_redisplay").unwrap_or("unspecified"),
        "billing_details": { "address": address(None), "email": null, "name": null, "phone": null, "tax_id": null },
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": null,
                "address_postal_code_check": null,
                "cvc_check": if params.text("card[cvc]").is_some() { json!("unchecked") } else { json!(null) },
            },
            "country": "US",
            "display_brand": card.brand,
            "exp_month": expiry.0,
            "exp_year": expiry.1,
            "fingerprint": fingerprint(number),
            "funding": if card.token.ends_with("debit") { "debit" } else { "credit" },
            "generated_from": null,
            "last4": &number[number.len() - 4..],
            "networks": { "available": [card.brand], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
            "wallet": null,
        },
        "created": tx.now(),
        "customer": null,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": "card",
        HIDDEN: { "number": card.number, "set_up": false, "spent": false },
    });
    set_billing(&mut method, params);
    method
}

fn set_billing(method: &mut Value, params: &Params) {
    for field in ["email", "name", "phone"] {
        if let Some(text) = params.raw(&format!("billing_details[{field}]")) {
            method["billing_details"][field] = if text.is_empty() { Value::Null } else { json!(text) };
        }
    }
    if params.has("billing_details[address]") {
        method["billing_details"]["address"] = address(params.at("billing_details[address]"));
    }
}

/// The same card has the same fingerprint in every payment method.
fn fingerprint(number: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(number.as_bytes()))[..16].to_owned()
}

/// Gives the card to a customer, if its bank allows that and it may still be used.
pub(crate) fn attach_to(tx: &mut Tx, method: Value, customer: &str) -> Outcome {
    match text(&method, "customer") {
        "" => {}
        owner if owner == customer => return Ok(method),
        _ => {
            let message = "The payment method you provided has already been attached to a customer.";
            return Err(ApiError::state("payment_method_unexpected_state", message));
        }
    }
    check_unspent(&method)?;
    if let Some(decline) = cards::behind(&method).on_attach {
        let mut error = decline.error();
        error.commits = false;
        return Err(error);
    }
    Ok(own(tx, method, customer))
}

/// The attachment itself, also after a successful setup.
pub(crate) fn own(tx: &mut Tx, mut method: Value, customer: &str) -> Value {
    method["customer"] = json!(customer);
    tx.put(method.clone());
    tx.emit("payment_method.attached", &method);
    method
}

pub(crate) fn detach_from(tx: &mut Tx, mut method: Value) -> Value {
    let before = method.clone();
    method["customer"] = Value::Null;
    method[HIDDEN]["spent"] = json!(true);
    tx.put(method.clone());
    tx.emit_updated("payment_method.detached", &before, &method);
    method
}

pub(crate) fn of_customer(tx: &Tx, customer: &str) -> Vec<Value> {
    tx.state().all("payment_method").filter(|method| text(method, "customer") == customer).cloned().collect()
}

/// A card without an owner can be used once.
pub(crate) fn check_unspent(method: &Value) -> Outcome<()> {
    if method[HIDDEN]["spent"] != true || !method["customer"].is_null() {
        return Ok(());
    }
    let message = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, \
                   shared with a connected account without Customer attachment, or was detached from a Customer. It \
                   may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer \
                   first.";
    let mut error = ApiError::invalid("payment_method", message);
    error.began = true;
    Err(error)
}

fn today(tx: &Tx) -> (i32, u32) {
    let date = DateTime::from_timestamp(tx.now(), 0).unwrap_or_default();
    (date.year(), date.month())
}

fn year(tx: &Tx) -> i32 {
    today(tx).0
}
