//! For whoever watches the server: is the process alive, and can it do its work?

use axum::extract::State;
use axum::http::StatusCode;

use crate::router::Site;

/// The process runs.
pub async fn live() -> &'static str {
    "alive\n"
}

/// The database answers.
pub async fn ready(State(site): State<Site>) -> (StatusCode, &'static str) {
    match backend::clock::now(&site.ctx.db).await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
