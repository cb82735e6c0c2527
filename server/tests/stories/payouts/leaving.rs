//! When the money leaves, how much of it, and who must agree.

use backend::config::PayoutTerms;
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::json;

use super::{ANOTHER_BANK, BANK, account, fill_in, funded, held, leaves, link, look, onboarded, transferred};
use crate::support::{Setup, TestApp, eventually};

// C7, C9, I6: on its date, each share from its own charge, exactly what the ledger holds.
#[tokio::test]
async fn the_money_leaves_on_its_date_and_once() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 3).await;
    look(&app).await;
    assert_eq!(app.count("select count(*) from payouts").await, 0, "fourteen days after the deadline");
    let share = held(&app, &campaign).await;
    let shown = marta.call("my_payouts", &[]).await.body;
    assert_eq!(shown["upcoming"][0]["hold"]["because"], "not_due", "{shown}");

    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &campaign).await;
    // And once more: for what has left nothing leaves again, and the campaign is over.
    eventually("the end", async || {
        look(&app).await;
        app.count("select count(*) from settlements where paid_out_at is null").await == 0
    })
    .await;
    assert_eq!(Decimal::new(transferred(&app).await.iter().sum(), 2), share);
    let transfers = app.gateway.all("transfer").await;
    assert_eq!(transfers.len(), 3, "one for each pledge");
    for transfer in &transfers {
        assert_eq!(transfer["transfer_group"], campaign.id.to_string());
        assert!(transfer["source_transaction"].is_string(), "from its own charge");
    }
    assert_eq!(app.count("select count(*) from payouts where state = 'sent'").await, 1);
    assert_eq!(app.count("select count(*) from mails where letter = 'payout_sent'").await, 1);
    let account =
        marta.get(&format!("/campaigns/{}/settlement", campaign.slug)).await.text().await.expect("a page");
    assert!(account.contains("Paid out"), "the public account says so");
    app.finish().await;
}

// Case 25
#[tokio::test]
async fn without_an_account_the_money_waits_and_goes_on_by_itself() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(15)).await;
    look(&app).await;
    assert_eq!(app.count("select count(*) from payouts").await, 0);
    assert!(backend::payouts::held_too_long(&app.db).await.expect("an answer").is_empty());
    app.advance(TimeDelta::days(60)).await;
    let late = backend::payouts::held_too_long(&app.db).await.expect("an answer");
    assert_eq!(late, [domain::CampaignId(campaign.id)], "sixty days before ninety");

    fill_in(&link(&marta, "set_up_payouts").await, BANK, "complete").await;
    eventually("the event", async || account(&marta, "my_payouts").await["ready"] == true).await;
    leaves(&app, &campaign).await;
    app.finish().await;
}

#[tokio::test]
async fn a_large_payout_waits_for_somebody_else() {
    let payouts = PayoutTerms { approval_above: Some(Decimal::ONE), ..PayoutTerms::default() };
    let app = TestApp::start_with(Setup { payouts, ..Setup::default() }).await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let (admin, moderator) = (app.staff("Ada Berg", "admin").await, app.staff("Moe Falk", "moderator").await);
    let campaign = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    eventually("the payout to wait", async || {
        look(&app).await;
        app.count("select count(*) from payouts").await == 1
    })
    .await;
    assert_eq!(transferred(&app).await, [0; 0]);
    let waiting = admin.call("waiting_payouts", &[]).await.body;
    let payout = waiting[0]["payout"]["id"].as_str().expect("a payout").to_owned();
    let asked = [("payout", payout.as_str())];
    for nobody in [&moderator, &marta] {
        assert_eq!(nobody.call("approve_payout", &asked).await.status, 404, "no money is theirs to move");
        assert_eq!(nobody.call("waiting_payouts", &[]).await.status, 404);
    }
    app.make_staff(&marta, "admin").await;
    assert_eq!(
        marta.call("approve_payout", &asked).await.status,
        409,
        "nobody approves what is paid to them"
    );

    let silent = admin.call("refuse_payout", &[("payout", &payout), ("reason", " ")]).await;
    assert_eq!((silent.status, silent.body["field"].as_str()), (422, Some("reason")));
    let why = [("payout", payout.as_str()), ("reason", "The books of the mill do not add up.")];
    assert_eq!(admin.call("refuse_payout", &why).await.status, 200);
    look(&app).await;
    assert_eq!(app.count("select count(*) from payouts").await, 1, "a refused one is not made anew");
    let shown = marta.get("/studio/payouts").await.text().await.expect("a page");
    assert!(shown.contains("The books of the mill"), "the creator reads why");

    assert_eq!(admin.call("approve_payout", &asked).await.status, 200);
    assert_eq!(admin.call("approve_payout", &asked).await.status, 409);
    app.settle().await;
    assert_eq!(held(&app, &campaign).await, Decimal::ZERO);
    let by: Vec<(String, bool)> =
        sqlx::query_as("select to_state, actor_id is not null from payout_history order by id")
            .fetch_all(&app.db)
            .await
            .expect("a history");
    let by: Vec<_> = by.iter().map(|(state, somebody)| (state.as_str(), *somebody)).collect();
    assert_eq!(by, [("waiting", false), ("refused", true), ("approved", true), ("sent", false)]);
    app.finish().await;
}

