//! What must hold, asked of the database itself: by `server check`, and every ten minutes by whichever process gets there
//! first. What does not hold is an alarm until it does.
//!
//! To watch something more, add a question to [`questions`] or a function to [`by_functions`]: nothing else.

mod histories;
mod questions;

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::alarms::{self, Alarm};
use crate::payments::Condition;
use crate::{Ctx, Result, books, payouts, settlement};

/// Something that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    /// What is wrong when it does not.
    pub violated: &'static str,
}

/// A check, and what it found: ids of what violates it, a few of them if there are many.
#[derive(Clone, Debug)]
pub struct Answer {
    pub check: Check,
    pub subjects: Vec<String>,
}

/// Subjects that one answer names. One is wrong already; a hundred pages of alarms help nobody.
const MOST_SUBJECTS: usize = 20;
const EVERY: Duration = Duration::from_secs(600);
/// How long a process waits before it looks whether a run is due: at the start it has other things to do.
const LOOK_AROUND: Duration = Duration::from_secs(60);

/// Asks everything.
///
/// # Errors
/// When the database cannot be asked.
pub async fn ask(db: &PgPool) -> Result<Vec<Answer>> {
    let mut answers = questions::ask(db).await?;
    answers.extend(by_functions(db).await?);
    for answer in &mut answers {
        answer.subjects.truncate(MOST_SUBJECTS);
    }
    Ok(answers)
}

/// What no single query answers: a line for each function that looks for something wrong.
async fn by_functions(db: &PgPool) -> Result<Vec<Answer>> {
    Ok(vec![
        histories::of_pledges(db).await?,
        histories::of_campaigns(db).await?,
        histories::of_payouts(db).await?,
        held_too_long(db).await?,
        stuck(db).await?,
    ])
}

async fn held_too_long(db: &PgPool) -> Result<Answer> {
    let check = Check {
        name: "creators_are_paid_in_time",
        violated: "A campaign’s money waits for its creator for sixty days; the gateway wants it paid out within ninety.",
    };
    let held = payouts::held_too_long(db).await?;
    Ok(Answer { check, subjects: held.iter().map(ToString::to_string).collect() })
}

async fn stuck(db: &PgPool) -> Result<Answer> {
    let check = Check {
        name: "campaigns_are_decided",
        violated: "A campaign’s deadline passed more than an hour ago and nothing is decided.",
    };
    let stuck = settlement::stuck(db).await?;
    Ok(Answer { check, subjects: stuck.iter().map(|stuck| stuck.campaign.to_string()).collect() })
}

/// Whether this process hears the gateway answer.
fn gateway(ctx: &Ctx) -> Answer {
    let check = Check {
        name: "the_gateway_answers",
        violated: "The payment provider does not answer and is left alone; jobs wait for it.",
    };
    let away = ctx.payments.condition() == Condition::Away;
    Answer { check, subjects: if away { vec!["gateway".to_owned()] } else { Vec::new() } }
}

/// Asks everything, raises an alarm for what is wrong and clears those that are over.
///
/// # Errors
/// When the database cannot be asked.
pub async fn watch(ctx: &Ctx) -> Result<Vec<Answer>> {
    let mut answers = ask(&ctx.db).await?;
    answers.push(gateway(ctx));
    let alarms: Vec<Alarm> = answers.iter().flat_map(Answer::alarms).collect();
    let names: Vec<&str> = answers.iter().map(|answer| answer.check.name).collect();
    let violated: Vec<String> =
        answers.iter().filter(|answer| !answer.holds()).map(|answer| answer.check.name.to_owned()).collect();
    let mut tx = ctx.db.begin().await?;
    alarms::clear_but(&mut tx, &names, &alarms).await?;
    alarms::raise(&mut tx, &alarms).await?;
    books::compare_again(&mut tx).await?;
    sqlx::query!(
        "insert into self_checks (id, asked, violated) values ($1, $2, $3)",
        Uuid::now_v7(),
        i32::try_from(answers.len()).unwrap_or(i32::MAX),
        &violated,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(answers)
}

impl Answer {
    #[must_use]
    pub fn holds(&self) -> bool {
        self.subjects.is_empty()
    }

    fn alarms(&self) -> impl Iterator<Item = Alarm> {
        self.subjects.iter().map(|subject| Alarm {
            kind: self.check.name,
            subject: subject.clone(),
            detail: self.check.violated.to_owned(),
        })
    }
}

/// Watches until told to stop.
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_AROUND)).await.is_some() {
        if let Err(error) = watch_if_due(&ctx).await {
            tracing::error!(%error, "self-check");
        }
        if let Err(error) = books::stage_reconciling(&ctx).await {
            tracing::error!(%error, "staging the reconciliation");
        }
    }
}

async fn watch_if_due(ctx: &Ctx) -> Result<()> {
    let due = sqlx::query_scalar!(
        r#"select not exists (select from self_checks where at > clock() - make_interval(secs => $1)) as "due!""#,
        EVERY.as_secs_f64(),
    )
    .fetch_one(&ctx.db)
    .await?;
    if due {
        watch(ctx).await?;
    }
    Ok(())
}
