//! What the gateway keeps of a payment: read from its own line, booked once, and borne by whom the site says.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::builders::{TestCampaign, states};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

async fn pay(app: &TestApp, campaign: &TestCampaign, amount: &str) -> Person {
    let backer = app.person("Bea Tamm").await;
    sandbox_page::pay(backer.pledge(campaign, None, amount).await.text()).await;
    backer
}

/// What one account holds of this kind of posting, in thousandths.
async fn booked(app: &TestApp, kind: &str, account: &str) -> i64 {
    sqlx::query_scalar(
        "select (coalesce(sum(amount), 0) * 1000)::bigint from ledger_entries
         join ledger_transactions on ledger_transactions.id = transaction_id where kind = $1 and account = $2",
    )
    .bind(kind)
    .bind(account)
    .fetch_one(&app.db)
    .await
    .expect("a sum")
}

/// The net of every line the gateway has written, in its minor units.
async fn net_at_gateway(app: &TestApp) -> i64 {
    let lines = app.gateway.all("balance_transaction").await;
    lines.iter().filter_map(|line| line["net"].as_i64()).sum()
}

async fn gateway_balance(app: &TestApp) -> i64 {
    app.count("select (sum(amount) * 100)::bigint from ledger_entries where account = 'gateway_balance'")
        .await
}

const JOBS: &str = "select count(*) from staged_jobs where kind = 'fees'";

#[tokio::test]
async fn a_batch_of_payments_is_one_job_and_every_fee_is_booked_once() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    for amount in ["25.50", "10", "1"] {
        pay(&app, &campaign, amount).await;
    }
    for event in app.gateway.events().await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    app.pump().await;

    assert_eq!(app.count(JOBS).await, 1);
    let kept = 630 + 400 + 270;
    assert_eq!(booked(&app, "gateway_fee", "gateway_fees").await, kept);
    assert_eq!(booked(&app, "gateway_fee", "gateway_balance").await, -kept);
    assert_eq!(booked(&app, "gateway_fee_passed_on", "held_for_campaign").await, kept);
    assert_eq!(gateway_balance(&app).await, net_at_gateway(&app).await, "what is really there");

    // Told again, it is booked already.
    sqlx::query("update staged_jobs set done_at = null where kind = 'fees'")
        .execute(&app.db)
        .await
        .expect("again");
    app.pump().await;
    assert_eq!(app.count("select count(*) from ledger_transactions where kind like 'gateway_fee%'").await, 6);
    app.finish().await;
}

#[tokio::test]
async fn while_the_gateway_cannot_say_it_is_asked_again() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = pay(&app, &campaign, "25.50").await;
    for event in app.gateway.events().await {
        app.deliver(&event).await;
    }
    backend::inbox::drain(&app.ctx).await.expect("the inbox drains");
    assert_eq!(states(&app, &bea).await, ["captured"]);
    app.gateway
        .fault(json!({ "method": "GET", "path_prefix": "/v1/payment_intents" }), "error_500_instead")
        .await;
    app.pump().await;
    assert_eq!(booked(&app, "gateway_fee", "gateway_fees").await, 0);
    assert_eq!(
        app.count("select count(*) from staged_jobs where kind = 'fees' and done_at is null").await,
        1
    );

    app.gateway.no_faults().await;
    app.advance(TimeDelta::minutes(3)).await;
    app.pump().await;
    assert_eq!(booked(&app, "gateway_fee", "gateway_fees").await, 630);
    app.finish().await;
}

