//! How the gateway's fields look, out of our own style: theirs cannot see it.

use js_sys::Reflect;
use leptos::prelude::{document, window};
use serde_json::{Value, json};
use wasm_bindgen::JsValue;

use super::stripe::call;

/// Theirs and ours.
const COLOURS: [(&str, &str); 6] = [
    ("colorBackground", "--surface"),
    ("colorText", "--ink"),
    ("colorTextSecondary", "--ink-muted"),
    ("colorTextPlaceholder", "--ink-muted"),
    ("colorPrimary", "--focus"),
    ("colorDanger", "--bad"),
];
const OTHERS: [(&str, &str); 2] = [("borderRadius", "--radius"), ("fontFamily", "--font-text")];

/// In light or dark, as the page is just now.
pub(super) fn appearance() -> Value {
    let colours = COLOURS.iter().filter_map(|(theirs, ours)| Some((*theirs, rgb(&token(ours)?)?)));
    let others = OTHERS.iter().filter_map(|(theirs, ours)| Some((*theirs, token(ours)?)));
    let variables: serde_json::Map<String, Value> =
        colours.chain(others).map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let mut appearance = json!({ "theme": "flat", "variables": variables });
    if let Some(line) = token("--line-control").and_then(|line| rgb(&line)) {
        appearance["rules"] = json!({ ".Input": { "border": format!("1px solid {line}") } });
    }
    appearance
}

fn token(name: &str) -> Option<String> {
    let style = window().get_computed_style(&document().document_element()?).ok()??;
    style.get_property_value(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Our colours are written as oklch(), which not every script that mixes colours can read: a pixel of it can.
fn rgb(colour: &str) -> Option<String> {
    let canvas = document().create_element("canvas").ok()?;
    let paper = call(&canvas, "getContext", &["2d".into()]).ok()?;
    Reflect::set(&paper, &"fillStyle".into(), &colour.into()).ok()?;
    let numbers = |numbers: [u32; 4]| numbers.map(JsValue::from);
    call(&paper, "fillRect", &numbers([0, 0, 1, 1])).ok()?;
    let pixels = call(&paper, "getImageData", &numbers([0, 0, 1, 1])).ok()?;
    let data = Reflect::get(&pixels, &"data".into()).ok()?;
    let part = |place: u32| Reflect::get_u32(&data, place).ok()?.as_f64();
    Some(format!("rgb({}, {}, {})", part(0)?, part(1)?, part(2)?))
}
