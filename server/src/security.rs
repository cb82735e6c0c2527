//! What stands between the network and every route: who is asking, whether this page of ours sent them, how much and
//! how long they may ask, and what every answer carries. All layers are in [`guard`], in order.

mod addresses;
pub mod client_address;
mod headers;
mod limits;
mod origin;
mod plain_page;
mod request_log;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use backend::accounts::cookie::{GuestCookie, SessionCookie};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;

pub use client_address::TrustedProxies;
pub use limits::LARGEST_BODY;
pub use plain_page::plain_page;

/// Stripe signs its webhooks; it is the one caller that has no page of ours.
pub const WEBHOOK_PATH: &str = "/webhooks/stripe";

/// What the layers must know of the site.
#[derive(Clone)]
pub struct Site {
    /// How browsers reach us, without a trailing slash.
    pub public_url: String,
    pub proxies: TrustedProxies,
}

impl Site {
    #[must_use]
    pub fn new(public_url: &str, proxies: TrustedProxies) -> Self {
        Self { public_url: public_url.to_owned(), proxies }
    }

    fn cookie(&self) -> SessionCookie {
        SessionCookie::of(&self.public_url)
    }

    fn guest_cookie(&self) -> GuestCookie {
        GuestCookie::of(&self.public_url)
    }

    fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Wraps all routes, the fallback included. The layer added last is the outermost.
pub fn guard(router: Router, site: &Site) -> Router {
    router
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(from_fn(origin::foreign_links_show_no_errors))
        .layer(from_fn(addresses::one_refusal_at_a_time))
        .layer(from_fn(addresses::without_trailing_slash))
        .layer(from_fn_with_state(site.clone(), origin::cookie_needs_an_origin))
        .layer(origin::check(site))
        .layer(from_fn_with_state(site.proxies.clone(), client_address::attach))
        .layer(from_fn(limits::answer_in_time))
        .layer(CatchPanicLayer::custom(limits::panicked))
        .layer(from_fn_with_state(site.clone(), headers::set))
        .layer(from_fn(request_log::log))
}
