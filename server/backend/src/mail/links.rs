//! The links of a letter that are made when it leaves, so that what is stored lets nobody in: each copy has its own.

use domain::PersonId;

use crate::{Ctx, Result, guests, settlement};

/// The bodies of a letter as its reader gets them.
///
/// # Errors
/// When a link cannot be stored.
pub(super) async fn fill(ctx: &Ctx, reader: PersonId, text: &str, html: &str) -> Result<(String, String)> {
    let bodies = settlement::fill_fix_link(&ctx.db, text, html).await?;
    guests::fill(&ctx.db, reader, bodies).await
}
