//! Which amounts are taken.

use crate::support::{Fields, Stripe};

#[tokio::test]
async fn amounts_that_stripe_refuses_are_refused() {
    let stripe = Stripe::start().await;
    let cases = [
        ("0", "usd", "parameter_invalid_integer"),
        ("-1", "usd", "parameter_invalid_integer"),
        ("1.005", "usd", "parameter_invalid_integer"),
        ("１００", "usd", "parameter_invalid_integer"),
        ("NaN", "usd", "parameter_invalid_integer"),
        ("49", "usd", "amount_too_small"),
        ("29", "gbp", "amount_too_small"),
        ("49", "jpy", "amount_too_small"),
        ("100000000", "usd", "amount_too_large"),
        ("5124", "kwd", "parameter_invalid_integer"),
        ("", "usd", "parameter_invalid_empty"),
    ];
    for (amount, currency, code) in cases {
        let reply = stripe.post("/v1/payment_intents", &[("amount", amount), ("currency", currency)]).await;
        assert_eq!((reply.status, reply.code()), (400, code), "{amount} {currency}");
        assert_eq!(reply.body["error"]["param"], "amount");
    }
    assert_eq!(stripe.get("/v1/payment_intents").await.body["data"], serde_json::json!([]));
}

#[tokio::test]
async fn amounts_that_stripe_takes_are_taken() {
    let stripe = Stripe::start().await;
    let cases = [
        ("50", "usd"),
        ("500", "jpy"),
        ("5120", "kwd"),
        ("99999999", "eur"),
        ("10000", "isk"),
        ("1000", "EUR"),
    ];
    for (amount, currency) in cases {
        let intent =
            stripe.post("/v1/payment_intents", &[("amount", amount), ("currency", currency)]).await.ok();
        assert_eq!(intent["amount"].to_string(), amount);
        assert_eq!(intent["currency"], currency.to_lowercase());
    }
}

#[tokio::test]
async fn what_is_missing_or_unknown_is_named() {
    let stripe = Stripe::start().await;
    let cases: [(Fields, &str, &str); 4] = [
        (&[("currency", "usd")], "parameter_missing", "amount"),
        (&[("amount", "1000")], "parameter_missing", "currency"),
        (&[("amount", "1000"), ("currency", "xyz")], "", "currency"),
        (&[("amount", "1000"), ("currency", "usd"), ("colour", "red")], "parameter_unknown", "colour"),
    ];
    for (fields, code, param) in cases {
        let reply = stripe.post("/v1/payment_intents", fields).await;
        assert_eq!((reply.status, reply.code()), (400, code), "{fields:?}");
        assert_eq!(reply.body["error"]["param"], param);
    }
}

#[tokio::test]
async fn the_balance_adds_up() {
    let stripe = Stripe::start().await;
    let paid = stripe.pay("pm_card_visa", &[]).await.ok();
    let id = paid["id"].as_str().expect("an id");
    stripe.post("/v1/refunds", &[("payment_intent", id), ("amount", "300")]).await.ok();
    let lines = stripe.get("/v1/balance_transactions").await.ok();
    let field = |name: &str| -> Vec<i64> {
        lines["data"].as_array().expect("lines").iter().filter_map(|line| line[name].as_i64()).collect()
    };
    assert_eq!(field("amount"), [-300, 1000]);
    assert_eq!(field("fee"), [0, 40]);
    assert_eq!(field("net"), [-300, 960]);
}
