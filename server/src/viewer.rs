//! Who asks, for what is answered outside of leptos: files.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use backend::accounts::cookie::{GuestCookie, SessionCookie};
use backend::accounts::{Viewer, sessions};
use backend::guests::{self, Backer};
use domain::PledgeId;

use crate::router::Site;

/// The person whose session the cookie names; `None` for a stranger.
///
/// # Errors
/// When the database does not answer.
pub async fn viewer(site: &Site, headers: &HeaderMap) -> backend::Result<Option<Viewer>> {
    match SessionCookie::of(&site.ctx.config.public_url).read(cookies(headers)) {
        Some(token) => sessions::by_token(&site.ctx.db, token).await,
        None => Ok(None),
    }
}

/// As whom this browser acts for a pledge, by an account or as a guest; `None` when it is not theirs.
///
/// # Errors
/// When the database does not answer.
pub async fn backer(site: &Site, headers: &HeaderMap, pledge: PledgeId) -> backend::Result<Option<Backer>> {
    let account = viewer(site, headers).await?.map(|viewer| viewer.person_id);
    let guest = GuestCookie::of(&site.ctx.config.public_url).read(cookies(headers));
    guests::backer(&site.ctx, pledge, account, guest).await
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok())
}
