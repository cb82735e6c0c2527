//! People with browsers.

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
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

    /// Somebody who is logged in.
    pub async fn person(&self, name: &str) -> Person {
        Person::logged_in(&self.db, &self.base, name).await
    }

    /// Somebody who is logged in and has a role.
    pub async fn staff(&self, name: &str, role: &str) -> Person {
        let person = self.person(name).await;
        self.make_staff(&person, role).await;
        person
    }

    pub async fn make_staff(&self, person: &Person, role: &str) {
        sqlx::query("insert into person_roles (person_id, role) values ($1, $2)")
            .bind(person.id)
            .bind(role)
            .execute(&self.db)
            .await
            .expect("a role");
    }

    /// Many of them.
    pub async fn people(&self, count: usize) -> Vec<Person> {
        futures::future::join_all(
            (1..=count).map(async |number| self.person(&format!("Backer {number}")).await),
        )
        .await
    }
}

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).cookie_store(true).build().expect("a client")
}

impl Person {
    /// Made in the database: registration has tests of its own, and hashing is slow.
    pub async fn logged_in(db: &PgPool, base: &str, name: &str) -> Self {
        let id = Uuid::now_v7();
        let email = format!("{}-{}@example.org", name.to_lowercase().replace(' ', "."), id.simple());
        let token = Uuid::new_v4().simple().to_string();
        sqlx::query(
            "with person as (insert into people (id, email, display_name) values ($1, $2, $3))
             insert into sessions (id, token_hash, person_id, expires_at, last_seen_at)
             -- whatever the story does to the clock
             values ($1, $4, $1, clock() + interval '10 years', clock() + interval '10 years')",
        )
        .bind(id)
        .bind(&email)
        .bind(name)
        .bind(Sha256::digest(&token).to_vec())
        .execute(db)
        .await
        .expect("a person with a session");
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("cookie", format!("session={token}").parse().expect("a cookie"));
        let browser =
            Client::builder().redirect(Policy::none()).default_headers(headers).build().expect("a client");
        Self { browser, base: base.to_owned(), email, id }
    }

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
        self.try_call(function, form).await.expect("an answer")
    }

    /// The same, when the server may die over it.
    pub async fn try_call(&self, function: &str, form: &[(&str, &str)]) -> reqwest::Result<Answer> {
        let request = self.browser.post(format!("{}/api/{function}", self.base)).header("origin", &self.base);
        let response = request.header("accept", "application/json").form(form).send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
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
