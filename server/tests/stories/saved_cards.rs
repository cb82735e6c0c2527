//! Saved cards: listed from the gateway, bound to pledges, removed only where nobody counts on them, and looked at before
//! the deadline.

use chrono::{Datelike, TimeDelta};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::builders::TestCampaign;
use crate::support::people::{Answer, Person};
use crate::support::{TestApp, eventually, sandbox_page};

#[tokio::test]
async fn a_card_is_listed_with_the_pledge_that_rests_on_it() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    assert_eq!(cards(&bea).await, Vec::<Value>::new(), "nothing saved, nothing asked");
    let pledge = pledged(&app, &bea, &campaign).await;
    let listed = cards(&bea).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["name"], "Visa ending in 4242");
    assert_eq!(listed[0]["expires_on"], "2040-12-31");
    assert_eq!(
        listed[0]["bound_to"],
        json!([{ "id": pledge.to_string(), "campaign_title": "The Reading Boat" }])
    );
    let page = bea.get("/account/cards").await.text().await.expect("a page");
    assert!(page.contains("Visa ending in 4242") && page.contains("December 2040"), "{page}");
    assert!(page.contains(&format!("/pledges/{pledge}/change")), "another card is offered: {page}");
    assert!(!page.contains("Remove…"), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn a_card_that_a_live_pledge_rests_on_is_not_removed() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign).await;
    let card = only(&bea).await;
    let refused = remove(&bea, &card).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.message().contains("for your pledge to “The Reading Boat”"), "{refused:?}");
    assert!(!app.gateway.object(&card).await["customer"].is_null());

    // With another one in its place it goes by itself.
    let page = bea.call("change_card", &[("pledge", &pledge.to_string())]).await;
    sandbox_page::pay(page.text()).await;
    eventually("the other card", async || app.gateway.object(&card).await["customer"].is_null()).await;
    app.settle().await;
    assert_ne!(only(&bea).await, card);
    app.finish().await;
}

#[tokio::test]
async fn a_default_card_is_kept_when_its_pledge_is_over_and_can_then_be_removed() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign).await;
    let card = only(&bea).await;
    assert_eq!(bea.call("use_card_first", &[("card", &card)]).await.status, 200);
    assert_eq!(cards(&bea).await[0]["is_default"], true);
    assert_eq!(bea.cancel(pledge).await.status, 200);
    app.settle().await;
    assert_eq!(only(&bea).await, card, "its owner keeps it");

    assert_eq!(remove(&bea, &card).await.status, 200);
    assert_eq!(cards(&bea).await, Vec::<Value>::new(), "gone at once");
    app.settle().await;
    assert!(app.gateway.object(&card).await["customer"].is_null(), "and at the gateway");
    assert_eq!(remove(&bea, &card).await.status, 404);
    assert_eq!(bea.call("use_card_first", &[("card", &card)]).await.status, 404);
    assert_eq!(app.count("select count(*) from people where default_card is not null").await, 0);
    app.finish().await;
}

// Case 53
#[tokio::test]
async fn nobody_touches_another_persons_card() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let (bea, zoe) = (app.person("Bea Tamm").await, app.person("Zoe Else").await);
    pledged(&app, &bea, &campaign).await;
    let card = only(&bea).await;
    pledged(&app, &zoe, &campaign).await;
    for function in ["remove_card", "use_card_first"] {
        let theirs = zoe.call(function, &[("card", &card)]).await;
        let nobodys = zoe.call(function, &[("card", "pm_nobodys")]).await;
        assert_eq!((theirs.status, &theirs.body), (404, &nobodys.body), "{function}");
    }
    let stranger = app.stranger().post(format!("{}/api/my_cards", app.base)).header("origin", &app.base);
    assert_eq!(stranger.send().await.expect("an answer").status().as_u16(), 401);
    app.settle().await;
    assert!(!app.gateway.object(&card).await["customer"].is_null());
    app.finish().await;
}

