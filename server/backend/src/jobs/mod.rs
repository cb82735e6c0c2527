//! Staged jobs: slow or fallible work, written in the transaction that causes it, done afterwards, tried again with
//! growing pauses, and put aside where staff see it when it keeps failing. Never dropped.

mod clockwork;
mod give_back;
mod look;
mod look_into;
mod refund;

use std::time::Duration;

use domain::{PersonId, PledgeId};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use clockwork::tick;
pub use look::Look;

use crate::accounts::sessions;
use crate::inbox::GiveBack;
use crate::payments::GatewayError;
use crate::{Ctx, Error, Result, cards, pledges, settlement, throttle};

/// Pauses double from a few seconds; the last of these tries comes about eleven hours after the first.
const TRIES: i32 = 14;
/// What one job may take; what is left undone then is tried again.
const PATIENCE: Duration = Duration::from_secs(100);
/// Longer than any job may take: after it the job is somebody else's.
const LEASE_SECONDS: f64 = 120.0;
/// How many jobs one process works on at once: they mostly wait for the gateway.
const AT_ONCE: usize = 8;
/// Seconds.
const LONGEST_WAIT_FOR_A_CHARGE: f64 = 3600.0;
const LOOK_AROUND: Duration = Duration::from_millis(500);
/// With fifty at once, ten thousand pledges that end together are looked at within a few hours.
const LOOK_AT_CARDS_EVERY: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// Work to be done after the commit.
pub enum Job<'a> {
    /// Give a card, hold or payment back at the gateway.
    GiveBack(&'a GiveBack),
    /// Give a whole payment back.
    Refund(PledgeId),
    /// Read something at the gateway that an event spoke of.
    Look(&'a Look),
    /// Forget a saved card, as its owner wishes.
    ForgetCard { person: PersonId, card: &'a str },
}

/// Stages jobs, each once: the same key a second time is the same job.
pub async fn stage(db: &mut PgConnection, jobs: &[(Job<'_>, String)]) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = jobs.iter().map(|_| Uuid::now_v7()).collect();
    let kinds: Vec<&str> = jobs.iter().map(|(job, _)| job.kind()).collect();
    let payloads = jobs.iter().map(|(job, _)| job.payload()).collect::<Result<Vec<_>>>()?;
    let keys: Vec<&str> = jobs.iter().map(|(_, key)| key.as_str()).collect();
    sqlx::query!(
        "insert into staged_jobs (id, kind, payload, dedupe_key)
         select * from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::text[])
         on conflict on constraint staged_jobs_dedupe_key do nothing",
        &ids,
        &kinds as &[&str],
        &payloads,
        &keys as &[&str],
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Job<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Job::GiveBack(_) => "give_back",
            Job::Refund(_) => "refund",
            Job::Look(_) => "look",
            Job::ForgetCard { .. } => "forget_card",
        }
    }

    fn payload(&self) -> Result<serde_json::Value> {
        let payload = match self {
            Job::GiveBack(what) => serde_json::to_value(what),
            Job::Refund(pledge) => serde_json::to_value(pledge),
            Job::Look(thing) => serde_json::to_value(thing),
            Job::ForgetCard { person, card } => serde_json::to_value((person, card)),
        };
        payload.map_err(|_| Error::broken("job payload"))
    }
}

/// Works until told to stop: due jobs, and what the clock brings (launches, lapsed reservations). Each in a line of its
/// own: a gateway that answers slowly delays what has to ask it and nothing else.
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    tokio::join!(
        launch(&ctx, &stop),
        lapse(&ctx, &stop),
        work(&ctx, &stop),
        look_at_cards(&ctx, &stop),
        sweep_hourly(&ctx, &stop)
    );
}

async fn launch(ctx: &Ctx, stop: &CancellationToken) {
    while goes_on(stop).await {
        logged("launches", clockwork::launch_due(ctx).await);
    }
}

async fn lapse(ctx: &Ctx, stop: &CancellationToken) {
    while goes_on(stop).await {
        logged("lapses", clockwork::lapse_due(ctx).await);
    }
}

async fn work(ctx: &Ctx, stop: &CancellationToken) {
    while goes_on(stop).await {
        logged("staged jobs", work_off(ctx, stop).await.map(drop));
    }
}

/// A moment later, unless told to stop.
async fn goes_on(stop: &CancellationToken) -> bool {
    stop.run_until_cancelled(tokio::time::sleep(LOOK_AROUND)).await.is_some()
}

fn logged(what: &str, outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "{what}");
    }
}

async fn look_at_cards(ctx: &Ctx, stop: &CancellationToken) {
    let mut rounds = tokio::time::interval(LOOK_AT_CARDS_EVERY);
    while stop.run_until_cancelled(rounds.tick()).await.is_some() {
        // The gateway away: the next round asks again.
        match cards::look_at_expiries(ctx).await {
            Err(error @ Error::Gateway(_)) => tracing::info!(%error, "cards were not looked at"),
            looked => logged("looking at cards", looked.map(drop)),
        }
    }
}

async fn sweep_hourly(ctx: &Ctx, stop: &CancellationToken) {
    let mut hours = tokio::time::interval(SWEEP_EVERY);
    while stop.run_until_cancelled(hours.tick()).await.is_some() {
        logged("sweeping", sweep(ctx).await);
    }
}

