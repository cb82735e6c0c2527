//! The demo's mailbox: all mail for everybody, as long as none leaves.

use std::time::Duration;

use uuid::Uuid;

use crate::support::smtp::{MailServer, Mood};
use crate::support::{Setup, TestApp};

#[tokio::test]
async fn a_demo_shows_its_mail() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    let (bea, eve) = (app.person("Bea Tamm").await, app.person("Eve Mets").await);
    assert!(page(&app, "/demo/mailbox").await.1.contains("No mail yet"));

    let pledge = app.pledged(&bea, &campaign, "25").await;
    app.send_mail().await;
    let mail: Uuid = sqlx::query_scalar("select id from mails where sent_at is not null")
        .fetch_one(&app.db)
        .await
        .expect("one");
    let at = format!("/demo/mailbox/{mail}");
    let (status, list) = page(&app, "/demo/mailbox").await;
    assert_eq!(status, 200);
    assert!(list.contains("Your pledge of €25 to The Reading Boat is in") && list.contains(&at), "{list}");
    assert!(list.contains("href=\"/demo/mailbox\""), "the banner leads to it");

    let opened = page(&app, &at).await.1;
    assert!(opened.contains(&format!("src=\"{at}/html\"")) && opened.contains("Bea Tamm"), "{opened}");
    let text = eve.get(&format!("{at}?as=text")).await.text().await.expect("a page");
    assert!(text.contains(&format!("{}/pledges/{pledge}", app.base)), "{text}");
    app.finish().await;
}

#[tokio::test]
async fn nothing_runs_in_a_mail() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    app.pledged(&bea, &campaign, "25").await;
    let mail: Uuid = sqlx::query_scalar("select id from mails").fetch_one(&app.db).await.expect("one");
    let frame =
        app.stranger().get(format!("{}/demo/mailbox/{mail}/html", app.base)).send().await.expect("an answer");
    let policy = frame.headers()["content-security-policy"].to_str().expect("a policy").to_owned();
    for rule in
        ["default-src 'none'", "sandbox allow-top-navigation-by-user-activation", "frame-ancestors 'self'"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"), "{policy}");
    assert!(frame.text().await.expect("a mail").contains("<base target=\"_top\">"));
    app.finish().await;
}

#[tokio::test]
async fn where_mail_leaves_there_is_no_mailbox() {
    let server = MailServer::start(Mood::Good).await;
    let app = TestApp::start_with(Setup {
        smtp: Some(server.settings(Duration::from_secs(10))),
        ..Setup::default()
    })
    .await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    app.paid(&bea, &campaign, "25").await;
    crate::support::eventually("the mail", async || server.taken().len() == 1).await;
    let mail: Uuid = sqlx::query_scalar("select id from mails").fetch_one(&app.db).await.expect("one");
    for path in
        ["/demo/mailbox".to_owned(), format!("/demo/mailbox/{mail}"), format!("/demo/mailbox/{mail}/html")]
    {
        let (status, page) = page(&app, &path).await;
        assert_eq!(status, 404, "{path}");
        assert!(
            !page.contains("href=\"/demo/mailbox\"") && !page.contains("The Reading Boat"),
            "{path}: {page}"
        );
    }
    for call in [("mailbox", vec![]), ("mail_in_mailbox", vec![("id", mail.to_string())])] {
        let form: Vec<(&str, &str)> = call.1.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(bea.call(call.0, &form).await.status, 404, "{}", call.0);
    }
    app.settle().await;
    app.finish().await;
}

async fn page(app: &TestApp, path: &str) -> (u16, String) {
    let request = app.stranger().get(format!("{}{path}", app.base)).header("accept", "text/html");
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a page"))
}
