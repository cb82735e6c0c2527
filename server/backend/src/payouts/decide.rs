//! A second person looks at a large payout before it leaves.

use domain::{PayoutEvent, PayoutId, PayoutState, PersonId, Step};

use sqlx::PgConnection;

use super::make::stage_sending;
use crate::mail::{About, Letter, PayoutDecided};
use crate::{Ctx, Error, Result, rows};

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideRefusal {
    #[error("This payout does not exist.")]
    NotFound,
    #[error("Somebody else must approve what is paid to you.")]
    OnesOwn,
    #[error("This payout was decided already.")]
    Decided,
    #[error("Say why, in a sentence or two: the creator reads it.")]
    NoReason,
    #[error("Keep it below 2,000 characters.")]
    ReasonTooLong,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for DecideRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 2_000;

/// Lets a payout leave. Administrators only: moderators move no money.
///
/// # Errors
/// [`DecideRefusal`]: the payout then stands as it was.
pub async fn approve(ctx: &Ctx, by: PersonId, payout: PayoutId) -> Result<(), DecideRefusal> {
    decide(ctx, by, payout, PayoutEvent::Approved, "").await
}

/// Keeps a payout from leaving. The money stays with the campaign, and the next look makes no payout of it by itself. What
/// the creator asked for is declined for good: they may ask again.
///
/// # Errors
/// [`DecideRefusal`]: the payout then stands as it was.
pub async fn refuse(ctx: &Ctx, by: PersonId, payout: PayoutId, reason: &str) -> Result<(), DecideRefusal> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(DecideRefusal::NoReason);
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(DecideRefusal::ReasonTooLong);
    }
    decide(ctx, by, payout, PayoutEvent::Refused, reason).await
}

async fn decide(
    ctx: &Ctx,
    by: PersonId,
    payout: PayoutId,
    event: PayoutEvent,
    reason: &str,
) -> Result<(), DecideRefusal> {
    let mut tx = ctx.db.begin().await?;
    let row = sqlx::query!(
        r#"select payouts.state, payouts.creator_id as "creator: PersonId", payouts.amount, payouts.currency,
                  withdrawal_id is not null as "was_asked!", title, slug
           from payouts join campaigns on campaigns.id = campaign_id
           where payouts.id = $1 and exists (select from person_roles where person_id = $2 and role = 'admin')
           for update of payouts"#,
        payout as PayoutId,
        by as PersonId,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(DecideRefusal::NotFound)?;
    if row.creator == by {
        return Err(DecideRefusal::OnesOwn);
    }
    let event = match event {
        PayoutEvent::Refused if row.was_asked => PayoutEvent::Declined,
        event => event,
    };
    let from: PayoutState = rows::named("payouts.state", &row.state)?;
    let Ok(Step::To(to)) = from.next(event) else { return Err(DecideRefusal::Decided) };
    step(&mut tx, payout, from, event, to, by, reason).await?;
    if to == PayoutState::Approved {
        stage_sending(&mut tx, payout).await?;
    }
    let letter = PayoutDecided {
        campaign: About { title: &row.title, slug: &row.slug },
        amount: rows::money(row.amount, &row.currency)?,
        refused_because: (to != PayoutState::Approved).then_some(reason),
        path: "/studio/payouts",
    };
    let key = format!("payout_{}_{payout}", to.as_str());
    ctx.mail.stage(&mut tx, Letter::PayoutDecided(letter), row.creator, &key).await?;
    tx.commit().await?;
    Ok(())
}

/// Moves a payout that is held, and says in its history who did.
pub(super) async fn step(
    db: &mut PgConnection,
    payout: PayoutId,
    from: PayoutState,
    event: PayoutEvent,
    to: PayoutState,
    by: PersonId,
    reason: &str,
) -> Result<()> {
    sqlx::query!(
        "with moved as (update payouts set state = $3 where id = $1)
         insert into payout_history (payout_id, from_state, to_state, event, actor_id, reason)
         values ($1, $2, $3, $4, $5, $6)",
        payout as PayoutId,
        from.as_str(),
        to.as_str(),
        event.as_str(),
        by as PersonId,
        reason,
    )
    .execute(db)
    .await?;
    Ok(())
}
