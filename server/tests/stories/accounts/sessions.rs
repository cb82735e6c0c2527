//! Where one is logged in, and how to end it from elsewhere.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::accounts::browser::{Browser, PASSWORD, location};
use crate::support::TestApp;

async fn session_ids(app: &TestApp) -> Vec<Uuid> {
    sqlx::query_scalar("select id from sessions order by created_at")
        .fetch_all(&app.db)
        .await
        .expect("sessions")
}

async fn is_logged_in(browser: &Browser) -> bool {
    browser.get("/account/sessions").await.status().as_u16() == 200
}

#[tokio::test]
async fn every_browser_is_listed_and_can_be_logged_out_from_another() {
    let app = TestApp::start_quiet().await;
    let laptop = Browser::of(&app, "bea@example.org").await;
    let phone = Browser::new(&app);
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1";
    let log_in = phone.http.post(format!("{}/api/log_in", app.base)).header("origin", &app.base);
    let fields = [("email", "bea@example.org"), ("password", PASSWORD)];
    log_in.header("user-agent", iphone).form(&fields).send().await.expect("logged in");
    let page = laptop.page("/account/sessions").await;
    assert!(page.contains("Safari on iPhone") && page.contains("Unknown device"), "{page}");
    assert_eq!(page.matches("This session").count(), 1, "{page}");

    let phones = session_ids(&app).await[1].to_string();
    assert!(page.contains(&phones));
    let ended = laptop.form("end_session", &[("session", &phones)]).await;
    assert_eq!((ended.status().as_u16(), location(&ended)), (302, "/account/sessions?ended=1"));
    assert!(!is_logged_in(&phone).await);
    assert!(is_logged_in(&laptop).await);
    app.finish().await;
}

#[tokio::test]
async fn all_others_end_at_once() {
    let app = TestApp::start_quiet().await;
    let laptop = Browser::of(&app, "bea@example.org").await;
    let others = [Browser::new(&app), Browser::new(&app)];
    for other in &others {
        other.log_in("bea@example.org", PASSWORD).await.expect("a session");
    }
    let somebody = Browser::of(&app, "ann@example.org").await;
    laptop.form("end_other_sessions", &[]).await;
    assert!(is_logged_in(&laptop).await && is_logged_in(&somebody).await);
    for other in &others {
        assert!(!is_logged_in(other).await);
    }
    app.finish().await;
}

#[tokio::test]
async fn somebody_elses_session_is_as_good_as_none() {
    let app = TestApp::start_quiet().await;
    let bea = Browser::of(&app, "bea@example.org").await;
    let eve = Browser::of(&app, "eve@example.org").await;
    let beas = session_ids(&app).await[0].to_string();
    let foreign = eve.call("end_session", &[("session", &beas)]).await;
    let missing = eve.call("end_session", &[("session", &Uuid::now_v7().to_string())]).await;
    let nonsense = eve.call("end_session", &[("session", "1 or 1=1")]).await;
    assert_eq!(foreign.0, 404);
    assert_eq!(foreign, missing);
    assert_eq!(foreign, nonsense);
    assert!(is_logged_in(&bea).await);
    app.finish().await;
}

#[tokio::test]
async fn strangers_are_sent_to_log_in() {
    let app = TestApp::start_quiet().await;
    let stranger = Browser::new(&app);
    for function in ["my_sessions", "end_other_sessions"] {
        assert_eq!(stranger.call(function, &[]).await.0, 401, "{function}");
    }
    assert_eq!(stranger.call("end_session", &[("session", &Uuid::now_v7().to_string())]).await.0, 401);
    assert_eq!(location(&stranger.get("/account/sessions").await), "/login?next=%2Faccount%2Fsessions");
    app.finish().await;
}

#[tokio::test]
async fn idling_for_two_weeks_ends_it() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    app.advance(TimeDelta::days(13)).await;
    assert!(is_logged_in(&browser).await, "a visit keeps it alive");
    app.advance(TimeDelta::days(13)).await;
    assert!(is_logged_in(&browser).await);
    app.advance(TimeDelta::days(14)).await;
    assert!(!is_logged_in(&browser).await);
    app.finish().await;
}

#[tokio::test]
async fn thirty_days_end_it_in_any_case() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    for _ in 0..3 {
        app.advance(TimeDelta::days(9)).await;
        assert!(is_logged_in(&browser).await);
    }
    app.advance(TimeDelta::days(3)).await;
    assert!(!is_logged_in(&browser).await);
    app.finish().await;
}

#[tokio::test]
async fn a_visit_is_noted_once_a_minute() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    let row = async || -> String {
        sqlx::query_scalar("select sessions::text from sessions")
            .fetch_one(&app.db)
            .await
            .expect("the session")
    };
    let before = row().await;
    browser.page("/account/sessions").await;
    assert_eq!(before, row().await, "within the minute nothing is written");
    app.advance(TimeDelta::minutes(2)).await;
    browser.page("/account/sessions").await;
    assert_ne!(before, row().await);
    app.finish().await;
}
