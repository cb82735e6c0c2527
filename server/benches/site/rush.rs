//! The last slots of a reward, wanted by many more people than there are, all at the same moment.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use axum::http::StatusCode;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::http::Client;
use crate::pledges::start_pledge;
use crate::say;
use crate::stage::Stage;
use crate::table::{Row, Table};

/// Of each slot there is, so many people want it.
const BUYERS_PER_SLOT: usize = 10;

pub async fn measure(stage: &Stage, table: &mut Table) -> Result<()> {
    let slots = stage.plan.slots;
    let buyers = slots * BUYERS_PER_SLOT;
    say(&format!("{buyers} people, {slots} slots"));
    let reward = reward(stage, slots).await?;
    let people = stage.people(buyers).await?;
    let began = Instant::now();
    let answers = all_at_once(stage, reward, people).await?;
    let took = began.elapsed();
    let sold = answers.iter().filter(|answer| **answer == Answer::Sold).count();
    let other = answers.iter().filter(|answer| **answer == Answer::Other).count();
    ensure!(claimed(stage, reward).await? == i32::try_from(sold)?, "a slot nobody has, or two have");
    let wrong = other + sold.abs_diff(slots);
    table.add(
        Row::new(format!("{buyers} buyers of {slots} slots"), format!("{sold} sold, {other} other answers"))
            .beside(format!("{:.1} s in all, each over a connection of its own", took.as_secs_f64()))
            .at_most(wrong as f64, 0.0, "wrong"),
    );
    Ok(())
}

#[derive(PartialEq)]
enum Answer {
    Sold,
    SoldOut,
    Other,
}

/// Everybody is connected before anybody asks.
async fn all_at_once(stage: &Stage, reward: Uuid, people: Vec<Uuid>) -> Result<Vec<Answer>> {
    let ready = Arc::new(Barrier::new(people.len()));
    let mut buying = JoinSet::new();
    for person in people {
        let mut client = Client::connect(stage.addr).await?;
        let request = start_pledge(stage.addr, stage.campaign, Some(reward), person)?;
        let ready = ready.clone();
        buying.spawn(async move {
            ready.wait().await;
            let answer = client.send(request).await?;
            let text = String::from_utf8_lossy(answer.body());
            anyhow::Ok(match answer.status() {
                StatusCode::OK => Answer::Sold,
                StatusCode::CONFLICT if text.contains("sold out") => Answer::SoldOut,
                _ => Answer::Other,
            })
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = buying.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

async fn reward(stage: &Stage, slots: usize) -> Result<Uuid> {
    let reward = sqlx::query_scalar(
        "insert into rewards (id, campaign_id, title, minimum, currency, slots, position)
         values (gen_random_uuid(), $1, 'The last ones', 25, 'EUR', $2, 1000) returning id",
    );
    Ok(reward.bind(stage.campaign.0).bind(i32::try_from(slots)?).fetch_one(&stage.db).await?)
}

async fn claimed(stage: &Stage, reward: Uuid) -> Result<i32> {
    let claimed = sqlx::query_scalar("select claimed from rewards where id = $1");
    Ok(claimed.bind(reward).fetch_one(&stage.db).await?)
}
