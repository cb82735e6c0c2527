//! Keys: one execution, one answer, for a day.

use serde_json::json;

use crate::support::Stripe;

const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let stripe = Stripe::start().await;
    let first = stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await;
    let again = stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await;
    assert_eq!(again.body, first.body);
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("original-request"), first.header("request-id"));
    assert_eq!(stripe.get("/v1/customers").await.body["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn twenty_at_once_make_one_object() {
    let stripe = Stripe::start().await;
    let posts = (0..20).map(|_| stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1"));
    let replies = futures_join(posts.collect()).await;
    assert!(replies.iter().all(|status| [200, 409].contains(status)), "{replies:?}");
    assert_eq!(stripe.get("/v1/customers").await.body["data"].as_array().map(Vec::len), Some(1));
}

async fn futures_join<F: Future<Output = crate::support::Reply>>(posts: Vec<F>) -> Vec<u16> {
    let mut statuses = Vec::new();
    let mut posts: Vec<_> = posts.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        posts.retain_mut(|post| match post.as_mut().poll(context) {
            std::task::Poll::Ready(reply) => {
                statuses.push(reply.status);
                false
            }
            std::task::Poll::Pending => true,
        });
        if posts.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    statuses
}

#[tokio::test]
async fn other_parameters_under_a_key_are_refused() {
    let stripe = Stripe::start().await;
    stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await.ok();
    for (path, name) in [("/v1/customers", "Bob"), ("/v1/setup_intents", "Ada")] {
        let reply = stripe.post_with_key(path, &[("name", name)], "k1").await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.body["error"]["type"], "idempotency_error");
    }
}

#[tokio::test]
async fn the_order_of_parameters_does_not_matter() {
    let stripe = Stripe::start().await;
    stripe.post_with_key("/v1/customers", &[("name", "Ada"), ("phone", "1")], "k1").await.ok();
    let again = stripe.post_with_key("/v1/customers", &[("phone", "1"), ("name", "Ada")], "k1").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn a_decline_is_kept_and_leaves_one_charge() {
    let stripe = Stripe::start().await;
    let fields = [
        ("amount", "1000"),
        ("currency", "usd"),
        ("payment_method", "pm_card_chargeDeclined"),
        ("allowed_payment_method_types[]", "card"),
        ("confirm", "true"),
    ];
    let first = stripe.post_with_key("/v1/payment_intents", &fields, "k1").await;
    let again = stripe.post_with_key("/v1/payment_intents", &fields, "k1").await;
    assert_eq!((first.status, again.status), (402, 402));
    assert_eq!(first.body, again.body);
    assert_eq!(stripe.get("/v1/charges").await.body["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_wrong_parameter_leaves_the_key_free() {
    let stripe = Stripe::start().await;
    let refused =
        stripe.post_with_key("/v1/payment_intents", &[("amount", "x"), ("currency", "usd")], "k1").await;
    assert_eq!((refused.status, refused.code()), (400, "parameter_invalid_integer"));
    let fields = [("amount", "1000"), ("currency", "usd")];
    stripe.post_with_key("/v1/payment_intents", &fields, "k1").await.ok();
}

#[tokio::test]
async fn what_an_object_cannot_do_is_kept() {
    let stripe = Stripe::start().await;
    let intent = stripe.pay("pm_card_visa", &[]).await;
    let path = format!("/v1/payment_intents/{}/cancel", intent.id());
    let first = stripe.post_with_key(&path, &[], "k1").await;
    let again = stripe.post_with_key(&path, &[], "k1").await;
    assert_eq!((first.status, first.code()), (400, "payment_intent_unexpected_state"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn a_key_in_flight_is_a_conflict_and_then_a_replay() {
    let stripe = Stripe::start().await;
    stripe
        .fault(json!({ "match": { "path_prefix": "/v1/customers", "nth": 1 }, "mode": "stall", "ms": 3000 }))
        .await;
    let slow = stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1");
    let quick = async {
        stripe.has_struck().await;
        stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!((quick.status, quick.code()), (409, "idempotency_key_in_use"));
    assert_eq!(slow.status, 200);
    let later = stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await;
    assert_eq!(later.id(), slow.id());
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let stripe = Stripe::start().await;
    let first = stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await;
    stripe.advance(DAY - 1).await;
    assert_eq!(stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await.id(), first.id());
    stripe.advance(1).await;
    assert_ne!(stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await.id(), first.id());
}

#[tokio::test]
async fn keys_are_at_most_255_characters_and_only_for_posts() {
    let stripe = Stripe::start().await;
    assert_eq!(stripe.post_with_key("/v1/customers", &[], &"k".repeat(256)).await.status, 400);
    stripe.post_with_key("/v1/customers", &[], &"k".repeat(255)).await.ok();
    let key = [("idempotency-key", "k1")];
    for _ in 0..2 {
        let reply = stripe.send(reqwest::Method::GET, "/v1/customers", &[], &key).await.expect("an answer");
        assert_eq!((reply.status, reply.header("idempotent-replayed")), (200, None));
    }
}