#[tokio::test]
async fn the_gateway_away_is_said_plainly() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    pledged(&app, &bea, &campaign).await;
    let card = only(&bea).await;
    app.gateway
        .fault(json!({ "method": "GET", "path_prefix": "/v1/payment_methods" }), "error_500_instead")
        .await;
    let refused = remove(&bea, &card).await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().starts_with("The payment provider, who keeps your cards"), "{refused:?}");
    app.gateway.no_faults().await;
    app.finish().await;
}

#[tokio::test]
async fn a_card_that_expires_before_the_deadline_is_written_about_twice_and_no_more() {
    let app = TestApp::start().await;
    let campaign = app.campaign().ends_in(TimeDelta::days(60)).build().await;
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    // Bea's card works until the end of this month, Tom's for years.
    let now: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select clock()").fetch_one(&app.db).await.expect("now");
    let page = bea.pledge(&campaign, None, "25").await;
    sandbox_page::enter_expiring(page.text(), &format!("{:02}/{}", now.month(), now.year() % 100)).await;
    eventually("the pledge", async || bea.states(&app.db).await == ["committed"]).await;
    pledged(&app, &tom, &campaign).await;

    // The first is two months before the end.
    for (days, looks, written) in [(0, 0, 0), (47, 2, 1), (1, 2, 1), (10, 4, 2), (1, 4, 2)] {
        app.advance(TimeDelta::days(days)).await;
        backend::cards::look_at_expiries(&app.ctx).await.expect("a look");
        assert_eq!(
            backend::cards::look_at_expiries(&app.ctx).await.expect("a look"),
            0,
            "each is looked at once"
        );
        assert_eq!(app.count("select count(*) from card_looks").await, looks, "{days} days on");
        assert_eq!(letters(&app, &bea).await, written, "{days} days on");
    }
    assert_eq!(letters(&app, &tom).await, 0);
    let body: String =
        sqlx::query_scalar("select body_text from mails where letter = 'card_expires' limit 1")
            .fetch_one(&app.db)
            .await
            .expect("a letter");
    assert!(body.contains("Card: Visa ending in 4242") && body.contains("/change"), "{body}");
    app.finish().await;
}

#[tokio::test]
async fn a_card_the_gateway_does_not_show_holds_up_no_other() {
    let app = TestApp::start().await;
    let campaign = app.campaign().ends_in(TimeDelta::days(60)).build().await;
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    pledged(&app, &bea, &campaign).await;
    pledged(&app, &tom, &campaign).await;
    // The first that is looked at is not shown.
    let first = json!({ "method": "GET", "path_prefix": "/v1/payment_methods/", "nth": 1 });
    app.gateway.fault(first, "refuse_403").await;
    app.advance(TimeDelta::days(47)).await;
    assert_eq!(backend::cards::look_at_expiries(&app.ctx).await.expect("a look"), 2);
    assert_eq!(app.gateway.struck().await, 1);
    assert_eq!(app.count("select count(*) from card_looks").await, 2);
    let again = backend::cards::look_at_expiries(&app.ctx).await.expect("a look");
    assert_eq!(again, 0, "many that are not shown would stay in front of the others");
    app.finish().await;
}

async fn letters(app: &TestApp, person: &Person) -> i64 {
    sqlx::query_scalar("select count(*) from mails where letter = 'card_expires' and person_id = $1")
        .bind(person.id)
        .fetch_one(&app.db)
        .await
        .expect("a count")
}

async fn pledged(app: &TestApp, person: &Person, campaign: &TestCampaign) -> Uuid {
    sandbox_page::pay(person.pledge(campaign, None, "25").await.text()).await;
    eventually("the pledge", async || person.states(&app.db).await == ["committed"]).await;
    person.pledges(&app.db).await[0]
}

async fn cards(person: &Person) -> Vec<Value> {
    let answer = person.call("my_cards", &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.as_array().cloned().expect("a list")
}

async fn only(person: &Person) -> String {
    let listed = cards(person).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    listed[0]["id"].as_str().expect("an id").to_owned()
}

async fn remove(person: &Person, card: &str) -> Answer {
    person.call("remove_card", &[("card", card)]).await
}
