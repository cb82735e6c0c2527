//! The browser's side: wakes the islands that the server drew.

// The islands' code is in `app`; without this line nothing of it would be linked.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page's script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
