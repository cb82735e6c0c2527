//! The typed client that the product uses reads every object of the sandbox. Its parsing is strict: a missing
//! or misspelt required field is an error.

mod connect;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use sandbox::{Config, Running, Sandbox, WebhookTarget};
use stripe::{Client, ClientBuilder, StripeError};
use stripe_checkout::checkout_session as checkout;
use stripe_core::payment_intent as payments;
use stripe_core::setup_intent as setups;
use stripe_shared::{ApiErrorsCode, CheckoutSessionStatus, PaymentIntentStatus, SetupIntentStatus};
use stripe_types::Currency;
use stripe_webhook::{EventObject, Webhook};

const SECRET: &str = "whsec_typed";

type Posts = Arc<Mutex<Vec<(String, String)>>>;

struct Shop {
    running: Running,
    client: Client,
    posts: Posts,
}

async fn open() -> Shop {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let posts = Posts::default();
    let app = axum::Router::new().route("/", axum::routing::post(receive)).with_state(posts.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let webhook = Some(WebhookTarget { url, secret: SECRET.into(), api_version: None });
    let config = Config { connect_webhook: webhook.clone(), webhook, ..Config::default() };
    let running = Sandbox::start(config).await.expect("the sandbox");
    let client = ClientBuilder::new("sk_test_typed").url(format!("{}/", running.base_url()));
    let client = client.timeout(Duration::from_secs(60)).build().expect("a client");
    Shop { running, client, posts }
}

async fn receive(State(posts): State<Posts>, headers: HeaderMap, body: String) {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    posts.lock().expect("posts").push((body, signature.to_owned()));
}

impl Shop {
    /// Every event so far, as the typed webhook reads it; none may be unknown to it.
    async fn events(&self) -> Vec<String> {
        while self.is_delivering().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let posts = self.posts.lock().expect("posts").clone();
        let read = |(body, signature): &(String, String)| {
            let event =
                Webhook::construct_event(body, signature, SECRET).unwrap_or_else(|e| panic!("{e}: {body}"));
            // Radar's events are behind a feature that the product does not use.
            let readable = !matches!(event.data.object, EventObject::Unknown(_));
            assert!(readable || event.type_.as_str().starts_with("radar."), "{body}");
            assert_eq!(
                event.api_version.map(|version| version.as_str().to_owned()).as_deref(),
                Some(sandbox::API_VERSION)
            );
            event.type_.as_str().to_owned()
        };
        posts.iter().map(read).collect()
    }

    async fn is_delivering(&self) -> bool {
        let url = format!("{}/_sandbox/objects", self.running.base_url());
        let response = reqwest::get(url).await.expect("an answer");
        let objects: serde_json::Value = response.json().await.expect("objects");
        let mut deliveries = objects["sandbox.delivery"].as_array().into_iter().flatten();
        deliveries.any(|delivery| delivery["status"] == "pending")
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) {
        let url = format!("{}{path}", self.running.base_url());
        let sent = reqwest::Client::new().post(url).bearer_auth("sk_test_typed").form(form).send().await;
        let response = sent.expect("an answer");
        assert!(response.status().is_success(), "{}", response.text().await.unwrap_or_default());
    }

    async fn customer(&self) -> stripe_shared::CustomerId {
        let made =
            stripe_core::customer::CreateCustomer::new().email("ada@example.org").send(&self.client).await;
        made.expect("a customer").id
    }
}

fn payment(amount: i64, card: &str) -> payments::CreatePaymentIntent {
    payments::CreatePaymentIntent::new(amount, Currency::EUR)
        .payment_method(card)
        .allowed_payment_method_types(vec![stripe_shared::PaymentIntentAllowedPaymentMethodTypes::Card])
        .confirm(true)
}

#[tokio::test]
async fn a_payment_is_read_with_all_it_leads_to() {
    let shop = open().await;
    let customer = shop.customer().await;
    let request = payment(2500, "pm_card_visa").customer(customer.as_str());
    let expand = ["latest_charge.balance_transaction", "payment_method", "customer"].map(str::to_owned);
    let intent = request.expand(expand.to_vec()).send(&shop.client).await.expect("an intent");
    assert_eq!((intent.status, intent.amount_received), (PaymentIntentStatus::Succeeded, 2500));
    let charge = intent.latest_charge.expect("a charge").into_object().expect("expanded");
    let line = charge.balance_transaction.expect("a line").into_object().expect("expanded");
    assert_eq!((line.fee, line.net), (63, 2437));
    let found = payments::ListPaymentIntent::new().customer(customer.as_str()).send(&shop.client).await;
    assert_eq!(found.expect("a list").data.len(), 1);
    shop.post("/v1/refunds", &[("payment_intent", intent.id.as_str())]).await;
    let types = shop.events().await;
    for wanted in ["payment_intent.succeeded", "charge.succeeded", "charge.refunded", "refund.created"] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}

#[tokio::test]
async fn a_hold_is_read_captured_and_cancelled() {
    let shop = open().await;
    for capture in [true, false] {
        let request =
            payment(2500, "pm_card_visa").capture_method(stripe_shared::PaymentIntentCaptureMethod::Manual);
        let held = request.send(&shop.client).await.expect("an intent");
        assert_eq!((held.status, held.amount_capturable), (PaymentIntentStatus::RequiresCapture, 2500));
        let ended = if capture {
            payments::CapturePaymentIntent::new(held.id).amount_to_capture(1000).send(&shop.client).await
        } else {
            payments::CancelPaymentIntent::new(held.id).send(&shop.client).await
        };
        let wanted = if capture { PaymentIntentStatus::Succeeded } else { PaymentIntentStatus::Canceled };
        assert_eq!(ended.expect("an intent").status, wanted);
    }
    let types = shop.events().await;
    for wanted in ["payment_intent.amount_capturable_updated", "charge.captured", "payment_intent.canceled"] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}

#[tokio::test]
async fn refusals_are_read_with_their_intent() {
    let shop = open().await;
    let customer = shop.customer().await;
    let setup = setups::CreateSetupIntent::new()
        .customer(customer.as_str())
        .payment_method("pm_card_authenticationRequired")
        .allowed_payment_method_types(vec![stripe_shared::SetupIntentAllowedPaymentMethodTypes::Card])
        .confirm(true);
    let setup = setup.send(&shop.client).await.expect("a setup");
    assert_eq!(setup.status, SetupIntentStatus::RequiresAction);
    shop.post(&format!("/3ds/{}", setup.id), &[("result", "complete")]).await;
    let setup = setups::RetrieveSetupIntent::new(setup.id).send(&shop.client).await.expect("a setup");
    let card = setup.payment_method.expect("a card").id().to_string();
    let request = payment(2500, &card)
        .customer(customer.as_str())
        .off_session(payments::CreatePaymentIntentOffSession::Bool(true));
    let refused = request.send(&shop.client).await.expect_err("a refusal");
    let StripeError::Stripe(error, 402) = refused else { panic!("another error") };
    assert_eq!(error.code, Some(ApiErrorsCode::AuthenticationRequired));
    assert_eq!(error.payment_intent.expect("an intent").status, PaymentIntentStatus::RequiresPaymentMethod);
    let declined = payment(2500, "pm_card_chargeDeclinedInsufficientFunds").send(&shop.client).await;
    let Err(StripeError::Stripe(error, 402)) = declined else { panic!("another answer") };
    assert_eq!(error.decline_code.as_deref(), Some("insufficient_funds"));
    let types = shop.events().await;
    for wanted in ["setup_intent.requires_action", "payment_intent.payment_failed", "charge.failed"] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}

#[tokio::test]
async fn sessions_are_read_open_complete_and_expired() {
    let shop = open().await;
    let customer = shop.customer().await;
    let item = checkout::CreateCheckoutSessionLineItems {
        price_data: Some(checkout::CreateCheckoutSessionLineItemsPriceData {
            unit_amount: Some(2500),
            product_data: Some(checkout::ProductData::new("A mug")),
            ..checkout::CreateCheckoutSessionLineItemsPriceData::new(Currency::EUR)
        }),
        quantity: Some(1),
        ..checkout::CreateCheckoutSessionLineItems::new()
    };
    let paying = checkout::CreateCheckoutSession::new()
        .mode(stripe_shared::CheckoutSessionMode::Payment)
        .line_items(vec![item])
        .success_url("http://shop.example/thanks");
    let saving = checkout::CreateCheckoutSession::new()
        .mode(stripe_shared::CheckoutSessionMode::Setup)
        .currency(Currency::EUR)
        .customer(customer.as_str())
        .success_url("http://shop.example/thanks");
    let card = [
        ("email", "ada@example.org"),
        ("number", "4242424242424242"),
        ("exp", "12/40"),
        ("cvc", "123"),
        ("name", "Ada"),
    ];
    for request in [paying, saving.clone()] {
        let session = request.send(&shop.client).await.expect("a session");
        assert_eq!(session.status, Some(CheckoutSessionStatus::Open));
        let page =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let sent = page.post(session.url.expect("a url")).form(&card).send().await.expect("an answer");
        assert_eq!(sent.status(), 303);
        let expand = ["line_items", "payment_intent", "setup_intent"].map(str::to_owned).to_vec();
        let done = checkout::RetrieveCheckoutSession::new(session.id).expand(expand).send(&shop.client).await;
        assert_eq!(done.expect("a session").status, Some(CheckoutSessionStatus::Complete));
    }
    let open = saving.send(&shop.client).await.expect("a session");
    let gone = checkout::ExpireCheckoutSession::new(open.id).send(&shop.client).await.expect("a session");
    assert_eq!(gone.status, Some(CheckoutSessionStatus::Expired));
    let types = shop.events().await;
    for wanted in ["checkout.session.completed", "checkout.session.expired", "setup_intent.canceled"] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}

#[tokio::test]
async fn the_rarer_events_are_read_too() {
    let shop = open().await;
    for card in ["pm_card_createDispute", "pm_card_createDisputeInquiry", "pm_card_createIssuerFraudRecord"] {
        payment(2500, card).send(&shop.client).await.expect("an intent");
    }
    let paid = payment(2500, "pm_card_refundFail").send(&shop.client).await.expect("an intent");
    shop.post("/v1/refunds", &[("payment_intent", paid.id.as_str())]).await;
    let held =
        payment(2500, "pm_card_visa").capture_method(stripe_shared::PaymentIntentCaptureMethod::Manual);
    held.send(&shop.client).await.expect("an intent");
    let customer = shop.customer().await;
    shop.post(&format!("/v1/customers/{customer}"), &[("name", "Ada")]).await;
    let clock = format!("{}/_sandbox/clock", shop.running.base_url());
    let week = serde_json::json!({ "advance_seconds": 7 * 24 * 60 * 60 });
    reqwest::Client::new().post(clock).json(&week).send().await.expect("an answer");
    let types = shop.events().await;
    for wanted in ["charge.dispute.created", "refund.failed", "charge.expired", "customer.updated"] {
        assert!(types.iter().any(|name| name == wanted), "{wanted} in {types:?}");
    }
}
