//! Where the gateway delivers its events. The answer is 2xx only when the event is in the database.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use backend::payments::webhook::{Received, receive};

use crate::router::Site;

pub async fn stripe(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match receive(&site.ctx, &body, signature).await {
        Ok(Received::Stored) => StatusCode::OK,
        Ok(Received::Refused) => StatusCode::BAD_REQUEST,
        Err(error) => {
            tracing::error!(%error, "a webhook could not be stored; the gateway will send it again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
