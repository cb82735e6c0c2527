//! Administrators hear of what is wrong: soon, and not without end.

use backend::alarms;
use chrono::TimeDelta;

use crate::support::TestApp;
use crate::support::people::Person;

async fn raise(app: &TestApp, subject: &str) {
    let alarm = alarms::Alarm {
        kind: "totals_are_sums",
        subject: subject.into(),
        detail: format!("the total of {subject} differs"),
    };
    let mut db = app.db.acquire().await.expect("a connection");
    alarms::raise(&mut db, &[alarm]).await.expect("raised");
}

/// What somebody was written about alarms, oldest first.
async fn letters(app: &TestApp, person: &Person) -> Vec<String> {
    sqlx::query_scalar(
        "select body_text from mails where letter = 'alarms_raised' and person_id = $1 order by created_at, id",
    )
    .bind(person.id)
    .fetch_all(&app.db)
    .await
    .expect("letters")
}

#[tokio::test]
async fn administrators_are_written_at_once_and_then_hourly() {
    let app = TestApp::start_quiet().await;
    let (ada, moe) = (app.staff("Ada Berg", "admin").await, app.staff("Moe Falk", "moderator").await);
    alarms::tell(&app.ctx).await.expect("a look");
    assert!(letters(&app, &ada).await.is_empty(), "nothing is wrong");
    raise(&app, "first").await;
    for _ in 0..2 {
        alarms::tell(&app.ctx).await.expect("a look");
    }
    let told = letters(&app, &ada).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("the total of first differs") && told[0].contains("/admin/operations"),
        "{}",
        told[0]
    );
    assert!(letters(&app, &moe).await.is_empty(), "a moderator cannot mend it");

    raise(&app, "second").await;
    raise(&app, "third").await;
    alarms::tell(&app.ctx).await.expect("a look");
    assert_eq!(letters(&app, &ada).await.len(), 1, "not within the hour");
    app.advance(TimeDelta::minutes(61)).await;
    alarms::tell(&app.ctx).await.expect("a look");
    let told = letters(&app, &ada).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[1].contains("second") && told[1].contains("third") && !told[1].contains("first"),
        "{}",
        told[1]
    );
    app.finish().await;
}

#[tokio::test]
async fn what_is_seen_or_over_needs_no_letter() {
    let app = TestApp::start_quiet().await;
    let ada = app.staff("Ada Berg", "admin").await;
    raise(&app, "seen").await;
    raise(&app, "over").await;
    let seen: uuid::Uuid = sqlx::query_scalar("select id from alarms where subject = 'seen'")
        .fetch_one(&app.db)
        .await
        .expect("an alarm");
    assert_eq!(ada.call("see_alarm", &[("alarm", &seen.to_string())]).await.status, 200);
    let mut db = app.db.acquire().await.expect("a connection");
    alarms::clear_but(&mut db, &["totals_are_sums"], &[]).await.expect("cleared");
    drop(db);
    alarms::tell(&app.ctx).await.expect("a look");
    assert!(letters(&app, &ada).await.is_empty());
    app.finish().await;
}
