//! What server functions and pages need of the server: the one module that exists only there.

pub mod cards;
pub mod changes;
mod csp;
pub mod disputes;
pub mod fix_link;
pub mod guests;
pub mod mailbox;
pub mod operations;
pub mod payouts;
pub mod pledges;
pub mod refunds;
mod refusals;
pub mod sent;
pub mod settlement;
mod views;
mod who;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::Query;
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, REFRESH, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use backend::accounts::cookie::{GuestCookie, SessionCookie};
use backend::accounts::{Client, Role, SessionToken, Viewer, sessions};
use backend::config::CardFields;
use backend::guests::Backer;
use backend::throttle::ClientAddress;
use backend::{Ctx, Error};
use domain::PledgeId;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use tokio::sync::OnceCell;

use crate::api::card_step::Next;
use crate::api::error::{ApiError, Refusal};

/// When to ask again if the database is away.
const AWAY_SECONDS: u32 = 10;

/// What every request's pages and server functions find in their context.
pub fn provide(ctx: &Ctx) {
    provide_context(ctx.clone());
    provide_context(ViewerCell::default());
    set_content_security_policy(ctx, None);
}

/// Lets this page show the gateway's card fields, where the site has some.
///
/// # Errors
/// [`ApiError::Internal`] outside a request.
pub fn allow_card_fields() -> Result<Option<CardFields>, ApiError> {
    let ctx = ctx()?;
    let fields = ctx.config.card_fields.clone();
    set_content_security_policy(&ctx, fields.as_ref());
    Ok(fields)
}

/// Who is looking is asked of the database once per request, however many parts of the page want to know.
#[derive(Clone, Default)]
struct ViewerCell(Arc<OnceCell<Option<Viewer>>>);

/// # Errors
/// [`ApiError::Internal`] outside a request.
pub fn ctx() -> Result<Ctx, ApiError> {
    use_context::<Ctx>().ok_or(ApiError::Internal)
}

/// Who is logged in, if anybody.
pub async fn viewer() -> Result<Option<Viewer>, ApiError> {
    let ctx = ctx()?;
    let Some(token) = session_token(&ctx) else { return Ok(None) };
    let cell = use_context::<ViewerCell>().unwrap_or_default();
    Ok(cell.0.get_or_try_init(|| async { sessions::by_token(&ctx.db, &token).await }).await?.clone())
}

/// # Errors
/// [`ApiError::LoginNeeded`] when nobody is logged in.
pub async fn require_viewer() -> Result<Viewer, ApiError> {
    viewer().await?.ok_or(ApiError::LoginNeeded)
}

/// As whom this browser acts for a pledge: as its backer, by an account or as a guest. Somebody else with an account acts
/// as themselves, to whom the backend says that there is nothing.
///
/// # Errors
/// [`ApiError::LoginNeeded`] for everybody else.
pub async fn backer_of(pledge: &str) -> Result<(PledgeId, Backer), ApiError> {
    let (ctx, account) = (ctx()?, viewer().await?.map(|viewer| viewer.person_id));
    let token = guest_token(&ctx);
    let nobody = || if account.is_some() { ApiError::NotFound } else { ApiError::LoginNeeded };
    let pledge = pledge.parse().map_err(|_| nobody())?;
    if account.is_some() || token.is_some() {
        let backer = backend::guests::backer(&ctx, pledge, account, token.as_deref()).await?;
        if let Some(backer) = backer {
            return Ok((pledge, backer));
        }
    }
    let person = account.ok_or(ApiError::LoginNeeded)?;
    Ok((pledge, Backer { person, as_guest: false }))
}

/// Whoever is of the staff: moderators and admins.
///
/// # Errors
/// [`ApiError::NotFound`] for everybody else: there is nothing here.
pub async fn require_staff() -> Result<Viewer, ApiError> {
    let staff = viewer()
        .await?
        .filter(|viewer| viewer.roles.contains(&Role::Moderator) || viewer.roles.contains(&Role::Admin));
    staff.ok_or(ApiError::NotFound)
}

/// What the log calls this request.
#[must_use]
pub fn request_id() -> String {
    let parts = use_context::<Parts>();
    let header = parts.as_ref().and_then(|parts| parts.headers.get("x-request-id")?.to_str().ok());
    header.unwrap_or_default().to_owned()
}

