//! The balance: every cent of it is in a line, and charges wait two days.

use serde_json::Value;

use crate::support::{NOON, Stripe};

const DAY: i64 = 24 * 60 * 60;

async fn line(stripe: &Stripe, source: &str) -> Value {
    let lines = stripe.get(&format!("/v1/balance_transactions?source={source}")).await.ok();
    lines["data"][0].clone()
}

#[tokio::test]
async fn a_charge_is_pending_for_two_days() {
    let stripe = Stripe::start().await;
    assert_eq!(stripe.get("/v1/balance").await.ok()["available"][0]["amount"], 0);
    let paid = stripe.pay("pm_card_visa", &[]).await.ok();
    assert_eq!(stripe.balance(None, "usd").await, (0, 960));
    let source = paid["latest_charge"].as_str().expect("a charge");
    let waiting = line(&stripe, source).await;
    assert_eq!(
        (waiting["status"].as_str(), waiting["available_on"].as_i64()),
        (Some("pending"), Some(NOON + 2 * DAY))
    );
    stripe.advance(2 * DAY - 1).await;
    assert_eq!(stripe.balance(None, "usd").await, (0, 960));
    stripe.advance(1).await;
    assert_eq!(stripe.balance(None, "usd").await, (960, 0));
    assert_eq!(line(&stripe, source).await["status"], "available");
}

#[tokio::test]
async fn one_card_brings_money_at_once() {
    let stripe = Stripe::start().await;
    stripe.pay("pm_card_bypassPending", &[]).await.ok();
    assert_eq!(stripe.balance(None, "usd").await, (960, 0));
}

#[tokio::test]
async fn fees_fit_currencies_of_all_sizes() {
    let stripe = Stripe::start().await;
    for (currency, amount, fee) in
        [("eur", "2500", 63), ("jpy", "500", 8), ("kwd", "5120", 327), ("isk", "10000", 175)]
    {
        let fields = [
            ("amount", amount),
            ("currency", currency),
            ("payment_method", "pm_card_visa"),
            ("allowed_payment_method_types[]", "card"),
            ("confirm", "true"),
            ("expand[]", "latest_charge.balance_transaction"),
        ];
        let paid = stripe.post("/v1/payment_intents", &fields).await.ok();
        let line = &paid["latest_charge"]["balance_transaction"];
        let gross: i64 = amount.parse().expect("a number");
        assert_eq!(
            (line["fee"].as_i64(), line["net"].as_i64()),
            (Some(fee), Some(gross - fee)),
            "{currency}"
        );
        assert_eq!(line["fee_details"][0]["amount"], fee);
        assert_eq!(stripe.balance(None, currency).await, (0, gross - fee));
    }
}

#[tokio::test]
async fn the_balance_is_the_sum_of_its_lines() {
    let stripe = Stripe::start().await;
    let paid = stripe.pay("pm_card_visa", &[]).await.ok();
    stripe.pay("pm_card_createDispute", &[]).await.ok();
    stripe.pay("pm_card_bypassPending", &[]).await.ok();
    let intent = paid["id"].as_str().expect("an id");
    stripe.post("/v1/refunds", &[("payment_intent", intent), ("amount", "250")]).await.ok();
    stripe.advance(DAY).await;
    stripe.pay("pm_card_visa", &[]).await.ok();
    stripe.advance(DAY).await;
    let lines = stripe.get("/v1/balance_transactions?limit=100").await.ok();
    let lines = lines["data"].as_array().expect("lines");
    let sum = |status: &str| -> i64 {
        lines.iter().filter(|line| line["status"] == status).filter_map(|line| line["net"].as_i64()).sum()
    };
    assert_eq!(stripe.balance(None, "usd").await, (sum("available"), sum("pending")));
    assert!(lines.iter().all(|line| line["amount"].as_i64()
        == Some(line["net"].as_i64().expect("net") + line["fee"].as_i64().expect("fee"))));
}

#[tokio::test]
async fn lines_are_found_by_type_and_time() {
    let stripe = Stripe::start().await;
    let paid = stripe.pay("pm_card_visa", &[]).await.ok();
    stripe.advance(DAY).await;
    let refund =
        stripe.post("/v1/refunds", &[("payment_intent", paid["id"].as_str().expect("an id"))]).await.ok();
    let found = |query: String| {
        let stripe = &stripe;
        async move {
            let lines = stripe.get(&format!("/v1/balance_transactions?{query}")).await.ok();
            let sources = lines["data"].as_array().expect("lines").iter();
            sources.map(|line| line["source"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        }
    };
    let (charge, refund) = (paid["latest_charge"].as_str().expect("id"), refund["id"].as_str().expect("id"));
    assert_eq!(found("type=charge".into()).await, [charge]);
    assert_eq!(found("type=refund".into()).await, [refund]);
    assert_eq!(found(format!("created[gte]={}", NOON + DAY)).await, [refund]);
    assert_eq!(found(format!("created[lt]={}", NOON + DAY)).await, [charge]);
    assert_eq!(found("currency=eur".into()).await, [""; 0]);
}
