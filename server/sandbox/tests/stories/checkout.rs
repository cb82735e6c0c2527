//! Checkout sessions and their card page.

use serde_json::Value;

use crate::support::Stripe;

const CARD: [(&str, &str); 5] = [
    ("email", "ada@example.org"),
    ("number", "4242 4242 4242 4242"),
    ("exp", "12 / 40"),
    ("cvc", "123"),
    ("name", "Ada Lovelace"),
];

fn typed(number: &str) -> Vec<(&str, &str)> {
    CARD.iter().map(|(name, value)| (*name, if *name == "number" { number } else { value })).collect()
}

async fn setup(stripe: &Stripe, customer: &str) -> Value {
    let fields = [
        ("mode", "setup"),
        ("currency", "eur"),
        ("customer", customer),
        ("client_reference_id", "pledge-7"),
        ("setup_intent_data[metadata][pledge_id]", "7"),
        ("metadata[pledge_id]", "7"),
        ("success_url", "http://shop.example/thanks?session={CHECKOUT_SESSION_ID}&x=1"),
        ("cancel_url", "http://shop.example/back"),
    ];
    stripe.post("/v1/checkout/sessions", &fields).await.ok()
}

async fn payment(stripe: &Stripe, more: &[(&str, &str)]) -> Value {
    let mut fields = vec![
        ("mode", "payment"),
        ("line_items[0][price_data][currency]", "eur"),
        ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][price_data][product_data][name]", "A <b>mug</b>"),
        ("line_items[0][quantity]", "1"),
        ("success_url", "http://shop.example/thanks?session={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "http://shop.example/back"),
    ];
    fields.extend_from_slice(more);
    stripe.post("/v1/checkout/sessions", &fields).await.ok()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().expect("an id")
}

fn url(session: &Value) -> &str {
    session["url"].as_str().expect("a url")
}

async fn again(stripe: &Stripe, session: &Value) -> Value {
    let path = format!("/v1/checkout/sessions/{}?expand[]=payment_intent&expand[]=setup_intent", id(session));
    stripe.get(&path).await.ok()
}

#[tokio::test]
async fn a_setup_session_saves_the_card_to_the_customer() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    let session = setup(&stripe, &customer).await;
    let (status, _, page) = stripe.browse(url(&session), None).await;
    assert_eq!(status, 200);
    for wanted in [
        "Save this card for later",
        "Save card",
        "Cancel and go back",
        "Card number",
        "Expiry",
        "CVC",
        "Name on card",
    ] {
        assert!(page.contains(&format!(">{wanted}<")), "{wanted}");
    }
    assert!(page.contains("value=\"ada@example.org\"") && page.contains("no real money"));
    let (status, to, _) = stripe.browse(url(&session), Some(&CARD)).await;
    assert_eq!((status, to), (303, format!("http://shop.example/thanks?session={}&x=1", id(&session))));
    let done = again(&stripe, &session).await;
    assert_eq!(
        (done["status"].as_str(), done["payment_status"].as_str()),
        (Some("complete"), Some("no_payment_required"))
    );
    let intent = &done["setup_intent"];
    assert_eq!(
        (intent["status"].as_str(), intent["metadata"]["pledge_id"].as_str()),
        (Some("succeeded"), Some("7"))
    );
    let cards = stripe.get(&format!("/v1/payment_methods?customer={customer}&type=card")).await.ok();
    assert_eq!(cards["data"][0]["id"], intent["payment_method"]);
    assert_eq!(cards["data"][0]["billing_details"]["name"], "Ada Lovelace");
    let types = stripe.event_types().await;
    let wanted = [
        "customer.created",
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
        "checkout.session.completed",
    ];
    assert_eq!(types, wanted);
}

#[tokio::test]
async fn a_payment_session_takes_the_money() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[("payment_intent_data[metadata][pledge_id]", "7")]).await;
    assert_eq!((session["amount_total"].as_i64(), &session["payment_intent"]), (Some(2500), &Value::Null));
    let page = stripe.browse(url(&session), None).await.2;
    assert!(page.contains("Pay €25.00") && page.contains("A &lt;b&gt;mug&lt;/b&gt;"), "{page}");
    assert_eq!(stripe.browse(url(&session), Some(&CARD)).await.0, 303);
    let done = again(&stripe, &session).await;
    assert_eq!((done["payment_status"].as_str(), &done["url"]), (Some("paid"), &Value::Null));
    assert_eq!(done["payment_intent"]["metadata"]["pledge_id"], "7");
    assert_eq!(done["customer_details"]["email"], "ada@example.org");
    let types = stripe.event_types().await;
    let wanted = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ];
    assert_eq!(types, wanted);
}

