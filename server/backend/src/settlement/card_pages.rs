//! The gateway's pages for another card. Once a pledge is paid or over nobody needs them, and a card saved there would
//! only have to be forgotten again: they are closed.

use domain::PledgeId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::payments::PageState;
use crate::{Ctx, Error, Result};

/// Stages the closing of these pledges' pages, in the transaction that ends them. Most never had one.
pub(crate) async fn stage_closing(db: &mut PgConnection, pledges: &[PledgeId]) -> Result<()> {
    if pledges.is_empty() {
        return Ok(());
    }
    let pledges: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    sqlx::query!(
        "insert into staged_jobs (id, kind, payload, dedupe_key)
         select gen_random_uuid(), 'close_card_pages', to_jsonb(pledge_id), 'close_card_pages_' || pledge_id
         from collections where pledge_id = any($1) and card_pages > 0
         on conflict on constraint staged_jobs_dedupe_key do nothing",
        &pledges,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Closes every page that was opened for a pledge. What was finished there meanwhile comes as an event.
pub(crate) async fn close_all(ctx: &Ctx, pledge: PledgeId) -> Result<()> {
    let pages = sqlx::query_scalar!(
        r#"select object_id as "id!" from gateway_attempts
           where pledge_id = $1 and kind = 'create_session' and key like 'card\_page\_%' and object_id is not null
           order by created_at"#,
        pledge as PledgeId,
    )
    .fetch_all(&ctx.db)
    .await?;
    for page in pages {
        if let PageState::Open { .. } = ctx.payments.close_page(pledge, &page).await? {
            return Err(Error::broken("a card page that does not close"));
        }
    }
    Ok(())
}
