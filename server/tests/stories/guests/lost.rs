//! The letter is lost, and asked for again.

use chrono::TimeDelta;

use crate::support::TestApp;
use crate::support::guests::token;
use crate::support::people::{Answer, Person};

async fn ask(person: &Person, email: &str) -> Answer {
    person.call("ask_for_guest_link", &[("email", email)]).await
}

/// To how many people the letter with the link was written.
async fn letters(app: &TestApp) -> i64 {
    app.count("select count(*) from mails where letter = 'pledge_link'").await
}

#[tokio::test]
async fn whoever_reads_the_mail_gets_a_link_for_each_pledge() {
    let app = TestApp::start().await;
    let (boat, loom) = (app.campaign().build().await, app.campaign().build().await);
    let gustav = app.guest("gustav@example.org");
    let pledges = [app.pledged_as_guest(&gustav, &boat).await, app.pledged_as_guest(&gustav, &loom).await];
    let other = app.pledged_as_guest(&app.guest("other@example.org"), &boat).await;

    let reader = app.guest("");
    let sent = reader.post_form("ask_for_guest_link", "/guest", &[("email", " Gustav@Example.org ")]).await;
    let to = sent.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    assert_eq!(to, "/guest?sent=yes");
    let page = reader.get(&to).await.text().await.expect("a page");
    assert!(page.contains("a letter is on its way") && !page.to_lowercase().contains("gustav"), "{page}");
    for pledge in pledges {
        let link = app.guest_link(pledge, "pledge_link").await;
        assert_eq!(app.guest("").opens(&link).await, format!("/pledges/{pledge}"));
    }
    assert_eq!(letters(&app).await, 2, "and none about {other}");
    app.finish().await;
}

#[tokio::test]
async fn nobody_learns_who_has_pledged() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let gustav = app.guest("gustav@example.org");
    let pledge = app.pledged_as_guest(&gustav, &campaign).await;
    let anna = app.person("Anna Account").await;
    let left = app.guest("left@example.org");
    left.pledge_as_guest(&campaign, "25").await;

    let stranger = app.guest("");
    let known = ask(&stranger, "gustav@example.org").await;
    assert_eq!(known.status, 200);
    for nobody in ["nobody@example.org", &anna.email, "left@example.org"] {
        assert_eq!(ask(&stranger, nobody).await, known, "{nobody}");
    }
    assert_eq!(letters(&app).await, 1, "none for an account, and none for a form that came to nothing");

    // What an account has adopted is its own.
    let link = app.guest_link(pledge, "pledge_link").await;
    assert_eq!(anna.call("adopt_guest_pledge", &[("token", token(&link))]).await.status, 200);
    assert_eq!(ask(&stranger, "gustav@example.org").await, known);
    assert_eq!(letters(&app).await, 1);
    app.finish().await;
}

#[tokio::test]
async fn nobodys_mailbox_is_filled_by_others() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let eve = app.guest("");
    let refused = ask(&eve, "gustav").await;
    assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("email")), "{refused:?}");

    for _ in 0..3 {
        assert_eq!(ask(&eve, "gustav@example.org").await.status, 200);
    }
    assert_eq!(ask(&eve, "gustav@example.org").await.status, 429);
    assert_eq!(letters(&app).await, 3);
    // One whose e-mail nobody pledged with is counted just so.
    for expected in [200, 200, 200, 429] {
        assert_eq!(ask(&eve, "nobody@example.org").await.status, expected);
    }
    app.advance(TimeDelta::minutes(61)).await;
    for expected in [200, 200, 200, 429] {
        assert_eq!(ask(&eve, "gustav@example.org").await.status, expected);
    }
    app.advance(TimeDelta::minutes(61)).await;
    assert_eq!(ask(&eve, "gustav@example.org").await.status, 429, "six times a day");
    app.advance(TimeDelta::days(1)).await;
    assert_eq!(ask(&eve, "gustav@example.org").await.status, 200);
    app.finish().await;
}
