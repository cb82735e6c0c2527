//! A small stand-in of Stripe.js: the same calls, a frame for the card, and 3-D Secure in a page of its own. Only
//! what a payment page needs is there.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};

const LIBRARY: &str = include_str!("stripe_js/stripe.js");
const FRAME: &str = include_str!("stripe_js/frame.html");
const FRAME_SCRIPT: &str = include_str!("stripe_js/frame.js");
const FRAME_STYLE: &str = include_str!("stripe_js/frame.css");

/// `/v3/`, where the real one is on js.stripe.com.
pub(crate) async fn library() -> Response {
    script(LIBRARY)
}

/// The card's fields. They live here, so that a number never is in the page that embeds them.
pub(crate) async fn frame() -> Response {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri \
                  'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(FRAME))
        .into_response()
}

pub(crate) async fn frame_script() -> Response {
    script(FRAME_SCRIPT)
}

pub(crate) async fn frame_style() -> Response {
    asset("text/css; charset=utf-8", FRAME_STYLE)
}

fn script(text: &'static str) -> Response {
    asset("text/javascript; charset=utf-8", text)
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("max-age=60")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, text).into_response()
}
