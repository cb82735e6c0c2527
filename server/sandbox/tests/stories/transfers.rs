//! Money for connected accounts: sent, taken back, and divided at the charge.

use serde_json::Value;

use crate::support::{Fields, GOOD_IBAN, Reply, Stripe};

const DAY: i64 = 24 * 60 * 60;

/// Twenty-five euros, and the charge behind them.
async fn paid(stripe: &Stripe, card: &str, more: Fields<'_>) -> String {
    let mut fields = vec![
        ("amount", "2500"),
        ("currency", "eur"),
        ("payment_method", card),
        ("allowed_payment_method_types[]", "card"),
        ("confirm", "true"),
    ];
    fields.extend_from_slice(more);
    let intent = stripe.post("/v1/payment_intents", &fields).await.ok();
    intent["latest_charge"].as_str().expect("a charge").to_owned()
}

async fn send(stripe: &Stripe, account: &str, amount: &str, more: Fields<'_>) -> Reply {
    let mut fields = vec![("amount", amount), ("currency", "eur"), ("destination", account)];
    fields.extend_from_slice(more);
    stripe.post("/v1/transfers", &fields).await
}

fn reversals(transfer: &Value) -> String {
    format!("/v1/transfers/{}/reversals", transfer["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn only_available_money_can_be_sent() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    paid(&stripe, "pm_card_visa", &[]).await;
    let early = send(&stripe, &account, "100", &[]).await;
    assert_eq!((early.status, early.code()), (400, "balance_insufficient"));
    stripe.advance(2 * DAY).await;
    assert_eq!(send(&stripe, &account, "2438", &[]).await.code(), "balance_insufficient");
    let sent = send(&stripe, &account, "2437", &[("transfer_group", "campaign_7")]).await.ok();
    assert_eq!(sent["transfer_group"], "campaign_7");
    assert_eq!(stripe.balance(None, "eur").await, (0, 0));
    assert_eq!(stripe.balance(Some(&account), "eur").await, (2437, 0));
    let line = stripe.get("/v1/balance_transactions?type=transfer").await.ok();
    assert_eq!((line["data"][0]["amount"].as_i64(), &line["data"][0]["source"]), (Some(-2437), &sent["id"]));
    let listed = stripe.get("/v1/transfers?transfer_group=campaign_7").await.ok();
    assert_eq!(listed["data"][0]["id"], sent["id"]);
}

#[tokio::test]
async fn a_charge_can_be_sent_on_before_it_is_available() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let charge = paid(&stripe, "pm_card_visa", &[("transfer_group", "campaign_7")]).await;
    let of_charge = [("source_transaction", charge.as_str())];
    let sent = send(&stripe, &account, "2000", &of_charge).await.ok();
    assert_eq!(
        (sent["source_transaction"].as_str(), sent["transfer_group"].as_str()),
        (Some(&*charge), Some("campaign_7"))
    );
    assert_eq!(stripe.balance(Some(&account), "eur").await, (0, 2000));
    let much = send(&stripe, &account, "501", &of_charge).await;
    assert_eq!((much.status, much.code()), (400, "balance_insufficient"));
    assert!(much.message().contains("must not exceed the source amount of €25.00"), "{}", much.message());
    send(&stripe, &account, "500", &of_charge).await.ok();
    stripe.advance(2 * DAY).await;
    assert_eq!(stripe.balance(Some(&account), "eur").await, (2500, 0));
    assert_eq!(stripe.balance(None, "eur").await, (-63, 0));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let stripe = Stripe::start().await;
    let (new, ready) = (stripe.account().await, stripe.ready_account(GOOD_IBAN).await);
    let charge = paid(&stripe, "pm_card_visa", &[]).await;
    let held = paid(&stripe, "pm_card_visa", &[("capture_method", "manual")]).await;
    let cases: [(&str, &str, &str, &str); 5] = [
        (&new, "100", &charge, "insufficient_capabilities_for_transfer"),
        ("acct_none", "100", &charge, "resource_missing"),
        (&ready, "0", &charge, "parameter_invalid_integer"),
        (&ready, "100", &held, ""),
        (&ready, "100", "ch_none", "resource_missing"),
    ];
    for (account, amount, source, code) in cases {
        let refused = send(&stripe, account, amount, &[("source_transaction", source)]).await;
        assert_eq!((refused.status, refused.code()), (400, code), "{account} {amount} {source}");
    }
    let fields =
        [("amount", "100"), ("currency", "usd"), ("destination", &*ready), ("source_transaction", &*charge)];
    let refused = stripe.post("/v1/transfers", &fields).await;
    assert_eq!((refused.status, refused.body["error"]["param"].as_str()), (400, Some("currency")));
    assert_eq!(stripe.get("/v1/transfers").await.ok()["data"], serde_json::json!([]));
}

#[tokio::test]
async fn parts_are_taken_back_up_to_the_whole() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let charge = paid(&stripe, "pm_card_visa", &[]).await;
    let sent = send(&stripe, &account, "2000", &[("source_transaction", &charge)]).await.ok();
    let reversal = stripe.post(&reversals(&sent), &[("amount", "500"), ("metadata[refund]", "7")]).await.ok();
    assert_eq!(
        (reversal["transfer"].clone(), reversal["metadata"]["refund"].as_str()),
        (sent["id"].clone(), Some("7"))
    );
    assert_eq!(stripe.balance(Some(&account), "eur").await, (0, 1500));
    let much = stripe.post(&reversals(&sent), &[("amount", "1501")]).await;
    assert_eq!((much.status, much.body["error"]["param"].as_str()), (400, Some("amount")));
    stripe.post(&reversals(&sent), &[]).await.ok();
    assert_eq!(stripe.post(&reversals(&sent), &[]).await.status, 400);
    let after = stripe.get(&format!("/v1/transfers/{}", sent["id"].as_str().expect("id"))).await.ok();
    assert_eq!((after["amount_reversed"].as_i64(), after["reversed"].as_bool()), (Some(2000), Some(true)));
    assert_eq!(after["reversals"]["data"].as_array().map(Vec::len), Some(2));
    let lines = stripe.get("/v1/balance_transactions?type=transfer_refund").await.ok();
    assert_eq!(lines["data"].as_array().map(Vec::len), Some(2));
    stripe.advance(2 * DAY).await;
    assert_eq!(stripe.balance(Some(&account), "eur").await, (0, 0));
    assert_eq!(stripe.balance(None, "eur").await, (2437, 0));
    let types = stripe.event_types().await;
    assert_eq!(types.iter().filter(|name| *name == "transfer.reversed").count(), 2);
}

