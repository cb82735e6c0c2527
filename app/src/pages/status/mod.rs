//! Pages that say why there is no page. They look like the rest of the site and always say whether money moved.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::error::ApiError;
use crate::next_path::log_in_address;
use crate::pages::here;

/// The page for an address that leads nowhere. The router's fallback gives it its status.
#[component]
pub fn NotFound() -> impl IntoView {
    view! { <Problem error=ApiError::NotFound/> }
}

/// The page for a request that could not be answered. Its status was set by the server function that refused
/// (`ssr::answer`).
#[component]
pub fn Problem(error: ApiError) -> impl IntoView {
    let (code, title, text) = words(&error);
    let here = here();
    let log_in = log_in_address(&here);
    let no_account = error == ApiError::LoginNeeded && here.starts_with("/pledges/");
    view! {
        <Title text=title/>
        <div class="wrap status">
            <p class="status__code">{code}</p>
            <h1>{title}</h1>
            <p class="status__text">{text}</p>
            <svg class="status__sea" viewBox="0 0 240 36" preserveAspectRatio="xMinYMid meet" aria-hidden="true" focusable="false">
                <path d="M2 26c18 0 22-18 40-18s22 18 40 18 22-18 40-18 22 18 40 18 22-18 40-18 20 18 34 18"></path>
            </svg>
            <div class="cluster">
                {match error {
                    ApiError::LoginNeeded => view! { <a class="button button--primary" href=log_in>"Log in"</a> }.into_any(),
                    ApiError::Away { .. } => view! { <a class="button button--primary" href=here>"Try again"</a> }.into_any(),
                    _ => view! { <a class="button button--primary" href="/#live">"Find a campaign"</a> }.into_any(),
                }}
                {no_account.then(|| view! { <a class="button button--quiet" href="/guest">"I have no account"</a> })}
                <a class="button button--quiet" href="/">"Home"</a>
            </div>
        </div>
    }
}

fn words(error: &ApiError) -> (&'static str, &'static str, &'static str) {
    match error {
        ApiError::NotFound => (
            "404",
            "There is no page at this address.",
            "The campaign may have a new address, or the link lost a letter on its way. Your pledges are not touched.",
        ),
        ApiError::LoginNeeded => (
            "401",
            "Log in to see this page.",
            "It belongs to an account. If you pledged without one, the link in your letter opens your pledge. \
                 Nothing was charged or changed.",
        ),
        ApiError::Forbidden => (
            "403",
            "This page is not yours to see.",
            "It belongs to somebody else. Nothing was charged or changed.",
        ),
        ApiError::Refused(_) => (
            "409",
            "That is not possible just now.",
            "Go back and look again. Nothing was charged or changed.",
        ),
        ApiError::Away { .. } => (
            "503",
            "We cannot answer just now.",
            "Part of the site cannot be reached. If you sent something, look whether it worked before you send it again.",
        ),
        ApiError::Internal | ApiError::Unreachable => (
            "500",
            "Something went wrong on our side.",
            "We have been told. If you sent something, look whether it worked before you send it again.",
        ),
    }
}