#[tokio::test]
async fn a_held_session_is_paid_when_it_is_captured() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[("payment_intent_data[capture_method]", "manual")]).await;
    stripe.browse(url(&session), Some(&CARD)).await;
    let done = again(&stripe, &session).await;
    assert_eq!(
        (done["status"].as_str(), done["payment_status"].as_str()),
        (Some("complete"), Some("unpaid"))
    );
    assert_eq!(done["payment_intent"]["status"], "requires_capture");
    stripe.post(&format!("/v1/payment_intents/{}/capture", id(&done["payment_intent"])), &[]).await.ok();
    assert_eq!(again(&stripe, &session).await["payment_status"], "paid");
}

#[tokio::test]
async fn a_decline_is_told_in_plain_words_and_another_card_works() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[]).await;
    let (status, _, page) = stripe.browse(url(&session), Some(&typed("4000 0000 0000 9995"))).await;
    assert_eq!(status, 422);
    assert!(page.contains("There is not enough money on this card. Try a different card."), "{page}");
    assert!(page.contains("value=\"4000 0000 0000 9995\"") && page.contains("value=\"Ada Lovelace\""));
    assert!(!page.contains("value=\"123\""), "the CVC is not sent back");
    assert_eq!(stripe.browse(url(&session), Some(&CARD)).await.0, 303);
    let types = stripe.event_types().await;
    let made = types.iter().filter(|name| *name == "payment_intent.created").count();
    assert_eq!((made, types.contains(&"payment_intent.payment_failed".to_owned())), (1, true));
}

#[tokio::test]
async fn what_is_missing_is_told_beside_its_field() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[]).await;
    let (status, _, page) = stripe.browse(url(&session), Some(&[("email", "ada"), ("exp", "1")])).await;
    assert_eq!(status, 422);
    for field in ["email", "number", "exp", "cvc", "name"] {
        assert!(page.contains(&format!("id=\"{field}-error\"")), "{field}");
    }
    let old: Vec<(&str, &str)> =
        CARD.iter().map(|f| if f.0 == "exp" { ("exp", "01/20") } else { *f }).collect();
    assert!(stripe.browse(url(&session), Some(&old)).await.2.contains("id=\"exp-error\""));
    assert_eq!(stripe.event_types().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_bank_may_ask_in_between() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    for session in [payment(&stripe, &[]).await, setup(&stripe, &customer).await] {
        let (status, to, _) = stripe.browse(url(&session), Some(&typed("4000002760003184"))).await;
        assert_eq!(status, 303);
        assert!(to.starts_with("/3ds/"), "{to}");
        let (_, back, _) = stripe.browse(&to, Some(&[("result", "fail")])).await;
        assert!(back.starts_with("/c/pay/"), "{back}");
        let page = stripe.browse(&back, None).await.2;
        assert!(page.contains("Authentication failed."), "{page}");
        let (_, to, _) = stripe.browse(url(&session), Some(&typed("4000002760003184"))).await;
        let (status, thanks, _) = stripe.browse(&to, Some(&[("result", "complete")])).await;
        assert_eq!(status, 303);
        assert!(thanks.starts_with("http://shop.example/thanks"), "{thanks}");
        assert_eq!(again(&stripe, &session).await["status"], "complete");
    }
}

#[tokio::test]
async fn a_decline_after_the_banks_question_leads_back_to_the_card_page() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[]).await;
    let (_, to, _) = stripe.browse(url(&session), Some(&typed("4000008260003178"))).await;
    let (_, back, _) = stripe.browse(&to, Some(&[("result", "complete")])).await;
    assert!(stripe.browse(&back, None).await.2.contains("There is not enough money on this card."));
    assert_eq!(again(&stripe, &session).await["status"], "open");
}

