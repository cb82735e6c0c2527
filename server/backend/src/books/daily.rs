//! When a day is compared: early the next morning, as a staged job, so that it is done once, again if it fails, and seen if
//! it goes on failing.

use chrono::NaiveDate;

use crate::jobs::{self, Job};
use crate::{Ctx, Result};

/// Hours after midnight (UTC): what was under way then has been told of by now.
const AT_HOUR: i32 = 2;
/// A server that was away makes up for so many days.
const DAYS_TO_MAKE_UP: i32 = 14;

/// Stages the days that are due and were not compared: yesterday, and those that were missed since the last one.
///
/// # Errors
/// When the database refuses.
pub async fn stage_reconciling(ctx: &Ctx) -> Result<()> {
    let due = sqlx::query_scalar!(
        r#"with today as (
               select (clock() at time zone 'utc' - make_interval(hours => $1))::date as day
           ), since as (
               -- the first one ever begins with yesterday
               select coalesce(max(reconciliations.day) + 1, (select day - 1 from today)) as day
               from reconciliations where finished_at is not null
           )
           select days::date as "day!"
           from since, today,
                generate_series(greatest(since.day, today.day - $2::int)::timestamp, (today.day - 1)::timestamp,
                                interval '1 day') as days"#,
        AT_HOUR,
        DAYS_TO_MAKE_UP,
    )
    .fetch_all(&ctx.db)
    .await?;
    let staged: Vec<(Job<'_>, String)> = due.iter().map(|day| (Job::Reconcile(*day), key(*day))).collect();
    let mut db = ctx.db.acquire().await?;
    jobs::stage(&mut db, &staged).await
}

fn key(day: NaiveDate) -> String {
    format!("reconcile_{day}")
}
