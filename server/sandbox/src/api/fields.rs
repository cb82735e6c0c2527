//! Setting the fields of objects from parameters, the way Stripe's updates do: absent leaves, empty unsets.

use serde_json::{Map, Value, json};

use crate::error::{ApiError, Outcome};
use crate::params::Params;

/// Plain texts that may be unset.
pub(crate) fn set_texts(object: &mut Value, params: &Params, fields: &[&str]) {
    for field in fields {
        match params.raw(field) {
            None => {}
            Some("") => object[*field] = Value::Null,
            Some(text) => object[*field] = json!(text),
        }
    }
}

/// Merges metadata: an empty value removes its key, an empty `metadata` removes all.
pub(crate) fn set_metadata(object: &mut Value, params: &Params) -> Outcome<()> {
    object["metadata"] = merged_metadata(&object["metadata"], params, "metadata")?;
    Ok(())
}

pub(crate) fn merged_metadata(current: &Value, params: &Params, path: &str) -> Outcome {
    if params.raw(path) == Some("") {
        return Ok(json!({}));
    }
    let mut merged = current.as_object().cloned().unwrap_or_default();
    for (key, value) in params.at(path).and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        check_metadata(path, key, value)?;
        if value.is_empty() {
            merged.remove(key);
        } else {
            merged.insert(key.clone(), json!(value));
        }
    }
    if merged.len() > 50 {
        return Err(ApiError::invalid(path, "Metadata can have up to 50 keys."));
    }
    Ok(Value::Object(merged))
}

fn check_metadata(path: &str, key: &str, value: &str) -> Outcome<()> {
    if key.chars().count() > 40 {
        let message = format!(
            "Metadata keys can have up to 40 characters, but you passed in a key that is longer: {key}"
        );
        return Err(ApiError::invalid(path, message));
    }
    let length = value.chars().count();
    if length > 500 {
        let message = format!(
            "Metadata values can have up to 500 characters, but you passed in a value that is {length} characters. \
             Invalid value: {value}"
        );
        return Err(ApiError::invalid(&format!("{path}[{key}]"), message));
    }
    Ok(())
}

/// An address, shipping or similar: taken as it is, unset by an empty text.
pub(crate) fn set_hash(object: &mut Value, params: &Params, field: &str) {
    match params.at(field) {
        Some(Value::Object(hash)) => object[field] = Value::Object(hash.clone()),
        Some(Value::String(text)) if text.is_empty() => object[field] = Value::Null,
        _ => {}
    }
}

/// All parts of an address, with null for what is not known.
pub(crate) fn address(given: Option<&Value>) -> Value {
    let part = |name: &str| (name.to_owned(), given.map_or(Value::Null, |address| address[name].clone()));
    let parts = ["city", "country", "line1", "line2", "postal_code", "state"].map(part);
    Value::Object(Map::from_iter(parts))
}

pub(crate) fn check_email(params: &Params, field: &str) -> Outcome<()> {
    match params.text(field) {
        Some(email) if !email.contains('@') || email.contains(' ') => {
            let message = format!("Invalid email address: {email}");
            Err(ApiError::invalid(field, message).code("email_invalid"))
        }
        _ => Ok(()),
    }
}
