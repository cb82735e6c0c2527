//! The gateway as a test sees it: everything it holds, what it said, and its switches.

use reqwest::Client;
use serde_json::{Value, json};
use uuid::Uuid;

pub struct Gateway {
    pub base: String,
    http: Client,
}

impl Gateway {
    pub fn at(base: String) -> Self {
        Self { base, http: Client::new() }
    }

    /// Everything of one kind, such as `checkout.session`.
    pub async fn all(&self, kind: &str) -> Vec<Value> {
        let objects: Value = self.get("/_sandbox/objects").await;
        objects[kind].as_array().cloned().unwrap_or_default()
    }

    /// Those of one kind that carry this pledge's id.
    pub async fn of_pledge(&self, kind: &str, pledge: Uuid) -> Vec<Value> {
        let mut objects = self.all(kind).await;
        objects.retain(|object| object["metadata"]["pledge_id"] == pledge.to_string());
        objects
    }

    pub async fn object(&self, id: &str) -> Value {
        self.get(&format!("/_sandbox/objects/{id}")).await
    }

    /// What the gateway said so far, oldest first, as it would deliver it.
    pub async fn events(&self) -> Vec<Value> {
        let mut events = self.get("/v1/events?limit=100").await["data"].as_array().cloned().expect("events");
        events.reverse();
        events
    }

    /// Arms a fault on matching requests.
    pub async fn fault(&self, matching: Value, mode: &str) {
        self.arm(json!({ "match": matching, "mode": mode })).await;
    }

    pub async fn arm(&self, fault: Value) {
        let request = self.http.post(format!("{}/_sandbox/faults", self.base)).json(&fault);
        let armed = request.send().await.expect("an answer");
        assert!(armed.status().is_success(), "{}", armed.text().await.unwrap_or_default());
    }

    /// How often faults struck so far.
    pub async fn struck(&self) -> u64 {
        self.count_of_faults("fired").await
    }

    /// How many requests armed faults were held against so far.
    pub async fn seen(&self) -> u64 {
        self.count_of_faults("seen").await
    }

    async fn count_of_faults(&self, what: &str) -> u64 {
        let armed = self.get("/_sandbox/faults").await;
        armed.as_array().into_iter().flatten().filter_map(|fault| fault[what].as_u64()).sum()
    }

    pub async fn no_faults(&self) {
        self.http.delete(format!("{}/_sandbox/faults", self.base)).send().await.expect("an answer");
    }

    /// What somebody does by hand, in the gateway's dashboard.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth("sk_test_sandbox");
        let done = request.form(form).send().await.expect("an answer");
        assert!(done.status().is_success(), "{}", done.text().await.unwrap_or_default());
    }

    /// Moves the gateway's own clock.
    pub async fn advance(&self, by: chrono::TimeDelta) {
        let seconds = json!({ "advance_seconds": by.num_seconds() });
        let request = self.http.post(format!("{}/_sandbox/clock", self.base)).json(&seconds);
        assert!(request.send().await.expect("an answer").status().is_success());
    }

    /// Removes a saved card, as its owner or staff can.
    pub async fn detach(&self, card: &str) {
        let address = format!("{}/v1/payment_methods/{card}/detach", self.base);
        let detached =
            self.http.post(address).bearer_auth("sk_test_sandbox").send().await.expect("an answer");
        assert!(detached.status().is_success(), "{}", detached.text().await.unwrap_or_default());
    }

    /// Releases a hold, as its running out does.
    pub async fn cancel(&self, intent: &str) {
        let address = format!("{}/v1/payment_intents/{intent}/cancel", self.base);
        let cancelled =
            self.http.post(address).bearer_auth("sk_test_sandbox").send().await.expect("an answer");
        assert!(cancelled.status().is_success(), "{}", cancelled.text().await.unwrap_or_default());
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth("sk_test_sandbox");
        request.send().await.expect("an answer").json().await.expect("JSON")
    }
}
