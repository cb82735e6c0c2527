//! PDFs, as answers.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use paper::Paper;

/// Draws a paper off the threads that serve everybody, and sends it as a file of this name. For its owner alone.
pub async fn answer(name: &str, paper: Paper) -> Response {
    match tokio::task::spawn_blocking(move || paper::pdf(&paper)).await {
        Ok(Ok(bytes)) => {
            let headers = [
                (CONTENT_TYPE, "application/pdf".to_owned()),
                (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
                (CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, bytes).into_response()
        }
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a paper could not be drawn");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