#[tokio::test]
async fn a_new_bank_account_is_not_paid_for_three_days() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 1).await;
    // The day before the money leaves: on the day itself the task would be quicker than the event that tells of the change.
    app.advance(TimeDelta::days(13)).await;
    let dashboard = link(&marta, "open_payout_account").await;
    fill_in(&dashboard, ANOTHER_BANK, "bank").await;
    let changed = "select count(*) from payout_accounts where bank_changed_at is not null";
    eventually("the change to be known", async || app.count(changed).await == 1).await;
    app.advance(TimeDelta::days(1)).await;
    look(&app).await;
    assert_eq!(app.count("select count(*) from payouts").await, 0);
    app.advance(TimeDelta::hours(72)).await;
    leaves(&app, &campaign).await;
    app.finish().await;
}

// C5, C6: what the gateway tells of an account may get lost on its way.
#[tokio::test]
async fn a_new_bank_account_that_nobody_told_of_is_seen_before_money_leaves() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(13)).await;
    app.gateway.fault(json!({ "event": "account.*" }), "drop").await;
    fill_in(&link(&marta, "open_payout_account").await, ANOTHER_BANK, "bank").await;
    let changed = "select count(*) from payout_accounts where bank_changed_at is not null";
    assert_eq!(app.count(changed).await, 0, "nobody told us");
    app.advance(TimeDelta::days(1)).await;
    backend::payouts::tick(&app.ctx).await.expect("payouts are looked for");
    eventually("the change to be seen", async || app.count(changed).await == 1).await;
    assert_eq!(transferred(&app).await, [0; 0]);
    app.advance(TimeDelta::hours(73)).await;
    leaves(&app, &campaign).await;
    app.finish().await;
}

// Case 26, in every way in which an answer can be lost.
#[tokio::test]
async fn a_lost_answer_sends_nothing_twice() {
    for mode in [
        "drop_before",
        "drop_response_after_commit",
        "error_500_after_commit",
        "error_500_instead",
        "truncated_json_200",
        "html_502",
        "rate_limit_429",
    ] {
        let app = TestApp::start().await;
        let marta = onboarded(&app, "Marta Rebelo").await;
        let campaign = funded(&app, &marta, 1).await;
        let first = json!({ "method": "POST", "path_prefix": "/v1/transfers", "nth": 1 });
        app.gateway.fault(first, mode).await;
        app.advance(TimeDelta::days(14)).await;
        leaves(&app, &campaign).await;
        assert_eq!(app.gateway.struck().await, 1, "{mode}");
        assert_eq!(app.gateway.all("transfer").await.len(), 1, "{mode}");
        app.finish().await;
    }
}

#[tokio::test]
async fn those_who_wait_for_an_account_hold_up_nobody_else() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 1).await;
    let slow = app.person("Sven Lund").await;
    // More of them than one look takes on, and settled longer ago.
    for _ in 0..60 {
        let waits = app.campaign().by(&slow).state("funded").starts_in(TimeDelta::days(-90));
        let waits = waits.ends_in(TimeDelta::days(-40)).build().await;
        sqlx::query(
            "insert into settlements (campaign_id, began_at, finished_at)
             values ($1, clock() - interval '40 days', clock() - interval '40 days')",
        )
        .bind(waits.id)
        .execute(&app.db)
        .await
        .expect("a settlement");
    }
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &campaign).await;
    assert_eq!(app.count("select count(*) from payouts").await, 1);
    app.finish().await;
}
