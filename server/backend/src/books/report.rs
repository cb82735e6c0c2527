//! A day's movements from the ledger, account by account: what there was, what moved and why, what there is. The ledger
//! does not change, so a past day's report never does either.

use std::fmt;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use domain::{CampaignId, PledgeId};
use futures::Stream;
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::Result;

/// A day in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub day: NaiveDate,
    pub accounts: Vec<AccountDay>,
}

/// An account in one currency. Debits are positive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDay {
    pub account: String,
    pub meaning: String,
    pub currency: String,
    pub opening: Decimal,
    pub movements: Vec<Movement>,
    pub closing: Decimal,
}

/// All of a day's postings of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub kind: String,
    pub postings: i64,
    pub amount: Decimal,
}

/// One entry, for whoever wants all of them.
#[derive(Clone, Debug)]
pub struct JournalLine {
    pub posted_at: DateTime<Utc>,
    pub transaction: Uuid,
    pub kind: String,
    pub reference: String,
    pub account: String,
    pub amount: Decimal,
    pub currency: String,
    pub campaign: Option<CampaignId>,
    pub pledge: Option<PledgeId>,
}

/// # Errors
/// When the database cannot be asked.
pub async fn report(db: &PgPool, day: NaiveDate) -> Result<Report> {
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    let rows = sqlx::query!(
        r#"with entry as (
               select account, entries.currency, amount, case when posted_at >= $1 then kind end as kind
               from ledger_entries entries join ledger_transactions posted on posted.id = transaction_id
               where posted_at < $2
           )
           select account, meaning, currency, kind as "kind?", sum(amount) as "amount!", count(*) as "postings!"
           from entry join ledger_accounts on code = account
           group by account, meaning, currency, kind
           -- what there was before the day comes first
           order by account, currency, kind nulls first"#,
        midnight,
        midnight + Days::new(1),
    )
    .fetch_all(db)
    .await?;
    let mut accounts: Vec<AccountDay> = Vec::new();
    for row in rows {
        let is_next = accounts
            .last()
            .is_none_or(|last| (&last.account, &last.currency) != (&row.account, &row.currency));
        if is_next {
            accounts.push(AccountDay {
                account: row.account,
                meaning: row.meaning,
                currency: row.currency,
                opening: Decimal::ZERO,
                movements: Vec::new(),
                closing: Decimal::ZERO,
            });
        }
        let Some(account) = accounts.last_mut() else { continue };
        account.closing += row.amount;
        match row.kind {
            None => account.opening = row.amount,
            Some(kind) => {
                account.movements.push(Movement { kind, postings: row.postings, amount: row.amount });
            }
        }
    }
    Ok(Report { day, accounts })
}

/// Every entry of a day in its order, as the database sends them: a busy day is never in memory at once.
pub fn journal(db: PgPool, day: NaiveDate) -> impl Stream<Item = Result<JournalLine>> + Send + 'static {
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    let (rows, receiver) = tokio::sync::mpsc::channel(100);
    tokio::spawn(async move {
        use futures::StreamExt;
        let mut entries = sqlx::query_as!(
            JournalLine,
            r#"select posted_at, transaction_id as transaction, kind, reference, account, amount,
                      entries.currency, campaign_id as "campaign: CampaignId", pledge_id as "pledge: PledgeId"
               from ledger_entries entries join ledger_transactions posted on posted.id = transaction_id
               where posted_at >= $1 and posted_at < $2
               order by posted_at, entries.id"#,
            midnight,
            midnight + Days::new(1),
        )
        .fetch(&db);
        while let Some(entry) = entries.next().await {
            // Whoever asked has left.
            if rows.send(entry.map_err(Into::into)).await.is_err() {
                return;
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (UTC), from the ledger. Debits are positive.", self.day)?;
        for account in &self.accounts {
            writeln!(f, "\n{} {}", account.account, account.currency)?;
            writeln!(f, "  {:<28} {:>9} {:>16}", "opening", "", account.opening)?;
            for movement in &account.movements {
                writeln!(f, "  {:<28} {:>9} {:>16}", movement.kind, movement.postings, movement.amount)?;
            }
            writeln!(f, "  {:<28} {:>9} {:>16}", "closing", "", account.closing)?;
        }
        Ok(())
    }
}
