//! The test cards: saved or refused, charged or declined, with and without the bank's questions.

use crate::support::{Reply, Stripe};

#[tokio::test]
async fn declined_cards_say_why_and_cannot_be_saved() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    let cards = [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000009987", "card_declined", "lost_card"),
        ("4000000000009979", "card_declined", "stolen_card"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
        ("4000000000000119", "processing_error", "processing_error"),
        ("4000000000006975", "card_declined", "card_velocity_exceeded"),
    ];
    for (number, code, decline_code) in cards {
        let card = numbered(&stripe, number).await;
        let attach = format!("/v1/payment_methods/{}/attach", card.id());
        let attached = stripe.post(&attach, &[("customer", &customer)]).await;
        for refused in [attached, stripe.pay(card.id(), &[]).await] {
            assert_eq!((refused.status, refused.code()), (402, code), "{number}");
            assert_eq!(refused.body["error"]["decline_code"], decline_code);
            assert_eq!(refused.body["error"]["type"], "card_error");
        }
    }
    let saved = stripe.get(&format!("/v1/payment_methods?customer={customer}")).await.ok();
    assert_eq!(saved["data"], serde_json::json!([]));
}

#[tokio::test]
async fn a_decline_leaves_the_intent_open_for_another_card() {
    let stripe = Stripe::start().await;
    let declined = stripe.pay("pm_card_visa_chargeDeclinedInsufficientFunds", &[]).await;
    let error = &declined.body["error"];
    let intent = &error["payment_intent"];
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(intent["last_payment_error"]["decline_code"], "insufficient_funds");
    assert_eq!(intent["latest_charge"], error["charge"]);
    let id = intent["id"].as_str().expect("an id");
    let path = format!("/v1/payment_intents/{id}/confirm");
    let paid = stripe.post(&path, &[("payment_method", "pm_card_visa")]).await.ok();
    assert_eq!(
        (paid["status"].as_str(), &paid["last_payment_error"]),
        (Some("succeeded"), &serde_json::Value::Null)
    );
    let types = stripe.event_types().await;
    let wanted = [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
    ];
    assert_eq!(types, wanted);
}

#[tokio::test]
async fn a_card_can_be_saved_and_fail_at_the_deadline() {
    let stripe = Stripe::start().await;
    let (customer, card) = saved(&stripe, "4000000000000341").await;
    let charged = stripe.pay(&card, &[("customer", &customer), ("off_session", "true")]).await;
    assert_eq!((charged.status, charged.code()), (402, "card_declined"));
}

#[tokio::test]
async fn radar_blocks_before_the_bank_is_asked() {
    let stripe = Stripe::start().await;
    let blocked = stripe.pay("pm_card_radarBlock", &[]).await;
    assert_eq!((blocked.status, blocked.body["error"]["decline_code"].as_str()), (402, Some("fraudulent")));
    let charge = blocked.body["error"]["charge"].as_str().expect("a charge").to_owned();
    let charge = stripe.get(&format!("/v1/charges/{charge}")).await.ok();
    assert_eq!(charge["outcome"]["type"], "blocked");
    assert_eq!(charge["outcome"]["network_status"], "not_sent_to_network");
}

#[tokio::test]
async fn a_card_that_was_set_up_is_charged_without_its_holder() {
    let stripe = Stripe::start().await;
    let (customer, card) = saved(&stripe, "4000002500003155").await;
    let charged = stripe.pay(&card, &[("customer", &customer), ("off_session", "true")]).await.ok();
    assert_eq!(charged["status"], "succeeded");
}

