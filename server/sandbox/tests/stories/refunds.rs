//! Refunds, in parts and to the last cent, and those that think again.

use serde_json::{Value, json};

use crate::support::Stripe;

async fn paid(stripe: &Stripe, card: &str) -> String {
    stripe.pay(card, &[]).await.id().to_owned()
}

async fn charge(stripe: &Stripe, intent: &str) -> Value {
    let intent = stripe.get(&format!("/v1/payment_intents/{intent}?expand[]=latest_charge")).await.ok();
    intent["latest_charge"].clone()
}

#[tokio::test]
async fn parts_may_add_up_to_the_charge_and_not_a_cent_more() {
    let stripe = Stripe::start().await;
    let intent = paid(&stripe, "pm_card_visa").await;
    for part in ["300", "300", "399"] {
        let refund = stripe.post("/v1/refunds", &[("payment_intent", &intent), ("amount", part)]).await.ok();
        assert_eq!(
            (refund["status"].as_str(), refund["amount"].to_string().as_str()),
            (Some("succeeded"), part)
        );
    }
    let refused = stripe.post("/v1/refunds", &[("payment_intent", &intent), ("amount", "2")]).await;
    assert_eq!((refused.status, refused.body["error"]["param"].as_str()), (400, Some("amount")));
    assert!(refused.message().contains("($0.02) is greater than unrefunded amount on charge ($0.01)"));
    stripe.post("/v1/refunds", &[("payment_intent", &intent), ("amount", "1")]).await.ok();
    let refused = stripe.post("/v1/refunds", &[("payment_intent", &intent)]).await;
    assert_eq!((refused.status, refused.code()), (400, "charge_already_refunded"));
    let charge = charge(&stripe, &intent).await;
    assert_eq!((charge["refunded"].as_bool(), charge["amount_refunded"].as_i64()), (Some(true), Some(1000)));
    let listed = stripe.get(&format!("/v1/refunds?payment_intent={intent}")).await.ok();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn a_refund_tells_its_reason_and_carries_metadata() {
    let stripe = Stripe::start().await;
    let intent = paid(&stripe, "pm_card_visa").await;
    let fields =
        [("payment_intent", intent.as_str()), ("reason", "requested_by_customer"), ("metadata[row]", "9")];
    let refund = stripe.post("/v1/refunds", &fields).await.ok();
    assert_eq!(
        (refund["reason"].as_str(), refund["metadata"]["row"].as_str()),
        (Some("requested_by_customer"), Some("9"))
    );
    assert!(refund["balance_transaction"].is_string());
    let types = stripe.event_types().await;
    assert_eq!(types[types.len() - 2..], ["refund.created", "charge.refunded"]);
}

#[tokio::test]
async fn what_was_not_taken_cannot_be_given_back() {
    let stripe = Stripe::start().await;
    let held = stripe.pay("pm_card_visa", &[("capture_method", "manual")]).await;
    let refused = stripe.post("/v1/refunds", &[("payment_intent", held.id())]).await;
    assert_eq!((refused.status, refused.code()), (400, "charge_not_refundable"));
    let refused = stripe.post("/v1/refunds", &[("payment_intent", "pi_none")]).await;
    assert_eq!((refused.status, refused.code()), (400, "resource_missing"));
    assert_eq!(stripe.post("/v1/refunds", &[]).await.status, 400);
}

#[tokio::test]
async fn two_at_once_refund_once() {
    let stripe = Stripe::start().await;
    let intent = paid(&stripe, "pm_card_visa").await;
    let fields = [("payment_intent", intent.as_str())];
    let (one, two) = tokio::join!(stripe.post("/v1/refunds", &fields), stripe.post("/v1/refunds", &fields));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn a_slow_refund_succeeds_later() {
    let stripe = Stripe::start().await;
    let intent = paid(&stripe, "pm_card_pendingRefund").await;
    let refund = stripe.post("/v1/refunds", &[("payment_intent", &intent)]).await.ok();
    assert_eq!(
        (refund["status"].as_str(), refund["pending_reason"].as_str()),
        (Some("pending"), Some("processing"))
    );
    stripe.advance(60).await;
    let later = stripe.get(&format!("/v1/refunds/{}", refund["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(
        (later["status"].as_str(), later["balance_transaction"].is_string()),
        (Some("succeeded"), true)
    );
    assert!(stripe.event_types().await.contains(&"refund.updated".to_owned()));
}

#[tokio::test]
async fn a_refund_can_fail_after_it_succeeded() {
    let stripe = Stripe::start().await;
    let intent = paid(&stripe, "pm_card_refundFail").await;
    let refund = stripe.post("/v1/refunds", &[("payment_intent", &intent)]).await.ok();
    assert_eq!(refund["status"], "succeeded");
    stripe.advance(60).await;
    let later = stripe.get(&format!("/v1/refunds/{}", refund["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(later["status"], "failed");
    assert!(later["failure_reason"].is_string() && later["failure_balance_transaction"].is_string());
    let charge = charge(&stripe, &intent).await;
    assert_eq!((charge["refunded"].as_bool(), charge["amount_refunded"].as_i64()), (Some(false), Some(0)));
    assert!(stripe.event_types().await.contains(&"refund.failed".to_owned()));
    let lines = stripe.get("/v1/balance_transactions").await.ok();
    let sum: i64 =
        lines["data"].as_array().expect("lines").iter().filter_map(|line| line["amount"].as_i64()).sum();
    assert_eq!(sum, 1000);
}

#[tokio::test]
async fn without_balance_a_refund_waits_or_is_refused() {
    let stripe = Stripe::start().await;
    let intent = paid(&stripe, "pm_card_visa").await;
    stripe
        .fault(json!({ "match": { "path_prefix": "/v1/refunds", "nth": 1 }, "mode": "insufficient_balance" }))
        .await;
    stripe
        .fault(json!({
            "match": { "path_prefix": "/v1/refunds", "nth": 2 }, "mode": "insufficient_balance", "refuse": true
        }))
        .await;
    let waiting = stripe.post("/v1/refunds", &[("payment_intent", &intent), ("amount", "100")]).await.ok();
    assert_eq!(waiting["pending_reason"], "insufficient_funds");
    let refused = stripe.post("/v1/refunds", &[("payment_intent", &intent), ("amount", "100")]).await;
    assert_eq!((refused.status, refused.code()), (400, "balance_insufficient"));
    stripe.advance(24 * 60 * 60).await;
    let later = stripe.get(&format!("/v1/refunds/{}", waiting["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(later["status"], "succeeded");
}

#[tokio::test]
async fn a_disputed_charge_is_not_refunded() {
    let stripe = Stripe::start().await;
    let intent = paid(&stripe, "pm_card_createDispute").await;
    let refused = stripe.post("/v1/refunds", &[("payment_intent", &intent)]).await;
    assert_eq!((refused.status, refused.code()), (400, "charge_disputed"));
}

#[tokio::test]
async fn nobody_debits_the_bank_then_refunds_wait_for_the_balance() {
    let stripe = Stripe::start().await;
    stripe.set(json!({ "bank_debits": false })).await;
    let intent = paid(&stripe, "pm_card_visa").await;
    let refund = stripe.post("/v1/refunds", &[("payment_intent", &intent)]).await.ok();
    assert_eq!(
        (refund["status"].as_str(), refund["pending_reason"].as_str()),
        (Some("pending"), Some("insufficient_funds"))
    );
    assert_eq!(stripe.balance(None, "usd").await, (0, 960));
    let path = format!("/v1/refunds/{}", refund["id"].as_str().expect("an id"));
    stripe.advance(60 * 60).await;
    assert_eq!(stripe.get(&path).await.ok()["status"], "pending");
    paid(&stripe, "pm_card_visa").await;
    stripe.advance(60 * 60).await;
    let later = stripe.get(&path).await.ok();
    assert_eq!((later["status"].as_str(), later["pending_reason"].is_null()), (Some("succeeded"), true));
    assert_eq!(stripe.balance(None, "usd").await, (-1000, 1920));
}

#[tokio::test]
async fn a_failed_refund_gives_the_balance_back_and_can_be_made_again() {
    let stripe = Stripe::start().await;
    let intent = paid(&stripe, "pm_card_refundFail").await;
    let fields = [("payment_intent", intent.as_str()), ("amount", "400")];
    stripe.post("/v1/refunds", &fields).await.ok();
    assert_eq!(stripe.balance(None, "usd").await, (-400, 960));
    stripe.advance(60).await;
    assert_eq!(stripe.balance(None, "usd").await, (0, 960));
    let whole = stripe.post("/v1/refunds", &[("payment_intent", &intent)]).await.ok();
    assert_eq!(whole["amount"], 1000);
}
