//! Addresses with something in them that should not be there.

use app::next_path::next_path;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

/// A page has one address: `/campaigns/boat/` leads to `/campaigns/boat`.
pub async fn without_trailing_slash(request: Request, next: Next) -> Response {
    match shorter(&request) {
        Some(address) => Redirect::permanent(&address).into_response(),
        None => next.run(request).await,
    }
}

fn shorter(request: &Request) -> Option<String> {
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    if trimmed == path || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let address = format!("{trimmed}{query}");
    // Anybody can write it, and what a browser might read as another site is not even tried.
    (address.len() > 1 && next_path(&address) == address).then_some(address)
}

/// A refused plain form comes back to the address it was sent from, with the refusal added to it. The last refusal
/// is taken out first: they would add up with every try.
pub async fn one_refusal_at_a_time(mut request: Request, next: Next) -> Response {
    let from = request.headers().get(header::REFERER).and_then(|from| from.to_str().ok());
    if let Some(from) = from.and_then(without_refusals) {
        request.headers_mut().insert(header::REFERER, from);
    }
    next.run(request).await
}

fn without_refusals(address: &str) -> Option<HeaderValue> {
    let (page, query) = address.split_once('?')?;
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !pair.starts_with("__path=") && !pair.starts_with("__err=")).collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    HeaderValue::from_str(&format!("{page}{query}")).ok()
}
