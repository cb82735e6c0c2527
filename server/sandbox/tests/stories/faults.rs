//! Faults on requests: what was executed, what the caller sees, and what a retry finds.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, Stripe};

const PATH: &str = "/v1/customers";

async fn try_once(stripe: &Stripe, key: &str) -> reqwest::Result<Reply> {
    stripe.send(Method::POST, PATH, &[("name", "Ada")], &[("idempotency-key", key)]).await
}

async fn customers(stripe: &Stripe) -> usize {
    stripe.get("/_sandbox/objects").await.ok()["customer"].as_array().map_or(0, Vec::len)
}

async fn once(stripe: &Stripe, mode: &str, more: Value) {
    let mut fault = json!({ "match": { "method": "POST", "path_prefix": PATH, "nth": 1 }, "mode": mode });
    for (name, value) in more.as_object().into_iter().flatten() {
        fault[name] = value.clone();
    }
    stripe.fault(fault).await;
}

#[tokio::test]
async fn dropped_before_nothing_happened() {
    let stripe = Stripe::start().await;
    once(&stripe, "drop_before", json!({})).await;
    assert!(try_once(&stripe, "k1").await.is_err());
    assert_eq!(customers(&stripe).await, 0);
    try_once(&stripe, "k1").await.expect("an answer").ok();
    assert_eq!(customers(&stripe).await, 1);
}

#[tokio::test]
async fn dropped_after_the_key_finds_what_was_made() {
    let stripe = Stripe::start().await;
    once(&stripe, "drop_response_after_commit", json!({})).await;
    assert!(try_once(&stripe, "k1").await.is_err());
    assert_eq!(customers(&stripe).await, 1);
    let again = try_once(&stripe, "k1").await.expect("an answer");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(customers(&stripe).await, 1);
}

#[tokio::test]
async fn a_late_500_stays_under_its_key_while_the_object_lives() {
    let stripe = Stripe::start().await;
    once(&stripe, "error_500_after_commit", json!({})).await;
    for _ in 0..2 {
        let reply = try_once(&stripe, "k1").await.expect("an answer");
        assert_eq!((reply.status, reply.body["error"]["type"].as_str()), (500, Some("api_error")));
    }
    assert_eq!(customers(&stripe).await, 1);
    assert_eq!(stripe.event_types().await, ["customer.created"]);
}

#[tokio::test]
async fn a_500_that_did_nothing_stays_under_its_key_too() {
    let stripe = Stripe::start().await;
    once(&stripe, "error_500_instead", json!({})).await;
    for _ in 0..2 {
        assert_eq!(try_once(&stripe, "k1").await.expect("an answer").status, 500);
    }
    assert_eq!(customers(&stripe).await, 0);
    assert_eq!(try_once(&stripe, "k2").await.expect("an answer").status, 200);
}

#[tokio::test]
async fn limits_and_locks_leave_the_key_free() {
    let stripe = Stripe::start().await;
    let cases = [
        ("rate_limit_429", json!({}), 429, "rate_limit", None),
        ("rate_limit_429", json!({ "should_retry": true }), 429, "rate_limit", Some("true")),
        ("rate_limit_429", json!({ "should_retry": false }), 429, "rate_limit", Some("false")),
        ("lock_timeout_429", json!({}), 429, "lock_timeout", None),
        ("idempotency_in_use_409", json!({}), 409, "idempotency_key_in_use", None),
        ("refuse_403", json!({}), 403, "more_permissions_required", None),
    ];
    for (number, (mode, more, status, code, should_retry)) in cases.into_iter().enumerate() {
        stripe.no_faults().await;
        once(&stripe, mode, more).await;
        let key = format!("k{number}");
        let struck = try_once(&stripe, &key).await.expect("an answer");
        assert_eq!((struck.status, struck.code()), (status, code));
        assert_eq!(struck.header("stripe-should-retry"), should_retry, "{mode}");
        let next = try_once(&stripe, &key).await.expect("an answer");
        assert_eq!((next.status, next.header("idempotent-replayed")), (200, None));
    }
}

