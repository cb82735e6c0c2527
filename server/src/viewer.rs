//! Who asks, for what is answered outside of leptos: files.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use backend::accounts::cookie::SessionCookie;
use backend::accounts::{Viewer, sessions};

use crate::router::Site;

/// The person whose session the cookie names; `None` for a stranger.
///
/// # Errors
/// When the database does not answer.
pub async fn viewer(site: &Site, headers: &HeaderMap) -> backend::Result<Option<Viewer>> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    match SessionCookie::of(&site.ctx.config.public_url).read(cookies) {
        Some(token) => sessions::by_token(&site.ctx.db, token).await,
        None => Ok(None),
    }
}
