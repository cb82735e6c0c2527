//! Something is wrong and a person should know. An alarm is a row for a kind and a subject: raised once while it is open,
//! cleared when what it tells of is gone. Subjects are ids, and details carry no personal data: both are logged.

mod told;

use chrono::{DateTime, Utc};
use domain::PersonId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

pub use told::{run, tell};

use crate::Result;

/// To be raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub kind: &'static str,
    pub subject: String,
    pub detail: String,
}

/// One that was raised.
#[derive(Clone, Debug)]
pub struct Raised {
    pub id: Uuid,
    pub kind: String,
    pub subject: String,
    pub detail: String,
    pub raised_at: DateTime<Utc>,
    pub cleared_at: Option<DateTime<Utc>>,
    /// Who of the staff has seen it.
    pub seen_by: Option<String>,
}

/// Raises those that are not open yet, and says each of them once in the log.
///
/// # Errors
/// When the database refuses.
pub async fn raise(db: &mut PgConnection, alarms: &[Alarm]) -> Result<()> {
    if alarms.is_empty() {
        return Ok(());
    }
    one_at_a_time(db).await?;
    let ids: Vec<Uuid> = alarms.iter().map(|_| Uuid::now_v7()).collect();
    let kinds: Vec<&str> = alarms.iter().map(|alarm| alarm.kind).collect();
    let subjects: Vec<&str> = alarms.iter().map(|alarm| alarm.subject.as_str()).collect();
    let details: Vec<&str> = alarms.iter().map(|alarm| alarm.detail.as_str()).collect();
    let raised = sqlx::query!(
        "insert into alarms (id, kind, subject, detail)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
         on conflict (kind, subject) where cleared_at is null do nothing
         returning kind, subject, detail",
        &ids,
        &kinds as &[&str],
        &subjects as &[&str],
        &details as &[&str],
    )
    .fetch_all(db)
    .await?;
    for alarm in raised {
        tracing::error!(kind = alarm.kind, subject = alarm.subject, "alarm: {}", alarm.detail);
    }
    Ok(())
}

/// Clears open alarms of these kinds, but for the subjects that are still wrong.
///
/// # Errors
/// When the database refuses.
pub async fn clear_but(db: &mut PgConnection, kinds: &[&str], still_wrong: &[Alarm]) -> Result<()> {
    one_at_a_time(db).await?;
    let kept: Vec<String> =
        still_wrong.iter().map(|alarm| format!("{} {}", alarm.kind, alarm.subject)).collect();
    let cleared = sqlx::query!(
        "update alarms set cleared_at = clock()
         where cleared_at is null and kind = any($1) and kind || ' ' || subject <> all($2)
         returning kind, subject",
        kinds as &[&str],
        &kept,
    )
    .fetch_all(db)
    .await?;
    for alarm in cleared {
        tracing::info!(kind = alarm.kind, subject = alarm.subject, "alarm cleared");
    }
    Ok(())
}

/// Whoever raises, clears or tells of alarms does so alone until their transaction ends: in whatever order each of them
/// meets the rows, nobody waits for somebody who waits for them.
async fn one_at_a_time(db: &mut PgConnection) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('alarms'))").execute(db).await?;
    Ok(())
}

/// Those that are open, the oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn open(db: &PgPool) -> Result<Vec<Raised>> {
    let open = sqlx::query_as!(
        Raised,
        r#"select alarms.id, kind, subject, detail, raised_at, cleared_at, display_name as "seen_by?"
           from alarms left join people on people.id = seen_by
           where cleared_at is null order by raised_at, alarms.id limit 200"#
    )
    .fetch_all(db)
    .await?;
    Ok(open)
}

/// Notes that somebody has seen an open alarm; whether there was one that nobody had.
///
/// # Errors
/// When the database refuses.
pub async fn see(db: &mut PgConnection, who: PersonId, alarm: Uuid) -> Result<bool> {
    let seen = sqlx::query!(
        "update alarms set seen_by = $2, seen_at = clock()
         where id = $1 and cleared_at is null and seen_by is null",
        alarm,
        who as PersonId,
    )
    .execute(db)
    .await?;
    Ok(seen.rows_affected() == 1)
}

/// How many are open of each kind.
///
/// # Errors
/// When the database cannot be asked.
pub async fn counts(db: &PgPool) -> Result<Vec<(String, i64)>> {
    let counts = sqlx::query!(
        r#"select kind, count(*) as "count!" from alarms where cleared_at is null group by kind order by kind"#
    )
    .fetch_all(db)
    .await?;
    Ok(counts.into_iter().map(|row| (row.kind, row.count)).collect())
}
