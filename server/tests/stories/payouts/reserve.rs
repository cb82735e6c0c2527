//! A share of each payout is held back for refunds to come (C13).

use backend::config::PayoutTerms;
use chrono::TimeDelta;
use domain::ReserveRule;
use rust_decimal::Decimal;

use super::balance::{parts, upcoming};
use super::{days_pass_at_the_gateway, funded_as, held, look, onboarded, owed, transferred};
use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, pdf};

/// A campaign that holds a tenth back for sixty days, of which the rest has left.
async fn paid_out(app: &TestApp, marta: &Person, backers: usize) -> TestCampaign {
    let campaign = funded_as(app, marta, backers, app.campaign().reserve(1_000, 60)).await;
    app.advance(TimeDelta::days(14)).await;
    sent(app, 1).await;
    campaign
}

async fn sent(app: &TestApp, payouts: i64) {
    eventually("the payout", async || {
        look(app).await;
        app.count("select count(*) from payouts where state = 'sent'").await == payouts
    })
    .await;
}

/// In thousandths.
async fn reserved(app: &TestApp) -> i64 {
    -app.balance("reserved_for_creators").await
}

async fn pledges(app: &TestApp) -> Vec<uuid::Uuid> {
    sqlx::query_scalar("select id from pledges order by id").fetch_all(&app.db).await.expect("pledges")
}

#[tokio::test]
async fn a_part_of_each_share_stays_until_its_day_and_then_leaves_by_itself() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = paid_out(&app, &marta, 3).await;
    assert_eq!(transferred(&app).await, [2_081; 3], "of 23.12 each, a tenth rounded down stays");
    assert_eq!((reserved(&app).await, held(&app, &campaign).await), (6_930, Decimal::ZERO));
    assert_eq!(parts(&marta).await, [("reserved", "6.93".into()), ("paid", "62.43".into())]);
    assert_eq!(upcoming(&marta).await, [("6.93".into(), "reserved".into())]);
    let page = marta.get("/studio/payouts").await.text().await.expect("a page");
    assert!(page.contains("Reserved for refunds until"), "{page}");
    let year = marta.call("my_payouts", &[]).await.body["years"][0].clone();
    let statement = |kind: &str| format!("/studio/payouts/statement.{kind}?year={year}");
    let table = marta.get(&statement("csv")).await.text().await.expect("a table");
    assert!(table.contains("Held back for refunds to come,-2.31,,EUR"), "{table}");
    let paper = pdf::text(marta.get(&statement("pdf")).await).await;
    for shown in ["Held back for refunds to come (3 times)", "Held back of payouts, besides", "6.93 EUR"] {
        assert!(paper.contains(shown), "{shown} on {paper}");
    }
    let moved =
        "select count(*) from ledger_transactions posted join ledger_entries on transaction_id = posted.id
                 where kind = 'reserved' and account not in ('held_for_campaign', 'reserved_for_creators')";
    assert_eq!(app.count(moved).await, 0, "the gateway's balance knows nothing of it");

    app.advance(TimeDelta::days(45)).await;
    look(&app).await;
    assert_eq!(reserved(&app).await, 6_930, "the day before its day");
    assert!(backend::payouts::held_too_long(&app.db).await.expect("an answer").is_empty());
    app.advance(TimeDelta::days(1)).await;
    sent(&app, 2).await;
    let sum: i64 = transferred(&app).await.iter().sum();
    assert_eq!((sum, reserved(&app).await), (3 * 2_312, 0), "the parts are the whole");
    assert_eq!(parts(&marta).await, [("paid", "69.36".into())]);
    eventually("the end", async || {
        look(&app).await;
        app.count("select count(*) from settlements where paid_out_at is null").await == 0
    })
    .await;
    app.finish().await;
}

// Case 13
#[tokio::test]
async fn a_refund_takes_the_reserve_first_and_the_transfer_for_the_rest() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = paid_out(&app, &marta, 1).await;
    let pledge = pledges(&app).await[0];
    assert_eq!(marta.refund(pledge, "2", "25.00").await.status, 200);
    app.settle().await;
    assert_eq!(transferred(&app).await, [2_081], "1.90 of it are the creator's, and were held back");
    assert_eq!(reserved(&app).await, 410);
    assert_eq!(marta.refund(pledge, "10", "23.00").await.status, 200);
    app.settle().await;
    assert_eq!(transferred(&app).await, [2_081 - 909], "9.50, of which 0.41 were held back");
    assert_eq!((reserved(&app).await, owed(&app).await), (0, Decimal::ZERO));
    app.advance(TimeDelta::days(46)).await;
    look(&app).await;
    assert_eq!(held(&app, &campaign).await, Decimal::ZERO);
    assert_eq!(app.count("select count(*) from payouts").await, 1, "nothing is left to leave on its day");
    app.finish().await;
}

#[tokio::test]
async fn the_reserve_of_all_its_pledges_makes_up_for_what_the_creator_cannot_give_back() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    paid_out(&app, &marta, 2).await;
    // Their bank has paid them meanwhile: nothing is left in their account.
    days_pass_at_the_gateway(&app).await;
    assert_eq!(marta.refund(pledges(&app).await[0], "25", "25.00").await.status, 200);
    app.settle().await;
    assert_eq!(reserved(&app).await, 0);
    assert_eq!(owed(&app).await, Decimal::new(2_312 - 2 * 231, 2), "and only the rest is a debt");
    parts(&marta).await;
    app.finish().await;
}

#[tokio::test]
async fn a_campaign_keeps_the_rule_it_was_launched_with() {
    let reserve = ReserveRule::new(1_500, 45).expect("a rule");
    let payouts = PayoutTerms { reserve, ..PayoutTerms::default() };
    let app = TestApp::start_with(Setup { payouts, ..Setup::default() }).await;
    let marta = app.person("Marta Rebelo").await;
    let soon = app.campaign().by(&marta).state("scheduled").starts_in(TimeDelta::days(1)).build().await;
    app.advance(TimeDelta::days(1)).await;
    let launched =
        "select count(*) from campaigns where state = 'live' and reserve_bps = 1500 and reserve_days = 45";
    eventually("the launch", async || app.count(launched).await == 1).await;
    let page = marta.get("/studio/payouts").await.text().await.expect("a page");
    assert!(page.contains("15 % is held back for refunds and leaves 45 days after its deadline"), "{page}");
    let changed =
        sqlx::query("update campaigns set reserve_bps = 0 where id = $1").bind(soon.id).execute(&app.db);
    let error = changed.await.expect_err("it is settled").to_string();
    assert!(error.contains("settled at the launch"), "{error}");
    app.finish().await;
}
