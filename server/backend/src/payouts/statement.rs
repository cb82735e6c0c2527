//! A creator's movements, year by year (UTC), as the ledger has them.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Money, PersonId};
use sqlx::PgPool;

use crate::{Result, rows};

/// A movement of a creator's money, for a statement.
#[derive(Clone, Debug)]
pub struct StatementLine {
    pub posted_at: DateTime<Utc>,
    pub campaign: String,
    pub kind: String,
    pub reference: String,
    /// Positive: to the creator.
    pub amount: Money,
    /// What of a backer's payment is for sending the reward; `None` for what is none.
    pub shipping: Option<Money>,
}

/// What moved on one day, for one campaign and in one way.
#[derive(Clone, Debug)]
pub struct StatementDay {
    /// In UTC.
    pub day: NaiveDate,
    pub campaign: String,
    pub kind: String,
    pub count: i64,
    /// Positive: to the creator.
    pub sum: Money,
}

/// The years in which anything moved for a creator, the latest first.
///
/// # Errors
/// When the database does not answer.
pub async fn statement_years(db: &PgPool, creator: PersonId) -> Result<Vec<i32>> {
    let years = sqlx::query_scalar!(
        r#"select distinct extract(year from posted_at at time zone 'UTC')::int as "year!"
           from creator_lines
           where creator_id = $1 and account = 'held_for_campaign'
           order by 1 desc"#,
        creator as PersonId,
    )
    .fetch_all(db)
    .await?;
    Ok(years)
}

/// How a creator stood in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub held: Money,
    /// Held back of payouts, besides.
    pub reserved: Money,
    pub owed: Money,
}

/// How a creator stood when a year (UTC) began, in each currency in which there was anything.
///
/// # Errors
/// When the database does not answer.
pub async fn standing_before(db: &PgPool, creator: PersonId, year: i32) -> Result<Vec<Standing>> {
    let rows = sqlx::query!(
        r#"select currency as "currency!",
                  coalesce(sum(amount) filter (where account = 'held_for_campaign'), 0) as "held!",
                  coalesce(sum(amount) filter (where account = 'reserved_for_creators'), 0) as "reserved!",
                  coalesce(-sum(amount) filter (where account = 'owed_by_creators'), 0) as "owed!"
           from creator_lines
           where creator_id = $1 and posted_at < make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC')
           group by currency"#,
        creator as PersonId,
        year,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let money = |amount| rows::money(amount, &row.currency);
            Ok(Standing { held: money(row.held)?, reserved: money(row.reserved)?, owed: money(row.owed)? })
        })
        .collect()
}

/// Every movement of a creator's money in a year (UTC), oldest first: what came in, the fees, what left.
///
/// # Errors
/// When the database does not answer.
pub async fn statement(db: &PgPool, creator: PersonId, year: i32) -> Result<Vec<StatementLine>> {
    let rows = sqlx::query!(
        r#"select posted_at as "posted_at!", title as "title!", kind as "kind!", reference as "reference!",
                  lines.amount as "amount!", lines.currency as "currency!",
                  case when kind = 'captured' then shipping end as "shipping?"
           from creator_lines lines
           left join pledges on pledges.id = pledge_id
           where creator_id = $1 and account = 'held_for_campaign'
                 and posted_at >= make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC')
                 and posted_at < make_timestamptz($2 + 1, 1, 1, 0, 0, 0, 'UTC')
           order by entry_id"#,
        creator as PersonId,
        year,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StatementLine {
                posted_at: row.posted_at,
                campaign: row.title,
                kind: row.kind,
                reference: row.reference,
                amount: rows::money(row.amount, &row.currency)?,
                shipping: row.shipping.map(|cost| rows::money(cost, &row.currency)).transpose()?,
            })
        })
        .collect()
}

/// The movements of a year summed up by the day, the campaign and their kind, by currency and then in order.
///
/// # Errors
/// When the database does not answer.
pub async fn statement_days(db: &PgPool, creator: PersonId, year: i32) -> Result<Vec<StatementDay>> {
    let rows = sqlx::query!(
        r#"select (posted_at at time zone 'UTC')::date as "day!", title as "title!", kind as "kind!",
                  count(*) as "count!", sum(amount) as "sum!", currency as "currency!"
           from creator_lines
           where creator_id = $1 and account = 'held_for_campaign'
                 and posted_at >= make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC')
                 and posted_at < make_timestamptz($2 + 1, 1, 1, 0, 0, 0, 'UTC')
           group by 1, campaign_id, title, kind, currency
           order by currency, 1, title, campaign_id, min(entry_id)"#,
        creator as PersonId,
        year,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StatementDay {
                day: row.day,
                campaign: row.title,
                kind: row.kind,
                count: row.count,
                sum: rows::money(row.sum, &row.currency)?,
            })
        })
        .collect()
}
