//! Asking for a refund: the row, under the pledge's lock, and the job that sends it.

use chrono::{DateTime, Utc};
use domain::{
    Model, Money, PersonId, PledgeId, PledgeState, RefundId, SelfRefundRefusal, TypedAmountError,
    self_refund_until,
};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::again::{self, GivenUp};
use crate::jobs::{self, Job};
use crate::payments::{NotChargeable, to_gateway};
use crate::{Ctx, Error, Result, rows};

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// The refund form, as it was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Made when the form was drawn: sent twice, it is one refund.
    pub id: RefundId,
    pub amount: String,
    /// What the form said was left, as a bare number: nobody refunds on top of what they have not seen.
    pub left: String,
    pub reason: String,
    pub keeps_reward: bool,
}

/// Why there is no refund.
#[derive(Debug, thiserror::Error)]
pub enum RefundRefusal {
    /// No such pledge, or not this person's to refund: the same answer.
    #[error("This pledge does not exist.")]
    NotFound,
    #[error("Nothing is paid for this pledge that could be given back.")]
    NotPaid,
    #[error("The backer’s bank is deciding a dispute about this payment. It cannot be refunded meanwhile.")]
    Disputed,
    #[error(transparent)]
    Amount(#[from] TypedAmountError),
    #[error(transparent)]
    NotChargeable(#[from] NotChargeable),
    #[error("At most {0} can be given back.")]
    TooMuch(Money),
    #[error("Type more than nothing.")]
    Nothing,
    /// Somebody else was faster.
    #[error(
        "Somebody else has just given money back for this pledge. {0} is left. Nothing was refunded by you."
    )]
    Changed(Money),
    #[error("Tell the backer why, in a sentence.")]
    NoReason,
    #[error("Keep it below 500 characters.")]
    ReasonTooLong,
    #[error(transparent)]
    NotByThemselves(#[from] SelfRefundRefusal),
    #[error(transparent)]
    Failed(#[from] Error),
}

impl RefundRefusal {
    /// The form's field it is about.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Amount(_) | Self::NotChargeable(_) | Self::TooMuch(_) | Self::Nothing => Some("amount"),
            Self::NoReason | Self::ReasonTooLong => Some("reason"),
            _ => None,
        }
    }
}

impl GivenUp for RefundRefusal {
    fn was_given_up(&self) -> bool {
        matches!(self, Self::Failed(error) if error.was_given_up())
    }
}

impl From<sqlx::Error> for RefundRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The campaign's creator or an administrator gives money back.
///
/// # Errors
/// [`RefundRefusal`]: then nothing is given back.
pub async fn ask(ctx: &Ctx, by: PersonId, pledge: PledgeId, asked: &Asked) -> Result<(), RefundRefusal> {
    again::while_given_up(|| ask_once(ctx, by, pledge, asked)).await
}

async fn ask_once(ctx: &Ctx, by: PersonId, pledge: PledgeId, asked: &Asked) -> Result<(), RefundRefusal> {
    let reason = asked.reason.trim();
    let mut tx = ctx.db.begin().await?;
    let paid = hold(&mut tx, &[pledge]).await?.pop().ok_or(RefundRefusal::NotFound)?;
    let source = match () {
        () if paid.creator == by => "creator",
        () if is_admin(&mut tx, by).await? => "staff",
        () => return Err(RefundRefusal::NotFound),
    };
    if is_asked(&mut tx, asked.id, pledge).await? {
        return Ok(());
    }
    paid.refundable()?;
    if reason.is_empty() {
        return Err(RefundRefusal::NoReason);
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(RefundRefusal::ReasonTooLong);
    }
    let amount = Money::parse_typed(&asked.amount, paid.amount.currency())?;
    if asked.left != paid.left.plain() {
        return Err(RefundRefusal::Changed(paid.left));
    }
    if !amount.is_positive() {
        return Err(RefundRefusal::Nothing);
    }
    if amount.amount() > paid.left.amount() {
        return Err(RefundRefusal::TooMuch(paid.left));
    }
    to_gateway(amount)?;
    let new = New {
        id: asked.id,
        pledge,
        amount,
        source,
        actor: Some(by),
        reason,
        keeps_reward: asked.keeps_reward && amount != paid.left,
    };
    insert(&mut tx, &[new]).await?;
    ctx.faults.step("refund.before_commit");
    tx.commit().await?;
    ctx.faults.step("refund.requested");
    Ok(())
}

