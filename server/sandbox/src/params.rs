//! Form-encoded parameters with nested brackets, as every Stripe library sends them.

use serde_json::{Map, Value, json};

use crate::error::{ApiError, Outcome};

/// The parameters of one request, decoded into a tree whose leaves are strings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Params(Value);

impl Params {
    pub(crate) fn decode(encoded: &[u8]) -> Self {
        let mut root = Value::Object(Map::new());
        for (key, value) in form_urlencoded::parse(encoded) {
            insert(&mut root, &steps(&key), value.into_owned());
        }
        Self(lists("", root))
    }

    pub(crate) fn merged(mut self, other: Self) -> Self {
        if let (Value::Object(mine), Value::Object(theirs)) = (&mut self.0, other.0) {
            mine.extend(theirs);
        }
        self
    }

    /// A value from code instead of the wire: how the card page calls the same operations.
    pub(crate) fn from_json(value: Value) -> Self {
        Self(value)
    }

    /// Takes a parameter out that is not the operation's.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.0.as_object_mut()?.remove(name)?.as_str().map(str::to_owned)
    }

    pub(crate) fn as_json(&self) -> &Value {
        &self.0
    }

    /// `at("payment_intent_data[metadata]")`.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        steps(path).iter().try_fold(&self.0, |value, step| value.get(step.as_str()))
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    pub(crate) fn sub(&self, path: &str) -> Params {
        Params(self.at(path).cloned().unwrap_or_else(|| json!({})))
    }

    /// The text, `Some("")` where the caller wants the field unset.
    pub(crate) fn raw(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    /// The text, if there is any.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.raw(path).filter(|text| !text.is_empty())
    }

    pub(crate) fn required(&self, path: &str) -> Outcome<&str> {
        match self.raw(path) {
            Some("") => Err(empty(path)),
            Some(text) => Ok(text),
            None => Err(missing(path)),
        }
    }

    pub(crate) fn integer(&self, path: &str) -> Outcome<Option<i64>> {
        let Some(text) = self.raw(path) else { return Ok(None) };
        if text.is_empty() {
            return Err(empty(path));
        }
        let wrong =
            || ApiError::invalid(path, format!("Invalid integer: {text}")).code("parameter_invalid_integer");
        text.parse().map(Some).map_err(|_| wrong())
    }

    pub(crate) fn boolean(&self, path: &str) -> Outcome<bool> {
        match self.raw(path) {
            None => Ok(false),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(other) => Err(ApiError::invalid(path, format!("Invalid boolean: {other}"))),
        }
    }

    pub(crate) fn one_of<'a>(&'a self, path: &str, allowed: &[&str]) -> Outcome<Option<&'a str>> {
        let Some(text) = self.text(path) else { return Ok(None) };
        if allowed.contains(&text) {
            return Ok(Some(text));
        }
        let message = format!("Invalid {path}: must be one of {}", allowed.join(", "));
        Err(ApiError::invalid(path, message))
    }

    pub(crate) fn list(&self, path: &str) -> Vec<&Value> {
        self.at(path).and_then(Value::as_array).map(|items| items.iter().collect()).unwrap_or_default()
    }

    pub(crate) fn texts(&self, path: &str) -> Vec<&str> {
        self.list(path).into_iter().filter_map(Value::as_str).collect()
    }

    /// Refuses what this operation does not know: Stripe does, and a typing error must not pass in a demo.
    pub(crate) fn only(&self, known: &[&str]) -> Outcome<()> {
        let unknown = self
            .0
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .find(|key| key.as_str() != "expand" && !known.contains(&key.as_str()));
        match unknown {
            None => Ok(()),
            Some(key) => {
                let message = format!("Received unknown parameter: {key}");
                Err(ApiError::invalid(key, message).code("parameter_unknown"))
            }
        }
    }
}

pub(crate) fn missing(path: &str) -> Box<ApiError> {
    ApiError::invalid(path, format!("Missing required param: {path}.")).code("parameter_missing")
}

fn empty(path: &str) -> Box<ApiError> {
    let message = format!(
        "You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; however \
         '{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty value."
    );
    ApiError::invalid(path, message).code("parameter_invalid_empty")
}

/// `a[b][]` is `["a", "b", ""]`.
fn steps(key: &str) -> Vec<String> {
    let Some((head, rest)) = key.split_once('[') else { return vec![key.to_owned()] };
    let rest = rest.strip_suffix(']').unwrap_or(rest);
    std::iter::once(head).chain(rest.split("][")).map(str::to_owned).collect()
}

fn insert(node: &mut Value, steps: &[String], value: String) {
    let Some((step, rest)) = steps.split_first() else {
        *node = Value::String(value);
        return;
    };
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    if let Value::Object(map) = node {
        // `[]` appends: the next number is its name until all is read.
        let name = if step.is_empty() { map.len().to_string() } else { step.clone() };
        insert(map.entry(name).or_insert(Value::Null), rest, value);
    }
}

/// Objects whose names are 0, 1, 2 … were arrays on the wire; metadata keys may be numbers and stay names.
fn lists(name: &str, node: Value) -> Value {
    let Value::Object(map) = node else { return node };
    let numbered =
        name != "metadata" && !map.is_empty() && map.keys().all(|key| key.parse::<usize>().is_ok());
    if !numbered {
        return map.into_iter().map(|(key, value)| (key.clone(), lists(&key, value))).collect();
    }
    let mut items: Vec<(usize, Value)> =
        map.into_iter().map(|(key, value)| (key.parse().unwrap_or_default(), lists("", value))).collect();
    items.sort_by_key(|(place, _)| *place);
    Value::Array(items.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_become_a_tree() {
        let params = Params::decode(b"a=1&m[k]=v&m[x%5By]=z&l[]=p&l[]=q&i[1][n]=b&i[0][n]=a&e=");
        assert_eq!(params.at("i"), Some(&json!([{ "n": "a" }, { "n": "b" }])));
        assert_eq!(params.texts("l"), ["p", "q"]);
        assert_eq!(params.raw("m[k]"), Some("v"));
        assert_eq!(params.raw("e"), Some(""));
        assert_eq!(params.text("e"), None);
    }

    #[test]
    fn metadata_keys_may_be_numbers() {
        let params = Params::decode(b"metadata[7]=x");
        assert_eq!(params.at("metadata"), Some(&json!({ "7": "x" })));
    }
}
