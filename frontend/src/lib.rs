//! The browser's side: wakes the islands that the server drew, and follows redirects that server functions ask for.

// The islands' code is in `app`; without this line nothing of it would be linked.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page's script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // A redirect may lead to another site (the gateway's card page), so the browser itself must go there.
    let _ = leptos::server_fn::redirect::set_redirect_hook(|to: &str| {
        if let Some(window) = web_sys::window() {
            let _ = window.location().set_href(to);
        }
    });
    leptos::mount::hydrate_islands();
}
