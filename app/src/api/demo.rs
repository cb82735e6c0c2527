//! What only a demo has: the banner that says so, and the mailbox.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

/// What every page of a demo says about itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct DemoView {
    /// Whether mail can be read here instead of leaving.
    pub mailbox: bool,
}

/// A mail in the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MailLineView {
    pub id: String,
    pub to_name: String,
    pub to_email: String,
    pub subject: String,
    pub written_at: DateTime<Utc>,
}

/// A mail, opened. Its HTML is a document of its own, at `/demo/mailbox/{id}/html`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MailView {
    pub line: MailLineView,
    pub text: String,
}

/// Whether this server runs on stand-ins, which every page must say.
#[server(endpoint = "demo", prefix = "/api")]
pub async fn demo() -> Result<Option<DemoView>, ApiError> {
    use backend::config::Environment;
    let config = crate::ssr::ctx()?.config;
    Ok((config.environment == Environment::Demo).then(|| DemoView { mailbox: config.has_mailbox() }))
}

/// The newest mails, whoever they are for.
#[server(endpoint = "mailbox", prefix = "/api")]
pub async fn mailbox() -> Result<Vec<MailLineView>, ApiError> {
    use crate::ssr;
    let lines = backend::mail::mailbox(&ssr::ctx()?).await?.ok_or(ApiError::NotFound);
    ssr::answer(lines.map(|lines| lines.into_iter().map(Into::into).collect()))
}

/// One of them.
#[server(endpoint = "mail_in_mailbox", prefix = "/api")]
pub async fn mail_in_mailbox(id: String) -> Result<MailView, ApiError> {
    use crate::ssr;
    ssr::answer(ssr::mailbox::open(&id).await)
}
