//! One line per request: method, route, status, time, id. The route is the pattern that matched, so that neither
//! addresses with ids in them nor query strings are logged; headers are not looked at.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, field};
use uuid::Uuid;

use crate::metrics;

/// On the request it is for our own code (`app::ssr` puts it on error pages), on the response for the visitor.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub async fn log(mut request: Request, next: Next) -> Response {
    let (id, header) = new_id();
    // Whatever a visitor sent under this name is replaced: an id in our logs is ours.
    request.headers_mut().insert(REQUEST_ID, header.clone());
    let span = span(&id, &request);
    let (method, route) = (request.method().clone(), request.extensions().get::<MatchedPath>().cloned());
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    response.headers_mut().insert(REQUEST_ID, header);
    span.in_scope(|| report(&response, started));
    metrics::count_request(
        &method,
        route.as_ref().map_or("(no route)", MatchedPath::as_str),
        &response,
        started.elapsed(),
    );
    response
}

fn new_id() -> (String, HeaderValue) {
    let id = Uuid::now_v7().simple().to_string();
    let header = HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown"));
    (id, header)
}

fn span(id: &str, request: &Request) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("(no route)", MatchedPath::as_str);
    tracing::info_span!("request", id, method = field::display(request.method()), route)
}

fn report(response: &Response, started: Instant) {
    let status = response.status().as_u16();
    // To the first byte; a streamed page or event stream goes on after it.
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if response.status().is_server_error() {
        tracing::error!(status, ms, "answered");
    } else {
        tracing::info!(status, ms, "answered");
    }
}
