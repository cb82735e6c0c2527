//! Log-in: throttle, verify, open a session. An unknown e-mail, a person without a password and a wrong password get
//! one answer after the same work.

use std::time::Duration;

use domain::{Email, PersonId};

use super::Client;
use super::sessions::{self, NewSession};
use crate::throttle::{self, Limit, Subject, Taken, TooMany};
use crate::{Ctx, Result};

/// Guessing one person's password. Short of locking anyone out: the window slides, and a success empties it.
const FAILURES_PER_ACCOUNT: Limit = Limit { bucket: "log_in.account", tries: 10, minutes: 15 };

/// Guessing everybody's passwords from one place. An office behind one address must still get in.
const FAILURES_PER_ADDRESS: Limit = Limit { bucket: "log_in.address", tries: 50, minutes: 15 };

/// What a person typed. The password is not parsed here: one that our rules would refuse is simply wrong.
pub struct Credentials {
    pub email: Email,
    pub password: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginRefusal {
    #[error("This e-mail and password do not belong together.")]
    WrongCredentials,
    #[error("Too many attempts. Try again in {}.", in_words(*retry_after))]
    TooManyAttempts { retry_after: Duration },
}

/// Opens a session for the right password and ends `old_token`'s, so that a token known before log-in is worth
/// nothing after it.
pub async fn log_in(
    ctx: &Ctx,
    Credentials { email, password }: Credentials,
    client: &Client,
    old_token: Option<&str>,
) -> Result<Result<NewSession, LoginRefusal>> {
    let tries = match take_tries(ctx, &email, client).await? {
        Ok(tries) => tries,
        Err(TooMany { retry_after }) => {
            tracing::warn!("log-in throttled");
            return Ok(Err(LoginRefusal::TooManyAttempts { retry_after }));
        }
    };
    let Some(person) = verify(ctx, &email, password).await? else {
        tracing::info!("log-in refused");
        return Ok(Err(LoginRefusal::WrongCredentials));
    };
    let session = open(ctx, person, client, old_token, tries).await?;
    tracing::info!(person_id = %person, "logged in");
    Ok(Ok(session))
}

/// Both counters before any work; a refusal by the second leaves the first counted, for it came from there.
async fn take_tries(ctx: &Ctx, email: &Email, client: &Client) -> Result<Result<[Taken; 2], TooMany>> {
    let address = match throttle::take(&ctx.db, FAILURES_PER_ADDRESS, client.address.subject()).await? {
        Ok(taken) => taken,
        Err(too_many) => return Ok(Err(too_many)),
    };
    let account = throttle::take(&ctx.db, FAILURES_PER_ACCOUNT, Subject::of(email.as_str())).await?;
    Ok(account.map(|account| [address, account]))
}

async fn verify(ctx: &Ctx, email: &Email, password: String) -> Result<Option<PersonId>> {
    let found = sqlx::query!(
        // a guest with this address is no account
        r#"select id as "id: PersonId", password_hash from people where email = $1 and not is_guest"#,
        email.as_str(),
    )
    .fetch_optional(&ctx.db)
    .await?;
    let (person, stored) = found.map(|row| (row.id, row.password_hash)).unzip();
    let right = ctx.passwords.verify(password, stored.flatten()).await?;
    Ok(person.filter(|_| right))
}

/// One transaction: never a new session beside the old one, never a success that still counts as a failure.
async fn open(
    ctx: &Ctx,
    person: PersonId,
    client: &Client,
    old_token: Option<&str>,
    [address, account]: [Taken; 2],
) -> Result<NewSession> {
    let mut tx = ctx.db.begin().await?;
    if let Some(old) = old_token {
        sessions::end_by_token(&mut *tx, old).await?;
    }
    let session = sessions::open(&mut tx, person, &client.user_agent).await?;
    throttle::reset(&mut *tx, account).await?;
    throttle::give_back(&mut *tx, address).await?;
    tx.commit().await?;
    Ok(session)
}

/// "1 minute", "15 minutes": nobody waits by the second, so it is rounded up.
pub(super) fn in_words(wait: Duration) -> String {
    match wait.as_secs().div_ceil(60).max(1) {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_long_to_wait() {
        let refusal =
            |seconds| LoginRefusal::TooManyAttempts { retry_after: Duration::from_secs(seconds) }.to_string();
        assert_eq!(refusal(1), "Too many attempts. Try again in 1 minute.");
        assert_eq!(refusal(61), "Too many attempts. Try again in 2 minutes.");
    }
}
