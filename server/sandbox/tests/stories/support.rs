//! A sandbox, a client for it and a place for its webhooks to go.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use reqwest::Method;
use sandbox::{Clock, Config, Running, Sandbox, WebhookTarget};
use serde_json::{Value, json};

pub(crate) const NOON: i64 = 1_800_000_000;
pub(crate) const SECRET: &str = "whsec_stories";

/// Form fields as a library would send them.
pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

/// A running sandbox with its clock in our hand.
pub(crate) struct Stripe {
    pub(crate) running: Running,
    client: reqwest::Client,
}

/// An answer: status, headers, and its JSON.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn id(&self) -> &str {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.body))
    }

    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
}

impl Stripe {
    pub(crate) async fn start() -> Self {
        Self::start_with(Config { clock: Clock::frozen_at(NOON), ..Config::default() }).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        let running = Sandbox::start(config).await.expect("the sandbox starts");
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
        Self { running, client: client.expect("a client") }
    }

    /// With every event posted to these hooks.
    pub(crate) async fn start_for(hooks: &Hooks) -> Self {
        Self::start_with(Config { webhook: Some(hooks.target()), ..quick() }).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url())
    }

    pub(crate) async fn post(&self, path: &str, fields: Fields<'_>) -> Reply {
        self.send(Method::POST, path, fields, &[]).await.expect("an answer")
    }

    pub(crate) async fn post_with_key(&self, path: &str, fields: Fields<'_>, key: &str) -> Reply {
        self.send(Method::POST, path, fields, &[("idempotency-key", key)]).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], &[]).await.expect("an answer")
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], &[]).await.expect("an answer")
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        fields: Fields<'_>,
        headers: Fields<'_>,
    ) -> reqwest::Result<Reply> {
        let mut request = self.client.request(method, self.url(path)).bearer_auth("sk_test_stories");
        if !fields.is_empty() {
            request = request.form(fields);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Reply { status, headers, body })
    }

    /// A read, or a payout, on behalf of a connected account.
    pub(crate) async fn for_account(&self, account: &str, path: &str, fields: Fields<'_>) -> Reply {
        let method = if fields.is_empty() { Method::GET } else { Method::POST };
        self.send(method, path, fields, &[("stripe-account", account)]).await.expect("an answer")
    }

    /// A connected account in Germany that may receive transfers once its owner was on the onboarding page.
    pub(crate) async fn account(&self) -> String {
        let fields = [
            ("country", "DE"),
            ("email", "creator@example.org"),
            ("controller[stripe_dashboard][type]", "express"),
            ("controller[fees][payer]", "application"),
            ("controller[losses][payments]", "application"),
            ("capabilities[transfers][requested]", "true"),
            ("settings[payouts][schedule][interval]", "manual"),
        ];
        self.post("/v1/accounts", &fields).await.ok()["id"].as_str().expect("an id").to_owned()
    }

    /// The address of the onboarding page, as its owner gets it by following a fresh link.
    pub(crate) async fn onboarding(&self, account: &str) -> String {
        let fields = [
            ("account", account),
            ("type", "account_onboarding"),
            ("refresh_url", "http://shop.example/again"),
            ("return_url", "http://shop.example/back"),
        ];
        let link = self.post("/v1/account_links", &fields).await.ok();
        self.browse(link["url"].as_str().expect("a url"), None).await.1
    }

    /// An account that can be paid and pays out to this number.
    pub(crate) async fn ready_account(&self, number: &str) -> String {
        let account = self.account().await;
        let page = self.onboarding(&account).await;
        let sent = self.browse(&page, Some(&onboarded("complete", number))).await;
        assert_eq!((sent.0, sent.1.as_str()), (303, "http://shop.example/back"), "{}", sent.2);
        account
    }

    /// The amounts available and pending, of the platform or of an account, in this currency.
    pub(crate) async fn balance(&self, account: Option<&str>, currency: &str) -> (i64, i64) {
        let balance = match account {
            Some(account) => self.for_account(account, "/v1/balance", &[]).await.ok(),
            None => self.get("/v1/balance").await.ok(),
        };
        let part = |name: &str| {
            let mut amounts = balance[name].as_array().expect("amounts").iter();
            amounts.find(|amount| amount["currency"] == currency).and_then(|amount| amount["amount"].as_i64())
        };
        (part("available").unwrap_or_default(), part("pending").unwrap_or_default())
    }

    pub(crate) async fn fault(&self, fault: Value) {
        let response =
            self.client.post(self.url("/_sandbox/faults")).json(&fault).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{}", response.text().await.unwrap_or_default());
    }

    pub(crate) async fn set(&self, settings: Value) {
        let sent = self.client.post(self.url("/_sandbox/settings")).json(&settings).send().await;
        assert_eq!(sent.expect("an answer").status(), StatusCode::OK);
    }

    /// Waits until a fault has struck.
    pub(crate) async fn has_struck(&self) {
        let struck =
            |faults: &Value| faults.as_array().is_some_and(|all| all.iter().any(|one| one["fired"] != 0));
        while !struck(&self.get("/_sandbox/faults").await.ok()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn no_faults(&self) {
        self.client.delete(self.url("/_sandbox/faults")).send().await.expect("an answer");
    }

    pub(crate) async fn advance(&self, seconds: i64) {
        let request =
            self.client.post(self.url("/_sandbox/clock")).json(&json!({ "advance_seconds": seconds }));
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
    }

    /// A page as a browser gets it: status, where it leads, and its HTML.
    pub(crate) async fn browse(&self, path: &str, form: Option<Fields<'_>>) -> (u16, String, String) {
        let url = if path.starts_with("http") { path.to_owned() } else { self.url(path) };
        let request = match form {
            Some(fields) => self.client.post(url).form(fields),
            None => self.client.get(url),
        };
        let response = request.send().await.expect("a page");
        let leads_to =
            response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        (response.status().as_u16(), leads_to, response.text().await.expect("text"))
    }

    /// The types of all events so far, oldest first.
    pub(crate) async fn event_types(&self) -> Vec<String> {
        let events = self.get("/v1/events?limit=100").await.ok();
        let types = events["data"].as_array().expect("a list").iter().rev();
        types.map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub(crate) async fn customer(&self) -> String {
        self.post("/v1/customers", &[("email", "ada@example.org")]).await.id().to_owned()
    }

    /// A payment of ten dollars with this card, confirmed at once.
    pub(crate) async fn pay(&self, card: &str, more: Fields<'_>) -> Reply {
        let mut fields = vec![
            ("amount", "1000"),
            ("currency", "usd"),
            ("payment_method", card),
            ("allowed_payment_method_types[]", "card"),
            ("confirm", "true"),
        ];
        fields.extend_from_slice(more);
        self.post("/v1/payment_intents", &fields).await
    }
}

/// What an account's owner types, and which button they press.
pub(crate) fn onboarded<'a>(act: &'a str, number: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("first_name", "Ada"),
        ("last_name", "Lovelace"),
        ("date_of_birth", "1815-12-10"),
        ("account_number", number),
        ("act", act),
    ]
}

