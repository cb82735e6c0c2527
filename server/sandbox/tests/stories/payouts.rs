//! Payouts: a day on their way, and not all of them arrive.

use serde_json::{Value, json};

use crate::support::{GOOD_IBAN, Stripe};

const DAY: i64 = 24 * 60 * 60;

/// An account with twenty euros that pays out to this number.
async fn rich_account(stripe: &Stripe, number: &str) -> String {
    let account = stripe.ready_account(number).await;
    give(stripe, &account).await;
    account
}

async fn give(stripe: &Stripe, account: &str) {
    let fields = [
        ("amount", "2500"),
        ("currency", "eur"),
        ("payment_method", "pm_card_bypassPending"),
        ("allowed_payment_method_types[]", "card"),
        ("confirm", "true"),
    ];
    stripe.post("/v1/payment_intents", &fields).await.ok();
    let fields = [("amount", "2000"), ("currency", "eur"), ("destination", account)];
    stripe.post("/v1/transfers", &fields).await.ok();
}

async fn pay_out(stripe: &Stripe, account: &str) -> Value {
    let fields = [("amount", "1200"), ("currency", "eur"), ("metadata[payout_id]", "9")];
    stripe.for_account(account, "/v1/payouts", &fields).await.ok()
}

async fn read(stripe: &Stripe, account: &str, payout: &Value) -> Value {
    stripe
        .for_account(account, &format!("/v1/payouts/{}", payout["id"].as_str().expect("an id")), &[])
        .await
        .ok()
}

