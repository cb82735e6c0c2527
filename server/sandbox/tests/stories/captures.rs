//! Holds: captured, in part, let go, or forgotten until they run out.

use serde_json::Value;

use crate::support::{NOON, Stripe};

const DAY: i64 = 24 * 60 * 60;

async fn hold(stripe: &Stripe, more: &[(&str, &str)]) -> Value {
    let mut fields = vec![("capture_method", "manual")];
    fields.extend_from_slice(more);
    stripe.pay("pm_card_visa", &fields).await.ok()
}

fn path(intent: &Value, act: &str) -> String {
    format!("/v1/payment_intents/{}{act}", intent["id"].as_str().expect("an id"))
}

async fn charge(stripe: &Stripe, intent: &Value) -> Value {
    stripe.get(&format!("/v1/charges/{}", intent["latest_charge"].as_str().expect("a charge"))).await.ok()
}

#[tokio::test]
async fn a_hold_takes_no_money_yet() {
    let stripe = Stripe::start().await;
    let held = hold(&stripe, &[]).await;
    assert_eq!(
        (held["status"].as_str(), held["amount_capturable"].as_i64()),
        (Some("requires_capture"), Some(1000))
    );
    let charge = charge(&stripe, &held).await;
    assert_eq!((charge["captured"].as_bool(), &charge["balance_transaction"]), (Some(false), &Value::Null));
    assert_eq!(charge["payment_method_details"]["card"]["capture_before"], NOON + 7 * DAY);
}

#[tokio::test]
async fn a_captured_hold_is_paid() {
    let stripe = Stripe::start().await;
    let held = hold(&stripe, &[]).await;
    let taken = stripe.post(&path(&held, "/capture"), &[]).await.ok();
    assert_eq!(
        (taken["status"].as_str(), taken["amount_received"].as_i64()),
        (Some("succeeded"), Some(1000))
    );
    assert!(charge(&stripe, &taken).await["balance_transaction"].is_string());
    let types = stripe.event_types().await;
    let wanted = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ];
    assert_eq!(types, wanted);
}

#[tokio::test]
async fn of_a_part_the_rest_goes_back() {
    let stripe = Stripe::start().await;
    let held = hold(&stripe, &[]).await;
    let too_much = stripe.post(&path(&held, "/capture"), &[("amount_to_capture", "1001")]).await;
    assert_eq!((too_much.status, too_much.code()), (400, "amount_too_large"));
    let taken = stripe.post(&path(&held, "/capture"), &[("amount_to_capture", "400")]).await.ok();
    assert_eq!(
        (taken["amount_received"].as_i64(), taken["amount_capturable"].as_i64()),
        (Some(400), Some(0))
    );
    let charge = charge(&stripe, &taken).await;
    assert_eq!(
        (charge["amount_captured"].as_i64(), charge["amount_refunded"].as_i64()),
        (Some(400), Some(600))
    );
    let refused = stripe
        .post("/v1/refunds", &[("charge", charge["id"].as_str().expect("id")), ("amount", "401")])
        .await;
    assert_eq!(refused.status, 400);
    stripe.post("/v1/refunds", &[("charge", charge["id"].as_str().expect("id"))]).await.ok();
}

#[tokio::test]
async fn nothing_is_captured_twice_or_after_a_cancellation() {
    let stripe = Stripe::start().await;
    let held = hold(&stripe, &[]).await;
    stripe.post(&path(&held, "/capture"), &[]).await.ok();
    let twice = stripe.post(&path(&held, "/capture"), &[]).await;
    assert_eq!((twice.status, twice.code()), (400, "payment_intent_unexpected_state"));
    let other = hold(&stripe, &[]).await;
    let canceled = stripe.post(&path(&other, "/cancel"), &[("cancellation_reason", "abandoned")]).await.ok();
    assert_eq!(
        (canceled["status"].as_str(), canceled["amount_capturable"].as_i64()),
        (Some("canceled"), Some(0))
    );
    let late = stripe.post(&path(&other, "/capture"), &[]).await;
    assert!(late.message().contains("because it has a status of canceled"), "{}", late.message());
    assert_eq!(late.body["error"]["payment_intent"]["id"], other["id"]);
    assert_eq!(stripe.post(&path(&other, "/cancel"), &[]).await.status, 400);
}

