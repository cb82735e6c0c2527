//! Who may come in, and what they find at wrong addresses.

use reqwest::Method;

use crate::support::Stripe;

#[tokio::test]
async fn only_test_keys_are_let_in() {
    let stripe = Stripe::start().await;
    let client = reqwest::Client::new();
    let url = stripe.url("/v1/customers");
    assert_eq!(client.get(&url).send().await.expect("an answer").status(), 401);
    for key in ["sk_live_x", "nonsense", "pk_test_x"] {
        assert_eq!(client.get(&url).bearer_auth(key).send().await.expect("an answer").status(), 401, "{key}");
    }
    for key in ["sk_test_x", "rk_test_x"] {
        assert_eq!(client.get(&url).bearer_auth(key).send().await.expect("an answer").status(), 200, "{key}");
        let basic = client.get(&url).basic_auth(key, Some("")).send().await.expect("an answer");
        assert_eq!(basic.status(), 200, "{key}");
    }
}

#[tokio::test]
async fn a_key_is_not_repeated_in_the_refusal() {
    let stripe = Stripe::start().await;
    let request = reqwest::Client::new().get(stripe.url("/v1/customers")).bearer_auth("sk_live_very_secret");
    let text = request.send().await.expect("an answer").text().await.expect("text");
    assert!(!text.contains("very_secret"), "{text}");
}

#[tokio::test]
async fn unknown_addresses_are_named() {
    let stripe = Stripe::start().await;
    let reply = stripe.post("/v1/unicorns", &[("a", "b")]).await;
    assert_eq!(reply.status, 404);
    assert!(
        reply.message().starts_with("Unrecognized request URL (POST: /v1/unicorns)"),
        "{}",
        reply.message()
    );
}

#[tokio::test]
async fn every_answer_names_its_request_and_version() {
    let stripe = Stripe::start().await;
    let reply = stripe.get("/v1/customers").await;
    assert!(reply.header("request-id").is_some_and(|id| id.starts_with("req_")));
    assert_eq!(reply.header("stripe-version"), Some(sandbox::API_VERSION));
    let asked =
        stripe.send(Method::GET, "/v1/customers", &[], &[("stripe-version", "2025-01-27.acacia")]).await;
    assert_eq!(asked.expect("an answer").header("stripe-version"), Some("2025-01-27.acacia"));
}

#[tokio::test]
async fn errors_say_where_their_log_is() {
    let stripe = Stripe::start().await;
    let reply = stripe.get("/v1/customers/cus_none").await;
    assert_eq!((reply.status, reply.code()), (404, "resource_missing"));
    let request = reply.header("request-id").expect("a request id");
    let log = reply.body["error"]["request_log_url"].as_str().expect("a log");
    assert!(log.contains(request), "{log}");
}

#[tokio::test]
async fn too_large_a_request_is_refused() {
    let stripe = Stripe::start().await;
    let long = "x".repeat(2 * 1024 * 1024);
    assert_eq!(stripe.post("/v1/customers", &[("name", &long)]).await.status, 413);
}

#[tokio::test]
async fn the_front_page_lists_what_there_is() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    let (status, _, page) = stripe.browse("/", None).await;
    assert_eq!(status, 200);
    assert!(page.contains(&customer) && page.contains("customer.created") && page.contains("no real money"));
    let one = stripe.get(&format!("/_sandbox/objects/{customer}")).await.ok();
    assert_eq!(one["email"], "ada@example.org");
    let all = stripe.get("/_sandbox/objects").await.ok();
    assert_eq!(all["customer"][0]["id"], customer);
    assert_eq!(stripe.browse("/health", None).await.0, 200);
}

#[tokio::test]
async fn a_missing_object_is_404_in_the_path_and_400_in_a_parameter() {
    let stripe = Stripe::start().await;
    let in_path =
        stripe.post("/v1/payment_methods/pm_none/attach", &[("customer", &stripe.customer().await)]).await;
    assert_eq!((in_path.status, in_path.code()), (404, "resource_missing"));
    let named = stripe.post("/v1/setup_intents", &[("customer", "cus_none")]).await;
    assert_eq!((named.status, named.body["error"]["param"].as_str()), (400, Some("customer")));
}
