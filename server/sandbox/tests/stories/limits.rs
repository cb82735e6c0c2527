//! Request limits: each endpoint takes so many requests a second, and the limiter stands before everything else.

use sandbox::{Clock, Config};
use serde_json::json;

use crate::support::{NOON, Stripe};

async fn limited() -> Stripe {
    let config = Config { clock: Clock::frozen_at(NOON), requests_per_second: Some(5), ..Config::default() };
    Stripe::start_with(config).await
}

#[tokio::test]
async fn the_sixth_request_of_a_second_is_too_many() {
    let stripe = limited().await;
    for _ in 0..5 {
        stripe.customer().await;
    }
    let refused = stripe.post("/v1/customers", &[]).await;
    assert_eq!((refused.status, refused.code()), (429, "rate_limit"));
    assert_eq!(refused.header("stripe-rate-limited-reason"), Some("endpoint-rate"));
    assert!(refused.message().starts_with("Request rate limit exceeded."));
    stripe.get("/v1/customers").await.ok();
    stripe.get("/v1/refunds").await.ok();
    stripe.advance(1).await;
    stripe.customer().await;
}

#[tokio::test]
async fn objects_of_one_endpoint_share_its_limit() {
    let stripe = limited().await;
    let (one, two) = (stripe.customer().await, stripe.customer().await);
    for id in [&one, &two, &one, &two, &one] {
        stripe.get(&format!("/v1/customers/{id}")).await.ok();
    }
    assert_eq!(stripe.get(&format!("/v1/customers/{two}")).await.status, 429);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let stripe = limited().await;
    for _ in 0..5 {
        stripe.customer().await;
    }
    assert_eq!(stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k").await.status, 429);
    stripe.advance(1).await;
    let made = stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k").await;
    assert_eq!((made.status, made.header("idempotent-replayed")), (200, None));
}

#[tokio::test]
async fn limits_can_be_changed_while_it_runs() {
    let stripe = limited().await;
    stripe.set(json!({ "requests_per_second": 1 })).await;
    stripe.customer().await;
    assert_eq!(stripe.post("/v1/customers", &[]).await.status, 429);
    stripe.set(json!({})).await;
    for _ in 0..50 {
        stripe.customer().await;
    }
    assert_eq!(
        stripe.get("/_sandbox/settings").await.ok(),
        json!({ "bank_debits": true, "requests_per_second": null })
    );
}

#[tokio::test]
async fn a_fault_may_say_when_to_come_back() {
    let stripe = Stripe::start().await;
    stripe.fault(json!({ "match": { "nth": 1 }, "mode": "rate_limit_429", "retry_after": 3 })).await;
    let refused = stripe.post("/v1/customers", &[]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3")));
    assert_eq!(refused.header("stripe-rate-limited-reason"), Some("endpoint-rate"));
}
