//! Limited rewards: never oversold, never lost.

use chrono::TimeDelta;
use futures::future::join_all;
use uuid::Uuid;

use crate::support::builders::{claimed, states};
use crate::support::people::Answer;
use crate::support::{TestApp, eventually, sandbox_page};

// Case 29
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_who_want_one_of_ten_slots_ten_get_it() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(10)).await;
    let people = app.people(200).await;

    let answers = join_all(people.iter().map(|person| person.pledge(&campaign, Some(reward), "25"))).await;
    let (won, lost): (Vec<Answer>, Vec<Answer>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 10);
    for refused in &lost {
        assert_eq!(refused.status, 409, "{refused:?}");
        assert!(refused.message().contains("has just sold out"), "{refused:?}");
    }
    assert_eq!(claimed(&app.db, reward).await, 10);
    assert_eq!(app.count("select count(*) from pledges where state = 'pending'").await, 10);
    assert_eq!(app.count("select count(*) from pledges").await, 10);
    assert_eq!(app.gateway.all("checkout.session").await.len(), 10);

    join_all(won.iter().map(|page| sandbox_page::pay(page.text()))).await;
    eventually("all ten to count", async || campaign.totals().await == ("250.000".into(), 10)).await;
    assert_eq!(claimed(&app.db, reward).await, 10);
    assert_eq!(app.count("select backers from reward_stats").await, 10);
    app.finish().await;
}

#[tokio::test]
async fn a_reservation_lapses_after_a_quarter_of_an_hour() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    let page = bea.pledge(&campaign, Some(reward), "25").await;

    app.advance(TimeDelta::minutes(14)).await;
    tick(&app).await;
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(tom.pledge(&campaign, Some(reward), "25").await.status, 409);

    app.advance(TimeDelta::minutes(1) + TimeDelta::seconds(1)).await;
    tick(&app).await;
    assert_eq!(states(&app, &bea).await, ["expired"]);
    assert_eq!(claimed(&app.db, reward).await, 0);
    let pledge = bea.pledges(&app.db).await[0];
    assert_eq!(app.gateway.of_pledge("checkout.session", pledge).await[0]["status"], "expired");
    let too_late = sandbox_page::enter(page.text(), sandbox_page::GOOD).await.text().await.expect("a page");
    assert!(too_late.contains("This page has expired"), "{too_late}");

    assert_eq!(tom.pledge(&campaign, Some(reward), "25").await.status, 200);
    assert_eq!(claimed(&app.db, reward).await, 1);
    app.finish().await;
}

#[tokio::test]
async fn the_form_of_a_lapsed_reservation_begins_a_new_one() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();
    let first = bea.pledge_with(&campaign, Some(reward), "25", key).await;
    app.advance(TimeDelta::minutes(16)).await;
    tick(&app).await;

    let twice = join_all((0..2).map(|_| bea.pledge_with(&campaign, Some(reward), "25", key))).await;
    assert_eq!((twice[0].status, &twice[0]), (200, &twice[1]));
    assert_ne!(twice[0].text(), first.text());
    assert_eq!(states(&app, &bea).await, ["expired", "pending"]);
    assert_eq!(claimed(&app.db, reward).await, 1);
    app.finish().await;
}

#[tokio::test]
async fn who_paid_in_that_very_moment_has_pledged() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, Some(reward), "25").await;
    app.advance(TimeDelta::minutes(16)).await;
    sandbox_page::pay(page.text()).await;

    tick(&app).await;
    assert_eq!(states(&app, &bea).await, ["committed"]);
    assert_eq!(claimed(&app.db, reward).await, 1);
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

// The gateway cannot say whether the page is closed: the slot is not sold twice.
#[tokio::test]
async fn a_reservation_stands_while_the_gateway_is_away() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, Some(reward), "25").await;
    app.advance(TimeDelta::minutes(16)).await;
    app.gateway.fault(serde_json::json!({ "path_prefix": "/v1/checkout/sessions" }), "html_502").await;

    tick(&app).await;
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(claimed(&app.db, reward).await, 1);

    app.gateway.no_faults().await;
    sandbox_page::pay(page.text()).await;
    tick(&app).await;
    assert_eq!(states(&app, &bea).await, ["committed"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_unlimited_reward_never_sells_out() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", None).await;
    let people = app.people(40).await;
    let answers = join_all(people.iter().map(|person| person.pledge(&campaign, Some(reward), "25"))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(claimed(&app.db, reward).await, 0, "nobody counts what has no limit");
    app.finish().await;
}

/// Lets the clockwork look once, and applies what it leaves.
async fn tick(app: &TestApp) {
    backend::jobs::tick(&app.ctx).await.expect("the clockwork looks");
    app.pump().await;
}
