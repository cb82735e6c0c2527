//! Customers.

use serde_json::{Value, json};

use super::fields::{address, check_email, set_hash, set_metadata, set_texts};
use super::{Call, list, payment_methods};
use crate::error::Outcome;
use crate::ids;
use crate::params::Params;
use crate::state::{DELETED_CUSTOMER, public, text};
use crate::tx::Tx;

const TEXTS: &[&str] = &["description", "email", "name", "phone"];
const KNOWN: &[&str] = &[
    "address",
    "balance",
    "business_name",
    "cash_balance",
    "default_source",
    "description",
    "email",
    "individual_name",
    "invoice_prefix",
    "invoice_settings",
    "metadata",
    "name",
    "next_invoice_sequence",
    "payment_method",
    "phone",
    "preferred_locales",
    "shipping",
    "source",
    "tax",
    "tax_exempt",
    "tax_id_data",
    "test_clock",
    "validate",
];

pub(crate) fn create(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    let mut customer = json!({
        "id": format!("cus_{}", ids::random(14)),
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": tx.now(),
        "currency": null,
        "default_source": null,
        "delinquent": false,
        "description": null,
        "email": null,
        "invoice_prefix": ids::random(8).to_uppercase(),
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null
        },
        "livemode": false,
        "metadata": {},
        "name": null,
        "next_invoice_sequence": 1,
        "phone": null,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    });
    set(tx, &mut customer, &call.params)?;
    tx.put(customer.clone());
    tx.emit("customer.created", &customer);
    if let Some(id) = call.params.text("payment_method") {
        let method = payment_methods::take(tx, id, "payment_method")?;
        payment_methods::attach_to(tx, method, text(&customer, "id"))?;
    }
    Ok(public(&customer))
}

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    match tx.get(DELETED_CUSTOMER, &call.id) {
        Some(deleted) => Ok(public(&deleted)),
        None => Ok(public(&tx.find("customer", &call.id, "id")?)),
    }
}

pub(crate) fn update(tx: &mut Tx, call: &Call) -> Outcome {
    call.params.only(KNOWN)?;
    let before = tx.find("customer", &call.id, "id")?;
    let mut customer = before.clone();
    set(tx, &mut customer, &call.params)?;
    tx.put(customer.clone());
    tx.emit_updated("customer.updated", &before, &customer);
    Ok(public(&customer))
}

/// Its cards go with it; intents that were paid stay.
pub(crate) fn delete(tx: &mut Tx, call: &Call) -> Outcome {
    let customer = tx.find("customer", &call.id, "id")?;
    for method in payment_methods::of_customer(tx, &call.id) {
        payment_methods::detach_from(tx, method);
    }
    tx.remove("customer", &call.id);
    let deleted = json!({ "object": DELETED_CUSTOMER, "id": call.id });
    tx.put(deleted.clone());
    tx.emit("customer.deleted", &customer);
    Ok(public(&deleted))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    list::page(tx, call, "customer", "/v1/customers", |customer| {
        list::same(&call.params, "email", customer, "email")
    })
}

pub(crate) fn payment_methods(tx: &mut Tx, call: &Call) -> Outcome {
    tx.find("customer", &call.id, "customer")?;
    let url = format!("/v1/customers/{}/payment_methods", call.id);
    list::page(tx, call, "payment_method", &url, |method| text(method, "customer") == call.id)
}

fn set(tx: &Tx, customer: &mut Value, params: &Params) -> Outcome<()> {
    check_email(params, "email")?;
    set_texts(customer, params, TEXTS);
    set_hash(customer, params, "shipping");
    if params.has("address") {
        let given = params.at("address").filter(|given| given.is_object());
        customer["address"] = given.map_or(Value::Null, |given| address(Some(given)));
    }
    if params.has("preferred_locales") {
        customer["preferred_locales"] = json!(params.texts("preferred_locales"));
    }
    if let Some(id) = params.text("invoice_settings[default_payment_method]") {
        tx.find("payment_method", id, "invoice_settings[default_payment_method]")?;
        customer["invoice_settings"]["default_payment_method"] = json!(id);
    }
    set_metadata(customer, params)
}
