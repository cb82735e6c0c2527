//! What people see: the card page, the bank's page and the list of objects. Plain HTML without a script.

pub(crate) mod account;
pub(crate) mod card_page;
pub(crate) mod objects;
pub(crate) mod stripe_js;
pub(crate) mod three_ds;

use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};

const STYLE: &str = include_str!("style.css");

pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")], STYLE)
        .into_response()
}

pub(crate) async fn health() -> &'static str {
    "ok"
}

/// A whole page around `main`, marked as play money.
fn page(status: StatusCode, title: &str, main: &str) -> Response {
    page_in(status, title, main, "'none'")
}

/// The same, where other pages may show it in a frame: `*` or `'none'`.
fn page_in(status: StatusCode, title: &str, main: &str, ancestors: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" \
         href=\"/_sandbox/style.css\">\n</head>\n<body>\n<p class=\"notice\" role=\"note\">Sandbox – no real money</p>\n\
         <main>\n{main}\n</main>\n</body>\n</html>\n"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            format!(
                "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors {ancestors}; base-uri 'none'"
            ),
        ),
    ];
    (status, headers, Html(html)).into_response()
}

fn message(status: StatusCode, title: &str, text: &str) -> Response {
    page(
        status,
        title,
        &format!("<section class=\"sheet\"><h1>{}</h1><p>{}</p></section>", escape(title), escape(text)),
    )
}

fn not_found() -> Response {
    message(StatusCode::NOT_FOUND, "Nothing here", "There is no such page. The link may be incomplete.")
}

fn see_other(url: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, url), (header::CACHE_CONTROL, "no-store")]).into_response()
}

pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
