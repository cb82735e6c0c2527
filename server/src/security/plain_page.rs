//! The page for when no page of the site can be drawn: no script, no style, nothing that could fail again.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// `title` and `text` are ours, never a visitor's: they are not escaped.
#[must_use]
pub fn plain_page(status: StatusCode, title: &'static str, text: &'static str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} · Groundswell</title></head>\n\
         <body><main><h1>{title}</h1><p>{text}</p><p><a href=\"/\">To the home page</a></p></main></body>\n</html>\n"
    );
    (status, Html(page)).into_response()
}
