//! A backer's bank questions a payment: it is frozen, answered, won or lost, each booked once in whatever order it is heard
//! of.

use chrono::{TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::support::builders::states;
use crate::support::paying::Paid;
use crate::support::people::{Answer, Person};
use crate::support::{TestApp, eventually};

const DISPUTED: &str = "4000000000000259";
const INQUIRY: &str = "4000000000001976";

async fn disputed(app: &TestApp) -> Paid {
    let paid = app.backed("25", DISPUTED).await;
    eventually("the dispute", async || states(app, &paid.bea).await == ["disputed"]).await;
    app.settle().await;
    paid
}

async fn dispute_id(app: &TestApp) -> Uuid {
    sqlx::query_scalar("select id from disputes").fetch_one(&app.db).await.expect("one dispute")
}

async fn answer(by: &Person, dispute: Uuid, statement: &str, act: &str) -> Answer {
    let dispute = dispute.to_string();
    let form = [
        ("dispute", dispute.as_str()),
        ("statement", statement),
        ("product_description", "A name on the bow"),
        ("tracking_number", "PT-4711"),
        ("act", act),
    ];
    by.call("answer_dispute", &form).await
}

async fn letters(app: &TestApp, letter: &str) -> i64 {
    sqlx::query_scalar("select count(*) from mails where letter = $1")
        .bind(letter)
        .fetch_one(&app.db)
        .await
        .expect("a count")
}

// Case 14
#[tokio::test]
async fn a_disputed_payment_is_frozen_and_its_creator_is_told_until_when_to_answer() {
    let app = TestApp::start().await;
    let paid = disputed(&app).await;
    assert_eq!(app.balance("disputed").await, 25_000);
    assert_eq!(app.balance("gateway_fees").await, 15_000);
    assert_eq!(app.balance("gateway_balance").await, -15_630, "25 in, 25 and 15 and 0.63 out");
    assert_eq!(app.balance("held_for_campaign").await, -23_120, "nobody has lost yet");
    assert_eq!(letters(&app, "dispute_opened").await, 1);
    assert_eq!(paid.campaign.totals().await, ("25.000".into(), 1));

    let refused = paid.marta.refund(paid.pledge, "5", "25.00").await;
    assert_eq!(refused.status, 409);
    assert_eq!(
        refused.message(),
        "The backer’s bank is deciding a dispute about this payment. It cannot be refunded meanwhile."
    );
    let id = dispute_id(&app).await;
    let page = paid.marta.get(&format!("/disputes/{id}")).await.text().await.expect("a page");
    assert!(page.contains("Answer until ") && page.contains("They say that they did not make this payment."));
    for stranger in [&paid.bea, &app.person("Zoe Else").await] {
        assert_eq!(stranger.get(&format!("/disputes/{id}")).await.status().as_u16(), 404);
        assert_eq!(answer(stranger, id, "mine", "send").await.status, 404);
    }
    assert!(app.admin("Ada Min").await.get("/disputes").await.text().await.expect("a page").contains("€25"));
    app.finish().await;
}

// Case 14
#[tokio::test]
async fn evidence_is_a_draft_until_it_is_sent_and_wins() {
    let app = TestApp::start().await;
    let paid = disputed(&app).await;
    let id = dispute_id(&app).await;
    assert_eq!(answer(&paid.marta, id, "A first thought", "save").await.status, 200);
    assert_eq!(app.gateway.all("dispute").await[0]["status"], "needs_response", "a draft stays here");
    let empty = answer(&paid.marta, id, "  ", "send").await;
    assert_eq!((empty.status, empty.body["field"].as_str()), (422, Some("statement")));
    assert_eq!(answer(&paid.marta, id, "winning_evidence", "send").await.status, 200);
    eventually("the bank", async || states(&app, &paid.bea).await == ["captured"]).await;
    app.settle().await;
    assert_eq!(app.balance("disputed").await, 0);
    assert_eq!(app.balance("gateway_balance").await, 10_000 - 630, "the fees are gone");
    assert_eq!(app.balance("held_for_campaign").await, -23_120);
    assert_eq!(letters(&app, "dispute_closed").await, 1);
    let again = answer(&paid.marta, id, "And another thing", "send").await;
    assert_eq!(again.status, 409, "sent once");
    let sent = &app.gateway.all("dispute").await[0];
    assert_eq!(sent["evidence"]["shipping_tracking_number"], "PT-4711");
    assert_eq!(sent["evidence_details"]["submission_count"], 1);
    app.finish().await;
}

// Case 14
#[tokio::test]
async fn a_lost_dispute_leaves_what_the_campaign_collected() {
    let app = TestApp::start().await;
    let paid = disputed(&app).await;
    assert_eq!(answer(&paid.marta, dispute_id(&app).await, "losing_evidence", "send").await.status, 200);
    eventually("the bank", async || states(&app, &paid.bea).await == ["refunded"]).await;
    app.settle().await;
    for account in ["disputed", "held_for_campaign", "platform_fees", "owed_by_creators"] {
        assert_eq!(app.balance(account).await, 0, "{account}");
    }
    assert_eq!(app.balance("gateway_balance").await, -15_630);
    assert_eq!(paid.campaign.totals().await, ("0.000".into(), 0));
    assert_eq!(letters(&app, "dispute_closed").await, 1);
    assert_eq!(letters(&app, "refunded").await, 0, "nobody made a refund");
    app.finish().await;
}

#[tokio::test]
async fn an_answer_that_is_lost_on_its_way_is_given_once() {
    for mode in ["drop_response_after_commit", "error_500_after_commit"] {
        let app = TestApp::start().await;
        let paid = disputed(&app).await;
        app.gateway.fault(json!({ "method": "POST", "path_prefix": "/v1/disputes", "nth": 1 }), mode).await;
        let sent = answer(&paid.marta, dispute_id(&app).await, "Here is the parcel's number", "send").await;
        assert_eq!(sent.status, 200, "{mode}");
        let reviewed = "select count(*) from disputes where state = 'under_review'";
        eventually(mode, async || app.count(reviewed).await == 1).await;
        app.settle().await;
        let submissions = app.gateway.all("dispute").await[0]["evidence_details"]["submission_count"].clone();
        assert_eq!(submissions, 1, "{mode}");
        app.finish().await;
    }
}

#[tokio::test]
async fn an_inquiry_moves_no_money() {
    let app = TestApp::start().await;
    let paid = app.backed("25", INQUIRY).await;
    eventually("the inquiry", async || app.count("select count(*) from disputes").await == 1).await;
    app.settle().await;
    assert_eq!(states(&app, &paid.bea).await, ["captured"]);
    assert_eq!(app.balance("gateway_balance").await, 25_000 - 630);
    assert_eq!(letters(&app, "dispute_opened").await, 1);
    assert_eq!(answer(&paid.marta, dispute_id(&app).await, "losing_evidence", "send").await.status, 200);
    eventually("its end", async || {
        app.count("select count(*) from disputes where state = 'inquiry_closed'").await == 1
    })
    .await;
    app.settle().await;
    assert_eq!(app.balance("gateway_balance").await, 25_000 - 630);
    app.finish().await;
}

#[tokio::test]
async fn nobody_answers_in_time() {
    let app = TestApp::start().await;
    let paid = disputed(&app).await;
    let id = dispute_id(&app).await;
    app.advance(TimeDelta::days(10)).await;
    let late = answer(&paid.marta, id, "Too late", "send").await;
    assert_eq!((late.status, late.message()), (409, "The bank takes no more evidence in this dispute."));
    app.gateway.advance(TimeDelta::days(10)).await;
    eventually("the loss", async || states(&app, &paid.bea).await == ["refunded"]).await;
    app.settle().await;
    app.finish().await;
}

// Cases 38 and 39
#[tokio::test]
async fn in_whatever_order_it_is_heard_of_it_is_booked_once() {
    let app = TestApp::start().await;
    let paid = disputed(&app).await;
    assert_eq!(answer(&paid.marta, dispute_id(&app).await, "winning_evidence", "send").await.status, 200);
    eventually("the bank", async || states(&app, &paid.bea).await == ["captured"]).await;
    app.settle().await;
    let posted = app.count("select count(*) from ledger_transactions").await;
    let mut events = app.gateway.events().await;
    events.reverse();
    for round in 0..2 {
        for (number, event) in events.iter().enumerate() {
            let mut twin = event.clone();
            twin["id"] = json!(format!("evt_twin_{round}_{number}"));
            assert_eq!(app.deliver(&twin).await, 200);
        }
        app.settle().await;
    }
    assert_eq!(app.count("select count(*) from ledger_transactions").await, posted);
    assert_eq!(states(&app, &paid.bea).await, ["captured"]);
    app.finish().await;
}

// Case 39: the dispute's events come before the payment's own.
#[tokio::test]
async fn a_dispute_may_be_heard_of_before_its_payment() {
    let app = TestApp::start_quiet().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().model("kia").by(&marta).build().await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, None, "25").await;
    crate::support::sandbox_page::enter(page.text(), DISPUTED).await;
    let events = app.gateway.events().await;
    let (of_dispute, others): (Vec<_>, Vec<_>) = events
        .into_iter()
        .partition(|event| event["type"].as_str().is_some_and(|kind| kind.starts_with("charge.dispute")));
    assert!(!of_dispute.is_empty());
    for event in of_dispute.iter().chain(&others) {
        assert_eq!(app.deliver(event).await, 200);
        app.pump().await;
        assert_eq!(states(&app, &bea).await, ["disputed"]);
    }
    assert_eq!(app.balance("disputed").await, 25_000);
    app.finish().await;
}

