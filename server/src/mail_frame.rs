//! A mail of the demo's mailbox as the document it is, for the frame in which the mailbox shows it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::{Html, IntoResponse, Response};
use uuid::Uuid;

use crate::router::Site;

/// Letters have inline styles and nothing else. Whatever got into one runs nothing, loads nothing and is nobody, also
/// when it is opened without the frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation";

pub async fn show(State(site): State<Site>, Path(id): Path<Uuid>) -> Response {
    match backend::mail::in_mailbox(&site.ctx, id).await {
        Ok(Some(mail)) => {
            let headers = [(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-store")];
            (headers, Html(in_the_frame(&mail.html))).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a mail could not be shown");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A link opens in place of the page around the frame: our pages refuse to be framed.
fn in_the_frame(html: &str) -> String {
    html.replacen("<head>", "<head>\n<base target=\"_top\">", 1)
}
