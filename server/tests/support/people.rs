//! People with browsers.

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::TestApp;

/// Somebody with a browser that keeps cookies and follows no redirect by itself.
pub struct Person {
    pub browser: Client,
    pub base: String,
    pub email: String,
    pub id: Uuid,
}

impl TestApp {
    /// A browser without an account.
    pub fn stranger(&self) -> Client {
        browser()
    }

    /// Somebody who is logged in. Made in the database: registration has tests of its own, and hashing is slow.
    pub async fn person(&self, name: &str) -> Person {
        let id = Uuid::now_v7();
        let email = format!("{}-{}@example.org", name.to_lowercase().replace(' ', "."), id.simple());
        sqlx::query("insert into people (id, email, display_name) values ($1, $2, $3)")
            .bind(id)
            .bind(&email)
            .bind(name)
            .execute(&self.db)
            .await
            .expect("a person");
        let token = Uuid::new_v4().simple().to_string();
        sqlx::query(
            "insert into sessions (id, token_hash, person_id, expires_at) values ($1, $2, $1, clock() + interval '1 day')",
        )
        .bind(id)
        .bind(Sha256::digest(&token).to_vec())
        .execute(&self.db)
        .await
        .expect("a session");
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("cookie", format!("session={token}").parse().expect("a cookie"));
        let browser =
            Client::builder().redirect(Policy::none()).default_headers(headers).build().expect("a client");
        Person { browser, base: self.base.clone(), email, id }
    }
}

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).cookie_store(true).build().expect("a client")
}

impl Person {
    pub async fn get(&self, path: &str) -> Response {
        self.browser
            .get(format!("{}{path}", self.base))
            .header("accept", "text/html")
            .send()
            .await
            .expect("an answer")
    }

    /// Calls a server function as script does.
    pub async fn call(&self, function: &str, form: &[(&str, &str)]) -> Answer {
        let response = self
            .browser
            .post(format!("{}/api/{function}", self.base))
            .header("origin", &self.base)
            .header("accept", "application/json")
            .form(form)
            .send()
            .await
            .expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a text");
        Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    /// Sends the same as a plain form, from a page of ours.
    pub async fn post_form(&self, function: &str, from: &str, form: &[(&str, &str)]) -> Response {
        self.browser
            .post(format!("{}/api/{function}", self.base))
            .header("origin", &self.base)
            .header("referer", format!("{}{from}", self.base))
            .header("accept", "text/html")
            .form(form)
            .send()
            .await
            .expect("an answer")
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The answer's text, for those that are one.
    pub fn text(&self) -> &str {
        self.body.as_str().unwrap_or_default()
    }

    /// What a refusal says.
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}
