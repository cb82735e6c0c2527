//! What every answer tells the browser. Pages bring their own content security policy, with the nonce they were
//! drawn with (`app::ssr`); everything else gets one that allows nothing.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Site, origin};

/// Only names that Chromium knows: it reports the others as errors in the console.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
    magnetometer=(), microphone=(), midi=(), payment=(self), publickey-credentials-get=(self), usb=()";

/// Two years, the least that browsers' preload lists accept is one.
const HSTS: &str = "max-age=63072000; includeSubDomains";

const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

pub async fn set(State(site): State<Site>, request: Request, next: Next) -> Response {
    let personal = origin::is_of_somebody(&site, request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    put(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // A page whose address is a key says less of itself.
    if !headers.contains_key(header::REFERRER_POLICY) {
        put(headers, header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    }
    // Popups: a bank may open its 3-D Secure step in one.
    put(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups");
    put(headers, HeaderName::from_static("permissions-policy"), PERMISSIONS);
    if site.is_https() {
        put(headers, header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        put(headers, header::CONTENT_SECURITY_POLICY, NOTHING);
    }
    // A page drawn for somebody, or an answer that makes them somebody, is in no cache: not the proxy's, and not
    // behind the back button after log-out.
    if (personal && is_html(headers)) || headers.contains_key(header::SET_COOKIE) {
        put(headers, header::CACHE_CONTROL, "no-store");
    }
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::response::{Html, IntoResponse};
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;
    use crate::security::TrustedProxies;

    async fn answer(public_url: &str, path: &str, cookie: &'static str) -> HeaderMap {
        let router = Router::new()
            .route("/page", get(|| async { ([("content-security-policy", "of the page")], Html("hello")) }))
            .route("/data", get(|| async { "{}" }))
            .route("/cookie", get(|| async { ([("set-cookie", "a=b")], "{}").into_response() }))
            .layer(from_fn_with_state(Site::new(public_url, TrustedProxies::default()), set));
        let request = Request::get(path).header("cookie", cookie).body(Body::empty()).expect("a request");
        router.oneshot(request).await.expect("an answer").headers().clone()
    }

    #[tokio::test]
    async fn every_answer_is_guarded() {
        let headers = answer("https://site.example", "/data", "").await;
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "strict-origin-when-cross-origin");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin-allow-popups");
        assert_eq!(headers["content-security-policy"], NOTHING);
        assert_eq!(headers["strict-transport-security"], HSTS);
        assert!(headers.contains_key("permissions-policy"));
    }

    #[tokio::test]
    async fn a_page_keeps_its_own_policy() {
        let headers = answer("http://127.0.0.1:3000", "/page", "").await;
        assert_eq!(headers["content-security-policy"], "of the page");
        assert!(!headers.contains_key("strict-transport-security"), "http loopback cannot promise https");
        assert!(!headers.contains_key("cache-control"));
    }

    #[tokio::test]
    async fn what_is_personal_is_in_no_cache() {
        let site = "http://127.0.0.1:3000";
        for cookie in ["session=token", "guest=token"] {
            assert_eq!(answer(site, "/page", cookie).await["cache-control"], "no-store", "{cookie}");
        }
        assert_eq!(answer(site, "/cookie", "").await["cache-control"], "no-store");
        assert!(!answer(site, "/data", "session=token").await.contains_key("cache-control"));
    }
}
