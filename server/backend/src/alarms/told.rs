//! Administrators are written about alarms that nobody has seen: at once, and then no more than once an hour, however
//! many there are. One that is seen or cleared before needs no letter.

use std::time::Duration;

use domain::PersonId;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::one_at_a_time;
use crate::accounts::Role;
use crate::mail::{AlarmsRaised, Letter, Post};
use crate::{Ctx, Result};

const LOOK_AROUND: Duration = Duration::from_secs(10);
/// Between two letters.
const REST: Duration = Duration::from_secs(3600);
/// A letter names so many things that are wrong, and counts the others.
const NAMED: usize = 10;

/// Writes about alarms until told to stop.
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK_AROUND);
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        if let Err(error) = tell(&ctx).await {
            tracing::error!(%error, "administrators cannot be written about alarms");
        }
    }
}

/// Looks once. Tests pump it by hand.
///
/// # Errors
/// When the database does not answer.
pub async fn tell(ctx: &Ctx) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let administrators = administrators(&mut tx).await?;
    // Until there is one, alarms wait for their letter.
    if administrators.is_empty() {
        return Ok(());
    }
    one_at_a_time(&mut tx).await?;
    let told = take_untold(&mut tx).await?;
    let Some(first) = told.first() else { return Ok(()) };
    let lines = lines(&told);
    let named: Vec<&str> = lines.iter().take(NAMED).map(String::as_str).collect();
    let letter = AlarmsRaised { count: told.len(), named: &named, unnamed: lines.len() - named.len() };
    let post: Vec<Post<'_>> = administrators
        .into_iter()
        .map(|to| Post { to, dedupe_key: key(first.id, to), letter: Letter::AlarmsRaised(letter) })
        .collect();
    ctx.mail.stage_all(&mut tx, &post).await?;
    tx.commit().await?;
    Ok(())
}

struct Untold {
    id: Uuid,
    kind: String,
    detail: String,
}

/// Those of which nobody has been told, the oldest first; none within the hour after the last letter.
async fn take_untold(db: &mut PgConnection) -> Result<Vec<Untold>> {
    let told = sqlx::query_as!(
        Untold,
        r#"with told as (
               update alarms set told_at = clock()
               where cleared_at is null and seen_at is null and told_at is null
                     and not exists (select from alarms where told_at > clock() - make_interval(secs => $1))
               returning id, raised_at, kind, detail
           )
           select id as "id!", kind as "kind!", detail as "detail!" from told order by raised_at, id"#,
        REST.as_secs_f64(),
    )
    .fetch_all(db)
    .await?;
    Ok(told)
}

/// A line for each thing that is wrong, however often it is.
fn lines(told: &[Untold]) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for alarm in told {
        let line = format!("{}: {}", alarm.kind.replace('_', " "), alarm.detail);
        match counted.iter_mut().find(|(known, _)| *known == line) {
            Some((_, count)) => *count += 1,
            None => counted.push((line, 1)),
        }
    }
    counted
        .into_iter()
        .map(|(line, count)| if count == 1 { line } else { format!("{line} ({count} times)") })
        .collect()
}

/// An alarm is told once, so it names its letter.
fn key(alarm: Uuid, to: PersonId) -> String {
    format!("alarms_raised_{alarm}_{to}")
}

async fn administrators(db: &mut PgConnection) -> Result<Vec<PersonId>> {
    let found = sqlx::query_scalar!(
        r#"select person_id as "id: PersonId" from person_roles where role = $1 order by person_id"#,
        Role::Admin.as_str(),
    )
    .fetch_all(db)
    .await?;
    Ok(found)
}
