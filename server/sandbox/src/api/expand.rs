//! `expand[]`: ids in the answer replaced by the objects they name.

use serde_json::{Value, json};

use crate::error::{ApiError, Outcome};
use crate::state::{State, public, text};

/// Follows a dotted path such as `latest_charge.balance_transaction` or, in a list, `data.customer`.
pub(crate) fn expand(state: &State, object: &mut Value, path: &str) -> Outcome<()> {
    let steps: Vec<&str> = path.split('.').collect();
    if steps.len() > 4 + usize::from(object["object"] == "list") {
        let message = "You cannot expand more than 4 levels of a property.";
        return Err(ApiError::invalid("expand", message));
    }
    follow(state, object, &steps, path)
}

fn follow(state: &State, object: &mut Value, steps: &[&str], path: &str) -> Outcome<()> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    if let Value::Array(items) = object {
        return items.iter_mut().try_for_each(|item| follow(state, item, steps, path));
    }
    include(state, object, step);
    let Some(field) = object.get_mut(*step) else {
        let message = format!(
            "This property cannot be expanded ({path}). You may want to try expanding {step} on another object."
        );
        return Err(ApiError::invalid("expand", message));
    };
    if let Some(found) = field.as_str().and_then(|id| state.find(id)) {
        *field = public(found);
    }
    match field {
        Value::Null => Ok(()),
        Value::Array(items) => items.iter_mut().try_for_each(|item| follow(state, item, rest, path)),
        field => follow(state, field, rest, path),
    }
}

/// Lists that Stripe leaves out unless they are asked for.
fn include(state: &State, object: &mut Value, step: &str) {
    let id = text(object, "id").to_owned();
    let data: Vec<Value> = match (text(object, "object"), step) {
        ("charge", "refunds") => {
            state.all("refund").rev().filter(|r| text(r, "charge") == id).map(public).collect()
        }
        ("checkout.session", "line_items") => {
            let stored = state.get("checkout.session", &id);
            let items = stored.and_then(|session| session["_sandbox"]["line_items"].as_array());
            items.cloned().unwrap_or_default()
        }
        _ => return,
    };
    let url = match step {
        "refunds" => format!("/v1/charges/{id}/refunds"),
        _ => format!("/v1/checkout/sessions/{id}/line_items"),
    };
    object[step] = json!({ "object": "list", "data": data, "has_more": false, "url": url });
}
