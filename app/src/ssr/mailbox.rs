//! The demo's mailbox: from what the backend read to what travels to the pages.

use backend::mail::{MailboxLine, MailboxMail};

use super::ctx;
use crate::api::demo::{MailLineView, MailView};
use crate::api::error::ApiError;

/// The mail with this id, if this site has a mailbox and the mailbox has it.
pub async fn open(id: &str) -> Result<MailView, ApiError> {
    let id = id.parse().map_err(|_| ApiError::NotFound)?;
    let mail = backend::mail::in_mailbox(&ctx()?, id).await?;
    mail.map(Into::into).ok_or(ApiError::NotFound)
}

impl From<MailboxLine> for MailLineView {
    fn from(line: MailboxLine) -> Self {
        Self {
            id: line.id.to_string(),
            to_name: line.to_name,
            to_email: line.to_email,
            subject: line.subject,
            written_at: line.written_at,
        }
    }
}

impl From<MailboxMail> for MailView {
    fn from(mail: MailboxMail) -> Self {
        Self { line: mail.line.into(), text: mail.text }
    }
}
