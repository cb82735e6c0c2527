//! Events on their way: signed, retried, and spoiled on request.

use std::time::Duration;

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{Hooks, Post, SECRET, Stripe};

fn is_signed(post: &Post, secret: &str) -> bool {
    let (t, v1) = post.signature.split_once(",v1=").expect("a signature");
    let t = t.strip_prefix("t=").expect("a time");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(format!("{t}.{}", post.body).as_bytes());
    hex::encode(mac.finalize().into_bytes()) == v1
}

fn event_ids(posts: &[Post]) -> Vec<&str> {
    posts.iter().filter_map(|post| post.event["id"].as_str()).collect()
}

#[tokio::test]
async fn events_arrive_signed_and_soon() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_for(&hooks).await;
    let customer = stripe.customer().await;
    let posts = hooks.wait_for("customer.created", 1).await;
    let event = &posts[0].event;
    assert!(is_signed(&posts[0], SECRET) && !is_signed(&posts[0], "whsec_other"));
    assert_eq!(event["data"]["object"]["id"], customer);
    assert_eq!((event["livemode"].as_bool(), event["pending_webhooks"].as_i64()), (Some(false), Some(1)));
    assert_eq!(event["api_version"], sandbox::API_VERSION);
    assert!(event["request"]["id"].is_string());
    let path = format!("/v1/events/{}", event["id"].as_str().expect("an id"));
    while stripe.get(&path).await.ok()["pending_webhooks"] != 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_event_names_the_key_that_caused_it() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_for(&hooks).await;
    stripe.post_with_key("/v1/customers", &[], "pledge-7").await.ok();
    let posts = hooks.wait_for("customer.created", 1).await;
    assert_eq!(posts[0].event["request"]["idempotency_key"], "pledge-7");
}

#[tokio::test]
async fn whatever_is_not_a_success_is_sent_again() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_for(&hooks).await;
    hooks.answer_with(&[500, 404, 302]);
    stripe.customer().await;
    let posts = hooks.wait_for("customer.created", 4).await;
    assert_eq!(posts.len(), 4);
    assert!(posts.iter().all(|post| is_signed(post, SECRET)));
    assert_eq!(event_ids(&posts)[0], event_ids(&posts)[3]);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(hooks.wait_for("customer.created", 4).await.len(), 4);
}

#[tokio::test]
async fn an_endpoint_gets_what_it_asked_for() {
    let (all, some) = (Hooks::open().await, Hooks::open().await);
    let stripe = Stripe::start_for(&all).await;
    let fields = [
        ("url", some.url()),
        ("enabled_events[]", "payment_intent.succeeded"),
        ("enabled_events[]", "refund.created"),
    ];
    let endpoint = stripe.post("/v1/webhook_endpoints", &fields).await.ok();
    let secret = endpoint["secret"].as_str().expect("a secret");
    let paid = stripe.pay("pm_card_visa", &[]).await;
    stripe.post("/v1/refunds", &[("payment_intent", paid.id())]).await.ok();
    let posts = some.wait_for("refund.created", 1).await;
    assert!(is_signed(&posts[0], secret));
    all.wait_for("charge.refunded", 1).await;
    let mut types = some.types();
    types.sort();
    assert_eq!(types, ["payment_intent.succeeded", "refund.created"]);
}

#[tokio::test]
async fn endpoints_are_changed_disabled_and_deleted() {
    let stripe = Stripe::start().await;
    let hooks = Hooks::open().await;
    let endpoint =
        stripe.post("/v1/webhook_endpoints", &[("url", hooks.url()), ("enabled_events[]", "*")]).await;
    let path = format!("/v1/webhook_endpoints/{}", endpoint.id());
    assert_eq!(stripe.get(&path).await.ok()["secret"], Value::Null);
    assert_eq!(stripe.post(&path, &[("disabled", "true")]).await.ok()["status"], "disabled");
    stripe.customer().await;
    assert_eq!(
        stripe.post(&path, &[("disabled", "false"), ("enabled_events[]", "x.y")]).await.ok()["status"],
        "enabled"
    );
    stripe.customer().await;
    assert_eq!(stripe.delete(&path).await.ok()["deleted"], true);
    assert_eq!(stripe.get(&path).await.status, 404);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(hooks.types(), Vec::<String>::new());
    assert_eq!(
        stripe.post("/v1/webhook_endpoints", &[("url", "nonsense"), ("enabled_events[]", "*")]).await.status,
        400
    );
}

