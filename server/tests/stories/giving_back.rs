//! What is not a pledge's to keep goes back to the backer: what came too late, and what is not its money.

use backend::inbox::{self, Source};
use chrono::TimeDelta;
use domain::{CampaignId, PledgeEvent, PledgeId};
use serde_json::json;

use crate::support::builders::{TestCampaign, states};
use crate::support::people::Person;
use crate::support::{TestApp, sandbox_page};

// The gateway took it, and our side had ended the pledge before it heard: a card, a hold, a payment.
#[tokio::test]
async fn what_arrives_after_the_end_is_given_back() {
    for (model, days, kind) in
        [("aon", 30, "setup_intent"), ("aon", 3, "payment_intent"), ("kia", 30, "payment_intent")]
    {
        let app = TestApp::start_quiet().await;
        let campaign = app.campaign().model(model).ends_in(TimeDelta::days(days)).build().await;
        let bea = app.person("Bea Tamm").await;
        sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
        let pledge = bea.pledges(&app.db).await[0];
        let cancelled = PledgeEvent::BackerCancelled.into();
        inbox::leave(&app.db, CampaignId(campaign.id), PledgeId(pledge), &cancelled, Source::Backer)
            .await
            .expect("left");
        app.pump().await;
        assert_eq!(states(&app, &bea).await, ["cancelled"]);

        for event in app.gateway.events().await {
            assert_eq!(app.deliver(&event).await, 200);
        }
        app.pump().await;
        assert_eq!(states(&app, &bea).await, ["cancelled"]);
        assert_eq!(app.count("select count(*) from pledge_inbox where outcome = 'late_money'").await, 1);
        let intent = app.gateway.of_pledge(kind, pledge).await.remove(0);
        match (kind, model) {
            ("setup_intent", _) => {
                let card = app.gateway.object(intent["payment_method"].as_str().expect("a card")).await;
                assert!(card["customer"].is_null(), "{card}");
            }
            (_, "aon") => assert_eq!(intent["status"], "canceled"),
            _ => {
                let refunds = app.gateway.all("refund").await;
                assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &2500.into()));
                assert_eq!(owed_to_backers(&app).await, ("0.000".into(), 2), "booked in and out again");
            }
        }
        app.finish().await;
    }
}

// A refund that is refused is asked for again, under another key: the gateway would repeat its refusal for a day. A 500
// that hides the refund is looked behind, and so is one that made none.
#[tokio::test]
async fn a_late_payment_is_returned_whatever_the_gateway_says_first() {
    for mode in
        ["insufficient_balance", "error_500_after_commit", "error_500_instead", "drop_response_after_commit"]
    {
        let app = TestApp::start_quiet().await;
        let bea = app.person("Bea Tamm").await;
        let refunds = json!({ "method": "POST", "path_prefix": "/v1/refunds", "nth": 1 });
        app.gateway.arm(json!({ "match": refunds, "mode": mode, "refuse": true })).await;
        paid_too_late(&app, &bea).await;
        app.advance(TimeDelta::minutes(1)).await;
        app.pump().await;
        assert_eq!(app.gateway.struck().await, 1, "{mode}");
        let refunds = app.gateway.all("refund").await;
        assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &2500.into()), "{mode}");
        assert_eq!(owed_to_backers(&app).await, ("0.000".into(), 2), "{mode}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_late_payment_that_staff_returned_by_hand_is_not_returned_again() {
    for part in ["1000", "2500"] {
        let app = TestApp::start_quiet().await;
        let bea = app.person("Bea Tamm").await;
        app.gateway.fault(json!({ "path_prefix": "/v1/refunds" }), "html_502").await;
        let intent = paid_too_late(&app, &bea).await;
        app.gateway.no_faults().await;
        app.gateway.post("/v1/refunds", &[("payment_intent", &intent), ("amount", part)]).await;
        app.advance(TimeDelta::minutes(1)).await;
        app.pump().await;
        let returned = app.gateway.all("refund").await;
        assert_eq!(returned.iter().filter_map(|refund| refund["amount"].as_i64()).sum::<i64>(), 2500);
        assert_eq!(owed_to_backers(&app).await, ("0.000".into(), 2), "{part}");
        app.finish().await;
    }
}

/// A payment for a pledge that had just been cancelled; answers with its intent.
async fn paid_too_late(app: &TestApp, bea: &Person) -> String {
    let campaign = app.campaign().model("kia").build().await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    let pledge = bea.pledges(&app.db).await[0];
    let cancelled = PledgeEvent::BackerCancelled.into();
    let (campaign, id) = (CampaignId(campaign.id), PledgeId(pledge));
    inbox::leave(&app.db, campaign, id, &cancelled, Source::Backer).await.expect("left");
    app.pump().await;
    for event in app.gateway.events().await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    app.pump().await;
    let intent = app.gateway.of_pledge("payment_intent", pledge).await.remove(0);
    intent["id"].as_str().expect("an id").to_owned()
}

// Case 44: what is at the gateway is not what was pledged. It counts nowhere and goes back, booked as what it was.
#[tokio::test]
async fn a_payment_of_another_amount_goes_back() {
    let app = TestApp::start_quiet().await;
    let (campaign, bea) = (app.campaign().model("kia").build().await, app.person("Bea Tamm").await);
    pay_another_amount(&app, &bea, &campaign).await;
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    let refunds = app.gateway.all("refund").await;
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &2500.into()));
    assert_eq!(owed_to_backers(&app).await, ("0.000".into(), 2));
    assert_eq!(app.count("select count(*) from ledger_entries where amount = 25").await, 2);
    assert_ends(&app, &bea).await;
    app.finish().await;
}

#[tokio::test]
async fn a_hold_of_another_amount_is_released() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().ends_in(TimeDelta::days(3)).build().await;
    let bea = app.person("Bea Tamm").await;
    pay_another_amount(&app, &bea, &campaign).await;
    assert_eq!(states(&app, &bea).await, ["pending"]);
    let pledge = bea.pledges(&app.db).await[0];
    assert_eq!(app.gateway.of_pledge("payment_intent", pledge).await[0]["status"], "canceled");
    assert_eq!(app.count("select count(*) from ledger_entries").await, 0);
    assert_ends(&app, &bea).await;
    app.finish().await;
}

/// The page was opened for 25, and the pledge says 30 when the word of it arrives.
async fn pay_another_amount(app: &TestApp, bea: &Person, campaign: &TestCampaign) {
    let page = bea.pledge(campaign, None, "25").await;
    sandbox_page::pay(page.text()).await;
    sqlx::query("update pledges set amount = 30").execute(&app.db).await.expect("changed");
    for event in app.gateway.events().await {
        assert_eq!(app.deliver(&event).await, 200);
    }
    app.pump().await;
    assert_eq!(app.count("select count(*) from pledge_inbox where outcome = 'mismatch'").await, 1);
}

/// The reservation runs out as any other, although its page was finished.
async fn assert_ends(app: &TestApp, bea: &Person) {
    app.advance(TimeDelta::minutes(16)).await;
    backend::jobs::tick(&app.ctx).await.expect("the clockwork looks");
    app.pump().await;
    assert_eq!(states(app, bea).await, ["expired"]);
}

async fn owed_to_backers(app: &TestApp) -> (String, i64) {
    sqlx::query_as("select sum(amount)::text, count(*) from ledger_entries where account = 'owed_to_backers'")
        .fetch_one(&app.db)
        .await
        .expect("a sum")
}