/// The backer takes everything that is left back, within the campaign's window.
///
/// # Errors
/// [`RefundRefusal`]: then nothing is given back.
pub async fn take_back(
    ctx: &Ctx,
    backer: PersonId,
    pledge: PledgeId,
    id: RefundId,
) -> Result<(), RefundRefusal> {
    again::while_given_up(|| take_back_once(ctx, backer, pledge, id)).await
}

async fn take_back_once(
    ctx: &Ctx,
    backer: PersonId,
    pledge: PledgeId,
    id: RefundId,
) -> Result<(), RefundRefusal> {
    let mut tx = ctx.db.begin().await?;
    let paid = hold(&mut tx, &[pledge]).await?.pop().ok_or(RefundRefusal::NotFound)?;
    if paid.backer != backer {
        return Err(RefundRefusal::NotFound);
    }
    if is_asked(&mut tx, id, pledge).await? {
        return Ok(());
    }
    self_refund_until(paid.model, paid.days, paid.state, paid.charged_at, paid.now)?;
    paid.refundable()?;
    let new = New {
        id,
        pledge,
        amount: paid.left,
        source: "backer",
        actor: Some(backer),
        reason: "The backer took the pledge back.",
        keeps_reward: false,
    };
    insert(&mut tx, &[new]).await?;
    ctx.faults.step("refund.before_commit");
    tx.commit().await?;
    ctx.faults.step("refund.requested");
    Ok(())
}

/// Gives back what is left of pledges whose campaign is over, in the transaction that finds it so.
pub(crate) async fn stage_for_campaign(db: &mut PgConnection, pledges: &[PledgeId]) -> Result<()> {
    if pledges.is_empty() {
        return Ok(());
    }
    let paid = hold(&mut *db, pledges).await?;
    let refundable = paid.iter().filter(|paid| paid.refundable().is_ok());
    let new: Vec<New<'_>> = refundable
        .map(|paid| New {
            id: RefundId(Uuid::now_v7()),
            pledge: paid.pledge,
            amount: paid.left,
            source: "campaign",
            actor: None,
            reason: "The campaign was cancelled.",
            keeps_reward: false,
        })
        .collect();
    insert(db, &new).await
}

