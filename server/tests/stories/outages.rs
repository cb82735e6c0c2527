//! Case 72: the gateway is away for long, or asks for a slower pace. The site stays what it is, pledging says so at once,
//! and nothing is doubled or lost when it is back.

use std::time::{Duration, Instant};

use backend::inbox::{self, Source};
use backend::payments::Condition;
use domain::{CampaignId, PledgeEvent, PledgeId};
use futures::future::join_all;
use serde_json::json;
use server::site::Workers;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, claimed, states};
use crate::support::people::{Answer, Person};
use crate::support::{Setup, TestApp, eventually, sandbox_page};

const AWAY: &str = "The payment provider cannot be reached just now. You were not charged.";

#[tokio::test]
async fn a_silent_gateway_is_left_alone_and_nobody_waits_for_it() {
    let rest = Duration::from_secs(3600);
    let app = TestApp::start_with(Setup { rest, ..Setup::default() }).await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(10)).await;
    let early = app.person("Bea Tamm").await;
    assert_eq!(early.pledge(&campaign, Some(reward), "25").await.status, 200);
    let hers = early.pledges(&app.db).await[0];
    fall_silent(&app, &campaign, "html_502").await;
    let asked = app.gateway.seen().await;

    let tom = app.person("Tom Grau").await;
    let key = Uuid::now_v7();
    let refused = tom.pledge_with(&campaign, Some(reward), "25", key).await;
    assert_away(&refused);
    assert_eq!(refused.body["kept"][2], json!(["form_key", key.to_string()]), "{refused:?}");
    assert!(tom.pledges(&app.db).await.is_empty(), "nothing was begun");
    assert_eq!(claimed(&app.db, reward).await, 1);
    let shown = early.call("returned_pledge", &[("id", &hers.to_string())]).await;
    assert_eq!((shown.status, &shown.body["state"]), (200, &json!("pending")), "what we know is shown");
    assert_eq!(early.cancel(hers).await.status, 409, "her page cannot be closed");
    for page in ["/".to_owned(), format!("/campaigns/{}", campaign.slug)] {
        assert_eq!(tom.get(&page).await.status().as_u16(), 200, "{page}");
    }
    assert_eq!(app.gateway.seen().await, asked, "reads and writes: nobody asked");
    app.finish().await;
}

#[tokio::test]
async fn when_it_is_back_everything_goes_on() {
    for mode in ["drop_before", "html_502"] {
        let app = TestApp::start().await;
        let campaign = app.campaign().build().await;
        let bea = app.person("Bea Tamm").await;
        let key = Uuid::now_v7();
        fall_silent(&app, &campaign, mode).await;
        app.gateway.no_faults().await;
        eventually("the gateway to be tried", async || {
            bea.pledge_with(&campaign, None, "25", key).await.status == 200
        })
        .await;
        let page = bea.pledge_with(&campaign, None, "25", key).await;
        sandbox_page::pay(page.text()).await;
        eventually("the pledge", async || states(&app, &bea).await == ["committed"]).await;
        assert_eq!(app.ctx.payments.condition(), Condition::Answers);
        app.finish().await;
    }
}

// However long it is away: what has to be given back is not put aside for want of an answer.
#[tokio::test]
async fn jobs_wait_for_a_gateway_that_is_away() {
    let rest = Duration::from_secs(3600);
    let app = TestApp::start_with(Setup { rest, workers: Workers::Off, ..Setup::default() }).await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the pledge", async || {
        app.pump().await;
        states(&app, &bea).await == ["committed"]
    })
    .await;
    fall_silent(&app, &campaign, "drop_before").await;
    let pledge = bea.pledges(&app.db).await[0];
    let cancelled = PledgeEvent::BackerCancelled.into();
    let (campaign, pledge) = (CampaignId(campaign.id), PledgeId(pledge));
    inbox::leave(&app.db, campaign, pledge, &cancelled, Source::Backer).await.expect("left");
    for _ in 0..20 {
        app.pump().await;
        app.advance(chrono::TimeDelta::minutes(3)).await;
    }
    let waiting =
        "select count(*) from staged_jobs where attempts = 0 and done_at is null and parked_at is null";
    assert_eq!(app.count(waiting).await, 1);
    app.finish().await;
}

// A limiter's word whether to come again is heeded.
#[tokio::test]
async fn told_not_to_try_again_it_does_not() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    for (should_retry, asked) in [(false, 1), (true, 4)] {
        let bea = app.person("Bea Tamm").await;
        let opening = json!({ "method": "POST", "path_prefix": "/v1/checkout/sessions" });
        let fault = json!({ "match": opening, "mode": "rate_limit_429", "should_retry": should_retry });
        app.gateway.arm(fault).await;
        assert_away(&bea.pledge(&campaign, None, "25").await);
        assert_eq!(app.gateway.seen().await, asked, "{should_retry}");
        app.gateway.no_faults().await;
    }
    assert_eq!(app.ctx.payments.condition(), Condition::Answers, "busy is not away");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_keep_the_pace() {
    let app = TestApp::start_with(Setup { requests_per_second: 10, ..Setup::default() }).await;
    let campaign = app.campaign().build().await;
    let people = app.people(12).await;
    let began = Instant::now();
    let pages = join_all(people.iter().map(|person| person.pledge(&campaign, None, "25"))).await;
    assert!(pages.iter().all(|page| page.status == 200), "{pages:?}");
    // Two at once, then ten a second.
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    app.finish().await;
}

/// Somebody pledges and the gateway says nothing, until it is left alone.
async fn fall_silent(app: &TestApp, campaign: &TestCampaign, mode: &str) {
    app.gateway.fault(json!({ "path_prefix": "/v1" }), mode).await;
    let people: Vec<Person> = app.people(2).await;
    for person in people {
        assert_away(&person.pledge(campaign, None, "25").await);
    }
    assert_ne!(app.ctx.payments.condition(), Condition::Answers);
}

fn assert_away(answer: &Answer) {
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(answer.message().starts_with(AWAY), "{answer:?}");
}
