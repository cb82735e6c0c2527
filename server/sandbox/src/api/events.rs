//! Events, kept for as long as the state is.

use super::{Call, list};
use crate::error::Outcome;
use crate::state::{public, text};
use crate::tx::Tx;

pub(crate) fn retrieve(tx: &mut Tx, call: &Call) -> Outcome {
    Ok(public(&tx.find("event", &call.id, "id")?))
}

pub(crate) fn list(tx: &mut Tx, call: &Call) -> Outcome {
    let types = call.params.texts("types");
    let wanted = call.params.text("type");
    list::page(tx, call, "event", "/v1/events", |event| {
        let name = text(event, "type");
        (types.is_empty() || types.contains(&name)) && wanted.is_none_or(|wanted| matches(wanted, name))
    })
}

/// `charge.*` is allowed here.
fn matches(wanted: &str, name: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == name, |beginning| name.starts_with(beginning))
}
