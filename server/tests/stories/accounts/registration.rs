//! Registration, and that it tells nobody whose e-mail is known.

use serde_json::json;

use crate::accounts::browser::{Browser, PASSWORD, location};
use crate::support::TestApp;

#[tokio::test]
async fn a_new_person_can_log_in() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let registered = browser.register("bea@example.org", PASSWORD).await;
    assert_eq!((registered.status().as_u16(), location(&registered)), (302, "/login?registered=1"));
    let page = browser.page("/login?registered=1").await;
    assert!(page.contains("If this e-mail is new, your account is ready: log in."), "{page}");
    assert!(browser.log_in("bea@example.org", PASSWORD).await.is_some());
    app.finish().await;
}

#[tokio::test]
async fn a_known_email_gets_the_same_answer_and_keeps_its_password() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let fields = |password| {
        [("display_name", "Bea Tamm"), ("email", "bea@example.org"), ("password", password), ("next", "/x")]
    };
    let new = browser.form("register", &fields(PASSWORD)).await;
    let known = browser.form("register", &fields("somebody else's idea")).await;
    assert_eq!(new.status(), known.status());
    assert_eq!(location(&new), location(&known));
    assert_eq!(new.headers().len(), known.headers().len());
    assert_eq!(new.text().await.ok(), known.text().await.ok());

    assert!(browser.log_in("bea@example.org", "somebody else's idea").await.is_none());
    assert!(browser.log_in(" Bea@Example.org ", PASSWORD).await.is_some(), "case and spaces do not matter");
    app.finish().await;
}

#[tokio::test]
async fn a_refused_form_comes_back_with_what_was_typed_but_the_password() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let refused = browser.register("bea@example.org", "Password123").await;
    assert_eq!(refused.status().as_u16(), 302);
    let back =
        location(&refused).strip_prefix(&browser.base).expect("our own page").replace("/from", "/register");
    let page = browser.page(&back).await;
    assert!(page.contains("one of the first that guessers try"), "{page}");
    assert!(page.contains(r#"value="bea@example.org""#) && page.contains(r#"value="Bea Tamm""#), "{page}");
    assert!(!page.contains("Password123"), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn every_field_is_parsed() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    for (field, value) in [
        ("email", "bea"),
        ("email", "bea@example.org, eve@example.org"),
        ("email", "bea@exa\0mple.org"),
        ("display_name", "B"),
        ("display_name", "Bea\u{202e}mmaT"),
        ("password", "short"),
        ("password", "qwertyuiop"),
        ("password", "BEA@example.org"),
    ] {
        let mut fields = [("display_name", "Bea Tamm"), ("email", "bea@example.org"), ("password", PASSWORD)];
        fields.iter_mut().filter(|(name, _)| *name == field).for_each(|(_, typed)| *typed = value);
        let (status, body) = browser.call("register", &fields).await;
        assert_eq!((status, &body["field"]), (422, &json!(field)), "{field} {value:?} {body}");
        assert!(!body.to_string().contains(fields[2].1) || field != "password", "{body}");
    }
    let people: i64 =
        sqlx::query_scalar("select count(*) from people").fetch_one(&app.db).await.expect("a count");
    assert_eq!(people, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_field_nobody_asked_for_changes_nothing() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let fields = [
        ("display_name", "Bea Tamm"),
        ("email", "bea@example.org"),
        ("password", PASSWORD),
        ("role", "admin"),
        ("roles[]", "admin"),
        ("id", "00000000-0000-0000-0000-000000000001"),
    ];
    browser.form("register", &fields).await;
    let roles: i64 =
        sqlx::query_scalar("select count(*) from person_roles").fetch_one(&app.db).await.expect("a count");
    assert_eq!(roles, 0);
    app.finish().await;
}
