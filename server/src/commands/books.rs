//! The books from the command line: over the database and the gateway as they are, beside a server that runs or not.

use std::process::ExitCode;

use anyhow::{Context, Result};
use backend::{Ctx, database};
use chrono::{Days, NaiveDate};

use super::{database_url, real_gateway};
use crate::settings::Settings;

/// Sentence by sentence.
pub(super) async fn check(settings: &Settings) -> Result<ExitCode> {
    let db = database::serve(database_url(settings)?, 1).await.context("cannot connect (DATABASE_URL)")?;
    let answers = backend::checks::ask(&db).await?;
    for answer in &answers {
        if answer.holds() {
            println!("holds     {}", answer.check.name);
        } else {
            println!("VIOLATED  {}: {}", answer.check.name, answer.check.violated);
            for subject in &answer.subjects {
                println!("            {subject}");
            }
        }
    }
    let violated = answers.iter().filter(|answer| !answer.holds()).count();
    println!("{} of {} hold.", answers.len() - violated, answers.len());
    Ok(if violated == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) async fn reconcile(settings: &Settings, day: Option<NaiveDate>) -> Result<ExitCode> {
    let db = database::serve(database_url(settings)?, 4).await.context("cannot connect (DATABASE_URL)")?;
    let yesterday = backend::clock::now(&db).await?.date_naive() - Days::new(1);
    let ctx = Ctx::new(db, settings.backend(real_gateway(settings)?)?)?;
    let outcome = backend::books::reconcile(&ctx, day.unwrap_or(yesterday)).await?;
    println!(
        "{}: {} lines at the gateway, {} reads, {} adopted, {} differences",
        outcome.day,
        outcome.lines,
        outcome.reads,
        outcome.adopted,
        outcome.differences.len()
    );
    for alarm in &outcome.differences {
        println!("{}  {}  {}", alarm.kind, alarm.subject, alarm.detail);
    }
    Ok(if outcome.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) async fn report(settings: &Settings, day: NaiveDate) -> Result<ExitCode> {
    let db = database::serve(database_url(settings)?, 1).await.context("cannot connect (DATABASE_URL)")?;
    print!("{}", backend::books::report(&db, day).await?);
    Ok(ExitCode::SUCCESS)
}
