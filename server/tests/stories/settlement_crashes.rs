//! Case 18: the real server is killed between every two steps of settling and started again. Whatever the step: each
//! card is charged once and each hold captured once, or, below the goal, nobody is.

use std::os::unix::process::ExitStatusExt;

use backend::faults::SETTLEMENT_STEPS;
use chrono::TimeDelta;
use futures::{StreamExt, stream};

use crate::support::builders::{CampaignBuilder, TestCampaign};
use crate::support::dying::{AT_ONCE, Place, SIGABRT};
use crate::support::people::Person;
use crate::support::{eventually, invariants, sandbox_page};

/// Steps that a campaign below its goal goes through.
const STEPS_OF_RELEASE: [&str; 14] = [
    "settlement.before_close",
    "settlement.closed",
    "settlement.before_decide",
    "settlement.decided",
    "inbox.before_commit",
    "inbox.committed",
    "cancel_intent.stored",
    "cancel_intent.received",
    "cancel_intent.answered",
    "detach_card.stored",
    "detach_card.received",
    "detach_card.answered",
    "webhook.before_store",
    "webhook.stored",
];

#[tokio::test]
async fn killed_at_every_step_everybody_is_charged_once() {
    let charged = |step| survive("70.00", step, "funded", "captured");
    stream::iter(SETTLEMENT_STEPS).for_each_concurrent(AT_ONCE, charged).await;
}

#[tokio::test]
async fn killed_at_every_step_nobody_is_charged_below_the_goal() {
    let released = |step| survive("70.01", step, "failed", "voided");
    stream::iter(STEPS_OF_RELEASE).for_each_concurrent(AT_ONCE, released).await;
}

async fn survive(goal: &'static str, step: &str, campaign_ends: &str, pledges_end: &str) {
    let place = Place::new().await;
    let campaign = CampaignBuilder::on(&place.db).goal(goal, "EUR").ends_in(TimeDelta::days(5)).build().await;
    let mut server = place.start(None).await;
    let saved = back(&place, &campaign, "25").await;
    place.advance(TimeDelta::days(2)).await;
    let held = back(&place, &campaign, "45").await;
    server.kill().await;

    place.advance(TimeDelta::days(3)).await;
    let mut server = place.start(Some(step)).await;
    assert_eq!(
        server.ended().await.signal(),
        Some(SIGABRT),
        "{step}: the server dies there, and nowhere else"
    );

    let mut server = place.start(None).await;
    // A job that died with the server is somebody else's when its lease runs out.
    place.advance(TimeDelta::minutes(10)).await;
    eventually(step, async || state(&place, &campaign).await == campaign_ends).await;
    let open = "select (select count(*) from settlements where finished_at is null)
                     + (select count(*) from staged_jobs where done_at is null)
                     + (select count(*) from pledge_inbox where applied_at is null)";
    eventually("the rest", async || place.count(open).await == 0).await;
    for backer in [&saved, &held] {
        assert_eq!(backer.states(&place.db).await, [pledges_end], "{step}");
    }
    let charged =
        place.gateway.all("charge").await.iter().filter(|charge| charge["captured"] == true).count();
    let expected = if campaign_ends == "funded" { 2 } else { 0 };
    assert_eq!(charged, expected, "{step}: charges at the gateway");
    assert_eq!(
        place.count("select count(*) from ledger_transactions where kind = 'captured'").await,
        expected as i64,
        "{step}"
    );
    invariants::check(&place.db, &place.gateway).await;
    server.kill().await;
    println!("killed at {step:26} -> {campaign_ends}, {charged} charges");
    place.leave().await;
}

async fn back(place: &Place, campaign: &TestCampaign, amount: &str) -> Person {
    let backer = Person::logged_in(&place.db, &place.base(), "Bea Tamm").await;
    sandbox_page::pay(backer.pledge(campaign, None, amount).await.text()).await;
    eventually("the pledge", async || backer.states(&place.db).await != ["pending"]).await;
    backer
}

async fn state(place: &Place, campaign: &TestCampaign) -> String {
    let found = sqlx::query_scalar("select state from campaigns where id = $1").bind(campaign.id);
    found.fetch_one(&place.db).await.expect("the campaign")
}
