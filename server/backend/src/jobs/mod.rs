//! Staged jobs: slow or fallible work, written in the transaction that causes it, done afterwards, tried again with
//! growing pauses, and put aside where staff see it when it keeps failing. Never dropped.

mod clockwork;
mod give_back;
mod look;
mod look_into;

use std::time::Duration;

use chrono::NaiveDate;
use domain::{CampaignId, DisputeId, PersonId, RefundId};
use sqlx::PgConnection;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use clockwork::tick;
pub use look::Look;

use crate::accounts::sessions;
use crate::inbox::GiveBack;
use crate::payments::GatewayError;
use crate::stretch_goals::{self, Unlocked};
use crate::{
    Ctx, Error, Result, books, cards, disputes, guests, milestones, payouts, pledges, refunds, settlement,
    throttle,
};

/// Pauses double from a few seconds; the last of these tries comes about eleven hours after the first.
const TRIES: i32 = 14;
/// What one job may take; what is left undone then is tried again.
const PATIENCE: Duration = Duration::from_secs(100);
/// Longer than any job may take: after it the job is somebody else's.
const LEASE_SECONDS: f64 = 120.0;
/// How many jobs one process works on at once. They mostly wait for the gateway, whose answer takes a third of a second:
/// fewer could not use a hundred charges a second.
const AT_ONCE: usize = 48;
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
    /// Send a refund to the gateway.
    Refund(RefundId),
    /// Send what is said in answer to a dispute.
    SubmitEvidence(DisputeId),
    /// Read something at the gateway that an event spoke of.
    Look(&'a Look),
    /// Send a pledge's share to its creator.
    PayOut(&'a payouts::Part),
    /// Bring back from a creator what a lost dispute cost.
    TakeBack(&'a payouts::TakeBack),
    /// Book what the gateway kept of these payments.
    Fees(&'a [String]),
    /// Compare a day's books with the gateway's.
    Reconcile(NaiveDate),
    /// Tell backers that the goal is reached.
    GoalReached(CampaignId),
    /// Tell backers of a stretch goal.
    StretchGoal(&'a Unlocked),
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
            Job::SubmitEvidence(_) => "submit_evidence",
            Job::Look(_) => "look",
            Job::PayOut(_) => "pay_out",
            Job::TakeBack(_) => "take_back",
            Job::Fees(_) => "fees",
            Job::Reconcile(_) => "reconcile",
            Job::GoalReached(_) => "goal_reached",
            Job::StretchGoal(_) => "stretch_goal",
            Job::ForgetCard { .. } => "forget_card",
        }
    }

    fn payload(&self) -> Result<serde_json::Value> {
        let payload = match self {
            Job::GiveBack(what) => serde_json::to_value(what),
            Job::Refund(refund) => serde_json::to_value(refund),
            Job::SubmitEvidence(dispute) => serde_json::to_value(dispute),
            Job::Look(thing) => serde_json::to_value(thing),
            Job::PayOut(part) => serde_json::to_value(part),
            Job::TakeBack(owed) => serde_json::to_value(owed),
            Job::Fees(payments) => serde_json::to_value(payments),
            Job::Reconcile(day) => serde_json::to_value(day),
            Job::GoalReached(campaign) => serde_json::to_value(campaign),
            Job::StretchGoal(unlocked) => serde_json::to_value(unlocked),
            Job::ForgetCard { person, card } => serde_json::to_value((person, card)),
        };
        payload.map_err(|_| Error::broken("job payload"))
    }
}

/// Looks at something at the gateway without a job: for whoever does many such looks in one.
pub(crate) async fn look_now(ctx: &Ctx, thing: &Look) -> Result<()> {
    look::run(ctx, thing).await
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

/// Forgets what has served its time: counted tries, ended sessions, links of letters, guests who never pledged, where
/// pledges came from.
async fn sweep(ctx: &Ctx) -> Result<()> {
    throttle::forget_old(&ctx.db).await?;
    sessions::forget_ended(&ctx.db).await?;
    settlement::forget_ended_fix_links(&ctx.db).await?;
    guests::forget_ended(&ctx.db).await?;
    pledges::forget_origins(&ctx.db).await?;
    Ok(())
}

/// Does what is due now and says how many jobs that were. Tests pump it by hand.
pub async fn run_due(ctx: &Ctx) -> Result<usize> {
    work_off(ctx, &CancellationToken::new()).await
}

/// Works on several jobs at once until none is due, and takes no more when told to stop. Each is a task of its own: one
/// that waits in the middle of a query holds a connection, and must not have to wait for us to look at it.
async fn work_off(ctx: &Ctx, stop: &CancellationToken) -> Result<usize> {
    let mut under_way = JoinSet::new();
    let mut taken = 0;
    loop {
        let hands = if stop.is_cancelled() { 0 } else { AT_ONCE - under_way.len() };
        match take(ctx, hands).await {
            Ok(jobs) => {
                taken += jobs.len();
                for job in jobs {
                    under_way.spawn(job.run(ctx.clone()));
                }
            }
            Err(error) if under_way.is_empty() => return Err(error),
            // What is under way is not given up for it.
            Err(error) => logged("taking jobs", Err(error)),
        }
        // Not for longer than a moment: what was staged meanwhile must not wait for a slow job.
        match tokio::time::timeout(LOOK_AROUND, under_way.join_next()).await {
            Ok(None) => return Ok(taken),
            // One whose end was not stored is done again when its lease is out.
            Ok(Some(Ok(finished))) => logged("finishing a job", finished),
            Ok(Some(Err(panicked))) => tracing::error!(error = %panicked, "a job broke off"),
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
    async fn run(self, ctx: Ctx) -> Result<()> {
        let outcome = tokio::time::timeout(PATIENCE, do_one(&ctx, &self.kind, self.payload))
            .await
            .unwrap_or_else(|_| Err(Error::broken("a job that took too long")));
        finish(&ctx, self.id, &self.kind, self.attempts, outcome).await
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
            let refund = serde_json::from_value(payload).map_err(|_| Error::broken("refund payload"))?;
            refunds::send(ctx, refund).await
        }
        "submit_evidence" => {
            let dispute =
                serde_json::from_value(payload).map_err(|_| Error::broken("submit_evidence payload"))?;
            disputes::send_evidence(ctx, dispute).await
        }
        "look" => {
            let thing: Look = serde_json::from_value(payload).map_err(|_| Error::broken("look payload"))?;
            look::run(ctx, &thing).await
        }
        "take_back" => {
            let owed: payouts::TakeBack =
                serde_json::from_value(payload).map_err(|_| Error::broken("take_back payload"))?;
            payouts::take_back(ctx, owed.pledge, owed.amount, &owed.why).await
        }
        "pay_out" => {
            let part = serde_json::from_value(payload).map_err(|_| Error::broken("pay_out payload"))?;
            payouts::send(ctx, part).await
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
        "fees" => {
            let payments: Vec<String> =
                serde_json::from_value(payload).map_err(|_| Error::broken("fees payload"))?;
            books::book_fees(ctx, &payments).await
        }
        "reconcile" => {
            let day = serde_json::from_value(payload).map_err(|_| Error::broken("reconcile payload"))?;
            books::reconcile(ctx, day).await.map(drop)
        }
        "reread" => {
            let event: String =
                serde_json::from_value(payload).map_err(|_| Error::broken("reread payload"))?;
            books::reread(ctx, &event).await.map(drop)
        }
        "goal_reached" => {
            let campaign =
                serde_json::from_value(payload).map_err(|_| Error::broken("goal_reached payload"))?;
            milestones::tell_backers(ctx, campaign).await
        }
        "stretch_goal" => {
            let unlocked =
                serde_json::from_value(payload).map_err(|_| Error::broken("stretch_goal payload"))?;
            stretch_goals::tell(ctx, unlocked).await
        }
        "close_card_pages" => {
            let pledge =
                serde_json::from_value(payload).map_err(|_| Error::broken("close_card_pages payload"))?;
            settlement::close_card_pages(ctx, pledge).await
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
