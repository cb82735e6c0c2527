//! A browser on our own pages: it says where it comes from, keeps cookies, and follows nothing by itself.

use std::collections::HashMap;

use reqwest::{Client, Response};
use serde_json::Value;

use crate::support::TestApp;

pub const PASSWORD: &str = "a long walk by the sea";

pub struct Browser {
    pub http: Client,
    pub base: String,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        Self { http: app.stranger(), base: app.base.clone() }
    }

    /// In which somebody has just registered and logged in.
    pub async fn of(app: &TestApp, email: &str) -> Self {
        let browser = Self::new(app);
        browser.register(email, PASSWORD).await;
        browser.log_in(email, PASSWORD).await;
        browser
    }

    pub async fn get(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.base)).header("accept", "text/html");
        request.send().await.expect("an answer")
    }

    pub async fn page(&self, path: &str) -> String {
        self.get(path).await.text().await.expect("a page")
    }

    /// Sends a plain form from a page of ours.
    pub async fn form(&self, function: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.post(function).header("referer", format!("{}/from", self.base));
        request.header("accept", "text/html").form(fields).send().await.expect("an answer")
    }

    /// Calls a server function as script does: the status and what was said.
    pub async fn call(&self, function: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let request = self.post(function).header("accept", "application/json").form(fields);
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.json().await.expect("JSON"))
    }

    pub async fn register(&self, email: &str, password: &str) -> Response {
        self.form("register", &[("display_name", "Bea Tamm"), ("email", email), ("password", password)]).await
    }

    /// The session's token, if there is one now.
    pub async fn log_in(&self, email: &str, password: &str) -> Option<String> {
        set_cookie(&self.form("log_in", &[("email", email), ("password", password)]).await)
    }

    /// What a refused log-in says; nothing when it succeeds.
    pub async fn try_to_log_in(&self, email: &str, password: &str) -> Option<String> {
        let (status, body) = self.call("log_in", &[("email", email), ("password", password)]).await;
        (status != 200).then(|| body["message"].as_str().unwrap_or_default().to_owned())
    }

    fn post(&self, function: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("{}/api/{function}", self.base)).header("origin", &self.base)
    }
}

pub fn location(response: &Response) -> &str {
    response.headers().get("location").and_then(|location| location.to_str().ok()).unwrap_or_default()
}

/// The token a response sets; none when it sets none or clears it.
pub fn set_cookie(response: &Response) -> Option<String> {
    let cookie = response.headers().get("set-cookie")?.to_str().ok()?;
    let value = cookie.strip_prefix("session=")?.split(';').next()?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Everything stored, table by table, as a fingerprint: equal before and after means nothing was written.
pub async fn stored(app: &TestApp) -> HashMap<String, Option<String>> {
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public'")
            .fetch_all(&app.db)
            .await
            .expect("the tables");
    let mut stored = HashMap::new();
    for table in tables {
        let rows = format!("select md5(string_agg(t::text, '|' order by t::text)) from {table} t");
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_one(&app.db).await.expect("its rows");
        stored.insert(table, rows);
    }
    stored
}
