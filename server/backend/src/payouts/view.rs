//! What a creator is paid, was paid and waits for; what staff have to decide.

use chrono::{DateTime, Utc};
use domain::{Money, PayoutId, PayoutSchedule, PayoutState, PersonId};
use sqlx::PgPool;

use super::account::{PayoutAccount, account_of};
use super::ask::schedule_of;
use super::balance::{self, Balance, Upcoming};
use super::statement::statement_years;
use crate::{Ctx, Result, rows};

/// Everything on a creator's page about payouts.
#[derive(Clone, Debug)]
pub struct CreatorPayouts {
    pub account: Option<PayoutAccount>,
    pub schedule: PayoutSchedule,
    pub balances: Vec<Balance>,
    pub upcoming: Vec<Upcoming>,
    pub payouts: Vec<PayoutLine>,
    /// Of which there are statements, the latest first.
    pub years: Vec<i32>,
}

#[derive(Clone, Debug)]
pub struct PayoutLine {
    pub id: PayoutId,
    pub slug: String,
    pub title: String,
    pub amount: Money,
    pub returned: Money,
    pub state: PayoutState,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    /// What staff said when they refused it.
    pub reason: String,
    /// Its creator asked for it.
    pub was_asked: bool,
}

/// A payout that staff may decide.
#[derive(Clone, Debug)]
pub struct WaitingPayout {
    pub line: PayoutLine,
    pub creator: String,
    pub creator_id: PersonId,
}

/// # Errors
/// When the database does not answer.
pub async fn of_creator(ctx: &Ctx, creator: PersonId) -> Result<CreatorPayouts> {
    let account = account_of(&ctx.db, creator).await?;
    let schedule = schedule_of(&ctx.db, creator).await?;
    let payouts = lines(&ctx.db, creator).await?;
    let (balances, upcoming) = balance::of_creator(ctx, creator).await?;
    let years = statement_years(&ctx.db, creator).await?;
    Ok(CreatorPayouts { account, schedule, balances, upcoming, payouts, years })
}

async fn lines(db: &PgPool, creator: PersonId) -> Result<Vec<PayoutLine>> {
    let rows = sqlx::query!(
        r#"select payouts.id as "id: PayoutId", slug, title, payouts.amount, payouts.currency, payouts.state,
                  withdrawal_id is not null as "was_asked!", payouts.created_at, payouts.sent_at,
                  coalesce((select sum(returned) from payout_parts where payout_id = payouts.id), 0) as "returned!",
                  coalesce((select reason from payout_history where payout_id = payouts.id
                            order by id desc limit 1), '') as "reason!"
           from payouts join campaigns on campaigns.id = campaign_id
           where payouts.creator_id = $1 order by payouts.created_at desc limit 200"#,
        creator as PersonId,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PayoutLine {
                id: row.id,
                slug: row.slug,
                title: row.title,
                amount: rows::money(row.amount, &row.currency)?,
                returned: rows::money(row.returned, &row.currency)?,
                state: rows::named("payouts.state", &row.state)?,
                created_at: row.created_at,
                sent_at: row.sent_at,
                reason: row.reason,
                was_asked: row.was_asked,
            })
        })
        .collect()
}

/// Payouts that wait for a second person, and refused ones, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(db: &PgPool) -> Result<Vec<WaitingPayout>> {
    let rows = sqlx::query!(
        r#"select payouts.id as "id: PayoutId", slug, title, payouts.amount, payouts.currency, payouts.state,
                  withdrawal_id is not null as "was_asked!", payouts.created_at, display_name,
                  payouts.creator_id as "creator_id: PersonId",
                  coalesce((select reason from payout_history where payout_id = payouts.id
                            order by id desc limit 1), '') as "reason!"
           from payouts
           join campaigns on campaigns.id = campaign_id
           join people on people.id = payouts.creator_id
           where payouts.state in ('waiting', 'refused') order by payouts.created_at limit 200"#,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let amount = rows::money(row.amount, &row.currency)?;
            let line = PayoutLine {
                id: row.id,
                slug: row.slug,
                title: row.title,
                amount,
                returned: Money::zero(amount.currency()),
                state: rows::named("payouts.state", &row.state)?,
                created_at: row.created_at,
                sent_at: None,
                reason: row.reason,
                was_asked: row.was_asked,
            };
            Ok(WaitingPayout { line, creator: row.display_name, creator_id: row.creator_id })
        })
        .collect()
}
