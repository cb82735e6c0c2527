//! Unsafe requests come from our own pages or not at all. Server functions have no tokens against forgery; this is
//! their protection, in one place, by what browsers themselves say (`Sec-Fetch-Site`, `Origin`).

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::csrf::{CsrfLayer, ProtectionError, ResponseForProtectionError};

use super::{Site, WEBHOOK_PATH, plain_page};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses unsafe requests that another site sent.
pub fn check(site: &Site) -> CsrfLayer<impl ResponseForProtectionError<Body> + Send + Sync + 'static> {
    let layer = CsrfLayer::new();
    // Behind a proxy that changes `Host`, an older browser's `Origin` still names us. A public URL that is no origin
    // (the settings refuse one) trusts nobody, which is the safe side.
    let layer = layer.clone().add_trusted_origin(&site.public_url).unwrap_or(layer);
    layer
        .with_insecure_bypass(|_: &Method, uri: &Uri| uri.path() == WEBHOOK_PATH)
        .with_rejection_response(|_: ProtectionError| refused())
}

/// The layer above lets a request pass that says nothing of where it came from, for programs without cookies.
/// With a cookie by which we know somebody it must say: every browser that has one does.
pub async fn cookie_needs_an_origin(State(site): State<Site>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || request.uri().path() == WEBHOOK_PATH || says_its_origin(request.headers()) {
        return next.run(request).await;
    }
    if is_of_somebody(&site, request.headers()) { refused() } else { next.run(request).await }
}

/// A refusal comes back to a plain form in the page's address (`__err`), by a redirect of our own. Anybody can write
/// a link with words of their own in it: whoever follows one from elsewhere, a mail included, sees the bare page.
pub async fn foreign_links_show_no_errors(mut request: Request, next: Next) -> Response {
    let foreign = request.headers().get(SEC_FETCH_SITE).is_some_and(|site| site != "same-origin");
    if foreign && carries_an_error(request.uri()) {
        *request.uri_mut() = request.uri().path().parse().unwrap_or_default();
    }
    next.run(request).await
}

fn carries_an_error(uri: &Uri) -> bool {
    let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
    query.is_ok_and(|Query(pairs)| pairs.iter().any(|(name, _)| name.starts_with("__")))
}

/// Whether a request comes with a cookie by which we know its sender, be it by an account or as a guest.
pub fn is_of_somebody(site: &Site, headers: &HeaderMap) -> bool {
    let cookies = || headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    site.cookie().read(cookies()).is_some() || site.guest_cookie().read(cookies()).is_some()
}

fn says_its_origin(headers: &HeaderMap) -> bool {
    let says = |name| headers.get(name).is_some_and(|value| !value.is_empty());
    says(header::ORIGIN) || says(SEC_FETCH_SITE)
}

fn refused() -> Response {
    tracing::warn!("cross-site request refused");
    plain_page(
        StatusCode::FORBIDDEN,
        "This request did not come from our pages",
        "Nothing was charged or changed. Go to the home page, find the page again from there, and send its form.",
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::{from_fn, from_fn_with_state};
    use axum::routing::any;
    use tower::ServiceExt;

    use super::*;
    use crate::security::TrustedProxies;

    const COOKIE: (&str, &str) = ("cookie", "__Host-session=token");

    async fn post(path: &str, headers: &[(&str, &str)]) -> StatusCode {
        send(Method::POST, path, headers).await
    }

    async fn send(method: Method, path: &str, headers: &[(&str, &str)]) -> StatusCode {
        answer(method, path, headers).await.status()
    }

    async fn answer(method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let site = Site::new("https://groundswell.example", TrustedProxies::default());
        let router = Router::new()
            .fallback(any(|uri: Uri| async move { uri.to_string() }))
            .layer(from_fn(foreign_links_show_no_errors))
            .layer(from_fn_with_state(site.clone(), cookie_needs_an_origin))
            .layer(check(&site));
        let mut request = Request::builder().method(method).uri(path).header("host", "groundswell.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        router.oneshot(request).await.expect("an answer")
    }

    #[tokio::test]
    async fn our_own_pages_may_post() {
        for origin in [("sec-fetch-site", "same-origin"), ("origin", "https://groundswell.example")] {
            assert_eq!(post("/api/log_out", &[origin, COOKIE]).await, StatusCode::OK, "{origin:?}");
        }
    }

    #[tokio::test]
    async fn other_sites_may_not() {
        for origin in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "https://groundswell.example.evil.example"),
            ("origin", "null"),
        ] {
            assert_eq!(post("/api/log_out", &[origin, COOKIE]).await, StatusCode::FORBIDDEN, "{origin:?}");
            assert_eq!(
                post("/api/log_in", &[origin]).await,
                StatusCode::FORBIDDEN,
                "{origin:?} without cookie"
            );
        }
    }

    #[tokio::test]
    async fn a_cookie_needs_an_origin() {
        for cookie in [COOKIE, ("cookie", "__Host-guest=token")] {
            assert_eq!(post("/api/log_out", &[cookie]).await, StatusCode::FORBIDDEN, "{cookie:?}");
        }
        assert_eq!(post("/api/log_out", &[COOKIE, ("origin", "")]).await, StatusCode::FORBIDDEN);
        assert_eq!(post("/api/log_in", &[]).await, StatusCode::OK, "a program without cookies");
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(send(method, "/api/log_out", &[COOKIE]).await, StatusCode::FORBIDDEN);
        }
        assert_eq!(send(Method::GET, "/", &[COOKIE]).await, StatusCode::OK, "reading is free");
    }

    #[tokio::test]
    async fn only_the_webhook_is_exempt() {
        let foreign = ("sec-fetch-site", "cross-site");
        assert_eq!(post(WEBHOOK_PATH, &[foreign]).await, StatusCode::OK);
        for path in
            ["/webhooks/stripe/", "/webhooks/stripe/x", "/api/x?/webhooks/stripe", "//webhooks/stripe"]
        {
            assert_eq!(post(path, &[foreign]).await, StatusCode::FORBIDDEN, "{path}");
        }
    }

    #[tokio::test]
    async fn words_of_others_are_not_shown() {
        let link = "/login?__path=%2Fapi%2Flog_in&__err=Q2FsbCB1cw";
        let hidden = "/login?%5F_path=%2Fapi%2Flog_in&__%65rr=Q2FsbCB1cw";
        for (site, address, seen) in [
            ("cross-site", link, "/login"),
            ("same-site", link, "/login"),
            ("none", link, "/login"),
            ("cross-site", hidden, "/login"),
            ("same-origin", link, link),
            ("cross-site", "/login?next=%2Fme", "/login?next=%2Fme"),
        ] {
            let body = answer(Method::GET, address, &[("sec-fetch-site", site)]).await.into_body();
            let body = axum::body::to_bytes(body, 1024).await.expect("an address");
            assert_eq!(String::from_utf8_lossy(&body), seen, "{site} {address}");
        }
    }
}
