//! The demo's mailbox: every mail of the site, for whoever tries it out. It exists only where no mail leaves.

use chrono::{DateTime, Utc};
use domain::PersonId;
use uuid::Uuid;

use super::links;
use crate::config::{Config, Environment};
use crate::{Ctx, Result};

/// The mailbox shows this many.
const NEWEST: i64 = 100;

/// A mail in the list.
#[derive(Clone, Debug)]
pub struct MailboxLine {
    pub id: Uuid,
    pub to_name: String,
    pub to_email: String,
    pub subject: String,
    pub written_at: DateTime<Utc>,
}

/// A mail, opened.
#[derive(Clone, Debug)]
pub struct MailboxMail {
    pub line: MailboxLine,
    pub text: String,
    /// A whole document. It is for a frame in which nothing runs.
    pub html: String,
}

impl Config {
    /// Whether everybody may read all mail: in a demo that sends none.
    #[must_use]
    pub fn has_mailbox(&self) -> bool {
        self.environment == Environment::Demo && self.smtp.is_none()
    }
}

/// The newest mails; `None` where there is no mailbox.
///
/// # Errors
/// When the database cannot be asked.
pub async fn mailbox(ctx: &Ctx) -> Result<Option<Vec<MailboxLine>>> {
    if !ctx.config.has_mailbox() {
        return Ok(None);
    }
    let lines = sqlx::query_as!(
        MailboxLine,
        "select mails.id, display_name as to_name, email as to_email, subject, mails.created_at as written_at
         from mails join people on people.id = person_id
         order by mails.created_at desc, mails.id desc limit $1",
        NEWEST,
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(Some(lines))
}

/// One mail; `None` where there is no such mail or no mailbox.
///
/// # Errors
/// As [`mailbox`].
pub async fn in_mailbox(ctx: &Ctx, id: Uuid) -> Result<Option<MailboxMail>> {
    if !ctx.config.has_mailbox() {
        return Ok(None);
    }
    let row = sqlx::query!(
        r#"select mails.id, person_id as "person: PersonId", display_name, email, subject, mails.created_at, body_text,
                  body_html
           from mails join people on people.id = person_id where mails.id = $1"#,
        id,
    )
    .fetch_optional(&ctx.db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // The mailbox is where these letters arrive, so here is where their links are made.
    let (text, html) = links::fill(ctx, row.person, &row.body_text, &row.body_html).await?;
    Ok(Some(MailboxMail {
        line: MailboxLine {
            id: row.id,
            to_name: row.display_name,
            to_email: row.email,
            subject: row.subject,
            written_at: row.created_at,
        },
        text,
        html,
    }))
}
