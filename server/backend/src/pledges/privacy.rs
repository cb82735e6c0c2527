//! What of a pledge the public does not see (PRODUCT B27).

use domain::{PersonId, PledgeId};
use sqlx::{PgExecutor, PgPool};

use crate::Result;

/// A backer's choice; the default hides nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    pub name_hidden: bool,
    pub amount_hidden: bool,
}

/// Changes what the public sees of the backer's own pledge, whatever has become of it. `false`: there is no such
/// pledge, or it is somebody else's.
///
/// # Errors
/// When the database cannot be reached.
pub async fn set_privacy(db: &PgPool, backer: PersonId, pledge: PledgeId, privacy: Privacy) -> Result<bool> {
    let changed = sqlx::query!(
        "update pledges set name_hidden = $3, amount_hidden = $4 where id = $1 and backer_id = $2",
        pledge as PledgeId,
        backer as PersonId,
        privacy.name_hidden,
        privacy.amount_hidden,
    )
    .execute(db)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// The form of a pledge that still waits for its card was sent again: what it says now is what the backer wants.
pub(super) async fn renew(db: impl PgExecutor<'_>, pledge: PledgeId, privacy: Privacy) -> Result<()> {
    sqlx::query!(
        "update pledges set name_hidden = $2, amount_hidden = $3
         where id = $1 and state = 'pending' and (name_hidden, amount_hidden) <> ($2, $3)",
        pledge as PledgeId,
        privacy.name_hidden,
        privacy.amount_hidden,
    )
    .execute(db)
    .await?;
    Ok(())
}
