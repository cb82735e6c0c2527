//! A server that dies between every two steps of a payout.

use std::os::unix::process::ExitStatusExt;

use backend::faults::{ASK_STEPS, PAYOUT_STEPS, SET_OFF_STEPS};
use chrono::TimeDelta;
use uuid::Uuid;

use super::balance::parts;
use super::{BANK, fill_in, link};
use crate::support::builders::CampaignBuilder;
use crate::support::dying::{Place, SIGABRT, Server};
use crate::support::people::Person;
use crate::support::{eventually, invariants, sandbox_page};

#[tokio::test]
async fn killed_at_every_step_the_money_leaves_once() {
    for step in PAYOUT_STEPS {
        survive(step).await;
    }
}

/// A server with a settled campaign of one backer, and its creator.
async fn settled(place: &Place) -> (Server, Person) {
    let marta = Person::logged_in(&place.db, &place.base(), "Marta Rebelo").await;
    let campaign =
        CampaignBuilder::on(&place.db).by(&marta).goal("25", "EUR").ends_in(TimeDelta::days(5)).build().await;
    let server = place.start(None).await;
    fill_in(&link(&marta, "set_up_payouts").await, BANK, "complete").await;
    marta.call("back_from_payout_account", &[]).await;
    let bea = Person::logged_in(&place.db, &place.base(), "Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the pledge", async || bea.states(&place.db).await == ["committed"]).await;
    place.advance(TimeDelta::days(5)).await;
    eventually("the end of settling", async || {
        place.count("select count(*) from settlements where finished_at is not null").await == 1
    })
    .await;
    (server, marta)
}

async fn survive(step: &str) {
    let place = Place::new().await;
    let (mut server, _) = settled(&place).await;
    server.kill().await;

    place.advance(TimeDelta::days(14)).await;
    let mut server = place.start(Some(step)).await;
    assert_eq!(
        server.ended().await.signal(),
        Some(SIGABRT),
        "{step}: the server dies there, and nowhere else"
    );
    let mut server = place.start(None).await;
    place.advance(TimeDelta::minutes(10)).await;
    eventually(step, async || place.count("select count(*) from payouts where state = 'sent'").await == 1)
        .await;
    let transfers = place.gateway.all("transfer").await.len();
    assert_eq!(transfers, 1, "{step}");
    assert_eq!(
        place.count("select count(*) from ledger_transactions where kind = 'paid_out'").await,
        1,
        "{step}"
    );
    invariants::check(&place.db, &place.gateway).await;
    server.kill().await;
    println!("killed at {step:24} -> sent, {transfers} transfer, 0 violations");
    place.leave().await;
}

#[tokio::test]
async fn killed_at_every_step_a_debt_is_set_off_once() {
    for step in SET_OFF_STEPS {
        set_off(step).await;
    }
}

async fn set_off(step: &str) {
    let place = Place::new().await;
    let (mut server, _) = settled(&place).await;
    server.kill().await;
    place.advance(TimeDelta::days(14)).await;
    let mut server = place.start(Some("payout.made")).await;
    server.ended().await;
    // The payout is made, and now its creator comes to owe something.
    owe_five(&place.db).await;
    let mut server = place.start(Some(step)).await;
    assert_eq!(server.ended().await.signal(), Some(SIGABRT), "{step}: the server dies there");
    let mut server = place.start(None).await;
    place.advance(TimeDelta::minutes(10)).await;
    eventually(step, async || place.count("select count(*) from payouts where state = 'sent'").await == 1)
        .await;
    let transfers = place.gateway.all("transfer").await;
    let sent: Vec<_> = transfers.iter().map(|transfer| transfer["amount"].as_i64()).collect();
    assert_eq!(sent, [Some(2_312 - 500)], "{step}");
    for kind in ["debt_set_off", "debt_settled"] {
        let posted: i64 = sqlx::query_scalar("select count(*) from ledger_transactions where kind = $1")
            .bind(kind)
            .fetch_one(&place.db)
            .await
            .expect("a count");
        assert_eq!(posted, 1, "{step}: {kind}");
    }
    invariants::check(&place.db, &place.gateway).await;
    server.kill().await;
    place.leave().await;
}

/// A refund of another campaign of the same creator, for which nothing was held any more.
async fn owe_five(db: &sqlx::PgPool) {
    let creator =
        sqlx::query_scalar("select creator_id from campaigns").fetch_one(db).await.expect("a creator");
    let other = CampaignBuilder::on(db).by_id(creator).state("funded").build().await;
    sqlx::query(
        "with posted as (
             insert into ledger_transactions (id, kind, campaign_id, reference)
             values (gen_random_uuid(), 'creator_owes', $1, 'a refund') returning id
         )
         insert into ledger_entries (transaction_id, account, amount, currency)
         select id, account, amount, 'EUR' from posted,
                (values ('owed_by_creators', 5), ('gateway_balance', -5)) as entry (account, amount)",
    )
    .bind(other.id)
    .execute(db)
    .await
    .expect("a debt");
}

#[tokio::test]
async fn killed_while_a_creator_asks_they_are_paid_once() {
    for step in ASK_STEPS {
        asked(step).await;
    }
}

async fn asked(step: &str) {
    let place = Place::new().await;
    let (mut server, marta) = settled(&place).await;
    marta.call("choose_payout_schedule", &[("schedule", "when_asked")]).await;
    server.kill().await;
    place.advance(TimeDelta::days(14)).await;
    let mut server = place.start(Some(step)).await;
    // What can be paid is known only once the gateway's fee is: until then the page says that it is pending.
    eventually("something to ask for", async || {
        parts(&marta).await.iter().any(|(part, _)| *part == "available")
    })
    .await;
    let withdrawal = Uuid::now_v7().to_string();
    let form = [("withdrawal", withdrawal.as_str()), ("currency", "EUR"), ("amount", "10")];
    let answer = marta.try_call("ask_payout", &form).await;
    assert!(answer.is_err(), "{step}: no answer comes, and not {answer:?}");
    assert_eq!(server.ended().await.signal(), Some(SIGABRT), "{step}: the server dies there");
    let mut server = place.start(None).await;
    assert_eq!(marta.call("ask_payout", &form).await.status, 200, "{step}: the form is sent again");
    place.advance(TimeDelta::minutes(10)).await;
    eventually(step, async || place.count("select count(*) from payouts where state = 'sent'").await == 1)
        .await;
    assert_eq!(place.gateway.all("transfer").await.len(), 1, "{step}");
    assert_eq!(place.count("select count(*) from withdrawals").await, 1, "{step}");
    assert_eq!(place.count("select count(*) from mails where letter = 'payout_asked'").await, 1, "{step}");
    invariants::check(&place.db, &place.gateway).await;
    server.kill().await;
    place.leave().await;
}
