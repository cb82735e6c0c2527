//! What a new session is made of.

use serde_json::{Value, json};

use crate::api::fields::{check_email, merged_metadata};
use crate::error::{ApiError, Outcome};
use crate::params::{self, Params};
use crate::state::HIDDEN;
use crate::tx::Tx;
use crate::{ids, money};

const KNOWN: &[&str] = &[
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "allowed_payment_method_types",
    "automatic_tax",
    "billing_address_collection",
    "branding_settings",
    "cancel_url",
    "client_reference_id",
    "consent_collection",
    "currency",
    "custom_fields",
    "custom_text",
    "customer",
    "customer_account",
    "customer_creation",
    "customer_email",
    "customer_update",
    "discounts",
    "excluded_payment_method_types",
    "expires_at",
    "integration_identifier",
    "invoice_creation",
    "line_items",
    "locale",
    "managed_payments",
    "metadata",
    "mode",
    "name_collection",
    "optional_items",
    "origin_context",
    "payment_intent_data",
    "payment_method_collection",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "permissions",
    "phone_number_collection",
    "redirect_on_completion",
    "return_url",
    "saved_payment_method_options",
    "setup_intent_data",
    "shipping_address_collection",
    "shipping_options",
    "submit_type",
    "subscription_data",
    "success_url",
    "tax_id_collection",
    "ui_mode",
    "wallet_options",
];
const HOUR: i64 = 60 * 60;