#[tokio::test]
async fn a_bank_that_always_asks_is_answered_on_session() {
    let stripe = Stripe::start().await;
    let (customer, card) = saved(&stripe, "4000002760003184").await;
    let declined = stripe.pay(&card, &[("customer", &customer), ("off_session", "true")]).await;
    assert_eq!((declined.status, declined.code()), (402, "authentication_required"));
    let intent = declined.body["error"]["payment_intent"]["id"].as_str().expect("an id").to_owned();
    let confirm = format!("/v1/payment_intents/{intent}/confirm");
    let fields = [("payment_method", card.as_str()), ("return_url", "http://shop.example/back?a=1")];
    let asked = stripe.post(&confirm, &fields).await.ok();
    assert_eq!(asked["status"], "requires_action");
    let (_, to, _) = answer_bank(&stripe, &asked, "complete").await;
    assert!(to.starts_with(&format!("http://shop.example/back?a=1&payment_intent={intent}&")), "{to}");
    assert!(to.ends_with("redirect_status=succeeded"), "{to}");
    let paid = stripe.get(&format!("/v1/payment_intents/{intent}")).await.ok();
    assert_eq!(paid["status"], "succeeded");
}

#[tokio::test]
async fn failing_the_banks_question_is_not_a_payment() {
    let stripe = Stripe::start().await;
    let asked = stripe
        .pay("pm_card_authenticationRequired", &[("return_url", "http://shop.example/back")])
        .await
        .ok();
    let (_, to, _) = answer_bank(&stripe, &asked, "fail").await;
    assert!(to.ends_with("redirect_status=failed"), "{to}");
    let intent =
        stripe.get(&format!("/v1/payment_intents/{}", asked["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(intent["last_payment_error"]["code"], "payment_intent_authentication_failure");
}

#[tokio::test]
async fn after_the_banks_question_the_card_can_still_be_declined() {
    let stripe = Stripe::start().await;
    for (number, reason) in
        [("4000008260003178", "insufficient_funds"), ("4000008400001629", "generic_decline")]
    {
        let card = numbered(&stripe, number).await;
        let asked = stripe.pay(card.id(), &[]).await.ok();
        assert_eq!(asked["status"], "requires_action");
        answer_bank(&stripe, &asked, "complete").await;
        let intent =
            stripe.get(&format!("/v1/payment_intents/{}", asked["id"].as_str().expect("an id"))).await.ok();
        assert_eq!(intent["last_payment_error"]["decline_code"], reason);
    }
}

#[tokio::test]
async fn a_card_set_up_elsewhere_is_asked_only_when_its_holder_is_there() {
    let stripe = Stripe::start().await;
    let (customer, card) = saved(&stripe, "4000003800000446").await;
    let there = stripe.pay(&card, &[("customer", &customer)]).await.ok();
    assert_eq!(there["status"], "requires_action");
    let away = stripe.pay(&card, &[("customer", &customer), ("off_session", "true")]).await.ok();
    assert_eq!(away["status"], "succeeded");
}

#[tokio::test]
async fn numbers_are_checked_as_they_are_typed() {
    let stripe = Stripe::start().await;
    let cases = [
        (["4242424242424241", "12", "2040", "123"], "incorrect_number"),
        (["4242", "12", "2040", "123"], "incorrect_number"),
        (["4242424242424242", "13", "2040", "123"], "invalid_expiry_month"),
        (["4242424242424242", "12", "2020", "123"], "invalid_expiry_year"),
        (["4242424242424242", "12", "2040", "12"], "invalid_cvc"),
        (["4111111111111111", "12", "2040", "123"], "card_declined"),
    ];
    for ([number, month, year, cvc], code) in cases {
        let reply = stripe.post("/v1/payment_methods", &card_fields(number, month, year, cvc)).await;
        assert_eq!((reply.status, reply.code()), (402, code), "{number} {month} {year} {cvc}");
    }
}

#[tokio::test]
async fn a_detached_card_cannot_be_used_again() {
    let stripe = Stripe::start().await;
    let (customer, card) = saved(&stripe, "4242424242424242").await;
    let detach = format!("/v1/payment_methods/{card}/detach");
    assert_eq!(stripe.post(&detach, &[]).await.ok()["customer"], serde_json::Value::Null);
    assert_eq!(stripe.post(&detach, &[]).await.status, 400);
    let charged = stripe.pay(&card, &[("customer", &customer), ("off_session", "true")]).await;
    assert!(charged.message().contains("may not be used again"), "{}", charged.message());
    let attached =
        stripe.post(&format!("/v1/payment_methods/{card}/attach"), &[("customer", &customer)]).await;
    assert!(attached.message().contains("may not be used again"), "{}", attached.message());
}

#[tokio::test]
async fn a_card_belongs_to_one_customer() {
    let stripe = Stripe::start().await;
    let (_, card) = saved(&stripe, "4242424242424242").await;
    let other = stripe.customer().await;
    assert_eq!(stripe.pay(&card, &[("customer", &other)]).await.status, 400);
    assert_eq!(stripe.pay(&card, &[]).await.status, 400);
    assert_eq!(
        stripe.post(&format!("/v1/payment_methods/{card}/attach"), &[("customer", &other)]).await.status,
        400
    );
}

#[tokio::test]
async fn without_a_customer_a_card_pays_once() {
    let stripe = Stripe::start().await;
    let card = numbered(&stripe, "4242424242424242").await;
    stripe.pay(card.id(), &[]).await.ok();
    assert!(stripe.pay(card.id(), &[]).await.message().contains("may not be used again"));
}

#[tokio::test]
async fn certain_cards_raise_disputes_and_warnings() {
    let stripe = Stripe::start().await;
    let paid = stripe.pay("pm_card_createDispute", &[]).await.ok();
    stripe.pay("pm_card_createIssuerFraudRecord", &[]).await.ok();
    let disputes = stripe
        .get(&format!("/v1/disputes?charge={}", paid["latest_charge"].as_str().expect("id")))
        .await
        .ok();
    let dispute = &disputes["data"][0];
    assert_eq!(
        (dispute["reason"].as_str(), dispute["status"].as_str()),
        (Some("fraudulent"), Some("needs_response"))
    );
    let path = format!("/v1/disputes/{}", dispute["id"].as_str().expect("an id"));
    let won = stripe.post(&path, &[("evidence[uncategorized_text]", "winning_evidence")]).await.ok();
    assert_eq!(won["status"], "won");
    let types = stripe.event_types().await;
    for wanted in [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
        "radar.early_fraud_warning.created",
    ] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}

/// A customer and their saved card; the bank's question is answered if it comes.
async fn saved(stripe: &Stripe, number: &str) -> (String, String) {
    let customer = stripe.customer().await;
    let card = numbered(stripe, number).await.id().to_owned();
    let fields = [
        ("customer", customer.as_str()),
        ("payment_method", &card),
        ("allowed_payment_method_types[]", "card"),
        ("confirm", "true"),
    ];
    let setup = stripe.post("/v1/setup_intents", &fields).await.ok();
    if setup["status"] == "requires_action" {
        answer_bank(stripe, &setup, "complete").await;
    }
    let setup = stripe.get(&format!("/v1/setup_intents/{}", setup["id"].as_str().expect("an id"))).await.ok();
    assert_eq!(setup["status"], "succeeded");
    (customer, card)
}

async fn answer_bank(stripe: &Stripe, intent: &serde_json::Value, result: &str) -> (u16, String, String) {
    let path = format!("/3ds/{}", intent["id"].as_str().expect("an id"));
    assert!(stripe.browse(&path, None).await.2.contains("Complete"));
    stripe.browse(&path, Some(&[("result", result)])).await
}

async fn numbered(stripe: &Stripe, number: &str) -> Reply {
    stripe.post("/v1/payment_methods", &card_fields(number, "12", "2040", "123")).await
}

fn card_fields<'a>(
    number: &'a str,
    month: &'a str,
    year: &'a str,
    cvc: &'a str,
) -> [(&'static str, &'a str); 5] {
    [
        ("type", "card"),
        ("card[number]", number),
        ("card[exp_month]", month),
        ("card[exp_year]", year),
        ("card[cvc]", cvc),
    ]
}
