//! Other sites cannot make a visitor's browser act here: case 51, for every server function there is.

use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;

use crate::accounts::browser::{Browser, PASSWORD, location, stored};
use crate::support::TestApp;

/// Enough fields for any of them to be understood.
const FIELDS: [(&str, &str); 5] = [
    ("email", "bea@example.org"),
    ("password", PASSWORD),
    ("display_name", "Bea Tamm"),
    ("session", "01890000-0000-7000-8000-000000000000"),
    ("pledge", "01890000-0000-7000-8000-000000000000"),
];

#[tokio::test]
async fn no_server_function_listens_to_another_site() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    let before = stored(&app).await;
    let mut tried = 0;
    for (path, _) in server_fn_paths() {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            // A form with enctype text/plain, which needs no preflight, and no word of where it comes from.
            ("content-type", "text/plain"),
        ] {
            let request = browser.http.post(format!("{}{path}", app.base)).form(&FIELDS).header(name, value);
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status().as_u16(), 403, "{path} {name}: {value}");
            tried += 1;
        }
    }
    assert!(tried >= 5 * 8, "the server functions are found");
    assert_eq!(before, stored(&app).await, "nothing was written");
    app.finish().await;
}

#[tokio::test]
async fn no_server_function_can_be_had_by_a_link() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    let before = stored(&app).await;
    for (path, method) in server_fn_paths() {
        assert_eq!(method, Method::POST, "{path} would defeat SameSite=Lax");
        let answer = browser.http.get(format!("{}{path}?email=bea@example.org", app.base)).send().await;
        let status = answer.expect("an answer").status();
        assert!(status.is_client_error(), "{path}: {status}");
    }
    assert_eq!(before, stored(&app).await, "nothing was written");
    app.finish().await;
}

#[tokio::test]
async fn without_a_session_a_foreign_form_cannot_log_anybody_in() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("eve@example.org", PASSWORD).await;
    let request =
        browser.http.post(format!("{}/api/log_in", app.base)).header("sec-fetch-site", "cross-site");
    let answer = request
        .form(&[("email", "eve@example.org"), ("password", PASSWORD)])
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 403);
    assert!(!answer.headers().contains_key("set-cookie"));
    app.finish().await;
}

#[tokio::test]
async fn our_own_forms_work_in_browsers_old_and_new() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", app.base.as_str())] {
        let request = browser.http.post(format!("{}/api/end_other_sessions", app.base)).header(name, value);
        let answer = request.header("accept", "text/html").send().await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), location(&answer)),
            (302, "/account/sessions?ended=others"),
            "{name}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn words_in_a_link_from_elsewhere_are_not_shown() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let refused = browser.form("log_in", &[("email", "bea@example.org"), ("password", "no")]).await;
    let link = location(&refused).replace("/from", "/login");
    for (site, shown) in [("same-origin", true), ("cross-site", false), ("none", false)] {
        let request = browser.http.get(&link).header("sec-fetch-site", site);
        let page = request.send().await.expect("an answer").text().await.expect("a page");
        assert_eq!(page.contains("do not belong together"), shown, "{site}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_large_form_is_refused() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let request = browser.http.post(format!("{}/api/log_in", app.base)).header("origin", &app.base);
    let answer = request.body("x".repeat(2 * 1024 * 1024)).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 413);
    app.finish().await;
}