/// Forgets what has served its time: counted tries, ended sessions, where pledges came from.
async fn sweep(ctx: &Ctx) -> Result<()> {
    throttle::forget_old(&ctx.db).await?;
    sessions::forget_ended(&ctx.db).await?;
    pledges::forget_origins(&ctx.db).await?;
    Ok(())
}

/// Does what is due now and says how many jobs that were. Tests pump it by hand.
pub async fn run_due(ctx: &Ctx) -> Result<usize> {
    work_off(ctx, &CancellationToken::new()).await
}

/// Works on several jobs at once until none is due, and takes no more when told to stop.
async fn work_off(ctx: &Ctx, stop: &CancellationToken) -> Result<usize> {
    let mut under_way = FuturesUnordered::new();
    let mut taken = 0;
    loop {
        let hands = if stop.is_cancelled() { 0 } else { AT_ONCE - under_way.len() };
        match take(ctx, hands).await {
            Ok(jobs) => {
                taken += jobs.len();
                under_way.extend(jobs.into_iter().map(|job| job.run(ctx)));
            }
            Err(error) if under_way.is_empty() => return Err(error),
            // What is under way is not given up for it.
            Err(error) => logged("taking jobs", Err(error)),
        }
        // Not for longer than a moment: what was staged meanwhile must not wait for a slow job.
        match tokio::time::timeout(LOOK_AROUND, under_way.next()).await {
            Ok(None) => return Ok(taken),
            // One whose end was not stored is done again when its lease is out.
            Ok(Some(finished)) => logged("finishing a job", finished),
            Err(_) => {}
        }
    }
}

/// A job that is ours until its lease runs out.
struct Taken {
    id: Uuid,
    kind: String,
    payload: serde_json::Value,
    attempts: i32,
}

async fn take(ctx: &Ctx, hands: usize) -> Result<Vec<Taken>> {
    let taken = sqlx::query_as!(
        Taken,
        "update staged_jobs set leased_until = clock() + make_interval(secs => $1), attempts = attempts + 1
         where id in (
             select id from staged_jobs
             where done_at is null and parked_at is null and run_at <= clock()
                   and (leased_until is null or leased_until < clock())
             order by run_at limit $2
             for update skip locked
         )
         returning id, kind, payload, attempts",
        LEASE_SECONDS,
        i64::try_from(hands).unwrap_or_default(),
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(taken)
}

impl Taken {
    async fn run(self, ctx: &Ctx) -> Result<()> {
        let outcome = tokio::time::timeout(PATIENCE, do_one(ctx, &self.kind, self.payload))
            .await
            .unwrap_or_else(|_| Err(Error::broken("a job that took too long")));
        finish(ctx, self.id, &self.kind, self.attempts, outcome).await
    }
}

async fn do_one(ctx: &Ctx, kind: &str, payload: serde_json::Value) -> Result<()> {
    match kind {
        "give_back" => {
            let what: GiveBack =
                serde_json::from_value(payload).map_err(|_| Error::broken("give_back payload"))?;
            give_back::run(ctx, &what).await
        }
        "refund" => {
            let pledge = serde_json::from_value(payload).map_err(|_| Error::broken("refund payload"))?;
            refund::run(ctx, pledge).await
        }
        "look" => {
            let thing: Look = serde_json::from_value(payload).map_err(|_| Error::broken("look payload"))?;
            look::run(ctx, &thing).await
        }
        "forget_card" => {
            let (person, card): (PersonId, String) =
                serde_json::from_value(payload).map_err(|_| Error::broken("forget_card payload"))?;
            give_back::forget(ctx, person, &card).await
        }
        "collect" => {
            let job = serde_json::from_value(payload).map_err(|_| Error::broken("collect payload"))?;
            settlement::collect(ctx, job).await
        }
        unknown => Err(Error::broken(format!("job kind {unknown}"))),
    }
}

async fn finish(ctx: &Ctx, id: Uuid, kind: &str, attempts: i32, outcome: Result<()>) -> Result<()> {
    let Err(error) = outcome else {
        sqlx::query!(
            "update staged_jobs set done_at = clock(), leased_until = null, last_error = null where id = $1",
            id
        )
        .execute(&ctx.db)
        .await?;
        return Ok(());
    };
    if let Error::Gateway(GatewayError::Unavailable) | Error::NotNow(_) = error {
        return postpone(ctx, id).await;
    }
    // A charge is owed until its outcome is known, however long that takes; staff hear of it all the same.
    let kept_failing = attempts >= TRIES;
    let park = kept_failing && kind != "collect";
    if kept_failing {
        tracing::error!(job = %id, kind, attempts, park, %error, "job kept failing");
    } else {
        tracing::warn!(job = %id, kind, attempts, %error, "job failed");
    }
    let longest = if kind == "collect" { LONGEST_WAIT_FOR_A_CHARGE } else { f64::INFINITY };
    let pause = (2f64.powi(attempts.min(16)) * 2.5).min(longest);
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

/// Nothing was tried, so it does not count: however long the gateway is away or a campaign suspended, jobs wait for it. In their thousands
/// they do not come back all at once.
async fn postpone(ctx: &Ctx, id: Uuid) -> Result<()> {
    sqlx::query!(
        "update staged_jobs
         set leased_until = null, attempts = attempts - 1,
             run_at = clock() + make_interval(secs => 60 + 60 * random())
         where id = $1",
        id,
    )
    .execute(&ctx.db)
    .await?;
    Ok(())
}