#[tokio::test]
async fn a_failing_endpoint_does_not_hold_up_others() {
    let (failing, good) = (Hooks::open().await, Hooks::open().await);
    let stripe = Stripe::start_for(&good).await;
    failing.answer_with(&[500; 50]);
    stripe.post("/v1/webhook_endpoints", &[("url", failing.url()), ("enabled_events[]", "*")]).await.ok();
    for _ in 0..20 {
        stripe.customer().await;
    }
    assert_eq!(good.wait_for("customer.created", 20).await.len(), 20);
}

#[tokio::test]
async fn a_dropped_event_never_comes_but_can_be_listed() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_for(&hooks).await;
    stripe.fault(json!({ "match": { "event": "customer.*" }, "mode": "drop" })).await;
    stripe.customer().await;
    stripe.no_faults().await;
    stripe.pay("pm_card_visa", &[]).await.ok();
    hooks.wait_for("payment_intent.succeeded", 1).await;
    assert!(!hooks.types().contains(&"customer.created".to_owned()));
    assert!(stripe.event_types().await.contains(&"customer.created".to_owned()));
}

#[tokio::test]
async fn a_duplicate_has_one_id_and_twins_have_two() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_for(&hooks).await;
    stripe.fault(json!({ "match": { "event": "customer.created", "nth": 1 }, "mode": "duplicate" })).await;
    stripe.customer().await;
    let posts = hooks.wait_for("customer.created", 2).await;
    assert_eq!(event_ids(&posts)[0], event_ids(&posts)[1]);
    stripe.no_faults().await;
    stripe.fault(json!({ "match": { "event": "payment_intent.succeeded" }, "mode": "twin" })).await;
    stripe.pay("pm_card_visa", &[]).await.ok();
    let posts = hooks.wait_for("payment_intent.succeeded", 2).await;
    assert_ne!(event_ids(&posts)[0], event_ids(&posts)[1]);
    assert_eq!(posts[0].event["data"], posts[1].event["data"]);
}

#[tokio::test]
async fn a_reordered_event_is_overtaken() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_for(&hooks).await;
    stripe.fault(json!({ "match": { "event": "payment_intent.created" }, "mode": "reorder" })).await;
    stripe.pay("pm_card_visa", &[]).await.ok();
    hooks.wait_for("payment_intent.created", 1).await;
    let types = hooks.types();
    let place = |name: &str| types.iter().position(|known| known == name);
    assert!(place("payment_intent.succeeded") < place("payment_intent.created"), "{types:?}");
}

#[tokio::test]
async fn a_delayed_event_waits_for_the_clock() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_for(&hooks).await;
    stripe
        .fault(json!({ "match": { "event": "customer.created" }, "mode": "delay_ms", "ms": 3_600_000 }))
        .await;
    stripe.customer().await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(hooks.types(), Vec::<String>::new());
    stripe.advance(3600).await;
    hooks.wait_for("customer.created", 1).await;
}

#[tokio::test]
async fn an_old_version_lacks_what_came_later() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_for(&hooks).await;
    stripe
        .fault(json!({ "match": { "event": "payment_intent.succeeded" }, "mode": "old_api_version" }))
        .await;
    let paid = stripe.pay("pm_card_visa", &[]).await;
    let posts = hooks.wait_for("payment_intent.succeeded", 1).await;
    let event = &posts[0].event;
    assert_eq!(event["api_version"], "2018-11-08");
    assert!(event["data"]["object"].get("payment_method_types").is_none());
    assert!(
        stripe.get(&format!("/v1/payment_intents/{}", paid.id())).await.ok()["payment_method_types"]
            .is_array()
    );
}
