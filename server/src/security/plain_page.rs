//! The page for when no page of the site can be drawn. It looks like the site, but nothing in it runs or asks
//! anybody: nothing that could fail again.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::assets::STYLE_SHEET;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; frame-ancestors 'none'",
);

/// `title` and `text` are ours, never a visitor's: they are not escaped.
#[must_use]
pub fn plain_page(status: StatusCode, title: &'static str, text: &'static str) -> Response {
    let page = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Groundswell</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="{STYLE_SHEET}">
</head>
<body>
<div class="page">
<header class="site-header">
<div class="wrap site-header__row">
<a class="logo" href="/"><svg class="logo__mark" aria-hidden="true"><use href="/icons.svg#wave"/></svg>Groundswell</a>
</div>
</header>
<main class="page__main">
<div class="wrap status">
<p class="status__code">{code}</p>
<h1>{title}</h1>
<p class="status__text">{text}</p>
<div class="cluster"><a class="button button--primary" href="/">To the home page</a></div>
</div>
</main>
</div>
</body>
</html>
"#,
        code = status.as_u16(),
    );
    (status, [(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response()
}
