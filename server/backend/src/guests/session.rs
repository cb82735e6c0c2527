//! Which guests a browser may act for. Its token is made when the pledge form is drawn, so that a form that is sent twice
//! comes from one browser; it opens nothing before a pledge is begun with it.

use std::fmt;

use domain::{PersonId, PledgeId};
use sqlx::PgConnection;

use crate::secret::{self, hash};
use crate::{Ctx, Result};

/// Long enough to see what became of a pledge. Afterwards, and on every other device, the letter's link opens it.
pub const SESSION_HOURS: i32 = 24;

/// What the cookie carries. Never logged, never stored.
pub struct GuestToken(String);

impl GuestToken {
    /// # Errors
    /// When there is no randomness.
    pub fn random() -> Result<Self> {
        Ok(Self(secret::new()?))
    }

    /// The one that a browser sent, or a new one if it is none of ours.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn of(sent: Option<&str>) -> Result<Self> {
        match sent {
            Some(token) if secret::is_one(token) => Ok(Self(token.to_owned())),
            _ => Self::random(),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

impl fmt::Debug for GuestToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestToken(..)")
    }
}

/// As whom somebody acts for a pledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backer {
    pub person: PersonId,
    /// By the browser's guest session, not by an account.
    pub as_guest: bool,
}

/// As whom a browser may act for a pledge: as its backer's account, as the account that adopted it, or, as long as no
/// account has, as a guest. `None`: it is somebody else's, or there is none.
///
/// # Errors
/// When the database does not answer.
pub async fn backer(
    ctx: &Ctx,
    pledge: PledgeId,
    account: Option<PersonId>,
    token: Option<&str>,
) -> Result<Option<Backer>> {
    let token_hash = token.map(hash);
    let found = sqlx::query!(
        r#"select backer_id as "person: PersonId",
                  coalesce(backer_id = $2 or adopted_by = $2, false) as "by_account!"
           from pledges
           where id = $1
                 and (backer_id = $2 or adopted_by = $2
                      or adopted_by is null
                         and exists (select from guest_sessions
                                     where token_hash = $3 and guest_id = backer_id and expires_at > clock()))"#,
        pledge as PledgeId,
        account as Option<PersonId>,
        token_hash.as_ref().map(<[u8; 32]>::as_slice),
    )
    .fetch_optional(&ctx.db)
    .await?;
    Ok(found.map(|row| Backer { person: row.person, as_guest: !row.by_account }))
}

/// Lets a browser act for a guest, or goes on letting it.
pub(super) async fn allow(db: &mut PgConnection, token: &GuestToken, guest: PersonId) -> Result<()> {
    sqlx::query!(
        "insert into guest_sessions (token_hash, guest_id, expires_at)
         values ($1, $2, clock() + make_interval(hours => $3))
         on conflict (token_hash, guest_id) do update set expires_at = excluded.expires_at",
        &token.hash(),
        guest as PersonId,
        SESSION_HOURS,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a browser another token for everything its old one opens: what somebody may have learnt of it before is worth
/// nothing afterwards.
pub(super) async fn renew(db: &mut PgConnection, old: &str, new: &GuestToken) -> Result<()> {
    sqlx::query!("update guest_sessions set token_hash = $2 where token_hash = $1", &hash(old), &new.hash())
        .execute(db)
        .await?;
    Ok(())
}

/// Ends whatever lets browsers act for a guest.
pub(super) async fn end_all(db: &mut PgConnection, guest: PersonId) -> Result<()> {
    sqlx::query!("delete from guest_sessions where guest_id = $1", guest as PersonId).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_a_browser_sent_only_if_we_could_have_made_it() -> Result<()> {
        let ours = GuestToken::random()?;
        assert_eq!(GuestToken::of(Some(ours.as_str()))?.as_str(), ours.as_str());
        for sent in [None, Some(""), Some("guessed"), Some("x; Domain=example.org")] {
            let token = GuestToken::of(sent)?;
            assert!(Some(token.as_str()) != sent && secret::is_one(token.as_str()), "{sent:?}");
        }
        assert!(!format!("{ours:?}").contains(ours.as_str()));
        Ok(())
    }
}