async fn types(stripe: &Stripe, account: &str) -> Vec<String> {
    let events = stripe.for_account(account, "/v1/events?type=payout.*", &[]).await.ok();
    let types = events["data"].as_array().expect("events").iter().rev();
    types.map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_payout_arrives_the_next_day() {
    let stripe = Stripe::start().await;
    let account = rich_account(&stripe, GOOD_IBAN).await;
    let payout = pay_out(&stripe, &account).await;
    assert_eq!((payout["status"].as_str(), payout["automatic"].as_bool()), (Some("pending"), Some(false)));
    assert_eq!(stripe.balance(Some(&account), "eur").await, (800, 0));
    let id = payout["id"].as_str().expect("an id");
    assert_eq!(stripe.get(&format!("/v1/payouts/{id}")).await.status, 404);
    stripe.advance(DAY).await;
    assert_eq!(read(&stripe, &account, &payout).await["status"], "paid");
    assert_eq!(types(&stripe, &account).await, ["payout.created", "payout.paid"]);
}

#[tokio::test]
async fn some_numbers_send_it_back() {
    let stripe = Stripe::start().await;
    let account = rich_account(&stripe, "DE62370400440532013001").await;
    let payout = pay_out(&stripe, &account).await;
    stripe.advance(DAY).await;
    let failed = read(&stripe, &account, &payout).await;
    assert_eq!(
        (failed["status"].as_str(), failed["failure_code"].as_str()),
        (Some("failed"), Some("no_account"))
    );
    assert!(failed["failure_balance_transaction"].is_string());
    assert_eq!(stripe.balance(Some(&account), "eur").await, (2000, 0));
    let known = stripe.get(&format!("/v1/accounts/{account}")).await.ok();
    assert_eq!(
        (known["payouts_enabled"].as_bool(), known["capabilities"]["transfers"].as_str()),
        (Some(false), Some("active"))
    );
    assert_eq!(known["external_accounts"]["data"][0]["status"], "errored");
    let again = stripe.for_account(&account, "/v1/payouts", &[("amount", "1"), ("currency", "eur")]).await;
    assert_eq!((again.status, again.code()), (400, "payouts_not_allowed"));
    assert_eq!(types(&stripe, &account).await, ["payout.created", "payout.failed"]);
}

#[tokio::test]
async fn one_seems_to_have_arrived_and_fails_a_day_later() {
    let stripe = Stripe::start().await;
    let account = rich_account(&stripe, "DE89370400440532013002").await;
    let payout = pay_out(&stripe, &account).await;
    stripe.advance(DAY).await;
    assert_eq!(read(&stripe, &account, &payout).await["status"], "paid");
    stripe.advance(DAY).await;
    assert_eq!(read(&stripe, &account, &payout).await["failure_code"], "account_closed");
    assert_eq!(types(&stripe, &account).await, ["payout.created", "payout.paid", "payout.failed"]);
    assert_eq!(stripe.balance(Some(&account), "eur").await, (2000, 0));
}

#[tokio::test]
async fn what_cannot_be_paid_out_is_refused() {
    let stripe = Stripe::start().await;
    let account = rich_account(&stripe, GOOD_IBAN).await;
    let new = stripe.account().await;
    let cases = [
        (&account, "2001", "eur", "balance_insufficient"),
        (&account, "100", "usd", ""),
        (&account, "0", "eur", "parameter_invalid_integer"),
        (&account, "150", "huf", ""),
        (&new, "1", "eur", "payouts_not_allowed"),
    ];
    for (account, amount, currency, code) in cases {
        let fields = [("amount", amount), ("currency", currency)];
        let refused = stripe.for_account(account, "/v1/payouts", &fields).await;
        assert_eq!((refused.status, refused.code()), (400, code), "{amount} {currency}");
    }
}

#[tokio::test]
async fn a_pending_payout_can_be_canceled() {
    let stripe = Stripe::start().await;
    let account = rich_account(&stripe, GOOD_IBAN).await;
    let payout = pay_out(&stripe, &account).await;
    let path = format!("/v1/payouts/{}/cancel", payout["id"].as_str().expect("an id"));
    let canceled = stripe.for_account(&account, &path, &[("expand[]", "destination")]).await.ok();
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(stripe.balance(Some(&account), "eur").await, (2000, 0));
    assert_eq!(stripe.for_account(&account, &path, &[("expand[]", "destination")]).await.status, 400);
    stripe.advance(2 * DAY).await;
    assert_eq!(read(&stripe, &account, &payout).await["status"], "canceled");
}

#[tokio::test]
async fn a_daily_schedule_pays_by_itself() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let daily = [("settings[payouts][schedule][interval]", "daily")];
    stripe.post(&format!("/v1/accounts/{account}"), &daily).await.ok();
    give(&stripe, &account).await;
    stripe.advance(DAY).await;
    let listed = stripe.for_account(&account, "/v1/payouts", &[]).await.ok();
    let payout = &listed["data"][0];
    assert_eq!((payout["automatic"].as_bool(), payout["amount"].as_i64()), (Some(true), Some(2000)));
    let id = payout["id"].as_str().expect("an id");
    let lines =
        stripe.for_account(&account, &format!("/v1/balance_transactions?payout={id}"), &[]).await.ok();
    let kinds: Vec<_> =
        lines["data"].as_array().expect("lines").iter().map(|line| line["type"].clone()).collect();
    assert_eq!(kinds, [json!("payout"), json!("payment")]);
}

#[tokio::test]
async fn lines_of_a_manual_payout_are_not_listed() {
    let stripe = Stripe::start().await;
    let account = rich_account(&stripe, GOOD_IBAN).await;
    let payout = pay_out(&stripe, &account).await;
    let path = format!("/v1/balance_transactions?payout={}", payout["id"].as_str().expect("an id"));
    assert_eq!(stripe.for_account(&account, &path, &[]).await.status, 400);
    let by_type = stripe.for_account(&account, "/v1/balance_transactions?type=payout", &[]).await.ok();
    assert_eq!(by_type["data"][0]["source"], payout["id"]);
}

#[tokio::test]
async fn the_platform_pays_itself_out_too() {
    let stripe = Stripe::start().await;
    stripe.pay("pm_card_bypassPending", &[]).await.ok();
    let payout = stripe.post("/v1/payouts", &[("amount", "960"), ("currency", "usd")]).await.ok();
    assert_eq!(stripe.balance(None, "usd").await, (0, 0));
    stripe.advance(DAY).await;
    let id = payout["id"].as_str().expect("an id");
    assert_eq!(stripe.get(&format!("/v1/payouts/{id}")).await.ok()["status"], "paid");
}
