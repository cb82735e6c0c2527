//! The gateway's lines, as we kept them, against the ledger's account of the gateway's balance (I8): for each payment with
//! its refunds and disputes, for each transfer and payout, both must come to the same. A posting is found by its reference:
//! the gateway's id of the thing or of its line, or the id of a row of ours, if the call made for it has that in its key or
//! the posting names its pledge.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::Result;
use crate::alarms::{self, Alarm};

/// What a comparison may find.
const KINDS: [&str; 4] = ["not_in_ledger", "not_at_gateway", "books_differ", "paid_twice"];
/// What reading the gateway may find besides.
const FOUND_BY_READING: &str = "payment_of_no_pledge";

/// Compares everything that moved on a day, and whatever did not agree before. Raises and clears alarms, and answers with
/// those that stand.
pub(super) async fn compare_day(
    db: &mut PgConnection,
    day: NaiveDate,
    nobodys: Vec<Alarm>,
) -> Result<Vec<Alarm>> {
    let mut wrong = differences(db, Some(day)).await?;
    wrong.extend(paid_twice(db, Some(day)).await?);
    alarms::clear_but(db, &KINDS, &wrong).await?;
    clear_found(db).await?;
    wrong.extend(unless_given_back(db, nobodys).await?);
    alarms::raise(db, &wrong).await?;
    Ok(wrong)
}

/// Compares again what did not agree: the news may have come since.
///
/// # Errors
/// When the database refuses.
pub async fn compare_again(db: &mut PgConnection) -> Result<()> {
    let mut wrong = differences(db, None).await?;
    wrong.extend(paid_twice(db, None).await?);
    alarms::clear_but(db, &KINDS, &wrong).await?;
    clear_found(db).await?;
    // It may be wrong in another way by now.
    alarms::raise(db, &wrong).await
}

/// Without those of which nothing is left.
async fn unless_given_back(db: &mut PgConnection, nobodys: Vec<Alarm>) -> Result<Vec<Alarm>> {
    let payments: Vec<String> = nobodys.iter().map(|alarm| alarm.subject.clone()).collect();
    let given_back = sqlx::query_scalar!(
        "select subject from gateway_lines where subject = any($1) group by subject having sum(amount) = 0",
        &payments,
    )
    .fetch_all(db)
    .await?;
    Ok(nobodys.into_iter().filter(|alarm| !given_back.contains(&alarm.subject)).collect())
}