#[tokio::test]
async fn who_is_paid_back_whole_costs_the_campaign_nothing() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().model("kia").by(&marta).build().await;
    let bea = pay(&app, &campaign, "25.50").await;
    eventually("the payment", async || states(&app, &bea).await == ["captured"]).await;
    app.settle().await;
    let held = "select (sum(-amount) * 1000)::bigint from ledger_entries where account = 'held_for_campaign'";
    assert_eq!(app.count(held).await, 25_500 - 1_280 - 630, "gross, less the platform's share and the cost");

    let reason = [("slug", campaign.slug.as_str()), ("reason", "The mill has closed for good.")];
    assert_eq!(marta.call("cancel_campaign", &reason).await.status, 200);
    eventually("the refund", async || states(&app, &bea).await == ["refunded"]).await;
    app.settle().await;
    assert_eq!(app.count(held).await, 0);
    assert_eq!(booked(&app, "gateway_fee_taken_back", "held_for_campaign").await, -630);
    let cost = "select (sum(amount) * 1000)::bigint from ledger_entries where account = 'gateway_fees'";
    assert_eq!(app.count(cost).await, 630, "the gateway does not give it back: the platform bears it");
    assert_eq!(gateway_balance(&app).await, net_at_gateway(&app).await);
    app.finish().await;
}

// The refund is faster than the news of what the payment cost.
#[tokio::test]
async fn a_fee_that_is_known_after_the_refund_is_the_platforms_too() {
    let app = TestApp::start_quiet().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().model("kia").by(&marta).build().await;
    let bea = pay(&app, &campaign, "25.50").await;
    for event in app.gateway.events().await {
        app.deliver(&event).await;
    }
    backend::inbox::drain(&app.ctx).await.expect("the inbox drains");
    sqlx::query("update staged_jobs set run_at = clock() + interval '1 day' where kind = 'fees'")
        .execute(&app.db)
        .await
        .expect("later");
    let reason = [("slug", campaign.slug.as_str()), ("reason", "The mill has closed for good.")];
    assert_eq!(marta.call("cancel_campaign", &reason).await.status, 200);
    app.pump().await;
    assert_eq!(states(&app, &bea).await, ["refunded"]);
    app.advance(TimeDelta::days(2)).await;
    app.pump().await;
    assert_eq!(booked(&app, "gateway_fee", "gateway_fees").await, 630);
    assert_eq!(booked(&app, "gateway_fee_passed_on", "held_for_campaign").await, 0);
    app.finish().await;
}

// Money that came for nobody's pledge is nobody's cost but the platform's.
#[tokio::test]
async fn a_payment_that_came_too_late_costs_the_platform() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = pay(&app, &campaign, "25.50").await;
    // The pledge is over before the word of its payment comes.
    sqlx::query("update pledges set state = 'expired'").execute(&app.db).await.expect("over");
    sqlx::query(
        "insert into pledge_history (pledge_id, from_state, to_state, event, source)
         select id, 'pending', 'expired', 'reservation_lapsed', 'clock' from pledges",
    )
    .execute(&app.db)
    .await
    .expect("over");
    for event in app.gateway.events().await {
        app.deliver(&event).await;
    }
    app.pump().await;
    assert_eq!(states(&app, &bea).await, ["expired"]);
    assert_eq!(booked(&app, "gateway_fee", "gateway_balance").await, -630);
    assert_eq!(booked(&app, "gateway_fee_passed_on", "held_for_campaign").await, 0);
    assert_eq!(gateway_balance(&app).await, net_at_gateway(&app).await);
    app.finish().await;
}

// X2: the public account equals the ledger, the provider's part included.
#[tokio::test]
async fn the_settlement_page_says_what_the_provider_kept() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("25", "EUR").ends_in(TimeDelta::days(1)).build().await;
    let bea = pay(&app, &campaign, "25.50").await;
    eventually("the hold", async || states(&app, &bea).await == ["authorized"]).await;
    app.advance(TimeDelta::days(1)).await;
    eventually("the payment", async || states(&app, &bea).await == ["captured"]).await;
    app.settle().await;

    let page = format!("/campaigns/{}/settlement", campaign.slug);
    let shown = app.stranger().get(format!("{}{page}", app.base)).send().await.expect("a page");
    let shown = shown.text().await.expect("a text");
    assert!(shown.contains("Kept by the payment provider"), "{shown}");
    assert!(shown.contains("€0.63"), "{shown}");
    let rules = app.stranger().get(format!("{}/how-it-works", app.base)).send().await.expect("a page");
    assert!(rules.text().await.expect("a text").contains("the campaign bears both"));
    app.finish().await;
}
