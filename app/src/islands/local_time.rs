//! An instant in UTC, as the server knows it, and beside it in the viewer's own zone, which only the browser knows.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

#[island]
pub fn LocalTime(
    /// RFC 3339.
    at: String,
    /// As people read it, with its zone.
    utc: String,
) -> impl IntoView {
    let local = RwSignal::new(None::<String>);
    let instant = at.clone();
    Effect::new(move || local.set(in_the_viewers_zone(&instant)));
    view! {
        <time datetime=at>{utc}</time>
        {move || local.get().map(|local| view! { <span class="muted">" (" {local} " your time)"</span> })}
    }
}

/// `None` where the viewer's zone is UTC: saying it twice helps nobody.
fn in_the_viewers_zone(at: &str) -> Option<String> {
    let date = js_sys::Date::new(&JsValue::from_str(at));
    if date.get_timezone_offset() == 0.0 {
        return None;
    }
    let options = js_sys::Object::new();
    for (name, value) in [("dateStyle", "long"), ("timeStyle", "short")] {
        js_sys::Reflect::set(&options, &name.into(), &value.into()).ok()?;
    }
    date.to_locale_string("en-GB", &options).as_string()
}
