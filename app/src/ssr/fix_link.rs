//! The work behind a letter's link: a pass for one pledge, in a cookie, for whoever used the link.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use axum::http::request::Parts;
use backend::accounts::cookie::PassCookie;
use backend::settlement::{self, Holder, Way};
use backend::throttle::{self, Limit};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::settlement::{fix_view, next, out_of_reach, refused};
use super::{append_cookie, client, ctx, pledges};
use crate::api::error::ApiError;
use crate::api::fix_link::FixedByLink;
use crate::api::settlement::FixView;

/// More than anybody needs who opens their letter on every device they have.
const LOOKS: Limit = Limit { bucket: "fix_link", tries: 60, minutes: 10 };

pub async fn look(token: &str) -> Result<FixView, ApiError> {
    // The address is the key: it goes to nobody, not even as where a visitor comes from.
    keep_to_ourselves("no-referrer");
    count_look().await?;
    Ok(fix_view("", settlement::look_at_fix_link(&ctx()?, token).await.map_err(refused)?))
}

pub async fn open(token: &str) -> Result<(), ApiError> {
    count_look().await?;
    let ctx = ctx()?;
    let pass = settlement::open_fix_link(&ctx, token).await.map_err(refused)?;
    append_cookie(&PassCookie::of(&ctx.config.public_url).set(&pass))
}

pub async fn fixable() -> Result<FixView, ApiError> {
    keep_to_ourselves("same-origin");
    let holder = holder().await?;
    Ok(fix_view("", settlement::of_holder(&ctx()?, holder).await.map_err(refused)?))
}

pub async fn try_again() -> Result<String, ApiError> {
    let Holder { backer, pledge } = holder().await?;
    pledges::count_try_of(backer).await?;
    next("/fix/back", settlement::try_again(&ctx()?, backer, pledge, Way::Link).await)
}

pub async fn use_another_card() -> Result<String, ApiError> {
    let Holder { backer, pledge } = holder().await?;
    pledges::count_try_of(backer).await?;
    next("/fix/back", settlement::use_another_card(&ctx()?, backer, pledge, Way::Link).await)
}

/// What became of the payment; the gateway is asked, since the address proves nothing.
pub async fn came_back() -> Result<FixedByLink, ApiError> {
    keep_to_ourselves("same-origin");
    count_look().await?;
    let (ctx, Holder { backer, pledge }) = (ctx()?, holder().await?);
    out_of_reach(settlement::came_back(&ctx, backer, pledge).await)?;
    let now = backend::pledges::by_id(&ctx.db, backer, pledge).await?.ok_or(ApiError::NotFound)?;
    Ok(FixedByLink {
        campaign_slug: now.campaign_slug,
        campaign_title: now.campaign_title,
        amount: now.amount,
        state: now.state,
    })
}

async fn holder() -> Result<Holder, ApiError> {
    let ctx = ctx()?;
    let parts = use_context::<Parts>().ok_or(ApiError::NotFound)?;
    let cookies = parts.headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
    let pass = PassCookie::of(&ctx.config.public_url).read(cookies).ok_or(ApiError::NotFound)?;
    settlement::pass_holder(&ctx, pass).await.map_err(refused)
}

/// Counts somebody who looks at what a link is for.
///
/// # Errors
/// When that was too often.
pub(super) async fn count_look() -> Result<(), ApiError> {
    let taken = throttle::take(&ctx()?.db, LOOKS, client().address.subject()).await?;
    taken.map(drop).map_err(|too_many| {
        ApiError::too_many(
            "That was very often. Wait a few minutes; nothing was charged.",
            too_many.retry_after,
        )
    })
}

/// For a page whose address is a key, or that follows from one: it is in no cache, and its address goes no further than
/// `referrer` lets it.
pub(super) fn keep_to_ourselves(referrer: &'static str) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.insert_header(REFERRER_POLICY, HeaderValue::from_static(referrer));
    }
}
