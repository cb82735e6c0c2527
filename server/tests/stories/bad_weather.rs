//! Settling while the gateway is slow, wrong or away: later, and all the same once.

use chrono::TimeDelta;
use futures::future::join_all;
use rust_decimal::Decimal;
use serde_json::json;
use server::site::Workers;

use crate::support::builders::TestCampaign;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

/// A campaign for which so many people have pledged 25 each; its goal is all of that.
async fn backed_by(app: &TestApp, people: usize) -> TestCampaign {
    let goal: &'static str = Box::leak((people * 25).to_string().into_boxed_str());
    let campaign = app.campaign().goal(goal, "EUR").build().await;
    let people = app.people(people).await;
    join_all(people.iter().map(async |person| {
        sandbox_page::pay(person.pledge(&campaign, None, "25").await.text()).await;
    }))
    .await;
    eventually("their cards", async || {
        app.pump().await;
        campaign.totals().await.1 == i64::try_from(people.len()).expect("a few")
    })
    .await;
    campaign
}

/// Several settlers at once, minute by minute, until the campaign has ended.
async fn settlers_until_funded(app: &TestApp) {
    eventually("the end", async || {
        join_all((0..3).map(|_| app.pump())).await;
        app.advance(TimeDelta::minutes(1)).await;
        app.count("select count(*) from campaigns where state = 'funded'").await == 1
    })
    .await;
    app.pump().await;
}

/// Everybody was charged 25, once, and the ledger has it.
async fn assert_charged_once(app: &TestApp, people: usize) {
    let mut charges = app.gateway.all("charge").await;
    charges.retain(|charge| charge["status"] == "succeeded");
    assert_eq!(charges.len(), people);
    assert_eq!(app.count("select count(*) from pledges where state = 'captured'").await, people as i64);
    let collected: Decimal = sqlx::query_scalar(
        "select sum(amount) from ledger_entries join ledger_transactions posted on posted.id = transaction_id
         where account = 'gateway_balance' and kind = 'captured'",
    )
    .fetch_one(&app.db)
    .await
    .expect("a sum");
    assert_eq!(collected, Decimal::from(people * 25));
}

// Cases 17 and 19, scaled down: three settlers, a limiter, and a fault on every fourth charge or so, always the same ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_pledges_are_each_charged_once_whatever_the_gateway_answers() {
    const PEOPLE: usize = 40;
    let setup = Setup { workers: Workers::Off, requests_per_second: 200, ..Setup::default() };
    let app = TestApp::start_with(setup).await;
    backed_by(&app, PEOPLE).await;
    let modes = [
        "rate_limit_429",
        "error_500_after_commit",
        "error_500_instead",
        "drop_response_after_commit",
        "html_502",
    ];
    let mut seed = 2_027_u32;
    for mode in modes.iter().cycle().take(10) {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let nth = 1 + (seed >> 16) % PEOPLE as u32;
        let charging = json!({ "method": "POST", "path_prefix": "/v1/payment_intents", "nth": nth });
        app.gateway.fault(charging, mode).await;
    }
    app.advance(TimeDelta::days(30)).await;
    settlers_until_funded(&app).await;
    assert!(app.gateway.struck().await >= 5, "the faults did strike");
    assert_charged_once(&app, PEOPLE).await;
    app.finish().await;
}

// Case 72: away at the deadline, for two hours.
#[tokio::test]
async fn a_gateway_that_is_away_at_the_deadline_is_waited_for() {
    for mode in ["drop_before", "html_502"] {
        let app = TestApp::start_with(Setup { workers: Workers::Off, ..Setup::default() }).await;
        let campaign = backed_by(&app, 3).await;
        app.gateway.fault(json!({ "path_prefix": "/v1" }), mode).await;
        app.advance(TimeDelta::days(30)).await;
        for _ in 0..8 {
            app.pump().await;
            app.advance(TimeDelta::minutes(15)).await;
        }
        assert_eq!(
            app.count("select count(*) from pledges where state = 'charging'").await,
            3,
            "{mode}: decided, and nobody's card is said to have failed"
        );
        let bea = app.person("Bea Tamm").await;
        for page in ["", "/settlement"] {
            let shown = bea.get(&format!("/campaigns/{}{page}", campaign.slug)).await;
            assert_eq!(shown.status().as_u16(), 200, "{mode}");
        }
        app.gateway.no_faults().await;
        settlers_until_funded(&app).await;
        assert_charged_once(&app, 3).await;
        app.finish().await;
    }
}
