//! As whom a guest pledges. Each campaign that a browser backs with an e-mail makes a guest of its own, whoever else has
//! that e-mail: the link of a letter then opens one pledge, and nobody meets anybody's account.

use std::time::Duration;

use domain::{CampaignId, DisplayName, Email, PersonId, PledgeId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::GuestToken;
use super::session;
use crate::pledges::{self, Ended, StartRefusal};
use crate::secret::hash;
use crate::{Ctx, Result, inbox};

/// How long a form waits for the worker to end what it replaces.
const PATIENCE: Duration = Duration::from_secs(3);

/// Who waits for the card page to be finished, as they called themselves.
#[derive(Clone, Debug)]
pub struct Guest {
    pub id: PersonId,
    pub email: String,
    pub display_name: String,
}

/// The guest as whom this browser backs a campaign with this e-mail: the one of an earlier try, or a new one. A pledge
/// that waits for its card under another e-mail is ended first, since the backer has corrected it.
///
/// # Errors
/// [`StartRefusal::GatewayAway`] when its card page cannot be closed; [`StartRefusal::Failed`].
pub async fn as_backer(
    ctx: &Ctx,
    token: &GuestToken,
    campaign: CampaignId,
    email: &Email,
    name: &DisplayName,
) -> Result<PersonId, StartRefusal> {
    for corrected in waiting_under_another(ctx, token, campaign, email).await? {
        if pledges::lapse(ctx, corrected).await? == Ended::StillOpen {
            return Err(StartRefusal::GatewayAway);
        }
        inbox::settled(ctx, corrected, PATIENCE).await?;
    }
    let mut tx = ctx.db.begin().await?;
    // A form that is sent twice makes one guest.
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))", &token.hash())
        .execute(&mut *tx)
        .await?;
    let guest = match of_earlier_try(&mut tx, token, campaign, email).await? {
        Some(guest) => renamed(&mut tx, guest, email, name).await?,
        None => new(&mut tx, email, name).await?,
    };
    session::allow(&mut tx, token, guest).await?;
    tx.commit().await?;
    Ok(guest)
}

async fn waiting_under_another(
    ctx: &Ctx,
    token: &GuestToken,
    campaign: CampaignId,
    email: &Email,
) -> Result<Vec<PledgeId>> {
    let found = sqlx::query_scalar!(
        r#"select pledges.id as "id: PledgeId"
           from guest_sessions
           join people on people.id = guest_id
           join pledges on backer_id = guest_id
           where token_hash = $1 and expires_at > clock()
                 and campaign_id = $2 and state = 'pending' and email <> $3"#,
        &token.hash(),
        campaign as CampaignId,
        email.as_str(),
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(found)
}

/// The browser's guest of this campaign and e-mail, or one of whom nothing came yet.
async fn of_earlier_try(
    db: &mut PgConnection,
    token: &GuestToken,
    campaign: CampaignId,
    email: &Email,
) -> Result<Option<PersonId>> {
    let found = sqlx::query_scalar!(
        r#"select guest_id as "id: PersonId"
           from guest_sessions
           join people on people.id = guest_id
           cross join lateral (select count(*) as all, count(*) filter (where campaign_id = $2) as here
                               from pledges where backer_id = guest_id) as made
           where token_hash = $1 and expires_at > clock() and (made.all = 0 or here > 0 and email = $3)
           order by here desc limit 1"#,
        &token.hash(),
        campaign as CampaignId,
        email.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(found)
}

/// Once a pledge stands, its name is the one it was made with.
async fn renamed(
    db: &mut PgConnection,
    guest: PersonId,
    email: &Email,
    name: &DisplayName,
) -> Result<PersonId> {
    sqlx::query!(
        "update people set email = $2, display_name = $3
         where id = $1 and (email, display_name) <> ($2, $3)
               and not exists (select from pledges where backer_id = $1 and confirmed_at is not null)",
        guest as PersonId,
        email.as_str(),
        name.as_str(),
    )
    .execute(db)
    .await?;
    Ok(guest)
}

async fn new(db: &mut PgConnection, email: &Email, name: &DisplayName) -> Result<PersonId> {
    let id = PersonId(Uuid::now_v7());
    sqlx::query!(
        "insert into people (id, email, display_name, is_guest) values ($1, $2, $3, true)",
        id as PersonId,
        email.as_str(),
        name.as_str(),
    )
    .execute(db)
    .await?;
    Ok(id)
}

/// The browser's guest whose pledge to a campaign waits for its card, the latest if there are several.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(ctx: &Ctx, token: &str, campaign: CampaignId) -> Result<Option<Guest>> {
    let found = sqlx::query_as!(
        Guest,
        r#"select guest_id as "id: PersonId", email, display_name
           from guest_sessions
           join people on people.id = guest_id
           join pledges on backer_id = guest_id
           where token_hash = $1 and expires_at > clock() and campaign_id = $2 and state = 'pending'
           order by pledges.created_at desc limit 1"#,
        &hash(token),
        campaign as CampaignId,
    )
    .fetch_optional(&ctx.db)
    .await?;
    Ok(found)
}