#[tokio::test]
async fn a_complete_session_shows_so_and_takes_nothing_more() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[]).await;
    stripe.browse(url(&session), Some(&CARD)).await;
    for form in [None, Some(CARD.as_slice())] {
        let (status, _, page) = stripe.browse(url(&session), form).await;
        assert_eq!(status, 200);
        assert!(page.contains("All done") && page.contains("http://shop.example/thanks"), "{page}");
    }
    assert_eq!(stripe.get("/v1/charges").await.body["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn two_clicks_pay_once() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[]).await;
    let click = || stripe.browse(url(&session), Some(&CARD));
    tokio::join!(click(), click(), click(), click());
    assert_eq!(stripe.get("/v1/charges").await.body["data"].as_array().map(Vec::len), Some(1));
    let asked = payment(&stripe, &[]).await;
    let (_, to, _) = stripe.browse(url(&asked), Some(&typed("4000002760003184"))).await;
    let answer = || stripe.browse(&to, Some(&[("result", "complete")]));
    let answers = tokio::join!(answer(), answer(), answer());
    assert!(
        [answers.0, answers.1, answers.2]
            .iter()
            .all(|(_, to, _)| to.starts_with("http://shop.example/thanks"))
    );
    assert_eq!(stripe.get("/v1/charges").await.body["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_session_expires_by_itself_or_on_request() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    let (one, two) = (setup(&stripe, &customer).await, setup(&stripe, &customer).await);
    let expire = format!("/v1/checkout/sessions/{}/expire", id(&one));
    assert_eq!(stripe.post(&expire, &[]).await.ok()["status"], "expired");
    assert_eq!(stripe.post(&expire, &[]).await.status, 400);
    stripe.advance(24 * 60 * 60).await;
    for session in [&one, &two] {
        let gone = again(&stripe, session).await;
        assert_eq!((gone["status"].as_str(), &gone["url"]), (Some("expired"), &Value::Null));
        assert_eq!(gone["setup_intent"]["status"], "canceled");
        let page = stripe.browse(url(session), Some(&CARD)).await.2;
        assert!(page.contains("This page has expired"), "{page}");
    }
    let expired =
        stripe.event_types().await.into_iter().filter(|name| name == "checkout.session.expired").count();
    assert_eq!(expired, 2);
}

#[tokio::test]
async fn the_intent_of_a_session_is_not_confirmed_from_outside() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    let session = setup(&stripe, &customer).await;
    let intent = session["setup_intent"].as_str().expect("an intent");
    for act in ["confirm", "cancel"] {
        let refused = stripe.post(&format!("/v1/setup_intents/{intent}/{act}"), &[]).await;
        assert_eq!((refused.status, refused.code()), (400, "setup_intent_unexpected_state"), "{act}");
    }
}

#[tokio::test]
async fn a_customer_is_made_if_asked_for() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[("customer_creation", "always")]).await;
    stripe.browse(url(&session), Some(&CARD)).await;
    let done = again(&stripe, &session).await;
    let customer = done["customer"].as_str().expect("a customer");
    assert_eq!(stripe.get(&format!("/v1/customers/{customer}")).await.ok()["email"], "ada@example.org");
    assert_eq!(done["payment_intent"]["customer"], customer);
}

#[tokio::test]
async fn sessions_that_make_no_sense_are_refused() {
    let stripe = Stripe::start().await;
    let base = [("mode", "setup"), ("currency", "eur"), ("success_url", "http://shop.example/")];
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("customer", "cus_none")], "customer"),
        (&[("expires_at", "1800000060")], "expires_at"),
        (&[("expires_at", "1800200000")], "expires_at"),
        (&[("payment_intent_data[capture_method]", "manual")], "payment_intent_data"),
        (&[("ui_mode", "embedded_page")], "ui_mode"),
        (&[("customer_email", "nonsense")], "customer_email"),
    ];
    for (more, param) in cases {
        let reply = stripe.post("/v1/checkout/sessions", &[base.as_slice(), more].concat()).await;
        assert!([400, 404].contains(&reply.status), "{param}");
        assert_eq!(reply.body["error"]["param"], param);
    }
    let reply = stripe
        .post("/v1/checkout/sessions", &[("mode", "payment"), ("success_url", "http://x.example/")])
        .await;
    assert_eq!((reply.status, reply.body["error"]["param"].as_str()), (400, Some("line_items")));
}

#[tokio::test]
async fn pages_run_no_script_and_are_not_kept() {
    let stripe = Stripe::start().await;
    let session = payment(&stripe, &[]).await;
    let response = reqwest::get(url(&session)).await.expect("a page");
    let header = |name: &str| {
        response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    };
    assert!(header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(header("cache-control"), "no-store");
    assert!(!response.text().await.expect("text").contains("<script"));
    assert_eq!(stripe.browse("/c/pay/cs_test_none", None).await.0, 404);
}
