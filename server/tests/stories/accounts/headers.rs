//! What every answer tells the browser (SECURITY.md).

use reqwest::Response;

use crate::accounts::browser::Browser;
use crate::support::TestApp;

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    for path in ["/", "/login", "/register", "/nowhere", "/health/live", "/api/nothing"] {
        let answer = browser.get(path).await;
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&answer, "referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        assert_eq!(header(&answer, "cross-origin-opener-policy"), "same-origin-allow-popups", "{path}");
        assert!(header(&answer, "permissions-policy").contains("camera=()"), "{path}");
        assert!(header(&answer, "content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(header(&answer, "strict-transport-security"), "", "not over http: {path}");
        assert_eq!(header(&answer, "x-request-id").len(), 32, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_page_runs_only_scripts_that_carry_its_nonce() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    let mut nonces = Vec::new();
    for path in ["/", "/login", "/register", "/account/sessions", "/account/pledges"] {
        let answer = browser.get(path).await;
        let policy = header(&answer, "content-security-policy").to_owned();
        let page = answer.text().await.expect("a page");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
        assert!(
            policy.contains(&format!("script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval';")),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert!(policy.contains(&app.gateway.base), "the card page may be gone to: {policy}");
        let (scripts, styles) = (page.matches("<script").count(), page.matches("<style").count());
        assert!(scripts > 0);
        assert_eq!(
            scripts + styles,
            page.matches(&format!("nonce=\"{nonce}\"")).count(),
            "{path}: a script or style without the nonce"
        );
        assert!(
            !page.contains(" style=\"") && !page.contains(" onclick="),
            "{path}: the policy blocks these"
        );
        nonces.push(nonce.to_owned());
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 5, "each response has its own");
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_a_page_may_do_nothing() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let request = browser.http.post(format!("{}/api/viewer", app.base)).header("accept", "application/json");
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(header(&answer, "content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    app.finish().await;
}

#[tokio::test]
async fn personal_pages_are_kept_by_nobody() {
    let app = TestApp::start_quiet().await;
    let bea = Browser::of(&app, "bea@example.org").await;
    for path in ["/", "/account/sessions", "/account/pledges"] {
        assert_eq!(header(&bea.get(path).await, "cache-control"), "no-store", "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_id_sent_by_the_visitor_is_not_taken_for_ours() {
    let app = TestApp::start_quiet().await;
    let request = app.stranger().get(format!("{}/health/live", app.base)).header("x-request-id", "theirs");
    assert_ne!(header(&request.send().await.expect("an answer"), "x-request-id"), "theirs");
    app.finish().await;
}
