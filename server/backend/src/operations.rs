//! What whoever runs the site must be able to see: whether the gateway answers, what waits and for how long, what was put
//! aside, what is wrong. And what they may do about it: try a job again, say that they have seen an alarm.

use chrono::{DateTime, NaiveDate, Utc};
use domain::Money;
use uuid::Uuid;

use crate::alarms::{self, Raised};
use crate::audit::{self, Actor};
use crate::payments::{Condition, Pace};
use crate::{Ctx, Result, rows};

/// Everything at one look.
pub struct Operations {
    pub condition: Condition,
    /// Endpoints of the gateway that are called slower than they might be, since it asked for that.
    pub slowed: Vec<Pace>,
    pub alarms: Vec<Raised>,
    pub queues: Vec<Queue>,
    pub parked: Vec<Parked>,
    pub odd: Vec<OddEvent>,
    pub reconciled: Option<LastReconciliation>,
    pub checked: Option<LastCheck>,
    pub settlements: Vec<UnderWay>,
    /// The database's clock.
    pub now: DateTime<Utc>,
}

/// Something that waits to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub name: String,
    pub waiting: i64,
    /// How long the one that has waited longest has been due; `None` when none is.
    pub oldest_seconds: Option<i64>,
}

/// A job that kept failing and was put aside, or a charge that goes on failing.
#[derive(Clone, Debug)]
pub struct Parked {
    pub id: Uuid,
    pub kind: String,
    pub attempts: i32,
    pub error: String,
    pub since: DateTime<Utc>,
}

/// An event that did not go the usual way.
#[derive(Clone, Debug)]
pub struct OddEvent {
    /// What is odd about it.
    pub outcome: String,
    pub kind: String,
    pub id: String,
    pub at: DateTime<Utc>,
}

pub struct LastReconciliation {
    pub day: NaiveDate,
    pub finished_at: DateTime<Utc>,
    pub lines: i32,
    pub adopted: i32,
    pub differences: i32,
}

pub struct LastCheck {
    pub at: DateTime<Utc>,
    pub asked: i32,
    pub violated: Vec<String>,
}

/// A campaign that is being settled.
pub struct UnderWay {
    pub slug: String,
    pub title: String,
    pub began_at: DateTime<Utc>,
    pub retry_until: Option<DateTime<Utc>>,
    /// Pledges that are not paid, dropped or given back.
    pub open: i64,
    pub open_amount: Money,
}

/// # Errors
/// When the database cannot be asked.
pub async fn look(ctx: &Ctx) -> Result<Operations> {
    Ok(Operations {
        condition: ctx.payments.condition(),
        slowed: ctx.payments.paces().into_iter().filter(Pace::is_slowed).collect(),
        alarms: alarms::open(&ctx.db).await?,
        queues: queues(ctx).await?,
        parked: parked(ctx).await?,
        odd: odd(ctx).await?,
        reconciled: reconciled(ctx).await?,
        checked: checked(ctx).await?,
        settlements: settlements(ctx).await?,
        now: crate::clock::now(&ctx.db).await?,
    })
}