pub(super) fn session(tx: &Tx, params: &Params) -> Outcome {
    params.only(KNOWN)?;
    let payment = match params.required("mode")? {
        "payment" => true,
        "setup" => false,
        other => {
            let message =
                format!("Invalid mode: must be one of payment, setup (the sandbox does not do '{other}').");
            return Err(ApiError::invalid("mode", message));
        }
    };
    check(tx, params, payment)?;
    let items = if payment { line_items(params)? } else { Vec::new() };
    let total: i64 = items.iter().filter_map(|item| item["amount_total"].as_i64()).sum();
    let currency = match items.first() {
        Some(item) => item["currency"].as_str().map(str::to_owned),
        None => params.text("currency").map(money::currency).transpose()?,
    };
    if payment {
        money::chargeable(total, currency.as_deref().unwrap_or_default(), "line_items")?;
    }
    let expires_at = expires_at(tx, params)?;
    let id = format!("cs_test_{}", ids::random(58));
    Ok(json!({
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": { "enabled": false },
        "after_expiration": null,
        "allow_promotion_codes": null,
        "allowed_payment_method_types": params.at("allowed_payment_method_types"),
        "amount_subtotal": if payment { json!(total) } else { Value::Null },
        "amount_total": if payment { json!(total) } else { Value::Null },
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "billing_address_collection": params.text("billing_address_collection"),
        "branding_settings": null,
        "cancel_url": params.text("cancel_url"),
        "client_reference_id": params.text("client_reference_id"),
        "client_secret": null,
        "collected_information": null,
        "consent": null,
        "consent_collection": null,
        "created": tx.now(),
        "currency": currency,
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null,
            "shipping_address": null,
            "submit": params.text("custom_text[submit][message]").map(|message| json!({ "message": message })),
            "terms_of_service_acceptance": null,
        },
        "customer": params.text("customer"),
        "customer_account": null,
        "customer_creation": customer_creation(params)?,
        "customer_details": null,
        "customer_email": params.text("customer_email"),
        "discounts": [],
        "expires_at": expires_at,
        "invoice": null,
        "invoice_creation": null,
        "livemode": false,
        "locale": params.text("locale"),
        "metadata": merged_metadata(&json!({}), params, "metadata")?,
        "mode": if payment { "payment" } else { "setup" },
        "origin_context": null,
        "payment_intent": null,
        "payment_link": null,
        "payment_method_collection": if payment { "if_required" } else { "always" },
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
        "payment_method_types": ["card"],
        "payment_status": if payment { "unpaid" } else { "no_payment_required" },
        "permissions": null,
        "phone_number_collection": { "enabled": false },
        "presentment_details": null,
        "recovered_from": null,
        "saved_payment_method_options": null,
        "setup_intent": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.text("submit_type"),
        "subscription": null,
        "success_url": params.text("success_url"),
        "total_details": if payment {
            json!({ "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 })
        } else {
            Value::Null
        },
        "ui_mode": "hosted_page",
        "url": format!("{}/c/pay/{id}", tx.base_url),
        "wallet_options": null,
        HIDDEN: {
            "due_at": expires_at,
            "line_items": items,
            "payment_intent_data": params.at("payment_intent_data"),
        },
    }))
}

fn check(tx: &Tx, params: &Params, payment: bool) -> Outcome<()> {
    params.required("success_url")?;
    for url in ["success_url", "cancel_url"] {
        if params.text(url).is_some_and(|text| !text.starts_with("http://") && !text.starts_with("https://"))
        {
            return Err(ApiError::invalid(url, "Not a valid URL").code("url_invalid"));
        }
    }
    if let Some(mode @ ("embedded" | "embedded_page" | "elements" | "form" | "custom")) =
        params.text("ui_mode")
    {
        let message = format!("The sandbox shows hosted pages only, not ui_mode '{mode}'.");
        return Err(ApiError::invalid("ui_mode", message));
    }
    if let Some(customer) = params.text("customer") {
        tx.find("customer", customer, "customer")?;
        if params.has("customer_email") {
            let message = "You may only specify one of these parameters: customer, customer_email.";
            return Err(ApiError::invalid("customer_email", message).code("parameters_exclusive"));
        }
    }
    check_email(params, "customer_email")?;
    let foreign = if payment { "setup_intent_data" } else { "payment_intent_data" };
    if params.has(foreign) {
        let mode = if payment { "payment" } else { "setup" };
        return Err(ApiError::invalid(foreign, format!("You can not pass `{foreign}` in `{mode}` mode.")));
    }
    if !payment && params.has("line_items") {
        return Err(ApiError::invalid("line_items", "You can not pass `line_items` in `setup` mode."));
    }
    params
        .sub("payment_intent_data")
        .one_of("capture_method", &["automatic", "automatic_async", "manual"])?;
    Ok(())
}

fn customer_creation(params: &Params) -> Outcome {
    let asked = params.one_of("customer_creation", &["always", "if_required"])?;
    if params.has("customer") {
        return match asked {
            None => Ok(Value::Null),
            Some(_) => {
                let message = "You may only specify one of these parameters: customer, customer_creation.";
                Err(ApiError::invalid("customer_creation", message).code("parameters_exclusive"))
            }
        };
    }
    Ok(json!(asked.unwrap_or("if_required")))
}

fn expires_at(tx: &Tx, params: &Params) -> Outcome<i64> {
    let Some(at) = params.integer("expires_at")? else { return Ok(tx.now() + 24 * HOUR) };
    // A minute of grace: the caller's clock is not ours.
    if at < tx.now() + HOUR / 2 - 60 {
        let message =
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.";
        return Err(ApiError::invalid("expires_at", message));
    }
    if at > tx.now() + 24 * HOUR + 60 {
        let message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.";
        return Err(ApiError::invalid("expires_at", message));
    }
    Ok(at)
}

fn line_items(params: &Params) -> Outcome<Vec<Value>> {
    let given = params.list("line_items");
    if given.is_empty() {
        return Err(params::missing("line_items"));
    }
    given.into_iter().map(|item| line_item(&Params::from_json(item.clone()))).collect()
}

fn line_item(item: &Params) -> Outcome {
    let path = "price_data[unit_amount]";
    let unit = item.integer(path)?.ok_or_else(|| params::missing(&format!("line_items[0][{path}]")))?;
    let currency = money::currency(item.required("price_data[currency]")?)?;
    let name = item.text("price_data[product_data][name]");
    if name.is_none() && !item.has("price_data[product]") {
        return Err(params::missing("line_items[0][price_data][product_data][name]"));
    }
    let quantity = item.integer("quantity")?.ok_or_else(|| params::missing("line_items[0][quantity]"))?;
    if unit < 0 || quantity < 1 {
        return Err(ApiError::invalid("line_items", "Amounts and quantities must be positive.")
            .code("parameter_invalid_integer"));
    }
    let total = unit.saturating_mul(quantity);
    Ok(json!({
        "id": ids::new("li"),
        "object": "item",
        "adjustable_quantity": null,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": name,
        "metadata": {},
        "price": null,
        "quantity": quantity,
    }))
}
