//! A backer takes a pledge back: slot, total and what the gateway holds, all of it and once. Case 8.

use chrono::TimeDelta;
use futures::future::join;
use serde_json::json;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, claimed, states};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

/// Calls about one page begin so.
const CLOSING: &str = "/v1/checkout/sessions/";

#[tokio::test]
async fn a_saved_card_is_forgotten_and_the_slot_is_free() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    let pledge = pledged(&app, &bea, &campaign, Some(reward), "committed").await;
    assert_eq!(tom.pledge(&campaign, Some(reward), "25").await.status, 409);

    assert_eq!(bea.cancel(pledge).await.status, 200);
    assert_eq!(states(&app, &bea).await, ["cancelled"]);
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    assert_eq!(claimed(&app.db, reward).await, 0);
    assert_eq!(tom.pledge(&campaign, Some(reward), "25").await.status, 200);
    app.settle().await;
    let card = app.gateway.of_pledge("setup_intent", pledge).await[0]["payment_method"].clone();
    let card = app.gateway.object(card.as_str().expect("a card")).await;
    assert!(card["customer"].is_null(), "detached: {card}");
    app.finish().await;
}

#[tokio::test]
async fn a_hold_is_released() {
    let app = TestApp::start().await;
    let campaign = app.campaign().ends_in(TimeDelta::days(3)).build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "authorized").await;

    assert_eq!(bea.cancel(pledge).await.status, 200);
    app.settle().await;
    assert_eq!(app.gateway.of_pledge("payment_intent", pledge).await[0]["status"], "canceled");
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    app.finish().await;
}

#[tokio::test]
async fn one_that_waits_for_its_card_closes_its_page() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    bea.pledge(&campaign, None, "25").await;
    let pledge = bea.pledges(&app.db).await[0];
    assert_eq!(bea.cancel(pledge).await.status, 200);
    assert_eq!(states(&app, &bea).await, ["cancelled"]);
    assert_eq!(app.gateway.of_pledge("checkout.session", pledge).await[0]["status"], "expired");
    app.finish().await;
}

// Whoever can still pay on the page would have pledged after all: nobody is told that the pledge is gone.
#[tokio::test]
async fn a_page_that_would_not_close_is_told() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    bea.pledge(&campaign, Some(reward), "25").await;
    let pledge = bea.pledges(&app.db).await[0];
    app.gateway.fault(json!({ "method": "POST", "path_prefix": CLOSING }), "refuse_403").await;

    let refused = bea.cancel(pledge).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.message().contains("the pledge is not cancelled"), "{refused:?}");
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(claimed(&app.db, reward).await, 1);

    app.gateway.no_faults().await;
    assert_eq!(bea.cancel(pledge).await.status, 200);
    assert_eq!(states(&app, &bea).await, ["cancelled"]);
    assert_eq!(claimed(&app.db, reward).await, 0);
    app.finish().await;
}

// Reservations whose page will not close do not keep the others from lapsing.
#[tokio::test]
async fn a_page_that_would_not_close_goes_to_the_end_of_the_line() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let people = app.people(3).await;
    for person in &people {
        person.pledge(&campaign, None, "25").await;
    }
    let stubborn = people[0].pledges(&app.db).await[0];
    let page = app.gateway.of_pledge("checkout.session", stubborn).await.remove(0);
    let closing = format!("{CLOSING}{}", page["id"].as_str().expect("an id"));
    app.gateway.fault(json!({ "method": "POST", "path_prefix": closing }), "refuse_403").await;
    app.advance(TimeDelta::minutes(16)).await;
    backend::jobs::tick(&app.ctx).await.expect("the clockwork looks");
    app.pump().await;
    assert_eq!(states(&app, &people[0]).await, ["pending"]);
    assert_eq!(states(&app, &people[2]).await, ["expired"]);
    let moved = "select count(*) from pledges where state = 'pending' and updated_at > reserved_until";
    assert_eq!(app.count(moved).await, 1);
    app.finish().await;
}

#[tokio::test]
async fn after_the_cutoff_it_is_too_late() {
    let app = TestApp::start().await;
    let campaign = app.campaign().ends_in(TimeDelta::hours(49)).build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "authorized").await;

    app.advance(TimeDelta::hours(1) + TimeDelta::minutes(1)).await;
    let refused = bea.cancel(pledge).await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().starts_with("Pledges could be cancelled until"), "{refused:?}");
    assert_eq!(states(&app, &bea).await, ["authorized"]);
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

#[tokio::test]
async fn what_was_charged_is_not_cancelled() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "captured").await;
    let refused = bea.cancel(pledge).await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().starts_with("You have already been charged"), "{refused:?}");
    assert_eq!(states(&app, &bea).await, ["captured"]);
    app.finish().await;
}

#[tokio::test]
async fn twice_is_once() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "committed").await;
    let (first, second) = join(bea.cancel(pledge), bea.cancel(pledge)).await;
    let third = bea.cancel(pledge).await;
    assert_eq!([first.status, second.status, third.status], [200; 3]);
    app.settle().await;
    assert_eq!(history(&app, pledge).await, ["pledge_started", "card_saved", "backer_cancelled"]);
    assert_eq!(app.count("select count(*) from staged_jobs").await, 1);
    assert_eq!(app.count("select count(*) from gateway_attempts where kind = 'detach_card'").await, 1);
    app.finish().await;
}

// Nobody told us of the payment when the backer cancels in another tab.
#[tokio::test]
async fn who_cancels_in_the_moment_of_paying_is_out() {
    let app = TestApp::start_deaf().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    let pledge = bea.pledges(&app.db).await[0];

    assert_eq!(bea.cancel(pledge).await.status, 200);
    assert_eq!(states(&app, &bea).await, ["cancelled"]);
    app.settle().await;
    let card = app.gateway.of_pledge("setup_intent", pledge).await[0]["payment_method"].clone();
    assert!(app.gateway.object(card.as_str().expect("a card")).await["customer"].is_null());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cancellation_and_its_webhook_meet() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(8)).await;
    let people = app.people(8).await;
    let races = people.iter().map(async |person| {
        let page = person.pledge(&campaign, Some(reward), "25").await;
        let pledge = person.pledges(&app.db).await[0];
        let (_, cancelled) =
            join(sandbox_page::enter(page.text(), sandbox_page::GOOD), person.cancel(pledge)).await;
        assert_eq!(cancelled.status, 200, "{cancelled:?}");
    });
    futures::future::join_all(races).await;
    app.settle().await;
    for person in &people {
        assert_eq!(states(&app, person).await, ["cancelled"]);
    }
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    assert_eq!(claimed(&app.db, reward).await, 0);
    app.finish().await;
}

async fn pledged(
    app: &TestApp,
    person: &Person,
    campaign: &TestCampaign,
    reward: Option<Uuid>,
    state: &str,
) -> Uuid {
    sandbox_page::pay(person.pledge(campaign, reward, "25").await.text()).await;
    eventually(state, async || states(app, person).await == [state]).await;
    person.pledges(&app.db).await[0]
}

async fn history(app: &TestApp, pledge: Uuid) -> Vec<String> {
    sqlx::query_scalar("select event from pledge_history where pledge_id = $1 order by id")
        .bind(pledge)
        .fetch_all(&app.db)
        .await
        .expect("a history")
}