#[tokio::test]
async fn a_part_that_was_given_back_before_stays_given_back() {
    let app = TestApp::start().await;
    let paid = disputed(&app).await;
    // A refund that was made before the bank asked: as the rows would be.
    sqlx::query(
        "insert into refunds (id, pledge_id, amount, currency, state, source, reason, keeps_reward, fee, gateway_refund_id,
                              succeeded_at)
         values (gen_random_uuid(), $1, 5, 'EUR', 'succeeded', 'gateway', 'Before', true, 0.25, 're_before', clock())",
    )
    .bind(paid.pledge)
    .execute(&app.db)
    .await
    .expect("a refund");
    assert_eq!(answer(&paid.marta, dispute_id(&app).await, "winning_evidence", "send").await.status, 200);
    eventually("the bank", async || states(&app, &paid.bea).await == ["partially_refunded"]).await;
    app.settle().await;
    assert_eq!(paid.campaign.totals().await, ("20.000".into(), 1));
    app.finish().await;
}

// Case 42: neither its beginning nor its end is heard of, and it moves no money that would show it.
#[tokio::test]
async fn an_inquiry_that_nobody_told_us_of_is_read() {
    let app = TestApp::start().await;
    app.gateway.fault(json!({ "event": "charge.dispute.*" }), "drop").await;
    let paid = app.backed("25", INQUIRY).await;
    app.settle().await;
    assert_eq!(app.count("select count(*) from disputes").await, 0, "nobody told us");
    let read = async || {
        backend::books::reconcile(&app.ctx, Utc::now().date_naive()).await.expect("a reading").adopted
    };
    assert_eq!((read().await, read().await), (1, 0));
    app.settle().await;
    assert_eq!(letters(&app, "dispute_opened").await, 1);

    let dispute: String = sqlx::query_scalar("select gateway_dispute_id from disputes")
        .fetch_one(&app.db)
        .await
        .expect("its id");
    app.gateway.post(&format!("/v1/disputes/{dispute}/close"), &[]).await;
    assert_eq!(app.count("select count(*) from disputes where closed_at is null").await, 1, "nor of its end");
    assert_eq!((read().await, read().await), (1, 0));
    assert_eq!(app.count("select count(*) from disputes where closed_at is null").await, 0);
    assert_eq!(states(&app, &paid.bea).await, ["captured"]);
    app.settle().await;
    app.finish().await;
}
