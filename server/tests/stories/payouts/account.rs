//! A creator's account at the gateway, and their bank behind it.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    BANK, NO_SUCH_ACCOUNT, account, days_pass_at_the_gateway, fill_in, funded, held, leaves, link, look,
    onboarded,
};
use crate::support::{TestApp, eventually};

#[tokio::test]
async fn a_creator_tells_the_gateway_who_they_are() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    assert_eq!(account(&marta, "my_payouts").await, Value::Null);
    assert_eq!(marta.call("open_payout_account", &[]).await.status, 409);
    let nowhere = marta.call("set_up_payouts", &[("country", "")]).await;
    assert_eq!((nowhere.status, nowhere.body["field"].as_str()), (422, Some("country")));

    fill_in(&link(&marta, "set_up_payouts").await, "", "leave").await;
    let unfinished = account(&marta, "back_from_payout_account").await;
    assert_eq!(unfinished["ready"], false, "coming back proves nothing");
    assert!(!unfinished["missing"].as_array().expect("a list").is_empty(), "{unfinished}");

    fill_in(&link(&marta, "set_up_payouts").await, BANK, "complete").await;
    // The gateway's own word, without anybody coming back.
    eventually("the event", async || account(&marta, "my_payouts").await["ready"] == true).await;
    let ready = account(&marta, "my_payouts").await;
    assert!(ready["bank"].as_str().expect("a bank").ends_with("3000"), "{ready}");
    assert!(!ready.to_string().contains(BANK), "its number stays there");
    assert_eq!(app.gateway.all("account").await.len(), 1, "one account, however often it is asked for");
    assert!(link(&marta, "open_payout_account").await.starts_with(&app.gateway.base));
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn strangers_have_no_payouts() {
    let app = TestApp::start().await;
    for function in ["my_payouts", "set_up_payouts", "open_payout_account", "waiting_payouts"] {
        let url = format!("{}/api/{function}", app.base);
        let answer =
            app.stranger().post(url).header("origin", &app.base).form(&[("country", "DE")]).send().await;
        assert_eq!(answer.expect("an answer").status(), 401, "{function}");
    }
    for kind in ["csv", "pdf"] {
        let url = format!("{}/studio/payouts/statement.{kind}?year=2027", app.base);
        assert_eq!(app.stranger().get(url).send().await.expect("an answer").status(), 303);
    }
    app.finish().await;
}

// Case 27
#[tokio::test]
async fn a_bank_that_sends_money_back_stops_further_payouts() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    fill_in(&link(&marta, "set_up_payouts").await, NO_SUCH_ACCOUNT, "complete").await;
    let campaign = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    // It is the creator's, at the gateway.
    leaves(&app, &campaign).await;
    // The account pays out by itself, and its bank refuses.
    days_pass_at_the_gateway(&app).await;
    let told = "select count(*) from mails where letter = 'payout_failed'";
    eventually("the creator to be told", async || app.count(told).await == 1).await;
    let shown = account(&marta, "my_payouts").await;
    assert_eq!(
        (shown["ready"].as_bool(), shown["payout_failed_at"].is_string()),
        (Some(false), true),
        "{shown}"
    );
    app.settle().await;
    app.finish().await;
}

// Case 27, the other half
#[tokio::test]
async fn an_owner_who_takes_our_access_away_is_not_paid() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 1).await;
    let share = held(&app, &campaign).await;
    let account_id = app.gateway.all("account").await[0]["id"].as_str().expect("an id").to_owned();
    app.gateway.post(&format!("/_sandbox/accounts/{account_id}/deauthorize"), &[]).await;
    eventually("the news", async || account(&marta, "my_payouts").await["closed"] == true).await;
    app.advance(TimeDelta::days(14)).await;
    look(&app).await;
    assert_eq!(held(&app, &campaign).await, share, "the money stays accounted for");
    assert_eq!(marta.call("set_up_payouts", &[("country", "DE")]).await.status, 409);
    app.finish().await;
}

// Cases 27 and 42: neither word reaches us, and the daily reading makes up for it.
#[tokio::test]
async fn what_nobody_told_us_of_an_account_is_read() {
    let app = TestApp::start().await;
    let (marta, ole) = (app.person("Marta Rebelo").await, onboarded(&app, "Ole Lund").await);
    fill_in(&link(&marta, "set_up_payouts").await, NO_SUCH_ACCOUNT, "complete").await;
    let (campaign, others) = (funded(&app, &marta, 1).await, funded(&app, &ole, 1).await);
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &campaign).await;
    leaves(&app, &others).await;
    for lost in ["payout.*", "account.*"] {
        app.gateway.fault(json!({ "event": lost }), "drop").await;
    }
    days_pass_at_the_gateway(&app).await;
    let accounts = app.gateway.all("account").await;
    let of_ole = accounts.iter().find(|account| account["metadata"]["person_id"] == ole.id.to_string());
    let of_ole = of_ole.expect("an account")["id"].as_str().expect("an id").to_owned();
    app.gateway.post(&format!("/_sandbox/accounts/{of_ole}/deauthorize"), &[]).await;
    app.settle().await;
    let told = "select count(*) from mails where letter = 'payout_failed'";
    let closed = "select count(*) from payout_accounts where closed_at is not null";
    assert_eq!((app.count(told).await, app.count(closed).await), (0, 0), "nobody told us");

    let gateways_day = (Utc::now() + TimeDelta::days(8)).date_naive();
    // His account, hers that can no longer be paid, and her payout.
    for news in [3, 0] {
        let read = backend::books::reconcile(&app.ctx, gateways_day).await.expect("a reading");
        assert_eq!(read.adopted, news, "once");
        assert_eq!((app.count(told).await, app.count(closed).await), (1, 1));
    }
    app.finish().await;
}
