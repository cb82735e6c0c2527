//! A day of the gateway's account against ours: every line of its is read and kept, what we had not heard of is adopted,
//! and what still does not agree is an alarm. Run again it finds nothing new; interrupted, it goes on where it stopped.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::{adopt, compare, events, fees, overlooked, own};
use crate::alarms::Alarm;
use crate::jobs::{self, Job, Look};
use crate::payments::Span;
use crate::{Ctx, Error, Result, inbox};

/// Questions to the gateway in one run, each answered by up to a hundred lines. Stripe allows 500 reads for a payment on
/// average; this is far below, and a run that needs more is taken up by the next.
const MOST_READS: u32 = 2_000;
/// The gateway's clock and ours need not agree to the second about when a day ends.
const MARGIN: TimeDelta = TimeDelta::hours(1);
/// Most that are looked at again by themselves, in one run.
const MOST_LOOKS: i64 = 500;

/// What a run came to.
#[derive(Debug)]
pub struct Reconciled {
    pub day: NaiveDate,
    /// Lines of the day at the gateway.
    pub lines: u32,
    /// Questions asked of it.
    pub reads: u32,
    /// What it had not told us, or what we had not understood.
    pub adopted: u32,
    pub differences: Vec<Alarm>,
}

/// How many questions a run may still ask.
pub(super) struct Budget {
    left: u32,
}

impl Budget {
    pub(super) fn take(&mut self) -> Result<()> {
        self.left =
            self.left.checked_sub(1).ok_or(Error::NotNow("the read budget of this run is used up"))?;
        Ok(())
    }

    fn used(&self) -> u32 {
        MOST_READS - self.left
    }
}

/// Compares a day (in UTC) and says what it came to.
///
/// # Errors
/// When the gateway or the database cannot be asked, or when the budget is used up: what was read is kept.
pub async fn reconcile(ctx: &Ctx, day: NaiveDate) -> Result<Reconciled> {
    let mut budget = Budget { left: MOST_READS };
    let run = begin(ctx, day).await?;
    let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
    read_lines(ctx, &run, midnight, &mut budget).await?;
    let found = adopt::adopt(ctx, midnight, &mut budget).await?;
    let reread = events::reread_odd(ctx).await?;
    let overlooked = overlooked::look_over(ctx, midnight, &mut budget).await?;
    // Here, since this process may have no worker; whoever is at it already is waited for by the comparison's repetition.
    inbox::drain(ctx).await?;
    let looked = look_again(ctx, day).await?;
    inbox::drain(ctx).await?;
    own::book_own_movements(ctx, midnight).await?;
    fees::book_fees(ctx, &fees::of_day(ctx, midnight).await?).await?;

    let mut tx = ctx.db.begin().await?;
    let differences = compare::compare_day(&mut tx, day, found.nobodys).await?;
    let reconciled = Reconciled {
        day,
        lines: lines_of(ctx, midnight).await?,
        reads: budget.used(),
        adopted: found.adopted + reread + overlooked + looked,
        differences,
    };
    finish(&mut tx, run.id, &reconciled).await?;
    tx.commit().await?;
    Ok(reconciled)
}

struct Run {
    id: Uuid,
    /// The last line that an interrupted run has read.
    read_to: Option<String>,
}

async fn begin(ctx: &Ctx, day: NaiveDate) -> Result<Run> {
    let interrupted = sqlx::query_as!(
        Run,
        "select id, read_to from reconciliations
         where day = $1 and finished_at is null order by began_at desc limit 1",
        day,
    )
    .fetch_optional(&ctx.db)
    .await?;
    if let Some(run) = interrupted {
        return Ok(run);
    }
    let id = Uuid::now_v7();
    sqlx::query!("insert into reconciliations (id, day) values ($1, $2)", id, day).execute(&ctx.db).await?;
    Ok(Run { id, read_to: None })
}

async fn read_lines(ctx: &Ctx, run: &Run, midnight: DateTime<Utc>, budget: &mut Budget) -> Result<()> {
    let span = Span { from: midnight - MARGIN, until: midnight + Days::new(1) + MARGIN };
    let mut after = run.read_to.clone();
    loop {
        budget.take()?;
        let page = ctx.payments.lines(span, after.as_deref()).await?;
        for line in &page.items {
            fees::book(ctx, line).await?;
        }
        ctx.faults.step("reconcile.page");
        let Some(next) = page.next else { return Ok(()) };
        sqlx::query!("update reconciliations set read_to = $2 where id = $1", run.id, next)
            .execute(&ctx.db)
            .await?;
        after = Some(next);
    }
}

/// Refunds and disputes of payments that do not agree, read again: made in the gateway's dashboard, or their events were
/// lost.
async fn look_again(ctx: &Ctx, day: NaiveDate) -> Result<u32> {
    let differing = compare::differing(&mut *ctx.db.acquire().await?, day).await?;
    let unknown = sqlx::query!(
        r#"select distinct on (source_id) id, type as "kind!", source_id as "source!", payment_id
           from gateway_lines
           where subject = any($1) and source_id is not null and payment_id is not null
                 and type in ('refund', 'payment_refund', 'refund_failure', 'payment_failure_refund', 'adjustment')
           order by source_id
           limit $2"#,
        &differing,
        MOST_LOOKS,
    )
    .fetch_all(&ctx.db)
    .await?;
    let mut looked = 0;
    for row in unknown {
        let look = match (row.kind.as_str(), row.payment_id) {
            ("adjustment", _) => Look::Dispute { id: row.source },
            (_, Some(payment)) => Look::Refunds { payment },
            (_, None) => continue,
        };
        if let Err(error) = jobs::look_now(ctx, &look).await {
            // One that cannot be looked at must not hold up the others.
            tracing::warn!(%error, "a look of the reconciliation; it is staged");
            let key = format!("reconcile_{}", row.id);
            jobs::stage(&mut *ctx.db.acquire().await?, &[(Job::Look(&look), key)]).await?;
        }
        looked += 1;
    }
    Ok(looked)
}

async fn lines_of(ctx: &Ctx, midnight: DateTime<Utc>) -> Result<u32> {
    let lines = sqlx::query_scalar!(
        r#"select count(*) as "lines!" from gateway_lines where created_at >= $1 and created_at < $2"#,
        midnight,
        midnight + Days::new(1),
    )
    .fetch_one(&ctx.db)
    .await?;
    Ok(u32::try_from(lines).unwrap_or(u32::MAX))
}

async fn finish(db: &mut sqlx::PgConnection, run: Uuid, outcome: &Reconciled) -> Result<()> {
    let count = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    sqlx::query!(
        "update reconciliations
         set finished_at = clock(), read_to = null, lines = $2, reads = $3, adopted = $4, differences = $5
         where id = $1",
        run,
        count(outcome.lines),
        count(outcome.reads),
        count(outcome.adopted),
        i32::try_from(outcome.differences.len()).unwrap_or(i32::MAX),
    )
    .execute(db)
    .await?;
    Ok(())
}