#[tokio::test]
async fn what_the_account_paid_out_cannot_be_taken_back() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    paid(&stripe, "pm_card_bypassPending", &[]).await;
    let sent = send(&stripe, &account, "2000", &[]).await.ok();
    stripe.for_account(&account, "/v1/payouts", &[("amount", "1500"), ("currency", "eur")]).await.ok();
    let refused = stripe.post(&reversals(&sent), &[("amount", "501")]).await;
    assert_eq!((refused.status, refused.code()), (400, "balance_insufficient"));
    stripe.post(&reversals(&sent), &[("amount", "500")]).await.ok();
}

#[tokio::test]
async fn a_destination_charge_is_divided_at_once() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let to = [("transfer_data[destination]", &*account), ("application_fee_amount", "125")];
    let charge = paid(&stripe, "pm_card_visa", &to).await;
    let charge =
        stripe.get(&format!("/v1/charges/{charge}?expand[]=transfer&expand[]=application_fee")).await.ok();
    assert_eq!(
        (charge["transfer"]["amount"].as_i64(), charge["application_fee"]["amount"].as_i64()),
        (Some(2500), Some(125))
    );
    assert_eq!(stripe.balance(Some(&account), "eur").await, (0, 2375));
    assert_eq!(stripe.balance(None, "eur").await, (0, 125 - 63));
    let payment = charge["transfer"]["destination_payment"].as_str().expect("a payment").to_owned();
    let received = stripe.for_account(&account, &format!("/v1/charges/{payment}"), &[]).await.ok();
    assert_eq!(
        (received["amount"].as_i64(), received["application_fee_amount"].as_i64()),
        (Some(2500), Some(125))
    );
    let lines = stripe.for_account(&account, "/v1/balance_transactions", &[]).await.ok();
    assert_eq!((lines["data"][0]["fee"].as_i64(), lines["data"][0]["net"].as_i64()), (Some(125), Some(2375)));
    assert_eq!(lines["data"][0]["fee_details"][0]["type"], "application_fee");
    let fees = stripe.get("/v1/application_fees").await.ok();
    assert_eq!(fees["data"][0]["account"], serde_json::json!(account));
}

#[tokio::test]
async fn refunds_of_it_take_the_accounts_part_back() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let to = [("transfer_data[destination]", &*account), ("application_fee_amount", "125")];
    let charge = paid(&stripe, "pm_card_visa", &to).await;
    for part in ["833", "833", "834"] {
        let fields = [
            ("charge", &*charge),
            ("amount", part),
            ("reverse_transfer", "true"),
            ("refund_application_fee", "true"),
        ];
        let refund = stripe.post("/v1/refunds", &fields).await.ok();
        assert!(refund["transfer_reversal"].is_string());
    }
    stripe.advance(2 * DAY).await;
    assert_eq!(stripe.balance(Some(&account), "eur").await, (0, 0));
    assert_eq!(stripe.balance(None, "eur").await, (-63, 0));
    let fees = stripe.get(&format!("/v1/application_fees?charge={charge}")).await.ok();
    assert_eq!(
        (fees["data"][0]["refunded"].as_bool(), fees["data"][0]["amount_refunded"].as_i64()),
        (Some(true), Some(125))
    );
    let plain = paid(&stripe, "pm_card_visa", &[]).await;
    assert_eq!(
        stripe.post("/v1/refunds", &[("charge", &plain), ("reverse_transfer", "true")]).await.status,
        400
    );
}