/// The inbox, the jobs by kind, the mails: empty ones too, but for kinds of jobs of which none waits.
///
/// # Errors
/// When the database cannot be asked.
pub async fn queues(ctx: &Ctx) -> Result<Vec<Queue>> {
    let queues = sqlx::query_as!(
        Queue,
        r#"select 'inbox' as "name!", count(*) as "waiting!",
                  extract(epoch from clock() - min(received_at))::bigint as oldest_seconds
           from pledge_inbox where applied_at is null
           union all
           select 'mails', count(*), case when count(*) > 0 then greatest(extract(epoch from clock() - min(due_at)), 0) end::bigint
           from mails where sent_at is null and parked_at is null and undeliverable_at is null
           union all
           select 'job: ' || kind, count(*), greatest(extract(epoch from clock() - min(run_at)), 0)::bigint
           from staged_jobs where done_at is null and parked_at is null
           group by kind
           order by 1"#
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(queues)
}

async fn parked(ctx: &Ctx) -> Result<Vec<Parked>> {
    let parked = sqlx::query_as!(
        Parked,
        r#"select id, kind, attempts, coalesce(last_error, '') as "error!", coalesce(parked_at, created_at) as "since!"
           from staged_jobs
           where done_at is null and (parked_at is not null or attempts >= 8)
           order by 5, id limit 100"#
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(parked)
}

async fn odd(ctx: &Ctx) -> Result<Vec<OddEvent>> {
    let odd = sqlx::query_as!(
        OddEvent,
        r#"select outcome as "outcome!", type as "kind!", id as "id!", received_at as "at!" from gateway_events
           where outcome in ('quarantined', 'unparsable') and received_at > clock() - interval '30 days'
           union all
           select outcome, coalesce(entry ->> 'event', ''), id::text, applied_at from pledge_inbox
           where outcome in ('set_aside', 'mismatch') and applied_at > clock() - interval '30 days'
           order by 4 desc limit 100"#
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(odd)
}

async fn reconciled(ctx: &Ctx) -> Result<Option<LastReconciliation>> {
    let last = sqlx::query_as!(
        LastReconciliation,
        r#"select day, finished_at as "finished_at!", lines, adopted, differences from reconciliations
           where finished_at is not null order by finished_at desc limit 1"#
    )
    .fetch_optional(&ctx.db)
    .await?;
    Ok(last)
}

async fn checked(ctx: &Ctx) -> Result<Option<LastCheck>> {
    let last =
        sqlx::query_as!(LastCheck, "select at, asked, violated from self_checks order by at desc limit 1")
            .fetch_optional(&ctx.db)
            .await?;
    Ok(last)
}

async fn settlements(ctx: &Ctx) -> Result<Vec<UnderWay>> {
    let rows = sqlx::query!(
        r#"select slug, title, began_at, retry_until, campaigns.currency, count(pledges.id) as "open!",
                  coalesce(sum(amount), 0) as "amount!"
           from settlements
           join campaigns on campaigns.id = settlements.campaign_id
           left join pledges on pledges.campaign_id = campaigns.id
                and pledges.state in ('pending', 'committed', 'authorized', 'charging', 'errored', 'needs_action')
           where finished_at is null
           group by campaigns.id, settlements.campaign_id
           order by began_at limit 100"#
    )
    .fetch_all(&ctx.db)
    .await?;
    let under_way = rows.into_iter().map(|row| {
        Ok(UnderWay {
            open_amount: rows::money(row.amount, &row.currency)?,
            slug: row.slug,
            title: row.title,
            began_at: row.began_at,
            retry_until: row.retry_until,
            open: row.open,
        })
    });
    under_way.collect()
}

/// Lets a job that kept failing be tried again at once; whether there was one.
///
/// # Errors
/// When the database refuses.
pub async fn try_again(ctx: &Ctx, actor: &Actor, job: Uuid) -> Result<bool> {
    let mut tx = ctx.db.begin().await?;
    let kind = sqlx::query_scalar!(
        "update staged_jobs set parked_at = null, attempts = 0, run_at = clock(), leased_until = null
         where id = $1 and done_at is null and (parked_at is not null or attempts >= 8)
         returning kind",
        job,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(kind) = kind else { return Ok(false) };
    audit::write(&mut tx, actor, "try_job_again", &format!("job:{job}"), &kind).await?;
    tx.commit().await?;
    Ok(true)
}

/// Notes that an alarm was seen; whether there was one that nobody had seen.
///
/// # Errors
/// When the database refuses.
pub async fn see_alarm(ctx: &Ctx, actor: &Actor, alarm: Uuid) -> Result<bool> {
    let mut tx = ctx.db.begin().await?;
    if !alarms::see(&mut tx, actor.person, alarm).await? {
        return Ok(false);
    }
    audit::write(&mut tx, actor, "see_alarm", &format!("alarm:{alarm}"), "").await?;
    tx.commit().await?;
    Ok(true)
}
