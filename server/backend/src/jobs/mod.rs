//! Staged jobs: slow or fallible work, written in the transaction that causes it, done afterwards, tried again with
//! growing pauses, and put aside where staff see it when it keeps failing. Never dropped.

mod clockwork;
mod give_back;
mod look_into;

use std::time::Duration;

use futures::FutureExt;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use clockwork::tick;

use crate::accounts::sessions;
use crate::inbox::GiveBack;
use crate::{Ctx, Error, Result, throttle};

/// Pauses double from a few seconds; the last of these tries comes about eleven hours after the first.
const TRIES: i32 = 14;
/// Longer than any job may take: after it the job is somebody else's.
const LEASE_SECONDS: f64 = 120.0;
const LOOK_AROUND: Duration = Duration::from_millis(500);
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// Work to be done after the commit.
pub enum Job<'a> {
    /// Give a card, hold or payment back at the gateway.
    GiveBack(&'a GiveBack),
}

/// Stages a job once: the same key a second time is the same job.
pub async fn stage(db: &mut PgConnection, job: &Job<'_>, dedupe_key: &str) -> Result<()> {
    let (kind, payload) = match job {
        Job::GiveBack(what) => ("give_back", serde_json::to_value(what)),
    };
    let payload = payload.map_err(|_| Error::broken("job payload"))?;
    sqlx::query!(
        "insert into staged_jobs (id, kind, payload, dedupe_key) values ($1, $2, $3, $4)
         on conflict on constraint staged_jobs_dedupe_key do nothing",
        Uuid::now_v7(),
        kind,
        payload,
        dedupe_key,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Works until told to stop: due jobs, and what the clock brings (launches, lapsed reservations).
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    let mut sweeping = tokio::time::interval(SWEEP_EVERY);
    loop {
        if let Err(error) = tick(&ctx).await {
            tracing::error!(%error, "clockwork");
        }
        if sweeping.tick().now_or_never().is_some()
            && let Err(error) = sweep(&ctx).await
        {
            tracing::error!(%error, "sweeping");
        }
        match run_due(&ctx).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "staged jobs"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_AROUND) => {}
        }
    }
}

/// Forgets what has served its time: counted tries, ended sessions.
async fn sweep(ctx: &Ctx) -> Result<()> {
    throttle::forget_old(&ctx.db).await?;
    sessions::forget_ended(&ctx.db).await?;
    Ok(())
}

/// Does what is due now and says how many jobs that were. Tests pump it by hand.
pub async fn run_due(ctx: &Ctx) -> Result<usize> {
    let due = sqlx::query!(
        "update staged_jobs set leased_until = clock() + make_interval(secs => $1), attempts = attempts + 1
         where id in (
             select id from staged_jobs
             where done_at is null and parked_at is null and run_at <= clock()
                   and (leased_until is null or leased_until < clock())
             order by run_at limit 50
             for update skip locked
         )
         returning id, kind, payload, attempts",
        LEASE_SECONDS,
    )
    .fetch_all(&ctx.db)
    .await?;
    let taken = due.len();
    for job in due {
        let outcome = do_one(ctx, &job.kind, job.payload).await;
        finish(ctx, job.id, job.attempts, outcome).await?;
    }
    Ok(taken)
}

async fn do_one(ctx: &Ctx, kind: &str, payload: serde_json::Value) -> Result<()> {
    match kind {
        "give_back" => {
            let what: GiveBack =
                serde_json::from_value(payload).map_err(|_| Error::broken("give_back payload"))?;
            give_back::run(ctx, &what).await
        }
        unknown => Err(Error::broken(format!("job kind {unknown}"))),
    }
}

async fn finish(ctx: &Ctx, id: Uuid, attempts: i32, outcome: Result<()>) -> Result<()> {
    let Err(error) = outcome else {
        sqlx::query!(
            "update staged_jobs set done_at = clock(), leased_until = null, last_error = null where id = $1",
            id
        )
        .execute(&ctx.db)
        .await?;
        return Ok(());
    };
    let park = attempts >= TRIES;
    if park {
        tracing::error!(job = %id, attempts, %error, "job put aside: it kept failing");
    } else {
        tracing::warn!(job = %id, attempts, %error, "job failed");
    }
    let pause = 2f64.powi(attempts.min(16)) * 2.5;
    sqlx::query!(
        "update staged_jobs
         set leased_until = null, last_error = $2, run_at = clock() + make_interval(secs => $3),
             parked_at = case when $4 then clock() end
         where id = $1",
        id,
        error.to_string(),
        pause,
        park,
    )
    .execute(&ctx.db)
    .await?;
    Ok(())
}