#[tokio::test]
async fn a_held_destination_charge_is_divided_at_the_capture() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let fields = [
        ("amount", "2500"),
        ("currency", "eur"),
        ("payment_method", "pm_card_visa"),
        ("allowed_payment_method_types[]", "card"),
        ("capture_method", "manual"),
        ("transfer_data[destination]", &*account),
        ("confirm", "true"),
    ];
    let held = stripe.post("/v1/payment_intents", &fields).await.ok();
    assert_eq!(stripe.balance(Some(&account), "eur").await, (0, 0));
    let capture = format!("/v1/payment_intents/{}/capture", held["id"].as_str().expect("an id"));
    let much = [("amount_to_capture", "1000"), ("application_fee_amount", "1001")];
    assert_eq!(stripe.post(&capture, &much).await.status, 400);
    stripe.post(&capture, &[("amount_to_capture", "1000"), ("application_fee_amount", "50")]).await.ok();
    assert_eq!(stripe.balance(Some(&account), "eur").await, (0, 950));
}

#[tokio::test]
async fn a_fee_needs_somebody_to_take_it_from() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let refused = |fields: Vec<(&'static str, String)>| {
        let stripe = &stripe;
        async move {
            let mut all = vec![("amount", "2500".to_owned()), ("currency", "eur".to_owned())];
            all.extend(fields);
            let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
            stripe.post("/v1/payment_intents", &all).await.status
        }
    };
    let to = ("transfer_data[destination]", account.clone());
    assert_eq!(refused(vec![("application_fee_amount", "100".into())]).await, 400);
    assert_eq!(refused(vec![to.clone(), ("application_fee_amount", "2501".into())]).await, 400);
    assert_eq!(refused(vec![("transfer_data[amount]", "100".into())]).await, 400);
    let new = stripe.account().await;
    assert_eq!(refused(vec![("transfer_data[destination]", new)]).await, 400);
    assert_eq!(refused(vec![to]).await, 200);
}

#[tokio::test]
async fn a_fee_can_be_given_back_by_itself() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let to = [("transfer_data[destination]", &*account), ("application_fee_amount", "125")];
    let charge = paid(&stripe, "pm_card_bypassPending", &to).await;
    let fees = stripe.get(&format!("/v1/application_fees?charge={charge}")).await.ok();
    let path = format!("/v1/application_fees/{}/refunds", fees["data"][0]["id"].as_str().expect("an id"));
    let back = stripe.post(&path, &[("amount", "25"), ("metadata[why]", "kind")]).await.ok();
    assert_eq!((back["amount"].as_i64(), back["metadata"]["why"].as_str()), (Some(25), Some("kind")));
    assert_eq!(stripe.post(&path, &[("amount", "101")]).await.status, 400);
    assert_eq!(stripe.get(&path).await.ok()["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(stripe.balance(None, "eur").await, (125 - 63 - 25, 0));
    assert_eq!(stripe.balance(Some(&account), "eur").await, (2400, 0));
}

#[tokio::test]
async fn transfers_and_reversals_carry_metadata() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let charge = paid(&stripe, "pm_card_visa", &[]).await;
    let sent = send(&stripe, &account, "2000", &[("source_transaction", &charge)]).await.ok();
    let path = format!("/v1/transfers/{}", sent["id"].as_str().expect("an id"));
    let changed = stripe.post(&path, &[("metadata[payout_id]", "9"), ("description", "June")]).await.ok();
    assert_eq!(
        (changed["metadata"]["payout_id"].as_str(), changed["description"].as_str()),
        (Some("9"), Some("June"))
    );
    let reversal = stripe.post(&reversals(&sent), &[("amount", "1")]).await.ok();
    let one = format!("{}/{}", reversals(&sent), reversal["id"].as_str().expect("an id"));
    stripe.post(&one, &[("metadata[dispute]", "3")]).await.ok();
    assert_eq!(stripe.get(&one).await.ok()["metadata"]["dispute"], "3");
    assert_eq!(stripe.get("/v1/transfers/tr_none/reversals").await.status, 404);
    let listed = stripe.get(&format!("/v1/transfers?destination={account}")).await.ok();
    assert_eq!(listed["data"][0]["id"], sent["id"]);
    assert!(stripe.event_types().await.contains(&"transfer.updated".to_owned()));
}