/// A pledge that was paid, held until the transaction ends.
struct Paid {
    pledge: PledgeId,
    creator: PersonId,
    backer: PersonId,
    state: PledgeState,
    amount: Money,
    /// Not given back, nor on its way.
    left: Money,
    model: Model,
    days: Option<u16>,
    charged_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Paid {
    fn refundable(&self) -> Result<(), RefundRefusal> {
        match self.state {
            PledgeState::Captured | PledgeState::PartiallyRefunded if self.left.is_positive() => Ok(()),
            PledgeState::Captured | PledgeState::PartiallyRefunded => Err(RefundRefusal::Changed(self.left)),
            PledgeState::Disputed => Err(RefundRefusal::Disputed),
            _ => Err(RefundRefusal::NotPaid),
        }
    }
}

async fn hold(db: &mut PgConnection, pledges: &[PledgeId]) -> Result<Vec<Paid>> {
    let ids: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    // Always in the same order: two who hold the same pledges must not wait for each other.
    sqlx::query!("select id from pledges where id = any($1) order by id for update", &ids)
        .fetch_all(&mut *db)
        .await?;
    // A statement of its own: it sees what was committed while we waited for the lock.
    let rows = sqlx::query!(
        r#"select pledges.id as "pledge: PledgeId", campaigns.creator_id as "creator: PersonId", backer_id as "backer: PersonId", pledges.state, amount,
                  pledges.currency, model, refund_days, clock() as "now!",
                  coalesce((select min(at) from pledge_history
                            where pledge_id = pledges.id and to_state = 'captured'), pledges.created_at) as "charged_at!",
                  (select coalesce(sum(amount), 0) from refunds
                   where pledge_id = pledges.id and state <> 'failed') as "standing!"
           from pledges join campaigns on campaigns.id = campaign_id
           where pledges.id = any($1)"#,
        &ids,
    )
    .fetch_all(db)
    .await?;
    let paid = rows.into_iter().map(|row| {
        Ok(Paid {
            pledge: row.pledge,
            creator: row.creator,
            backer: row.backer,
            state: rows::named("pledges.state", &row.state)?,
            amount: rows::money(row.amount, &row.currency)?,
            left: rows::money((row.amount - row.standing).max(Decimal::ZERO), &row.currency)?,
            model: rows::named("campaigns.model", &row.model)?,
            days: row.refund_days.and_then(|days| u16::try_from(days).ok()),
            charged_at: row.charged_at,
            now: row.now,
        })
    });
    paid.collect()
}

async fn is_admin(db: &mut PgConnection, person: PersonId) -> Result<bool> {
    let admin = sqlx::query_scalar!(
        r#"select exists (select from person_roles where person_id = $1 and role = 'admin') as "yes!""#,
        person as PersonId,
    )
    .fetch_one(db)
    .await?;
    Ok(admin)
}

async fn is_asked(db: &mut PgConnection, id: RefundId, pledge: PledgeId) -> Result<bool> {
    let asked = sqlx::query_scalar!(
        r#"select exists (select from refunds where id = $1 and pledge_id = $2) as "yes!""#,
        id as RefundId,
        pledge as PledgeId,
    )
    .fetch_one(db)
    .await?;
    Ok(asked)
}

struct New<'a> {
    id: RefundId,
    pledge: PledgeId,
    amount: Money,
    source: &'a str,
    actor: Option<PersonId>,
    reason: &'a str,
    keeps_reward: bool,
}

/// The rows, and the job that sends each.
async fn insert(db: &mut PgConnection, new: &[New<'_>]) -> Result<()> {
    let ids: Vec<Uuid> = new.iter().map(|new| new.id.0).collect();
    let pledges: Vec<Uuid> = new.iter().map(|new| new.pledge.0).collect();
    let amounts: Vec<Decimal> = new.iter().map(|new| new.amount.amount()).collect();
    let currencies: Vec<&str> = new.iter().map(|new| new.amount.currency().code()).collect();
    let sources: Vec<&str> = new.iter().map(|new| new.source).collect();
    let actors: Vec<Option<Uuid>> = new.iter().map(|new| new.actor.map(|actor| actor.0)).collect();
    let reasons: Vec<&str> = new.iter().map(|new| new.reason).collect();
    let keeps_reward: Vec<bool> = new.iter().map(|new| new.keeps_reward).collect();
    sqlx::query!(
        "insert into refunds (id, pledge_id, amount, currency, source, actor_id, reason, keeps_reward)
         select * from unnest($1::uuid[], $2::uuid[], $3::numeric[], $4::text[], $5::text[], $6::uuid[], $7::text[],
                              $8::bool[])",
        &ids,
        &pledges,
        &amounts,
        &currencies as &[&str],
        &sources as &[&str],
        &actors as &[Option<Uuid>],
        &reasons as &[&str],
        &keeps_reward,
    )
    .execute(&mut *db)
    .await?;
    let send: Vec<_> = new.iter().map(|new| (Job::Refund(new.id), format!("refund_{}", new.id))).collect();
    jobs::stage(db, &send).await
}
