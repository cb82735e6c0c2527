//! Mail: letters are staged as rows in the transaction that causes them, each once for ever, and sent afterwards by
//! a task of their own. Without a mail server the rows are the demo's mailbox.

mod html;
mod letter;
mod links;
mod mailbox;
mod message;
mod sender;
mod smtp;
mod smtp_server;
mod written;

use std::sync::Arc;

use domain::PersonId;
use sqlx::PgConnection;
use uuid::Uuid;

pub use letter::{
    About, AlarmsRaised, CampaignCancelled, CampaignCancelledCreator, CampaignFailed, CampaignFailedCreator,
    CampaignFellShort, CampaignFellShortCreator, CampaignFunded, CampaignFundedCreator, CardExpires,
    DisputeClosed, DisputeOpened, GoalReached, Letter, MilestoneReached, PaidTooLate, PaymentFailed,
    PaymentFixed, PaymentReminder, PayoutAsked, PayoutDecided, PayoutFailed, PayoutSent, PledgeCancelled,
    PledgeChanged, PledgeConfirmed, PledgeDropped, PledgeLink, RefundFailed, RefundFailedCreator, Refunded,
    StretchGoalUnlocked,
};
pub use mailbox::{MailboxLine, MailboxMail, in_mailbox, mailbox};
pub use sender::{Round, run, send_due};
pub use smtp_server::SmtpServer;

use crate::Result;
use crate::config::Config;

/// Writes letters for this site, and knows by which way they leave.
#[derive(Clone)]
pub struct Mail {
    public_url: Arc<str>,
    /// `None`: nothing leaves, the rows are the demo's mailbox.
    server: Option<Arc<SmtpServer>>,
}

/// A letter with its address on it.
pub struct Post<'a> {
    pub to: PersonId,
    /// What it tells of, in one word for ever: `pledge_confirmed_{id}`. The same key again is the same mail.
    pub dedupe_key: String,
    pub letter: Letter<'a>,
}

impl Mail {
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { public_url: config.public_url.as_str().into(), server: config.smtp.clone().map(Arc::new) }
    }

    /// Stages one letter. It is sent if and only if the caller's transaction commits.
    ///
    /// # Errors
    /// When the database refuses; then the transaction is lost too.
    pub async fn stage(
        &self,
        db: &mut PgConnection,
        letter: Letter<'_>,
        to: PersonId,
        dedupe_key: &str,
    ) -> Result<()> {
        self.stage_all(db, &[Post { to, dedupe_key: dedupe_key.to_owned(), letter }]).await
    }

    /// Stages many letters in one statement.
    ///
    /// # Errors
    /// As [`Mail::stage`].
    pub async fn stage_all(&self, db: &mut PgConnection, post: &[Post<'_>]) -> Result<()> {
        if post.is_empty() {
            return Ok(());
        }
        let written: Vec<_> = post.iter().map(|one| one.letter.write()).collect();
        let ids: Vec<Uuid> = post.iter().map(|_| Uuid::now_v7()).collect();
        let people: Vec<Uuid> = post.iter().map(|one| one.to.0).collect();
        let names: Vec<&str> = post.iter().map(|one| one.letter.name()).collect();
        let keys: Vec<&str> = post.iter().map(|one| one.dedupe_key.as_str()).collect();
        let subjects: Vec<String> = written.iter().map(|one| one.subject()).collect();
        let texts: Vec<String> = written.iter().map(|one| one.text(&self.public_url)).collect();
        let htmls: Vec<String> = written.iter().map(|one| html::page(one, &self.public_url)).collect();
        sqlx::query!(
            "insert into mails (id, person_id, letter, dedupe_key, subject, body_text, body_html)
             select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
             on conflict on constraint mails_dedupe_key do nothing",
            &ids,
            &people,
            &names as &[&str],
            &keys as &[&str],
            &subjects,
            &texts,
            &htmls,
        )
        .execute(db)
        .await?;
        Ok(())
    }
}
