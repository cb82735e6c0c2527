//! The work behind what staff see and do.

use backend::accounts::Role;
use backend::audit::Actor;
use backend::books;
use backend::operations;
use backend::payments::Condition;
use chrono::{Days, NaiveDate};

use super::{ctx, request_id, require_staff};
use crate::api::error::ApiError;
use crate::api::operations::{
    AccountView, AlarmView, CheckedView, GatewayView, MovementView, OddEventView, OperationsView, ParkedView,
    QueueView, ReconciledView, ReportView, UnderWayView,
};
use crate::components::time::span_of_seconds;

pub async fn look() -> Result<OperationsView, ApiError> {
    let staff = require_staff().await?;
    let now = operations::look(&ctx()?).await?;
    Ok(OperationsView {
        gateway: GatewayView {
            answers: now.condition == Condition::Answers,
            condition: in_words(now.condition).to_owned(),
            slowed: now.slowed.iter().map(ToString::to_string).collect(),
        },
        alarms: now.alarms.into_iter().map(Into::into).collect(),
        queues: now.queues.into_iter().map(Into::into).collect(),
        parked: now.parked.into_iter().map(Into::into).collect(),
        odd: now.odd.into_iter().map(Into::into).collect(),
        reconciled: now.reconciled.map(Into::into),
        checked: now.checked.map(Into::into),
        settlements: now.settlements.into_iter().map(Into::into).collect(),
        may_act: staff.roles.contains(&Role::Admin),
    })
}

fn in_words(condition: Condition) -> &'static str {
    match condition {
        Condition::Answers => "The payment provider answers.",
        Condition::Trying => "The payment provider did not answer; the next call tries it.",
        Condition::Away => "The payment provider does not answer and is left alone. Jobs wait for it.",
    }
}

pub async fn try_again(job: &str) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    if !staff.roles.contains(&Role::Admin) {
        return Err(ApiError::NotFound);
    }
    let job = job.parse().map_err(|_| ApiError::NotFound)?;
    let actor = Actor { person: staff.person_id, request_id: request_id() };
    let found = operations::try_again(&ctx()?, &actor, job).await?;
    if found { Ok(()) } else { Err(ApiError::NotFound) }
}

pub async fn see(alarm: &str) -> Result<(), ApiError> {
    let staff = require_staff().await?;
    let alarm = alarm.parse().map_err(|_| ApiError::NotFound)?;
    let actor = Actor { person: staff.person_id, request_id: request_id() };
    let found = operations::see_alarm(&ctx()?, &actor, alarm).await?;
    if found { Ok(()) } else { Err(ApiError::NotFound) }
}

pub async fn report(typed: &str) -> Result<ReportView, ApiError> {
    require_staff().await?;
    let db = &ctx()?.db;
    let yesterday = backend::clock::now(db).await.map_err(backend::Error::from)?.date_naive() - Days::new(1);
    let day = match typed.trim() {
        "" => Some(yesterday),
        typed => {
            NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok().filter(|day| *day <= yesterday + Days::new(1))
        }
    };
    let Some(day) = day else {
        let refused = Some("A day that has begun, such as 2027-03-03.".to_owned());
        return Ok(ReportView { day: yesterday, accounts: Vec::new(), refused });
    };
    let report = books::report(db, day).await?;
    let accounts = report.accounts.into_iter().map(Into::into).collect();
    Ok(ReportView { day, accounts, refused: None })
}

impl From<backend::alarms::Raised> for AlarmView {
    fn from(alarm: backend::alarms::Raised) -> Self {
        Self {
            id: alarm.id.to_string(),
            kind: alarm.kind.replace('_', " "),
            subject: alarm.subject,
            detail: alarm.detail,
            raised_at: alarm.raised_at,
            seen_by: alarm.seen_by,
        }
    }
}

impl From<operations::Queue> for QueueView {
    fn from(queue: operations::Queue) -> Self {
        let oldest = queue.oldest_seconds.map_or_else(|| "–".to_owned(), span_of_seconds);
        Self { name: queue.name, waiting: queue.waiting, oldest }
    }
}

impl From<operations::Parked> for ParkedView {
    fn from(job: operations::Parked) -> Self {
        Self {
            id: job.id.to_string(),
            kind: job.kind,
            attempts: job.attempts,
            error: job.error,
            since: job.since,
        }
    }
}

impl From<operations::OddEvent> for OddEventView {
    fn from(event: operations::OddEvent) -> Self {
        Self { outcome: event.outcome.replace('_', " "), kind: event.kind, id: event.id, at: event.at }
    }
}

impl From<operations::LastReconciliation> for ReconciledView {
    fn from(last: operations::LastReconciliation) -> Self {
        Self {
            day: last.day,
            at: last.finished_at,
            lines: last.lines,
            adopted: last.adopted,
            differences: last.differences,
        }
    }
}

impl From<operations::LastCheck> for CheckedView {
    fn from(last: operations::LastCheck) -> Self {
        Self { at: last.at, asked: last.asked, violated: last.violated }
    }
}

impl From<operations::UnderWay> for UnderWayView {
    fn from(campaign: operations::UnderWay) -> Self {
        Self {
            slug: campaign.slug,
            title: campaign.title,
            began_at: campaign.began_at,
            retry_until: campaign.retry_until,
            open: campaign.open,
            open_amount: campaign.open_amount.to_string(),
        }
    }
}

impl From<books::AccountDay> for AccountView {
    fn from(account: books::AccountDay) -> Self {
        Self {
            account: account.account,
            meaning: account.meaning,
            currency: account.currency,
            opening: account.opening.to_string(),
            movements: account.movements.into_iter().map(Into::into).collect(),
            closing: account.closing.to_string(),
        }
    }
}

impl From<books::Movement> for MovementView {
    fn from(movement: books::Movement) -> Self {
        Self { kind: movement.kind, postings: movement.postings, amount: movement.amount.to_string() }
    }
}