#[tokio::test]
async fn a_proxys_page_is_not_json() {
    let stripe = Stripe::start().await;
    once(&stripe, "html_502", json!({})).await;
    let page = try_once(&stripe, "k1").await.expect("an answer");
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html")));
    assert!(page.body.as_str().is_some_and(|text| text.starts_with("<html>")));
    assert_eq!(customers(&stripe).await, 0);
    stripe.no_faults().await;
    once(&stripe, "html_502", json!({ "commit": true })).await;
    assert_eq!(try_once(&stripe, "k2").await.expect("an answer").status, 502);
    assert_eq!(customers(&stripe).await, 1);
    assert_eq!(try_once(&stripe, "k2").await.expect("an answer").status, 200);
}

#[tokio::test]
async fn an_answer_may_break_off() {
    let stripe = Stripe::start().await;
    once(&stripe, "truncated_json_200", json!({})).await;
    let cut = try_once(&stripe, "k1").await.expect("an answer");
    assert_eq!(cut.status, 200);
    assert!(cut.body.is_string(), "{}", cut.body);
    try_once(&stripe, "k1").await.expect("an answer").ok();
    assert_eq!(customers(&stripe).await, 1);
}

#[tokio::test]
async fn a_stalled_request_ends_even_if_its_caller_left() {
    let stripe = Stripe::start().await;
    once(&stripe, "stall", json!({ "ms": 3000 })).await;
    tokio::select! {
        answered = try_once(&stripe, "k1") => panic!("{answered:?}"),
        () = stripe.has_struck() => {}
    }
    let mut again = try_once(&stripe, "k1").await.expect("an answer");
    assert_eq!(again.status, 409);
    while again.status == 409 {
        again = try_once(&stripe, "k1").await.expect("an answer");
    }
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(customers(&stripe).await, 1);
}

#[tokio::test]
async fn faults_strike_by_number_by_content_and_by_chance() {
    let stripe = Stripe::start().await;
    stripe
        .fault(json!({ "match": { "path_prefix": PATH, "every": 3, "count": 1 }, "mode": "rate_limit_429" }))
        .await;
    assert_eq!(statuses(&stripe, 6).await, [200, 200, 429, 200, 200, 200]);
    stripe.no_faults().await;
    stripe
        .fault(json!({ "match": { "body_contains": "metadata[pledge_id]=7" }, "mode": "rate_limit_429" }))
        .await;
    assert_eq!(stripe.post(PATH, &[("metadata[pledge_id]", "7")]).await.status, 429);
    assert_eq!(stripe.post(PATH, &[("metadata[pledge_id]", "8")]).await.status, 200);
    stripe.no_faults().await;
    let dice =
        json!({ "match": { "path_prefix": PATH, "percent": 50.0, "seed": 7 }, "mode": "rate_limit_429" });
    stripe.fault(dice.clone()).await;
    let first = statuses(&stripe, 20).await;
    stripe.no_faults().await;
    stripe.fault(dice).await;
    assert_eq!(statuses(&stripe, 20).await, first);
    assert!(first.contains(&429) && first.contains(&200));
}

async fn statuses(stripe: &Stripe, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(stripe.post(PATH, &[]).await.status);
    }
    statuses
}

#[tokio::test]
async fn faults_are_listed_and_wrong_ones_refused() {
    let stripe = Stripe::start().await;
    once(&stripe, "drop_before", json!({})).await;
    let listed = stripe.get("/_sandbox/faults").await.ok();
    assert_eq!(
        (listed[0]["fault"]["mode"].as_str(), listed[0]["fired"].as_u64()),
        (Some("drop_before"), Some(0))
    );
    let client = reqwest::Client::new();
    let wrong = client.post(stripe.url("/_sandbox/faults")).json(&json!({ "mode": "explode" }));
    assert_eq!(wrong.send().await.expect("an answer").status(), 400);
    let back = client.post(stripe.url("/_sandbox/clock")).json(&json!({ "advance_seconds": -1 }));
    assert_eq!(back.send().await.expect("an answer").status(), 400);
}
