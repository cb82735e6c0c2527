//! The link in a letter about a failed payment: it works once, for one pledge, and needs no log-in. Looking at it changes
//! nothing, since mail programs and their scanners look at every link; pressing its button uses it up, and gives the
//! browser a pass with which that pledge can be fixed, and nothing else.

use domain::{PersonId, PledgeId};
use sqlx::PgPool;
use uuid::Uuid;

use super::fix::{FixRefusal, Fixable, fixable};
use crate::secret::{self, hash};
use crate::{Ctx, Result};

/// How long a browser may fix the pledge after it has used the link. Seconds; a bank's question takes minutes.
pub const PASS_SECONDS: i32 = 60 * 60;

/// Stands in a stored letter where its link will be. The token is made when the letter leaves, so that it is never
/// stored.
const PLACE: &str = "/fix/link-for-";

/// Where a letter's link leads until it leaves.
pub(crate) fn place(pledge: PledgeId) -> String {
    format!("{PLACE}{pledge}")
}

/// What a browser carries that has used a link. Never logged, never stored.
pub struct Pass(String);

impl Pass {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose pledge a pass is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub backer: PersonId,
    pub pledge: PledgeId,
}

/// Puts a new link into a letter that leaves, wherever its place is kept. A letter without one stays as it is.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn fill(db: &PgPool, text: &str, html: &str) -> Result<(String, String)> {
    let Some((_, rest)) = text.split_once(PLACE) else { return Ok((text.to_owned(), html.to_owned())) };
    let Some(pledge) = rest.get(..36).and_then(|id| id.parse().ok()) else {
        return Ok((text.to_owned(), html.to_owned()));
    };
    let (place, link) = (place(pledge), format!("/fix/{}", mint(db, pledge).await?));
    Ok((text.replace(&place, &link), html.replace(&place, &link)))
}

async fn mint(db: &PgPool, pledge: PledgeId) -> Result<String> {
    let token = secret::new()?;
    sqlx::query!(
        "insert into fix_links (id, pledge_id, token_hash, expires_at)
         select $1, $2, $3, coalesce(greatest(retry_until, failed_at + interval '48 hours'), clock())
         from collections join settlements on settlements.campaign_id = collections.campaign_id
         where pledge_id = $2",
        Uuid::now_v7(),
        pledge as PledgeId,
        &hash(&token),
    )
    .execute(db)
    .await?;
    Ok(token)
}

/// What an unused link is for.
///
/// # Errors
/// [`FixRefusal::NotFound`]: unknown, used, expired, or its payment needs nobody any more.
pub async fn look(ctx: &Ctx, token: &str) -> Result<Fixable, FixRefusal> {
    let found = sqlx::query_as!(
        Holder,
        r#"select backer_id as "backer: PersonId", pledge_id as "pledge: PledgeId"
           from fix_links join pledges on pledges.id = pledge_id
           where token_hash = $1 and used_at is null and expires_at > clock()"#,
        &hash(token),
    )
    .fetch_optional(&ctx.db)
    .await?;
    of_holder(ctx, found.ok_or(FixRefusal::NotFound)?).await
}

/// Uses a link up. Of two who press its button at once, one gets the pass.
///
/// # Errors
/// As [`look`].
pub async fn open(ctx: &Ctx, token: &str) -> Result<Pass, FixRefusal> {
    look(ctx, token).await?;
    let pass = secret::new()?;
    let used = sqlx::query!(
        "update fix_links set used_at = clock(), pass_hash = $2, pass_expires_at = clock() + make_interval(secs => $3)
         where token_hash = $1 and used_at is null and expires_at > clock()",
        &hash(token),
        &hash(&pass),
        f64::from(PASS_SECONDS),
    )
    .execute(&ctx.db)
    .await?;
    if used.rows_affected() == 1 { Ok(Pass(pass)) } else { Err(FixRefusal::NotFound) }
}

/// Whose pledge a pass lets fix.
///
/// # Errors
/// [`FixRefusal::NotFound`] for one that is not ours, or too old.
pub async fn holder(ctx: &Ctx, pass: &str) -> Result<Holder, FixRefusal> {
    let found = sqlx::query_as!(
        Holder,
        r#"select backer_id as "backer: PersonId", pledge_id as "pledge: PledgeId"
           from fix_links join pledges on pledges.id = pledge_id
           where pass_hash = $1 and pass_expires_at > clock()"#,
        &hash(pass),
    )
    .fetch_optional(&ctx.db)
    .await?;
    found.ok_or(FixRefusal::NotFound)
}

/// What there is to fix, for who came by a link: to them a pledge that needs nothing is not there.
///
/// # Errors
/// [`FixRefusal::NotFound`]
pub async fn of_holder(ctx: &Ctx, holder: Holder) -> Result<Fixable, FixRefusal> {
    match fixable(ctx, holder.backer, holder.pledge).await {
        Err(FixRefusal::NothingToFix) => Err(FixRefusal::NotFound),
        found => found,
    }
}

/// Removes links that nobody can use any more. For the hourly job.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn forget_ended(db: &PgPool) -> Result<()> {
    sqlx::query!(
        "delete from fix_links where expires_at < clock() and coalesce(pass_expires_at, expires_at) < clock()"
    )
    .execute(db)
    .await?;
    Ok(())
}
