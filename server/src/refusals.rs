//! A server function whose arguments cannot be read is refused before any code of ours runs, and leptos answers 500
//! for it. Here such an answer gets the status that its own error names.

use app::api::error::ApiError;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::response::Response;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;

use crate::security::LARGEST_BODY;

pub async fn tell_by_status(answer: Response) -> Response {
    let failed = answer.status() == StatusCode::INTERNAL_SERVER_ERROR;
    if !failed || !answer.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    // Written by us, whole, and never longer than what was sent.
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    if let Ok(error) = serde_json::from_slice::<ApiError>(&body)
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(body))
}
