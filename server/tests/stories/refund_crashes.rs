//! Case 12 and the crash rule: the real server is killed between every two steps of a refund and started again. Whatever
//! the step, the money goes back once.

use std::os::unix::process::ExitStatusExt;

use backend::faults::REFUND_STEPS;
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::builders::CampaignBuilder;
use crate::support::dying::{Place, SIGABRT};
use crate::support::people::Person;
use crate::support::{eventually, invariants, sandbox_page};

#[tokio::test]
async fn killed_at_every_step_the_money_goes_back_once() {
    for step in REFUND_STEPS {
        survive(step).await;
    }
}

async fn survive(step: &str) {
    let place = Place::new().await;
    let marta = Person::logged_in(&place.db, &place.base(), "Marta Rebelo").await;
    let campaign = CampaignBuilder::on(&place.db).model("kia").by(&marta).build().await;
    let mut server = place.start(None).await;
    let bea = Person::logged_in(&place.db, &place.base(), "Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the payment", async || bea.states(&place.db).await == ["captured"]).await;
    eventually("quiet", async || open(&place).await == 0).await;
    let pledge = bea.pledges(&place.db).await[0];
    server.kill().await;

    let mut server = place.start(Some(step)).await;
    let form = Uuid::now_v7();
    // The server may die over it.
    let (id, refund) = (pledge.to_string(), form.to_string());
    let fields = [
        ("pledge", id.as_str()),
        ("refund", refund.as_str()),
        ("left", "25.00"),
        ("amount", "10"),
        ("reason", "It came out smaller than promised."),
    ];
    let _ = marta.try_call("refund_pledge", &fields).await;
    assert_eq!(
        server.ended().await.signal(),
        Some(SIGABRT),
        "{step}: the server dies there, and nowhere else"
    );

    let mut server = place.start(None).await;
    // The creator sends the same form again; a job that died with the server is somebody else's when its lease runs out.
    let again = marta.refund_with(pledge, form, "10", "25.00", "").await;
    assert_eq!(again.status, 200, "{step}: {again:?}");
    let shift = sqlx::query("update clock_shift set shift = shift + $1").bind(TimeDelta::minutes(10));
    shift.execute(&place.db).await.expect("moved");
    eventually(step, async || bea.states(&place.db).await == ["partially_refunded"]).await;
    eventually("the rest", async || open(&place).await == 0).await;
    assert_eq!(place.gateway.all("refund").await.len(), 1, "{step}: refunds at the gateway");
    assert_eq!(campaign.totals().await, ("15.000".into(), 1), "{step}");
    let booked = "select count(*) from ledger_transactions where kind = 'refunded'";
    assert_eq!(count(&place, booked).await, 1, "{step}");
    invariants::check(&place.db, &place.gateway).await;
    server.kill().await;
    println!("killed at {step:22} -> 1 refund");
    place.leave().await;
}

async fn open(place: &Place) -> i64 {
    let left = "select (select count(*) from pledge_inbox where applied_at is null)
                     + (select count(*) from staged_jobs where done_at is null)";
    count(place, left).await
}

async fn count(place: &Place, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&place.db).await.expect("a count")
}
