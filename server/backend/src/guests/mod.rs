//! Pledging without an account (PRODUCT B25). A guest is a person who cannot log in: made by the pledge form for one
//! campaign, known to the browser that sent it by a cookie, and to whoever reads the letter by its link.
//!
//! Two things hold throughout. Nothing here asks whether an account has a guest's e-mail, so nothing answers it. And what
//! was typed as an e-mail proves nothing: only a link that was mailed there lets an account adopt the pledge.

mod adopt;
mod again;
mod links;
mod person;
mod session;

pub use adopt::{AdoptRefusal, adopt};
pub use again::write_again;
pub(crate) use links::fill;
pub use links::{LinkedPledge, Opened, look, open};
pub use person::{Guest, as_backer, waiting};
pub use session::{Backer, GuestToken, SESSION_HOURS, backer};

use sqlx::PgPool;

use crate::Result;

/// Removes what lets nobody in any more, and guests whose form never made a pledge. For the hourly job.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn forget_ended(db: &PgPool) -> Result<()> {
    sqlx::query!("delete from guest_sessions where expires_at < clock()").execute(db).await?;
    sqlx::query!("delete from guest_links where expires_at < clock()").execute(db).await?;
    sqlx::query!(
        "delete from people
         where is_guest and created_at < clock() - interval '1 day'
               and not exists (select from pledges where backer_id = people.id)"
    )
    .execute(db)
    .await?;
    Ok(())
}
