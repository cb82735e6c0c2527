//! A creator asks for their money instead of having it leave on its date (C8).

use backend::config::PayoutTerms;
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::balance::{parts, upcoming};
use super::{ANOTHER_BANK, fill_in, funded, held, leaves, link, look, onboarded, transferred};
use crate::support::builders::TestCampaign;
use crate::support::people::{Answer, Person};
use crate::support::{Setup, TestApp, eventually};

/// A creator who asks for their money, and 23.12 that they may ask for.
async fn asking(app: &TestApp) -> (Person, TestCampaign) {
    let marta = onboarded(app, "Marta Rebelo").await;
    assert_eq!(choose(&marta, "when_asked").await.status, 200);
    let campaign = funded(app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    look(app).await;
    (marta, campaign)
}

async fn choose(creator: &Person, schedule: &str) -> Answer {
    creator.call("choose_payout_schedule", &[("schedule", schedule)]).await
}

async fn ask(creator: &Person, amount: &str) -> Answer {
    ask_as(creator, Uuid::now_v7(), amount).await
}

async fn ask_as(creator: &Person, withdrawal: Uuid, amount: &str) -> Answer {
    let form = [("withdrawal", &*withdrawal.to_string()), ("currency", "EUR"), ("amount", amount)];
    creator.call("ask_payout", &form).await
}

async fn withdraw(creator: &Person, payout: &str) -> Answer {
    creator.call("withdraw_payout", &[("payout", payout)]).await
}

/// Ids and states of the creator's payouts, the latest first.
async fn payouts(creator: &Person) -> Vec<(String, String)> {
    let shown = creator.call("my_payouts", &[]).await.body;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let payouts = shown["payouts"].as_array().expect("a list");
    payouts.iter().map(|payout| (word(&payout["id"]), word(&payout["state"]))).collect()
}

async fn letters(app: &TestApp, letter: &str) -> i64 {
    sqlx::query_scalar("select count(*) from mails where letter = $1")
        .bind(letter)
        .fetch_one(&app.db)
        .await
        .expect("a count")
}

#[tokio::test]
async fn who_asks_is_waited_for_and_paid_what_they_ask_for() {
    let app = TestApp::start().await;
    let (marta, campaign) = asking(&app).await;
    assert_eq!(app.count("select count(*) from payouts").await, 0, "it waits to be asked for");
    assert_eq!(parts(&marta).await, [("available", "23.12".into())]);
    assert_eq!(upcoming(&marta).await, [("23.12".into(), "not_asked".into())]);

    for (typed, message) in [
        ("23.13", "At most €23.12 can be paid to you now."),
        ("nothing", "Type the amount in digits, like 25 or 1,000."),
        ("0", "Type an amount above zero."),
    ] {
        let refused = ask(&marta, typed).await;
        assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("amount")), "{refused:?}");
        assert_eq!(refused.message(), message);
    }
    let one = Uuid::now_v7();
    for _ in 0..2 {
        assert_eq!(ask_as(&marta, one, "10").await.status, 200, "sent twice, it is asked for once");
    }
    app.settle().await;
    assert_eq!(transferred(&app).await, [1_000]);
    assert_eq!(parts(&marta).await, [("available", "13.12".into()), ("paid", "10.00".into())]);
    assert_eq!(letters(&app, "payout_asked").await, 1);
    assert_eq!(ask_as(&app.person("Zoe Else").await, one, "10").await.status, 409, "nothing of hers");

    assert_eq!(ask(&marta, "").await.status, 200, "all of it");
    app.settle().await;
    assert_eq!((transferred(&app).await, held(&app, &campaign).await), (vec![1_000, 1_312], Decimal::ZERO));
    let nothing = ask(&marta, "").await;
    assert_eq!(
        (nothing.status, nothing.message()),
        (409, "There is nothing to pay you in this currency just now. Nothing was changed.")
    );
    app.finish().await;
}

