//! What staff did: who, what, to what, and with which request. Written in the transaction of the deed, and never changed.

use domain::PersonId;
use sqlx::PgConnection;

use crate::Result;

/// Who acts, and the request they act by, as the log names it.
#[derive(Clone, Debug)]
pub struct Actor {
    pub person: PersonId,
    pub request_id: String,
}

/// Writes that `actor` did `act` (a verb, such as `try_job_again`) to `subject` (a kind and an id, such as `job:0192…`).
/// `detail` says what cannot be read off the subject, without personal data.
///
/// # Errors
/// When the database refuses.
pub async fn write(
    db: &mut PgConnection,
    actor: &Actor,
    act: &str,
    subject: &str,
    detail: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into audit_log (actor_id, act, subject, detail, request_id) values ($1, $2, $3, $4, $5)",
        actor.person as PersonId,
        act,
        subject,
        detail,
        actor.request_id,
    )
    .execute(db)
    .await?;
    Ok(())
}
