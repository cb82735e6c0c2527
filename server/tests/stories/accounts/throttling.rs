//! Guessing is slowed down per account and per address, and nobody is locked out for good.

use chrono::TimeDelta;
use futures::future::join_all;

use crate::accounts::browser::{Browser, PASSWORD};
use crate::support::TestApp;

const WRONG: &str = "This e-mail and password do not belong together.";

fn count(answers: &[Option<String>], wanted: impl Fn(&str) -> bool) -> usize {
    answers.iter().filter(|answer| answer.as_deref().is_some_and(&wanted)).count()
}

#[tokio::test]
async fn one_account_takes_ten_failures_in_a_quarter_of_an_hour() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("bea@example.org", PASSWORD).await;
    browser.register("ann@example.org", PASSWORD).await;

    // All at once: none may slip through together with another.
    let answers = join_all((0..30).map(|_| browser.try_to_log_in("bea@example.org", "a guess"))).await;
    assert_eq!(count(&answers, |said| said == WRONG), 10, "{answers:?}");
    assert_eq!(
        count(&answers, |said| said.starts_with("Too many attempts. Try again in 1")),
        20,
        "{answers:?}"
    );
    assert!(browser.try_to_log_in("bea@example.org", PASSWORD).await.is_some(), "not even the right one");
    assert_eq!(browser.try_to_log_in("ann@example.org", PASSWORD).await, None, "others are not touched");

    app.advance(TimeDelta::minutes(15)).await;
    assert_eq!(browser.try_to_log_in("bea@example.org", PASSWORD).await, None, "it ends by itself");
    app.finish().await;
}

#[tokio::test]
async fn an_unknown_email_is_slowed_down_just_the_same() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let answers = join_all((0..12).map(|_| browser.try_to_log_in("eve@example.org", "a guess"))).await;
    assert_eq!(count(&answers, |said| said == WRONG), 10, "{answers:?}");
    app.finish().await;
}

#[tokio::test]
async fn success_forgets_the_failures() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("bea@example.org", PASSWORD).await;
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(browser.try_to_log_in("bea@example.org", "a typo").await.as_deref(), Some(WRONG));
        }
        assert_eq!(browser.try_to_log_in("bea@example.org", PASSWORD).await, None);
    }
    app.finish().await;
}

#[tokio::test]
async fn one_address_takes_fifty_failures_whatever_the_account() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("bea@example.org", PASSWORD).await;
    for _ in 0..5 {
        assert_eq!(browser.try_to_log_in("bea@example.org", PASSWORD).await, None, "successes do not count");
    }
    let guesses = (0..60).map(|n| {
        let browser = &browser;
        async move { browser.try_to_log_in(&format!("person{n}@example.org"), "a guess").await }
    });
    let answers = join_all(guesses).await;
    assert_eq!(count(&answers, |said| said == WRONG), 50, "{answers:?}");

    app.advance(TimeDelta::minutes(15)).await;
    assert_eq!(browser.try_to_log_in("bea@example.org", PASSWORD).await, None);
    app.finish().await;
}

#[tokio::test]
async fn the_answer_says_when_to_come_back() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    for _ in 0..10 {
        browser.try_to_log_in("bea@example.org", "a guess").await;
    }
    for _ in 0..10 {
        browser.register("ann@example.org", PASSWORD).await;
    }
    let ann = [("email", "ann@example.org"), ("display_name", "Ann Oak"), ("password", PASSWORD)];
    for (function, fields, longest) in [
        ("log_in", &[("email", "bea@example.org"), ("password", "a guess")][..], 900),
        ("register", &ann, 3600),
    ] {
        let request = browser.http.post(format!("{}/api/{function}", app.base)).header("origin", &app.base);
        let refused = request.form(fields).send().await.expect("an answer");
        assert_eq!(refused.status().as_u16(), 429, "{function}");
        let wait: i64 = refused.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
        assert!((1..=longest).contains(&wait), "{function}: {wait}");
        let body: serde_json::Value = refused.json().await.expect("JSON");
        assert!(body["message"].as_str().is_some_and(|said| said.starts_with("Too many ")), "{body}");
    }
    let plain = browser.form("log_in", &[("email", "bea@example.org"), ("password", "a guess")]).await;
    assert_eq!(plain.status().as_u16(), 302, "without script the form comes back");
    assert!(!plain.headers().contains_key("retry-after"));
    app.finish().await;
}

#[tokio::test]
async fn nothing_personal_is_counted_by_name() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("bea@example.org", PASSWORD).await;
    browser.try_to_log_in("bea@example.org", "a guess").await;
    let rows: Vec<String> = sqlx::query_scalar("select throttle_hits::text from throttle_hits")
        .fetch_all(&app.db)
        .await
        .expect("rows");
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows.iter().all(|row| !row.contains("bea") && !row.contains("127.0.0.1")), "{rows:?}");
    app.finish().await;
}
