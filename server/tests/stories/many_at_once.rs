//! More work at once than there are connections to the database.

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;

use crate::support::{TestApp, eventually, sandbox_page};

/// The stories' pool has a third of it.
const BACKERS: usize = 40;

// A job that waits in the middle of a query holds a connection: none may wait for another to be taken up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_charges_wait_for_a_slow_gateway_together() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("25", "EUR").ends_in(TimeDelta::days(20)).build().await;
    let backers = app.people(BACKERS).await;
    let backed = backers.iter().map(async |backer| {
        let page = backer.pledge(&campaign, None, "25").await;
        sandbox_page::pay(page.text()).await;
    });
    join_all(backed).await;
    let standing = "select backers from campaign_stats";
    eventually("all of them", async || app.count(standing).await == 40).await;
    let charges = json!({ "method": "POST", "path_prefix": "/v1/payment_intents" });
    app.gateway.arm(json!({ "match": charges, "mode": "stall", "ms": 100 })).await;
    app.advance(TimeDelta::days(21)).await;
    let paid = "select count(*) from pledges where state = 'captured'";
    eventually("everybody to be charged", async || app.count(paid).await == 40).await;
    assert_eq!(
        app.count("select max(attempts)::bigint from staged_jobs").await,
        1,
        "none had to be tried twice"
    );
    app.settle().await;
    app.finish().await;
}
