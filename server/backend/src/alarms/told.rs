//! Administrators are written about alarms that nobody has seen: at once, and then no more than once an hour, however
//! many there are. One that is seen or cleared before needs no letter.

use std::time::Duration;

use domain::PersonId;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::accounts::Role;
use crate::mail::{AlarmsRaised, Letter, Post};
use crate::{Ctx, Result};

const LOOK_AROUND: Duration = Duration::from_secs(10);
/// Between two letters.
const REST: Duration = Duration::from_secs(3600);
/// A letter names so many, and counts the others.
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
    // Who comes second finds them told: an update waits, and reads again.
    let told = sqlx::query!(
        "update alarms set told_at = clock()
         where cleared_at is null and seen_at is null and told_at is null
               and not exists (select from alarms where told_at > clock() - make_interval(secs => $1))
         returning id, raised_at, kind, detail",
        REST.as_secs_f64(),
    )
    .fetch_all(&mut *tx)
    .await?;
    let Some(first) = told.iter().min_by_key(|alarm| (alarm.raised_at, alarm.id)) else { return Ok(()) };
    let details: Vec<String> =
        told.iter().map(|alarm| format!("{}: {}", alarm.kind.replace('_', " "), alarm.detail)).collect();
    let named: Vec<&str> = details.iter().take(NAMED).map(String::as_str).collect();
    let letter = AlarmsRaised { count: told.len(), named: &named };
    let post: Vec<Post<'_>> = administrators(&mut tx)
        .await?
        .into_iter()
        .map(|to| Post { to, dedupe_key: key(first.id, to), letter: Letter::AlarmsRaised(letter) })
        .collect();
    ctx.mail.stage_all(&mut tx, &post).await?;
    tx.commit().await?;
    Ok(())
}

/// An alarm is told once, so it names its letter.
fn key(alarm: Uuid, to: PersonId) -> String {
    format!("alarms_raised_{alarm}_{to}")
}

async fn administrators(db: &mut sqlx::PgConnection) -> Result<Vec<PersonId>> {
    let found = sqlx::query_scalar!(
        r#"select person_id as "id: PersonId" from person_roles where role = $1 order by person_id"#,
        Role::Admin.as_str(),
    )
    .fetch_all(db)
    .await?;
    Ok(found)
}