#[tokio::test]
async fn nothing_is_confirmed_twice() {
    let stripe = Stripe::start().await;
    let paid = stripe.pay("pm_card_visa", &[]).await.ok();
    let again = stripe.post(&path(&paid, "/confirm"), &[("payment_method", "pm_card_visa")]).await;
    assert_eq!((again.status, again.code()), (400, "payment_intent_unexpected_state"));
    let held = hold(&stripe, &[]).await;
    let again = stripe.post(&path(&held, "/confirm"), &[]).await;
    assert_eq!((again.status, again.code()), (400, "payment_intent_unexpected_state"));
    assert_eq!(stripe.get("/v1/charges").await.body["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_forgotten_hold_runs_out() {
    let stripe = Stripe::start().await;
    let held = hold(&stripe, &[]).await;
    stripe.advance(7 * DAY - 1).await;
    assert_eq!(stripe.get(&path(&held, "")).await.body["status"], "requires_capture");
    stripe.advance(1).await;
    let gone = stripe.get(&path(&held, "")).await.ok();
    assert_eq!(
        (gone["status"].as_str(), gone["cancellation_reason"].as_str()),
        (Some("canceled"), Some("automatic"))
    );
    let types = stripe.event_types().await;
    assert_eq!(types[types.len() - 2..], ["charge.expired", "payment_intent.canceled"]);
}

#[tokio::test]
async fn visa_holds_shorter_without_the_customer() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    let held = hold(&stripe, &[("customer", &customer), ("off_session", "true")]).await;
    let until = &charge(&stripe, &held).await["payment_method_details"]["card"]["capture_before"];
    assert_eq!(*until, NOON + 4 * DAY + 18 * 60 * 60);
}

#[tokio::test]
async fn an_intent_may_change_until_it_is_confirmed() {
    let stripe = Stripe::start().await;
    let intent = stripe.post("/v1/payment_intents", &[("amount", "1000"), ("currency", "usd")]).await.ok();
    let changed = stripe.post(&path(&intent, ""), &[("amount", "2000"), ("metadata[a]", "1")]).await.ok();
    assert_eq!((changed["amount"].as_i64(), changed["metadata"]["a"].as_str()), (Some(2000), Some("1")));
    let missing = stripe.post(&path(&intent, "/confirm"), &[("return_url", "http://shop.example/")]).await;
    assert_eq!((missing.status, missing.code()), (400, "payment_intent_unexpected_state"));
    let fields = [("payment_method", "pm_card_visa"), ("return_url", "http://shop.example/")];
    stripe.post(&path(&intent, "/confirm"), &fields).await.ok();
    assert_eq!(stripe.post(&path(&intent, ""), &[("amount", "3000")]).await.status, 400);
    stripe.post(&path(&intent, ""), &[("metadata[b]", "2")]).await.ok();
}

#[tokio::test]
async fn automatic_methods_want_a_return_url() {
    let stripe = Stripe::start().await;
    let fields =
        [("amount", "1000"), ("currency", "usd"), ("payment_method", "pm_card_visa"), ("confirm", "true")];
    let refused = stripe.post("/v1/payment_intents", &fields).await;
    assert_eq!((refused.status, refused.body["error"]["param"].as_str()), (400, Some("return_url")));
    let fields = [fields.as_slice(), &[("return_url", "http://shop.example/")]].concat();
    stripe.post("/v1/payment_intents", &fields).await.ok();
}

#[tokio::test]
async fn types_of_payment_methods_are_allowed_by_their_new_name() {
    let stripe = Stripe::start().await;
    let fields = [("amount", "1000"), ("currency", "usd"), ("payment_method_types[]", "card")];
    let refused = stripe.post("/v1/payment_intents", &fields).await;
    assert_eq!((refused.status, refused.code()), (400, "payment_method_types_no_longer_supported"));
    let old = [("stripe-version", "2026-06-24.dahlia")];
    let taken =
        stripe.send(reqwest::Method::POST, "/v1/payment_intents", &fields, &old).await.expect("an answer");
    assert_eq!(taken.status, 200);
    let fields = [
        ("amount", "1000"),
        ("currency", "usd"),
        ("allowed_payment_method_types[]", "card"),
        ("automatic_payment_methods[enabled]", "true"),
    ];
    assert_eq!(stripe.post("/v1/payment_intents", &fields).await.code(), "parameters_exclusive");
    let taken = stripe.post("/v1/payment_intents", &fields[..3]).await.ok();
    assert_eq!(taken["allowed_payment_method_types"], serde_json::json!(["card"]));
}