/// A bank account that takes every payout.
pub(crate) const GOOD_IBAN: &str = "DE89370400440532013000";

pub(crate) fn quick() -> Config {
    Config { webhook_retry_base: Duration::from_millis(20), ..Config::default() }
}

/// A receiver of webhooks that answers with the statuses it is given, then with 200.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    posts: Arc<Mutex<Vec<Post>>>,
    statuses: Arc<Mutex<Vec<u16>>>,
    url: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) signature: String,
    pub(crate) body: String,
    pub(crate) event: Value,
}

impl Hooks {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let hooks = Self {
            url: format!("http://{}/hooks", listener.local_addr().expect("an address")),
            ..Self::default()
        };
        let app = axum::Router::new().route("/hooks", axum::routing::post(receive)).with_state(hooks.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        hooks
    }

    pub(crate) fn target(&self) -> WebhookTarget {
        WebhookTarget { url: self.url.clone(), secret: SECRET.into(), api_version: None }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The next posts get these answers.
    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        *self.statuses.lock().expect("statuses") = statuses.iter().rev().copied().collect();
    }

    pub(crate) fn posts(&self) -> Vec<Post> {
        self.posts.lock().expect("posts").clone()
    }

    /// Posts about this type of event, once there are so many of them.
    pub(crate) async fn wait_for(&self, event_type: &str, count: usize) -> Vec<Post> {
        for _ in 0..6000 {
            let found: Vec<Post> =
                self.posts().into_iter().filter(|post| post.event["type"] == event_type).collect();
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{event_type} did not come {count} times: {:?}", self.types());
    }

    pub(crate) fn types(&self) -> Vec<String> {
        self.posts().iter().map(|post| post.event["type"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

async fn receive(State(hooks): State<Hooks>, headers: HeaderMap, body: String) -> StatusCode {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let event = serde_json::from_str(&body).unwrap_or_default();
    hooks.posts.lock().expect("posts").push(Post { signature: signature.to_owned(), body, event });
    let status = hooks.statuses.lock().expect("statuses").pop().unwrap_or(200);
    StatusCode::from_u16(status).expect("a status")
}
