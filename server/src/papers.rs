//! PDFs, as answers.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use paper::Paper;
use tokio::sync::Semaphore;

/// So many are drawn at once; who comes next waits.
static DRAWING: Semaphore = Semaphore::const_new(2);

/// Draws a paper off the threads that serve everybody, and sends it as a file of this name. For its owner alone.
pub async fn answer(name: &str, paper: Paper) -> Response {
    // Held by the drawing itself, which goes on when whoever asked has gone.
    let Ok(turn) = DRAWING.acquire().await else { return failed(&"no more are drawn") };
    let drawing = tokio::task::spawn_blocking(move || {
        let drawn = paper::pdf(&paper);
        drop(turn);
        drawn
    });
    match drawing.await {
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
