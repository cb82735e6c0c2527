//! Disputes: the money goes at once, evidence brings it back or does not, and silence loses.

use serde_json::Value;

use crate::support::{Fields, NOON, Stripe};

const DAY: i64 = 24 * 60 * 60;

async fn disputed(stripe: &Stripe, card: &str) -> Value {
    let paid = stripe.pay(card, &[]).await.ok();
    let charge = paid["latest_charge"].as_str().expect("a charge");
    stripe.get(&format!("/v1/disputes?charge={charge}")).await.ok()["data"][0].clone()
}

fn path(dispute: &Value) -> String {
    format!("/v1/disputes/{}", dispute["id"].as_str().expect("an id"))
}

async fn say(stripe: &Stripe, dispute: &Value, evidence: Fields<'_>) -> Value {
    stripe.post(&path(dispute), evidence).await.ok()
}

async fn types(stripe: &Stripe) -> Vec<String> {
    let all = stripe.event_types().await;
    all.into_iter().filter(|name| name.starts_with("charge.dispute.")).collect()
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_a_fee() {
    let stripe = Stripe::start().await;
    let dispute = disputed(&stripe, "pm_card_createDispute").await;
    assert_eq!((dispute["reason"].as_str(), dispute["amount"].as_i64()), (Some("fraudulent"), Some(1000)));
    assert_eq!(dispute["evidence_details"]["due_by"], NOON + 9 * DAY);
    let line = &dispute["balance_transactions"][0];
    assert_eq!(
        (line["amount"].as_i64(), line["fee"].as_i64(), line["net"].as_i64()),
        (Some(-1000), Some(1500), Some(-2500))
    );
    assert_eq!(line["reporting_category"], "dispute");
    assert!(line["_sandbox"].is_null());
    assert_eq!(stripe.balance(None, "usd").await, (-2500, 960));
    assert_eq!(types(&stripe).await, ["charge.dispute.created", "charge.dispute.funds_withdrawn"]);
    assert_eq!(
        disputed(&stripe, "pm_card_createDisputeProductNotReceived").await["reason"],
        "product_not_received"
    );
}

#[tokio::test]
async fn winning_evidence_brings_the_money_back_but_not_the_fee() {
    let stripe = Stripe::start().await;
    let dispute = disputed(&stripe, "pm_card_createDispute").await;
    let evidence = [("evidence[uncategorized_text]", "winning_evidence"), ("submit", "true")];
    let won = say(&stripe, &dispute, &evidence).await;
    assert_eq!(
        (won["status"].as_str(), won["balance_transactions"].as_array().map(Vec::len)),
        (Some("won"), Some(2))
    );
    assert_eq!(stripe.balance(None, "usd").await, (-1500, 960));
    let wanted = [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ];
    assert_eq!(types(&stripe).await, wanted);
    assert_eq!(stripe.post(&path(&dispute), &evidence).await.status, 400);
}

#[tokio::test]
async fn evidence_can_be_collected_before_it_is_submitted() {
    let stripe = Stripe::start().await;
    let dispute = disputed(&stripe, "pm_card_createDispute").await;
    let piece = [
        ("evidence[uncategorized_text]", "winning_evidence"),
        ("evidence[customer_name]", "Ada"),
        ("submit", "false"),
    ];
    let collected = say(&stripe, &dispute, &piece).await;
    let details = &collected["evidence_details"];
    assert_eq!(
        (collected["status"].as_str(), details["submission_count"].as_i64()),
        (Some("needs_response"), Some(0))
    );
    assert_eq!(
        (details["has_evidence"].as_bool(), collected["evidence"]["customer_name"].as_str()),
        (Some(true), Some("Ada"))
    );
    let submitted = say(&stripe, &dispute, &[("submit", "true")]).await;
    assert_eq!(
        (submitted["status"].as_str(), submitted["evidence_details"]["submission_count"].as_i64()),
        (Some("won"), Some(1))
    );
    let odd = stripe.post(&path(&dispute), &[("evidence[colour]", "red")]).await;
    assert_eq!(odd.status, 400);
}

#[tokio::test]
async fn losing_evidence_loses() {
    let stripe = Stripe::start().await;
    let dispute = disputed(&stripe, "pm_card_createDispute").await;
    let lost = say(&stripe, &dispute, &[("evidence[uncategorized_text]", "losing_evidence")]).await;
    assert_eq!(lost["status"], "lost");
    assert_eq!(stripe.balance(None, "usd").await, (-2500, 960));
    assert_eq!(types(&stripe).await.last().map(String::as_str), Some("charge.dispute.closed"));
}

#[tokio::test]
async fn silence_loses_when_the_time_is_over() {
    let stripe = Stripe::start().await;
    let silent = disputed(&stripe, "pm_card_createDispute").await;
    let reviewed = disputed(&stripe, "pm_card_createDispute").await;
    let said = say(&stripe, &reviewed, &[("evidence[uncategorized_text]", "It was sent.")]).await;
    assert_eq!(said["status"], "under_review");
    let won = disputed(&stripe, "pm_card_createDispute").await;
    say(&stripe, &won, &[("evidence[uncategorized_text]", "winning_evidence")]).await;
    stripe.advance(9 * DAY - 1).await;
    assert_eq!(stripe.get(&path(&silent)).await.ok()["status"], "needs_response");
    stripe.advance(1).await;
    for (dispute, status, past_due) in
        [(&silent, "lost", true), (&reviewed, "lost", false), (&won, "won", false)]
    {
        let after = stripe.get(&path(dispute)).await.ok();
        assert_eq!(
            (after["status"].as_str(), after["evidence_details"]["past_due"].as_bool()),
            (Some(status), Some(past_due))
        );
    }
}

#[tokio::test]
async fn an_inquiry_takes_nothing_and_closes() {
    let stripe = Stripe::start().await;
    let inquiry = disputed(&stripe, "pm_card_createDisputeInquiry").await;
    assert_eq!(
        (inquiry["status"].as_str(), inquiry["balance_transactions"].as_array().map(Vec::len)),
        (Some("warning_needs_response"), Some(0))
    );
    assert_eq!(stripe.balance(None, "usd").await, (0, 960));
    stripe.advance(9 * DAY).await;
    assert_eq!(stripe.get(&path(&inquiry)).await.ok()["status"], "warning_closed");
    assert_eq!(types(&stripe).await, ["charge.dispute.created", "charge.dispute.closed"]);
}

#[tokio::test]
async fn a_fraud_warning_can_be_read() {
    let stripe = Stripe::start().await;
    let paid = stripe.pay("pm_card_createIssuerFraudRecord", &[]).await.ok();
    let charge = paid["latest_charge"].as_str().expect("a charge");
    let listed = stripe.get(&format!("/v1/radar/early_fraud_warnings?charge={charge}")).await.ok();
    let id = listed["data"][0]["id"].as_str().expect("an id");
    let warning = stripe.get(&format!("/v1/radar/early_fraud_warnings/{id}")).await.ok();
    assert_eq!((warning["charge"].as_str(), warning["actionable"].as_bool()), (Some(charge), Some(true)));
}
