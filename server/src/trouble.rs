//! What is answered when a file cannot be made.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

/// Seconds.
const AGAIN_AFTER: &str = "10";

/// Notes what went wrong beneath. A database that is away is asked again later.
pub fn failed(what: &'static str, error: &backend::Error) -> Response {
    tracing::error!(%error, "{what} could not be made");
    if error.is_away() {
        (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, AGAIN_AFTER)]).into_response()
    } else {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
