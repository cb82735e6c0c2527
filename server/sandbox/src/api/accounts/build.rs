//! A new account, before its owner has told anything.

use serde_json::{Value, json};

use crate::error::{ApiError, Outcome};
use crate::ids;
use crate::money;
use crate::params::Params;
use crate::state::HIDDEN;
use crate::tx::Tx;

const CURRENCIES: &[(&str, &str)] = &[
    ("US", "usd"),
    ("GB", "gbp"),
    ("CH", "chf"),
    ("JP", "jpy"),
    ("CA", "cad"),
    ("AU", "aud"),
    ("NZ", "nzd"),
    ("SE", "sek"),
    ("NO", "nok"),
    ("DK", "dkk"),
    ("PL", "pln"),
    ("CZ", "czk"),
    ("HU", "huf"),
    ("RO", "ron"),
    ("MX", "mxn"),
    ("BR", "brl"),
    ("HK", "hkd"),
    ("SG", "sgd"),
    ("TH", "thb"),
    ("AE", "aed"),
];

pub(super) fn account(tx: &Tx, params: &Params) -> Outcome {
    let country = params.text("country").unwrap_or("US").to_uppercase();
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        let message =
            format!("Country '{country}' is unknown. Try using a 2-character alphanumeric country code.");
        return Err(ApiError::invalid("country", message).code("country_unsupported"));
    }
    let kind = params.one_of("type", &["custom", "express", "standard"])?;
    if kind.is_some() && params.has("controller") {
        let message = "You may only specify one of these parameters: type, controller.";
        return Err(ApiError::invalid("type", message).code("parameters_exclusive"));
    }
    let currency = match params.text("default_currency") {
        Some(currency) => money::currency(currency)?,
        None => currency_of(&country).to_owned(),
    };
    let mut account = shape(tx, &country, &currency);
    account["type"] = json!(kind.unwrap_or("none"));
    account["controller"] = controller(params, kind)?;
    request_capabilities(&mut account, params)?;
    Ok(account)
}

/// Who pays, who bears losses, who asks for papers, and what the owner sees.
fn controller(params: &Params, kind: Option<&str>) -> Outcome {
    let express = kind == Some("express");
    let given = params.sub("controller");
    let one_of = |path: &str, allowed: &[&str], otherwise: &str| -> Outcome<String> {
        Ok(given.one_of(path, allowed)?.unwrap_or(otherwise).to_owned())
    };
    let payments = if express { "application" } else { "stripe" };
    let collection = one_of("requirement_collection", &["application", "stripe"], "stripe")?;
    if collection == "application" || kind == Some("custom") {
        let message =
            "The sandbox has a hosted onboarding page only: `requirement_collection` must be `stripe`.";
        return Err(ApiError::invalid("controller[requirement_collection]", message));
    }
    let payer = if express { "application_express" } else { "account" };
    let dashboard = if express { "express" } else { "full" };
    Ok(json!({
        "fees": { "payer": one_of("fees[payer]", &["account", "application"], payer)? },
        "is_controller": true,
        "losses": { "payments": one_of("losses[payments]", &["application", "stripe"], payments)? },
        "requirement_collection": collection,
        "stripe_dashboard": { "type": one_of("stripe_dashboard[type]", &["express", "full", "none"], dashboard)? },
        "type": "application",
    }))
}

/// `inactive` until the account is reviewed; taking a request back removes the capability.
pub(super) fn request_capabilities(account: &mut Value, params: &Params) -> Outcome<()> {
    for capability in ["card_payments", "transfers"] {
        let path = format!("capabilities[{capability}][requested]");
        if !params.has(&path) {
            continue;
        }
        let requested = params.boolean(&path)?;
        let Some(capabilities) = account["capabilities"].as_object_mut() else { continue };
        if requested {
            capabilities.entry(capability).or_insert(json!("inactive"));
        } else {
            capabilities.remove(capability);
        }
    }
    Ok(())
}

/// The account behind every secret key.
pub(super) fn platform(tx: &Tx) -> Value {
    let mut account = shape(tx, "US", "usd");
    account["id"] = json!("acct_sandboxplatform");
    account["type"] = json!("standard");
    account["charges_enabled"] = json!(true);
    account["payouts_enabled"] = json!(true);
    account["details_submitted"] = json!(true);
    account["capabilities"] = json!({ "card_payments": "active", "transfers": "active" });
    account["controller"] = json!({ "type": "account" });
    account["requirements"] = json!({});
    crate::state::public(&account)
}

pub(super) fn currency_of(country: &str) -> &'static str {
    let known = CURRENCIES.iter().find(|(known, _)| *known == country);
    known.map_or("eur", |(_, currency)| currency)
}

fn shape(tx: &Tx, country: &str, currency: &str) -> Value {
    json!({
        "id": format!("acct_{}", ids::random(16)),
        "object": "account",
        "business_profile": {
            "annual_revenue": null,
            "estimated_worker_count": null,
            "mcc": null,
            "minority_owned_business_designation": null,
            "monthly_estimated_revenue": null,
            "name": null,
            "product_description": null,
            "support_address": null,
            "support_email": null,
            "support_phone": null,
            "support_url": null,
            "url": null,
        },
        "business_type": null,
        "capabilities": {},
        "charges_enabled": false,
        "controller": null,
        "country": country,
        "created": tx.now(),
        "default_currency": currency,
        "details_submitted": false,
        "email": null,
        "external_accounts": null,
        "future_requirements": {
            "alternatives": [], "current_deadline": null, "currently_due": [], "disabled_reason": null, "errors": [],
            "eventually_due": [], "past_due": [], "pending_verification": [],
        },
        "metadata": {},
        "payouts_enabled": false,
        "requirements": null,
        "settings": {
            "bacs_debit_payments": { "display_name": null, "service_user_number": null },
            "branding": { "icon": null, "logo": null, "primary_color": null, "secondary_color": null },
            "card_issuing": { "tos_acceptance": { "date": null, "ip": null } },
            "card_payments": {
                "decline_on": { "avs_failure": false, "cvc_failure": false },
                "statement_descriptor_prefix": null,
                "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null,
            },
            "dashboard": { "display_name": null, "timezone": "Etc/UTC" },
            "invoices": { "default_account_tax_ids": null, "hosted_payment_method_save": "offer" },
            "payments": {
                "statement_descriptor": null,
                "statement_descriptor_kana": null,
                "statement_descriptor_kanji": null,
            },
            "payouts": {
                "debit_negative_balances": true,
                "schedule": { "delay_days": 2, "interval": "daily" },
                "statement_descriptor": null,
            },
            "sepa_debit_payments": {},
        },
        "tos_acceptance": { "date": null, "ip": null, "user_agent": null },
        "type": "none",
        HIDDEN: { "given": {} },
    })
}