#[tokio::test]
async fn two_forms_sent_at_once_never_pay_more_than_there_is() {
    let app = TestApp::start().await;
    let (marta, campaign) = asking(&app).await;
    let asked = futures::future::join_all((0..6).map(|_| ask(&marta, "10"))).await;
    assert!(asked.iter().any(|answer| answer.status == 200), "{asked:?}");
    app.settle().await;
    let sum: i64 = transferred(&app).await.iter().sum();
    let paid = 1_000 * asked.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(usize::try_from(sum), Ok(paid), "{asked:?}");
    assert_eq!(held(&app, &campaign).await, Decimal::new(2_312 - sum, 2));
    app.finish().await;
}

#[tokio::test]
async fn what_nobody_asks_for_leaves_by_itself_before_the_gateways_limit() {
    let app = TestApp::start().await;
    let (marta, campaign) = asking(&app).await;
    app.advance(TimeDelta::days(40)).await;
    look(&app).await;
    assert_eq!(app.count("select count(*) from payouts").await, 0);
    app.advance(TimeDelta::days(1)).await;
    leaves(&app, &campaign).await;
    assert!(backend::payouts::held_too_long(&app.db).await.expect("an answer").is_empty());
    assert_eq!(parts(&marta).await, [("paid", "23.12".into())]);
    app.finish().await;
}

#[tokio::test]
async fn who_chooses_its_date_again_is_paid_at_once() {
    let app = TestApp::start().await;
    let (marta, campaign) = asking(&app).await;
    let wrong = choose(&marta, "never").await;
    assert_eq!((wrong.status, wrong.body["field"].as_str()), (422, Some("schedule")));
    assert_eq!(choose(&marta, "on_date").await.status, 200);
    leaves(&app, &campaign).await;
    assert_eq!(ask(&marta, "").await.status, 409, "it leaves by itself");
    app.finish().await;
}

#[tokio::test]
async fn a_large_sum_waits_from_however_many_campaigns_it_comes() {
    let payouts_terms = PayoutTerms { approval_above: Some(Decimal::new(30, 0)), ..PayoutTerms::default() };
    let app = TestApp::start_with(Setup { payouts: payouts_terms, ..Setup::default() }).await;
    let (marta, _) = asking(&app).await;
    funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    look(&app).await;
    // Each of the two is below the limit; what is asked for is not.
    assert_eq!(ask(&marta, "46").await.status, 200);
    let states: Vec<_> = payouts(&marta).await.into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["waiting", "waiting"]);
    app.settle().await;
    assert!(transferred(&app).await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_large_sum_waits_for_an_administrator_also_in_pieces() {
    let payouts_terms = PayoutTerms { approval_above: Some(Decimal::new(15, 0)), ..PayoutTerms::default() };
    let app = TestApp::start_with(Setup { payouts: payouts_terms, ..Setup::default() }).await;
    let (admin, zoe) = (app.staff("Ada Berg", "admin").await, app.person("Zoe Else").await);
    let (marta, campaign) = asking(&app).await;
    assert_eq!(ask(&marta, "10").await.status, 200);
    app.settle().await;
    assert_eq!(transferred(&app).await, [1_000], "below the limit");

    // Ten and ten are more than fifteen.
    assert_eq!(ask(&marta, "10").await.status, 200);
    let (payout, state) = payouts(&marta).await[0].clone();
    assert_eq!(state, "waiting");
    assert_eq!(withdraw(&zoe, &payout).await.status, 404);
    assert_eq!(withdraw(&marta, &payout).await.status, 200);
    assert_eq!(withdraw(&marta, &payout).await.status, 200, "sent twice");
    assert_eq!(admin.call("approve_payout", &[("payout", &payout)]).await.status, 409, "it is withdrawn");

    assert_eq!(ask(&marta, "10").await.status, 200, "and available again");
    let declined = payouts(&marta).await[0].0.clone();
    let why = [("payout", declined.as_str()), ("reason", "The books of the mill do not add up.")];
    assert_eq!(admin.call("refuse_payout", &why).await.status, 200);
    assert_eq!(admin.call("approve_payout", &[("payout", &declined)]).await.status, 409, "for good");
    assert_eq!(admin.call("waiting_payouts", &[]).await.body.as_array().map(Vec::len), Some(0));
    let page = marta.get("/studio/payouts").await.text().await.expect("a page");
    assert!(page.contains("The books of the mill"), "the creator reads why");

    assert_eq!(ask(&marta, "").await.status, 200);
    let approved = payouts(&marta).await[0].0.clone();
    assert_eq!(admin.call("approve_payout", &[("payout", &approved)]).await.status, 200);
    assert_eq!(withdraw(&marta, &approved).await.status, 409, "it is under way");
    app.settle().await;
    assert_eq!((transferred(&app).await, held(&app, &campaign).await), (vec![1_000, 1_312], Decimal::ZERO));
    let states: Vec<_> = payouts(&marta).await.into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["sent", "declined", "withdrawn", "sent"]);
    assert_eq!((letters(&app, "payout_asked").await, letters(&app, "payout_decided").await), (4, 2));
    app.finish().await;
}

