//! A session is a random token in a cookie and its hash in a row. It ends when its person says so, when it has idled
//! for two weeks, and in any case after thirty days.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::{PersonId, SessionId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Roles, device};
use crate::secret::{self, hash};
use crate::{Result, rows};

pub const IDLE_DAYS: i32 = 14;
pub const ABSOLUTE_DAYS: i32 = 30;

/// What the cookie carries: 256 random bits as base64url. Never logged, never stored.
pub struct SessionToken(String);

impl SessionToken {
    fn random() -> Result<Self> {
        Ok(Self(secret::new()?))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

/// A session just made: the only time its token is known here.
#[derive(Debug)]
pub struct NewSession {
    pub token: SessionToken,
    pub person_id: PersonId,
}

/// Who is looking at a page.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub person_id: PersonId,
    pub session_id: SessionId,
    pub display_name: String,
    pub roles: Roles,
}

/// A line of "where you are logged in".
#[derive(Clone, Debug)]
pub struct ListedSession {
    pub id: SessionId,
    pub device: String,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

/// Opens a session within the transaction that proved the person.
pub(super) async fn open(db: &mut PgConnection, person: PersonId, user_agent: &str) -> Result<NewSession> {
    let token = SessionToken::random()?;
    sqlx::query!(
        r#"
        insert into sessions (id, token_hash, person_id, user_agent, expires_at)
        values ($1, $2, $3, $4, clock() + make_interval(days => $5))
        "#,
        Uuid::now_v7(),
        &hash(token.as_str()),
        person as PersonId,
        device::stored(user_agent),
        ABSOLUTE_DAYS,
    )
    .execute(db)
    .await?;
    Ok(NewSession { token, person_id: person })
}

/// Who holds this token, if its session still lives.
pub async fn by_token(db: &PgPool, token: &str) -> Result<Option<Viewer>> {
    let found = sqlx::query!(
        r#"
        select s.id as "session_id: SessionId", p.id as "person_id: PersonId", p.display_name,
               array(select role from person_roles where person_id = p.id) as "roles!",
               s.last_seen_at < clock() - interval '1 minute' as "unseen_for_a_minute!"
        from sessions s join people p on p.id = s.person_id
        where s.token_hash = $1
          and s.expires_at > clock() and s.last_seen_at > clock() - make_interval(days => $2)
        "#,
        &hash(token),
        IDLE_DAYS,
    )
    .fetch_optional(db)
    .await?;
    let Some(found) = found else { return Ok(None) };
    if found.unseen_for_a_minute {
        touch(db, found.session_id).await?;
    }
    Ok(Some(Viewer {
        person_id: found.person_id,
        session_id: found.session_id,
        display_name: found.display_name,
        roles: found
            .roles
            .iter()
            .map(|role| rows::named("person_roles.role", role))
            .collect::<Result<_>>()?,
    }))
}

/// At most once a minute: a page with ten requests is one sign of life, not ten writes.
async fn touch(db: &PgPool, session: SessionId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update sessions set last_seen_at = clock()
        where id = $1 and last_seen_at < clock() - interval '1 minute'
        "#,
        session as SessionId,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Where a person is logged in, most recently seen first.
pub async fn list(db: &PgPool, person: PersonId) -> Result<Vec<ListedSession>> {
    let found = sqlx::query!(
        r#"
        select id as "id: SessionId", user_agent, created_at, last_seen_at from sessions
        where person_id = $1
          and expires_at > clock() and last_seen_at > clock() - make_interval(days => $2)
        order by last_seen_at desc, id desc
        "#,
        person as PersonId,
        IDLE_DAYS,
    )
    .fetch_all(db)
    .await?;
    Ok(found
        .into_iter()
        .map(|row| ListedSession {
            id: row.id,
            device: device::name(&row.user_agent),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        })
        .collect())
}

/// Ends one of a person's own sessions. False: there is none, or it is somebody else's.
pub async fn end(db: &PgPool, person: PersonId, session: SessionId) -> Result<bool> {
    let ended = sqlx::query!(
        "delete from sessions where id = $1 and person_id = $2",
        session as SessionId,
        person as PersonId,
    )
    .execute(db)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends whatever session this token opens: log-out, and the old one at log-in.
pub async fn end_by_token(db: impl sqlx::PgExecutor<'_>, token: &str) -> Result<()> {
    sqlx::query!("delete from sessions where token_hash = $1", &hash(token)).execute(db).await?;
    Ok(())
}

/// Ends all of a person's sessions but the one at hand.
pub async fn end_others(db: &PgPool, person: PersonId, keep: SessionId) -> Result<u64> {
    let ended = sqlx::query!(
        "delete from sessions where person_id = $1 and id <> $2",
        person as PersonId,
        keep as SessionId,
    )
    .execute(db)
    .await?;
    Ok(ended.rows_affected())
}

/// Removes sessions that nobody can use any more. For the hourly job.
pub async fn forget_ended(db: &PgPool) -> Result<u64> {
    let gone = sqlx::query!(
        "delete from sessions where expires_at <= clock() or last_seen_at <= clock() - make_interval(days => $1)",
        IDLE_DAYS,
    )
    .execute(db)
    .await?;
    Ok(gone.rows_affected())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn a_token_has_256_bits_that_never_repeat_and_never_show() -> Result<()> {
        let (one, other) = (SessionToken::random()?, SessionToken::random()?);
        assert_eq!(URL_SAFE_NO_PAD.decode(one.as_str()).map(|bits| bits.len()), Ok(32));
        assert_ne!(one.as_str(), other.as_str());
        assert!(!format!("{one:?}").contains(one.as_str()));
        Ok(())
    }
}
