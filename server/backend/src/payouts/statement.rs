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
           from ledger_transactions posted
           join ledger_entries entries on entries.transaction_id = posted.id and account = 'held_for_campaign'
           join campaigns on campaigns.id = posted.campaign_id
           where creator_id = $1
           order by 1 desc"#,
        creator as PersonId,
    )
    .fetch_all(db)
    .await?;
    Ok(years)
}

/// What the ledger held for a creator when a year (UTC) began, a sum for each currency of which it held any.
///
/// # Errors
/// When the database does not answer.
pub async fn held_before(db: &PgPool, creator: PersonId, year: i32) -> Result<Vec<Money>> {
    let rows = sqlx::query!(
        r#"select entries.currency, -sum(amount) as "held!"
           from ledger_transactions posted
           join ledger_entries entries on entries.transaction_id = posted.id and account = 'held_for_campaign'
           join campaigns on campaigns.id = posted.campaign_id
           where creator_id = $1 and posted_at < make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC')
           group by entries.currency
           having sum(amount) <> 0"#,
        creator as PersonId,
        year,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| rows::money(row.held, &row.currency)).collect()
}

/// Every movement of a creator's money in a year (UTC), oldest first: what came in, the fees, what left.
///
/// # Errors
/// When the database does not answer.
pub async fn statement(db: &PgPool, creator: PersonId, year: i32) -> Result<Vec<StatementLine>> {
    let rows = sqlx::query!(
        r#"select posted_at, title, kind, reference, -entries.amount as "amount!", entries.currency,
                  case when kind = 'captured' then shipping end as "shipping?"
           from ledger_transactions posted
           join ledger_entries entries on entries.transaction_id = posted.id and account = 'held_for_campaign'
           join campaigns on campaigns.id = posted.campaign_id
           left join pledges on pledges.id = posted.pledge_id
           where creator_id = $1
                 and posted_at >= make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC')
                 and posted_at < make_timestamptz($2 + 1, 1, 1, 0, 0, 0, 'UTC')
           order by entries.id"#,
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
        r#"select (posted_at at time zone 'UTC')::date as "day!", title, kind, count(*) as "count!",
                  -sum(amount) as "sum!", entries.currency
           from ledger_transactions posted
           join ledger_entries entries on entries.transaction_id = posted.id and account = 'held_for_campaign'
           join campaigns on campaigns.id = posted.campaign_id
           where creator_id = $1
                 and posted_at >= make_timestamptz($2, 1, 1, 0, 0, 0, 'UTC')
                 and posted_at < make_timestamptz($2 + 1, 1, 1, 0, 0, 0, 'UTC')
           group by 1, campaigns.id, kind, entries.currency
           order by entries.currency, 1, title, campaigns.id, min(entries.id)"#,
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