#[tokio::test]
async fn a_new_bank_account_cools_also_for_what_was_asked_for_before() {
    let terms = PayoutTerms { approval_above: Some(Decimal::new(15, 0)), ..PayoutTerms::default() };
    let app = TestApp::start_with(Setup { payouts: terms, ..Setup::default() }).await;
    let admin = app.staff("Ada Berg", "admin").await;
    let (marta, campaign) = asking(&app).await;
    assert_eq!(ask(&marta, "20").await.status, 200);
    fill_in(&link(&marta, "open_payout_account").await, ANOTHER_BANK, "bank").await;
    let changed = "select count(*) from payout_accounts where bank_changed_at is not null";
    eventually("the change to be known", async || app.count(changed).await == 1).await;
    let payout = payouts(&marta).await[0].0.clone();
    assert_eq!(admin.call("approve_payout", &[("payout", &payout)]).await.status, 200);
    let waits =
        "select count(*) from staged_jobs where kind = 'pay_out' and run_at > clock() and done_at is null";
    eventually("the job to wait", async || app.count(waits).await == 1).await;
    assert_eq!(transferred(&app).await, [0; 0], "whoever took the account over has three days less");
    app.advance(TimeDelta::hours(72)).await;
    app.settle().await;
    assert_eq!(transferred(&app).await, [2_000]);

    fill_in(&link(&marta, "open_payout_account").await, super::BANK, "bank").await;
    let cools = "select count(*) from payout_accounts where bank_changed_at > clock() - interval '1 hour'";
    eventually("the change to be known", async || app.count(cools).await == 1).await;
    let refused = ask(&marta, "").await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().starts_with("Your bank account is new."), "{refused:?}");
    assert_eq!(held(&app, &campaign).await, Decimal::new(312, 2));
    app.finish().await;
}

#[tokio::test]
async fn it_works_as_a_plain_form_and_loses_nothing() {
    let app = TestApp::start().await;
    let (marta, _) = asking(&app).await;
    let withdrawal = Uuid::now_v7().to_string();
    let form = |amount| [("withdrawal", withdrawal.as_str()), ("currency", "EUR"), ("amount", amount)];
    let refused = marta.post_form("ask_payout", "/studio/payouts", &form("99")).await;
    let back = refused.headers()["location"].to_str().expect("an address").to_owned();
    let page = marta.get(back.trim_start_matches(&app.base)).await.text().await.expect("a page");
    assert!(
        page.contains("At most €23.12 can be paid to you now.") && page.contains(r#"value="99""#),
        "{page}"
    );
    let asked = marta.post_form("ask_payout", "/studio/payouts", &form("")).await;
    assert_eq!(asked.headers()["location"], "/studio/payouts?done=asked");
    let page = marta.get("/studio/payouts?done=asked").await.text().await.expect("a page");
    assert!(page.contains("You asked for it"), "{page}");
    app.settle().await;
    assert_eq!(transferred(&app).await, [2_312]);
    app.finish().await;
}
