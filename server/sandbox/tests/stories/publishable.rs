//! What a browser may do: its key is known to everybody, so it needs the secret of the one intent it is about.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Fields, Reply, Stripe};

const KEY: (&str, &str) = ("key", "pk_test_stories");

/// As Stripe.js asks: the key is a parameter.
async fn ask(stripe: &Stripe, method: Method, path: &str, fields: Fields<'_>) -> Reply {
    let url = if method == Method::GET {
        let query: Vec<String> =
            fields.iter().chain(&[KEY]).map(|(name, value)| format!("{name}={value}")).collect();
        stripe.url(&format!("{path}?{}", query.join("&")))
    } else {
        stripe.url(path)
    };
    let mut request = reqwest::Client::new().request(method.clone(), url);
    if method == Method::POST {
        let mut all = fields.to_vec();
        all.push(KEY);
        request = request.form(&all);
    }
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, body: response.json().await.expect("JSON") }
}

async fn intent(stripe: &Stripe, kind: &str) -> (String, String) {
    let customer = stripe.customer().await;
    let mut fields = vec![("customer", &*customer), ("metadata[pledge_id]", "7")];
    if kind == "payment_intents" {
        fields.extend([("amount", "1000"), ("currency", "usd")]);
    }
    let made = stripe.post(&format!("/v1/{kind}"), &fields).await.ok();
    let text = |field: &str| made[field].as_str().expect("a text").to_owned();
    (format!("/v1/{kind}/{}", text("id")), text("client_secret"))
}

async fn card(stripe: &Stripe, number: &str) -> String {
    let fields = [
        ("type", "card"),
        ("card[number]", number),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ];
    ask(stripe, Method::POST, "/v1/payment_methods", &fields).await.ok()["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[tokio::test]
async fn a_browser_confirms_the_intent_it_has_the_secret_of() {
    let stripe = Stripe::start().await;
    for kind in ["payment_intents", "setup_intents"] {
        let (path, secret) = intent(&stripe, kind).await;
        let card = card(&stripe, "4242424242424242").await;
        let fields =
            [("client_secret", &*secret), ("payment_method", &*card), ("return_url", "http://shop.example/")];
        let confirmed = ask(&stripe, Method::POST, &format!("{path}/confirm"), &fields).await.ok();
        assert_eq!(confirmed["status"], "succeeded");
        let read = ask(&stripe, Method::GET, &path, &[("client_secret", &secret)]).await.ok();
        assert_eq!(read["status"], "succeeded");
    }
}

#[tokio::test]
async fn it_sees_less_than_the_server() {
    let stripe = Stripe::start().await;
    let (path, secret) = intent(&stripe, "payment_intents").await;
    let card = card(&stripe, "4000000000000002").await;
    let fields =
        [("client_secret", &*secret), ("payment_method", &*card), ("return_url", "http://shop.example/")];
    let declined = ask(&stripe, Method::POST, &format!("{path}/confirm"), &fields).await;
    assert_eq!((declined.status, declined.code()), (402, "card_declined"));
    let read = ask(&stripe, Method::GET, &path, &[("client_secret", &secret)]).await.ok();
    for hidden in ["metadata", "customer", "latest_charge"] {
        assert_eq!(read[hidden], Value::Null);
        assert_eq!(declined.body["error"]["payment_intent"][hidden], Value::Null);
    }
    assert_eq!(read["last_payment_error"]["decline_code"], "generic_decline");
    assert_eq!(declined.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn without_the_secret_there_is_nothing_to_see() {
    let stripe = Stripe::start().await;
    let (path, _) = intent(&stripe, "payment_intents").await;
    let (_, other) = intent(&stripe, "payment_intents").await;
    let wrong = ask(&stripe, Method::GET, &path, &[("client_secret", &other)]).await;
    assert_eq!((wrong.status, wrong.code()), (400, "payment_intent_invalid_parameter"));
    assert_eq!(ask(&stripe, Method::GET, &path, &[]).await.code(), "parameter_missing");
    for (method, path) in [
        (Method::GET, "/v1/customers"),
        (Method::GET, "/v1/payment_intents"),
        (Method::POST, "/v1/payment_intents"),
        (Method::POST, "/v1/refunds"),
        (Method::GET, "/v1/balance"),
    ] {
        let refused = ask(&stripe, method, path, &[]).await;
        assert_eq!((refused.status, refused.code()), (401, "secret_key_required"), "{path}");
    }
}

#[tokio::test]
async fn it_cannot_say_that_the_customer_is_away() {
    let stripe = Stripe::start().await;
    let (path, secret) = intent(&stripe, "payment_intents").await;
    let fields = [("client_secret", &*secret), ("off_session", "true")];
    assert_eq!(ask(&stripe, Method::POST, &format!("{path}/confirm"), &fields).await.status, 400);
}

#[tokio::test]
async fn other_origins_are_let_in() {
    let stripe = Stripe::start().await;
    let asked =
        stripe.send(Method::OPTIONS, "/v1/payment_methods", &[], &[("origin", "http://shop.example")]).await;
    let asked = asked.expect("an answer");
    assert_eq!((asked.status, asked.header("access-control-allow-origin")), (204, Some("*")));
    let (status, _, script) = stripe.browse("/v3/", None).await;
    assert!(status == 200 && script.contains("confirmPayment"));
    assert!(stripe.browse("/v3/frame", None).await.2.contains("cc-number"));
}