/// The browser on the other end.
#[must_use]
pub fn client() -> Client {
    let parts = use_context::<Parts>();
    let address = parts.as_ref().and_then(|parts| parts.extensions.get::<ClientAddress>().copied());
    let user_agent = parts
        .as_ref()
        .and_then(|parts| parts.headers.get("user-agent")?.to_str().ok())
        .map(|agent| agent.chars().take(200).collect())
        .unwrap_or_default();
    Client { address: address.unwrap_or(ClientAddress(std::net::Ipv4Addr::UNSPECIFIED.into())), user_agent }
}

/// The session's token as the browser sent it.
#[must_use]
pub fn session_token(ctx: &Ctx) -> Option<String> {
    let cookies = cookies();
    SessionCookie::of(&ctx.config.public_url).read(cookies.iter().map(String::as_str)).map(str::to_owned)
}

/// The token of a browser that pledges without an account, as it was sent.
#[must_use]
pub fn guest_token(ctx: &Ctx) -> Option<String> {
    let cookies = cookies();
    GuestCookie::of(&ctx.config.public_url).read(cookies.iter().map(String::as_str)).map(str::to_owned)
}

fn cookies() -> Vec<String> {
    let Some(parts) = use_context::<Parts>() else { return Vec::new() };
    let values = parts.headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
    values.map(str::to_owned).collect()
}

pub fn set_session_cookie(token: &SessionToken) -> Result<(), ApiError> {
    let ctx = ctx()?;
    append_cookie(&SessionCookie::of(&ctx.config.public_url).set(token))
}

pub fn clear_session_cookie() -> Result<(), ApiError> {
    let ctx = ctx()?;
    append_cookie(&SessionCookie::of(&ctx.config.public_url).clear())
}

fn append_cookie(cookie: &str) -> Result<(), ApiError> {
    let value = HeaderValue::from_str(cookie).map_err(|_| ApiError::Internal)?;
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(SET_COOKIE, value);
    }
    Ok(())
}

/// Sends the browser elsewhere, with script and without. Only for success: a redirect would lose an error.
pub fn redirect(path: &str) {
    leptos_axum::redirect(path);
}

/// Sends the browser where a sent form leads, if that is elsewhere.
pub fn follow(next: &Next) {
    if let Next::Page(path) = next {
        redirect(path);
    }
}

/// Lets the browser ask for this page again, with script and without.
pub fn look_again_in(seconds: u8) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(REFRESH, HeaderValue::from(u16::from(seconds)));
    }
}

/// Passes a result on and lets the response's status say the same. A plain form's error travels back to the form by
/// a redirect, whose status must stay.
pub fn answer<T>(result: Result<T, ApiError>) -> Result<T, ApiError> {
    if let Err(error) = &result
        && !is_plain_form_post()
        && let Some(response) = use_context::<ResponseOptions>()
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        response.set_status(status);
        let seconds = match error {
            ApiError::Refused(Refusal { retry_after, .. }) => *retry_after,
            ApiError::Away { .. } => Some(AWAY_SECONDS),
            _ => None,
        };
        if let Some(seconds) = seconds {
            response.insert_header(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    result
}

fn is_plain_form_post() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        parts.method == Method::POST && accept.contains("text/html")
    })
}

/// One value of the page's query.
#[must_use]
pub fn query(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let Query(mut pairs) = Query::<HashMap<String, String>>::try_from_uri(&parts.uri).ok()?;
    pairs.remove(name)
}

/// Lets only our own scripts and styles run, by this response's nonce. Server functions have none and need none.
fn set_content_security_policy(ctx: &Ctx, card_fields: Option<&CardFields>) {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), leptos::nonce::use_nonce()) else {
        return;
    };
    let policy = csp::content_security_policy(&nonce.to_string(), &ctx.config.form_targets, card_fields);
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, value);
    }
}

impl From<Error> for ApiError {
    /// What went wrong beneath is logged here, once, and nowhere told.
    fn from(error: Error) -> Self {
        tracing::error!(%error, source = ?std::error::Error::source(&error).map(ToString::to_string), "request failed");
        if error.is_away() || error.is_passing() { Self::Away { kept: Vec::new() } } else { Self::Internal }
    }
}
