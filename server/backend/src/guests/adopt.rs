//! An account takes over what its person pledged as a guest. The pledge stays the guest's for the gateway, where its card
//! is saved; who may act for it, and whose open pledge it counts as, changes.

use domain::{PersonId, PledgeId};
use sqlx::PgConnection;

use super::{links, session};
use crate::audit::{self, Actor};
use crate::{Ctx, Error, Result};

/// Why an account does not get a guest's pledge.
#[derive(Debug, thiserror::Error)]
pub enum AdoptRefusal {
    /// The link is unknown or too old.
    #[error("This link does not work any more.")]
    NotFound,
    #[error("This pledge was added to an account before. A pledge belongs to one account.")]
    AlreadyAdopted,
    #[error(
        "This campaign is yours, and nobody backs their own. The pledge stays as it is; you can cancel it by this link."
    )]
    OwnCampaign,
    #[error(
        "Your account has an open pledge to this campaign already, and there is one for a person. This one stays as it is: \
         look after it by this link."
    )]
    AlreadyPledged,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for AdoptRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes the pledges of a link's guest the account's: the link was mailed to the address they gave, so whoever has it reads
/// that mail. Answers with the pledge.
///
/// # Errors
/// [`AdoptRefusal`]: everything stays as it was.
pub async fn adopt(ctx: &Ctx, link: &str, account: &Actor) -> Result<PledgeId, AdoptRefusal> {
    let mut tx = ctx.db.begin().await?;
    let found = links::look(&mut *tx, link).await?.ok_or(AdoptRefusal::NotFound)?;
    // Of two adoptions at once, the second sees what the first did.
    sqlx::query!("select id from people where id = $1 for update", found.guest as PersonId)
        .fetch_one(&mut *tx)
        .await?;
    if is_own_campaign(&mut tx, found.guest, account.person).await? {
        return Err(AdoptRefusal::OwnCampaign);
    }
    let adopted = take_over(&mut tx, found.guest, account.person).await?;
    if adopted.is_empty() {
        return Err(AdoptRefusal::AlreadyAdopted);
    }
    session::end_all(&mut tx, found.guest).await?;
    for pledge in adopted {
        audit::write(&mut tx, account, "adopt_pledge", &format!("pledge:{pledge}"), "").await?;
    }
    tx.commit().await?;
    Ok(found.pledge)
}

async fn is_own_campaign(db: &mut PgConnection, guest: PersonId, account: PersonId) -> Result<bool> {
    let own = sqlx::query_scalar!(
        r#"select exists (select from pledges join campaigns on campaigns.id = campaign_id
                          where backer_id = $1 and creator_id = $2) as "own!""#,
        guest as PersonId,
        account as PersonId,
    )
    .fetch_one(db)
    .await?;
    Ok(own)
}

/// The database says whether the account has an open pledge to the campaign already.
async fn take_over(
    db: &mut PgConnection,
    guest: PersonId,
    account: PersonId,
) -> Result<Vec<PledgeId>, AdoptRefusal> {
    let adopted = sqlx::query_scalar!(
        r#"update pledges set adopted_by = $2 where backer_id = $1 and adopted_by is null returning id as "id: PledgeId""#,
        guest as PersonId,
        account as PersonId,
    )
    .fetch_all(db)
    .await;
    match adopted {
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("pledges_one_open_per_backer") => {
            Err(AdoptRefusal::AlreadyPledged)
        }
        adopted => Ok(adopted?),
    }
}