/// Payments of no pledge that are somebody's by now, or went back.
async fn clear_found(db: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "update alarms set cleared_at = clock()
         where cleared_at is null and kind = $1
               and (exists (select from ledger_transactions where reference = alarms.subject)
                    or exists (select from gateway_lines where gateway_lines.subject = alarms.subject
                               having sum(amount) = 0))",
        FOUND_BY_READING,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What does not agree on a day, by payment or object.
pub(super) async fn differing(db: &mut PgConnection, day: NaiveDate) -> Result<Vec<String>> {
    Ok(differences(db, Some(day)).await?.into_iter().map(|alarm| alarm.subject).collect())
}

async fn differences(db: &mut PgConnection, day: Option<NaiveDate>) -> Result<Vec<Alarm>> {
    let rows = sqlx::query!(
        r#"with touched as (
               select subject from gateway_lines
               where created_at >= $1::date::timestamp at time zone 'utc'
                     and created_at < ($1::date + 1)::timestamp at time zone 'utc'
               union
               select coalesce(
                          (select subject from gateway_lines where id = reference limit 1),
                          (select subject from gateway_lines where source_id = reference limit 1),
                          -- a row of ours, and the call that was made for it
                          (select subject from gateway_lines
                           join gateway_attempts on object_id = source_id
                           where key in ('refund_' || reference, 'transfer_' || reference, 'payout_' || reference,
                                         'reverse_' || reference) limit 1),
                          -- a row of ours about a pledge: its payment
                          (select reference from ledger_transactions payment
                           where payment.pledge_id = ledger_transactions.pledge_id
                                 and payment.kind in ('captured', 'captured_too_late', 'captured_by_mistake')
                                 and ledger_transactions.reference ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                           order by payment.posted_at desc limit 1),
                          reference)
               from ledger_transactions
               where posted_at >= $1::date::timestamp at time zone 'utc'
                     and posted_at < ($1::date + 1)::timestamp at time zone 'utc'
                     -- what the demo's campaigns collected before there was a gateway
                     and reference not like 'demo\_%'
                     and exists (select from ledger_entries
                                 where transaction_id = ledger_transactions.id and account = 'gateway_balance')
               union
               select subject from alarms where cleared_at is null and kind = any($2)
           ), known as (
               select lines.* from touched join gateway_lines lines using (subject)
           ), names as (
               select subject, subject as reference from touched
               union select subject, id from known
               union select subject, source_id from known where source_id is not null
               union select subject, regexp_replace(key, '^[a-z]+_', '')
                     from known join gateway_attempts on object_id = source_id
               union select subject, of_pledge.reference
                     from touched
                     join ledger_transactions payment
                          on payment.reference = subject
                             and payment.kind in ('captured', 'captured_too_late', 'captured_by_mistake')
                     join ledger_transactions of_pledge
                          on of_pledge.pledge_id = payment.pledge_id
                             and of_pledge.reference ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
           ), theirs as (
               select subject, currency, sum(amount - fee) as net from known group by subject, currency
           ), ours as (
               select subject, entries.currency, sum(entries.amount) as net
               from names
               join ledger_transactions using (reference)
               join ledger_entries entries
                    on entries.transaction_id = ledger_transactions.id and account = 'gateway_balance'
               group by subject, entries.currency
           )
           select subject as "subject!", currency as "currency!", theirs.net as theirs, ours.net as ours
           from theirs full join ours using (subject, currency)
           where coalesce(theirs.net, 0) <> coalesce(ours.net, 0)
           order by 1, 2"#,
        day,
        &KINDS as &[&str],
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| difference(row.subject, &row.currency, row.theirs, row.ours)).collect())
}

fn difference(subject: String, currency: &str, theirs: Option<Decimal>, ours: Option<Decimal>) -> Alarm {
    let amount = |net: Decimal| format!("{} {currency}", net.normalize());
    let (kind, detail) = match (theirs, ours) {
        (Some(theirs), None) => {
            ("not_in_ledger", format!("The gateway moved {}; the ledger has nothing.", amount(theirs)))
        }
        (None, Some(ours)) => {
            ("not_at_gateway", format!("The ledger moved {}; the gateway has no line of it.", amount(ours)))
        }
        (theirs, ours) => {
            let (theirs, ours) = (theirs.unwrap_or_default(), ours.unwrap_or_default());
            let detail = format!("The gateway moved {}; the ledger says {}.", amount(theirs), amount(ours));
            ("books_differ", detail)
        }
    };
    Alarm { kind, subject, detail }
}

/// I4, counted at the gateway by the id of ours that payments carry: money of a pledge that was taken twice and not
/// given back.
async fn paid_twice(db: &mut PgConnection, day: Option<NaiveDate>) -> Result<Vec<Alarm>> {
    let rows = sqlx::query!(
        r#"with payment as (
               select pledge_id, subject, sum(amount) as kept from gateway_lines
               where subject in (
                   select subject from gateway_lines
                   where type in ('charge', 'payment') and pledge_id in (
                       select pledge_id from gateway_lines
                       where created_at >= $1::date::timestamp at time zone 'utc'
                             and created_at < ($1::date + 1)::timestamp at time zone 'utc'
                       union
                       select subject::uuid from alarms where kind = 'paid_twice' and cleared_at is null))
               group by pledge_id, subject
           ), owner as (
               select subject, max(pledge_id::text) as pledge, sum(kept) as kept from payment group by subject
           )
           select pledge as "pledge!", count(*) as "payments!" from owner
           where kept > 0 group by pledge having count(*) > 1"#,
        day,
    )
    .fetch_all(db)
    .await?;
    let alarm = |pledge: String, payments: i64| Alarm {
        kind: "paid_twice",
        subject: pledge,
        detail: format!("{payments} payments of one pledge were taken and not given back."),
    };
    Ok(rows.into_iter().map(|row| alarm(row.pledge, row.payments)).collect())
}
