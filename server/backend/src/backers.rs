//! Everybody who stands behind a campaign, written to one letter at a time.

use domain::{CampaignId, PersonId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::mail::{Letter, Post};
use crate::{Ctx, Result};

/// So many are written to in one transaction.
const LETTERS_AT_ONCE: i64 = 500;

/// Writes the same letter to everybody whose pledge counts. Done twice it is done once: `what` and the person are its key.
///
/// # Errors
/// When the database does not answer; who has a letter keeps it.
pub(crate) async fn write_to_all(
    ctx: &Ctx,
    campaign: CampaignId,
    letter: Letter<'_>,
    what: &str,
) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let backers = those_after(&ctx.db, campaign, after).await?;
        let Some(last) = backers.last() else { return Ok(()) };
        after = last.0;
        let addressed = |to: &PersonId| Post { to: *to, dedupe_key: format!("{what}_{to}"), letter };
        let post: Vec<Post> = backers.iter().map(addressed).collect();
        let mut tx = ctx.db.begin().await?;
        ctx.mail.stage_all(&mut tx, &post).await?;
        tx.commit().await?;
    }
}

async fn those_after(db: &PgPool, campaign: CampaignId, after: Uuid) -> Result<Vec<PersonId>> {
    let backers = sqlx::query_scalar!(
        r#"select distinct backer_id as "backer: PersonId" from pledges
           where campaign_id = $1 and backer_id > $2
                 and state in ('committed', 'authorized', 'captured', 'charging', 'errored', 'needs_action',
                               'partially_refunded', 'disputed')
           order by 1 limit $3"#,
        campaign as CampaignId,
        after,
        LETTERS_AT_ONCE,
    )
    .fetch_all(db)
    .await?;
    Ok(backers)
}
