//! Lists: newest first, in pages, filtered by time and by fields.

use serde_json::{Value, json};

use super::Call;
use crate::error::{ApiError, Outcome};
use crate::params::Params;
use crate::state::{public, text};
use crate::tx::Tx;

/// The page of objects of a kind that the call asks for, among those that `keep` keeps.
pub(crate) fn page(tx: &Tx, call: &Call, kind: &str, url: &str, keep: impl Fn(&Value) -> bool) -> Outcome {
    let limit = limit(&call.params)?;
    let created = Created::parse(&call.params)?;
    let all: Vec<&Value> =
        tx.state().all(kind).rev().filter(|o| tx.is_ours(o) && keep(o) && created.holds(o)).collect();
    let place = |param: &str| -> Outcome<Option<usize>> {
        let Some(id) = call.params.text(param) else { return Ok(None) };
        let missing = || ApiError::missing(kind, id, param);
        // The object may be filtered out: its neighbours are those made before and after it.
        tx.state().get(kind, id).ok_or_else(missing)?;
        Ok(all.iter().position(|object| text(object, "id") == id))
    };
    let (window, has_more) = match (place("starting_after")?, place("ending_before")?) {
        (Some(after), _) => forward(&all[after + 1..], limit),
        (None, Some(before)) => backward(&all[..before], limit),
        (None, None) => forward(&all, limit),
    };
    let data: Vec<Value> = window.iter().map(|object| public(object)).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

fn forward<'a, 'b>(rest: &'b [&'a Value], limit: usize) -> (&'b [&'a Value], bool) {
    (&rest[..rest.len().min(limit)], rest.len() > limit)
}

fn backward<'a, 'b>(rest: &'b [&'a Value], limit: usize) -> (&'b [&'a Value], bool) {
    (&rest[rest.len().saturating_sub(limit)..], rest.len() > limit)
}

fn limit(params: &Params) -> Outcome<usize> {
    match params.integer("limit")?.unwrap_or(10) {
        limit @ 1..=100 => Ok(limit as usize),
        limit => {
            let bound = if limit < 1 { "greater than or equal to 1" } else { "less than or equal to 100" };
            let message = format!("This value must be {bound} (it currently is '{limit}').");
            Err(ApiError::invalid("limit", message).code("parameter_invalid_integer"))
        }
    }
}

/// `created=…` or `created[gte]=…`.
struct Created {
    bounds: Vec<(&'static str, i64)>,
}

impl Created {
    fn parse(params: &Params) -> Outcome<Self> {
        let paths = ["created", "created[gt]", "created[gte]", "created[lt]", "created[lte]"];
        let mut bounds = Vec::new();
        for path in paths {
            if let Some(at) = params.integer(path)? {
                bounds.push((path, at));
            }
        }
        Ok(Self { bounds })
    }

    fn holds(&self, object: &Value) -> bool {
        let created = object["created"].as_i64().unwrap_or_default();
        self.bounds.iter().all(|(path, at)| match *path {
            "created[gt]" => created > *at,
            "created[gte]" => created >= *at,
            "created[lt]" => created < *at,
            "created[lte]" => created <= *at,
            _ => created == *at,
        })
    }
}

/// A filter by a field: absent means any.
pub(crate) fn same(params: &Params, param: &str, object: &Value, field: &str) -> bool {
    params.text(param).is_none_or(|wanted| text(object, field) == wanted)
}
