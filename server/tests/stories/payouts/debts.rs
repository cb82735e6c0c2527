//! What a creator owes is set off against what is paid to them next, from whichever of their campaigns.

use backend::config::PayoutTerms;
use chrono::TimeDelta;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::balance::parts;
use super::{days_pass_at_the_gateway, funded, held, leaves, look, onboarded, owed, transferred};
use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

/// A creator who was paid 23.12 and owes what came of a refund of so much, since their bank was faster.
async fn indebted(app: &TestApp, refund: &str) -> (Person, TestCampaign) {
    let marta = onboarded(app, "Marta Rebelo").await;
    let campaign = funded(app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    leaves(app, &campaign).await;
    give_back(app, &marta, &campaign, refund).await;
    (marta, campaign)
}

async fn give_back(app: &TestApp, marta: &Person, campaign: &TestCampaign, amount: &str) {
    days_pass_at_the_gateway(app).await;
    let pledge: Uuid = sqlx::query_scalar("select id from pledges where campaign_id = $1")
        .bind(campaign.id)
        .fetch_one(&app.db)
        .await
        .expect("a pledge");
    assert_eq!(marta.refund(pledge, amount, "25.00").await.status, 200);
    app.settle().await;
}

async fn set_off(app: &TestApp) -> i64 {
    app.count("select count(*) from ledger_transactions where kind = 'debt_set_off'").await
}

#[tokio::test]
async fn a_debt_of_one_campaign_is_set_off_against_the_next_and_the_rest_is_paid() {
    let app = TestApp::start().await;
    let (marta, _) = indebted(&app, "5").await;
    assert_eq!(parts(&marta).await, [("paid", "23.12".into()), ("owed", "4.75".into())]);
    let next = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &next).await;
    let mut transfers = transferred(&app).await;
    transfers.sort_unstable();
    assert_eq!(transfers, [2_312 - 475, 2_312], "the transfer is smaller, the money stays where it is");
    assert_eq!((owed(&app).await, set_off(&app).await), (Decimal::ZERO, 1));
    assert_eq!(app.balance("set_off").await, 0);
    assert_eq!(parts(&marta).await, [("paid", "41.49".into())]);
    let year = marta.call("my_payouts", &[]).await.body["years"][0].clone();
    let statement = marta.get(&format!("/studio/payouts/statement.csv?year={year}")).await;
    let statement = statement.text().await.expect("a table");
    assert!(statement.contains("Set off against what you owed,-4.75,,EUR"), "{statement}");
    app.finish().await;
}

#[tokio::test]
async fn a_debt_of_more_than_there_is_leaves_nothing_to_pay() {
    let app = TestApp::start().await;
    let (marta, _) = indebted(&app, "25").await;
    assert_eq!(owed(&app).await, Decimal::new(2_312, 2));
    let next = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &next).await;
    assert_eq!((owed(&app).await, app.gateway.all("transfer").await.len()), (Decimal::ZERO, 1));
    assert_eq!(app.count("select count(*) from payouts").await, 1);
    assert_eq!(app.count("select count(*) from mails where letter = 'payout_sent'").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn two_campaigns_paid_at_once_set_a_debt_off_once() {
    let app = TestApp::start().await;
    let (marta, _) = indebted(&app, "5").await;
    let mut both = Vec::new();
    for _ in 0..2 {
        let campaign = app.campaign().by(&marta).goal("25", "EUR").ends_in(TimeDelta::days(5)).build().await;
        let backer = app.person("Bea Tamm").await;
        sandbox_page::pay(backer.pledge(&campaign, None, "25").await.text()).await;
        eventually("the pledge", async || backer.states(&app.db).await == ["committed"]).await;
        both.push(campaign);
    }
    app.advance(TimeDelta::days(5)).await;
    let settled = "select count(*) from settlements where finished_at is not null";
    eventually("the end of settling", async || app.count(settled).await == 3).await;
    app.settle().await;
    app.advance(TimeDelta::days(14)).await;
    let looks = (0..8).map(|_| backend::payouts::tick(&app.ctx));
    for look in futures::future::join_all(looks).await {
        look.expect("a look");
    }
    for campaign in &both {
        leaves(&app, campaign).await;
    }
    let sum: i64 = transferred(&app).await.iter().sum();
    assert_eq!(sum, 3 * 2_312 - 475);
    assert_eq!((owed(&app).await, app.balance("set_off").await), (Decimal::ZERO, 0));
    app.finish().await;
}

#[tokio::test]
async fn a_debt_that_arises_while_a_payout_waits_is_set_off_before_it_leaves() {
    let payouts = PayoutTerms { approval_above: Some(Decimal::ONE), ..PayoutTerms::default() };
    let app = TestApp::start_with(Setup { payouts, ..Setup::default() }).await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let admin = app.staff("Ada Berg", "admin").await;
    let first = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    approve(&app, &admin).await;
    leaves(&app, &first).await;
    let second = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    waits(&app).await;
    give_back(&app, &marta, &first, "5").await;
    assert_eq!(owed(&app).await, Decimal::new(475, 2));
    approve(&app, &admin).await;
    leaves(&app, &second).await;
    let sum: i64 = transferred(&app).await.iter().sum();
    assert_eq!((sum, owed(&app).await), (2 * 2_312 - 475, Decimal::ZERO));
    let amount: Decimal = sqlx::query_scalar("select amount from payouts where campaign_id = $1")
        .bind(second.id)
        .fetch_one(&app.db)
        .await
        .expect("a payout");
    assert_eq!(amount, Decimal::new(2_312 - 475, 2), "the payout says what left");
    assert_eq!(held(&app, &second).await, Decimal::ZERO);
    app.finish().await;
}

#[tokio::test]
async fn what_was_given_back_meanwhile_pays_no_debt() {
    let payouts = PayoutTerms { approval_above: Some(Decimal::ONE), ..PayoutTerms::default() };
    let app = TestApp::start_with(Setup { payouts, ..Setup::default() }).await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let admin = app.staff("Ada Berg", "admin").await;
    let first = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    approve(&app, &admin).await;
    leaves(&app, &first).await;
    let second = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    waits(&app).await;
    give_back(&app, &marta, &first, "5").await;
    give_back(&app, &marta, &second, "25").await;
    let owed_before = owed(&app).await;
    assert!(owed_before >= Decimal::new(475, 2), "{owed_before}");

    approve(&app, &admin).await;
    eventually("the payout to come to nothing", async || {
        app.advance(TimeDelta::minutes(2)).await;
        app.count("select count(*) from payouts where state = 'dropped'").await == 1
    })
    .await;
    app.settle().await;
    assert_eq!((owed(&app).await, set_off(&app).await), (owed_before, 0));
    assert_eq!((held(&app, &second).await, app.gateway.all("transfer").await.len()), (Decimal::ZERO, 1));
    app.finish().await;
}

async fn waits(app: &TestApp) {
    eventually("the payout to wait", async || {
        look(app).await;
        app.count("select count(*) from payouts where state = 'waiting'").await == 1
    })
    .await;
}

async fn approve(app: &TestApp, admin: &Person) {
    waits(app).await;
    let waiting = admin.call("waiting_payouts", &[]).await.body;
    let payout = waiting[0]["payout"]["id"].as_str().expect("a payout").to_owned();
    assert_eq!(admin.call("approve_payout", &[("payout", &payout)]).await.status, 200);
}
