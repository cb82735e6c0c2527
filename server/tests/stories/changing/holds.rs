//! Pledges whose amount is held: less is captured in part, more needs a new hold, and the old one is released only when
//! the new one stands.

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{change, history, pledged};
use crate::support::builders::{TestCampaign, claimed};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

/// Near enough to the end for a hold, far enough for a change.
async fn near_the_end(app: &TestApp) -> TestCampaign {
    app.campaign().goal("20.00", "EUR").ends_in(TimeDelta::days(3)).build().await
}

#[tokio::test]
async fn less_is_captured_than_is_held() {
    let app = TestApp::start().await;
    let campaign = near_the_end(&app).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "50").await;
    assert_eq!(change(&bea, pledge, 1, None, "30").await.status, 200);
    assert_eq!(campaign.totals().await, ("30.000".into(), 1));
    // Up again, within what is held: no new hold either.
    assert_eq!(change(&bea, pledge, 2, None, "35").await.text(), format!("/pledges/{pledge}/changed"));
    assert_eq!(holds(&app, pledge).await, [("requires_capture".to_owned(), 5000)]);

    // What the gateway said of the hold of €50 comes once more: it is still this pledge's hold.
    for mut event in app.gateway.events().await {
        event["id"] = format!("{}_again", event["id"].as_str().unwrap_or_default()).into();
        assert_eq!(app.deliver(&event).await, 200);
    }
    app.settle().await;
    assert_eq!(bea.states(&app.db).await, ["authorized"]);
    assert_eq!(holds(&app, pledge).await, [("requires_capture".to_owned(), 5000)]);

    app.advance(TimeDelta::days(4)).await;
    eventually("the payment", async || bea.states(&app.db).await == ["captured"]).await;
    app.settle().await;
    let payment = app.gateway.of_pledge("payment_intent", pledge).await.remove(0);
    assert_eq!((&payment["status"], &payment["amount_received"]), (&json!("succeeded"), &json!(3500)));
    assert_eq!(captured(&app).await, "35.000");
    app.finish().await;
}

#[tokio::test]
async fn more_is_held_anew_and_only_then_is_the_old_hold_released() {
    let app = TestApp::start().await;
    let campaign = near_the_end(&app).await;
    let reward = campaign.reward("45.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "30").await;

    let card_page = change(&bea, pledge, 1, Some(reward), "50").await;
    assert!(card_page.text().starts_with(&app.gateway.base), "{card_page:?}");
    assert_eq!(
        change(&bea, pledge, 1, Some(reward), "50").await,
        card_page,
        "the same form finds the same page"
    );
    assert_eq!(campaign.totals().await, ("30.000".into(), 1), "nothing is changed yet");
    assert_eq!(claimed(&app.db, reward).await, 1, "but the slot is kept");
    assert_eq!(holds(&app, pledge).await, [("requires_capture".to_owned(), 3000)]);
    let waiting = bea.get(&format!("/pledges/{pledge}/change?left=yes")).await.text().await.expect("a page");
    assert!(waiting.contains("A hold of €50 waits for your card until"), "{waiting}");

    let finished = sandbox_page::pay(card_page.text()).await;
    let to = finished.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    assert_eq!(to, format!("/pledges/{pledge}/changed"));
    eventually("the new hold", async || campaign.totals().await == ("50.000".into(), 1)).await;
    app.settle().await;
    assert_eq!(bea.get(&to).await.headers()["location"], format!("/pledges/{pledge}?changed=yes"));
    assert_eq!(
        holds(&app, pledge).await,
        [("canceled".to_owned(), 3000), ("requires_capture".to_owned(), 5000)]
    );
    assert_eq!(history(&app, pledge).await, ["pledge_started", "hold_placed", "hold_replaced"]);

    app.advance(TimeDelta::days(4)).await;
    eventually("the payment", async || bea.states(&app.db).await == ["captured"]).await;
    app.settle().await;
    assert_eq!(captured(&app).await, "50.000");
    app.finish().await;
}

// The gateway's events about both holds in every other order, and all of them twice.
#[tokio::test]
async fn whatever_is_told_again_about_either_hold_changes_nothing() {
    let app = TestApp::start().await;
    let campaign = near_the_end(&app).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "30").await;
    sandbox_page::pay(change(&bea, pledge, 1, None, "50").await.text()).await;
    eventually("the new hold", async || campaign.totals().await == ("50.000".into(), 1)).await;
    app.settle().await;
    let mut events = app.gateway.events().await;
    for (round, backwards) in [(1, false), (2, true)] {
        if backwards {
            events.reverse();
        }
        for event in &events {
            let mut event = event.clone();
            event["id"] = format!("{}_{round}", event["id"].as_str().unwrap_or_default()).into();
            assert_eq!(app.deliver(&event).await, 200);
        }
    }
    app.settle().await;
    assert_eq!(bea.states(&app.db).await, ["authorized"]);
    assert_eq!(campaign.totals().await, ("50.000".into(), 1));
    let standing = |(status, amount): &(String, i64)| (status == "requires_capture").then_some(*amount);
    assert_eq!(holds(&app, pledge).await.iter().filter_map(standing).collect::<Vec<_>>(), [5000]);
    app.finish().await;
}

#[tokio::test]
async fn a_new_hold_that_does_not_come_leaves_everything_as_it_was() {
    let app = TestApp::start().await;
    let campaign = near_the_end(&app).await;
    let reward = campaign.reward("45.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "30").await;
    let card_page = change(&bea, pledge, 1, Some(reward), "50").await;
    sandbox_page::enter(card_page.text(), sandbox_page::DECLINED).await;
    app.settle().await;
    assert_eq!(bea.states(&app.db).await, ["authorized"], "a declined card is no trouble of the pledge's");

    app.advance(TimeDelta::minutes(16)).await;
    eventually("the slot", async || claimed(&app.db, reward).await == 0).await;
    assert_eq!(campaign.totals().await, ("30.000".into(), 1));
    let pages = app.gateway.of_pledge("checkout.session", pledge).await;
    assert!(pages.iter().any(|page| page["status"] == "expired"), "{pages:?}");
    let standing = holds(&app, pledge).await.into_iter().filter(|(status, _)| status == "requires_capture");
    assert_eq!(standing.collect::<Vec<_>>(), [("requires_capture".to_owned(), 3000)]);
    // The next try is another change, with a page of its own.
    sandbox_page::pay(change(&bea, pledge, 1, Some(reward), "50").await.text()).await;
    eventually("the new hold", async || campaign.totals().await == ("50.000".into(), 1)).await;
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn another_wish_closes_the_page_of_the_first_one() {
    let app = TestApp::start().await;
    let campaign = near_the_end(&app).await;
    let (bow, tiller) = (campaign.reward("45.00", Some(1)).await, campaign.reward("45.00", Some(1)).await);
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "30").await;
    let first = change(&bea, pledge, 1, Some(bow), "50").await;
    let second = change(&bea, pledge, 1, Some(tiller), "60").await;
    assert_eq!(second.status, 200, "{second:?}");
    assert_ne!(first.body, second.body);
    assert_eq!((claimed(&app.db, bow).await, claimed(&app.db, tiller).await), (0, 1));
    sandbox_page::enter(first.text(), sandbox_page::GOOD).await;
    assert_eq!(holds(&app, pledge).await, [("requires_capture".to_owned(), 3000)], "that page is closed");
    sandbox_page::pay(second.text()).await;
    eventually("the new hold", async || campaign.totals().await == ("60.000".into(), 1)).await;
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_hold_for_a_pledge_that_was_cancelled_meanwhile_is_released() {
    let app = TestApp::start().await;
    let campaign = near_the_end(&app).await;
    let reward = campaign.reward("45.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "30").await;
    let card_page = change(&bea, pledge, 1, Some(reward), "50").await;
    assert_eq!(bea.cancel(pledge).await.status, 200);
    sandbox_page::pay(card_page.text()).await;
    eventually("both holds released", async || {
        holds(&app, pledge).await.iter().filter(|(status, _)| status == "canceled").count() == 2
    })
    .await;
    app.settle().await;
    assert_eq!(bea.states(&app.db).await, ["cancelled"]);
    assert_eq!(claimed(&app.db, reward).await, 0);
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    app.finish().await;
}

#[tokio::test]
async fn the_same_amount_is_held_on_another_card() {
    let app = TestApp::start().await;
    let campaign = near_the_end(&app).await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, Some(reward), "30").await;
    let card_page = other_card(&bea, pledge).await;
    sandbox_page::pay(&card_page).await;
    eventually("the other hold", async || {
        holds(&app, pledge).await == [("canceled".to_owned(), 3000), ("requires_capture".to_owned(), 3000)]
    })
    .await;
    app.settle().await;
    assert_eq!(campaign.totals().await, ("30.000".into(), 1));
    assert_eq!(claimed(&app.db, reward).await, 1);
    app.finish().await;
}

async fn other_card(person: &Person, pledge: Uuid) -> String {
    let answer = person.call("change_card", &[("pledge", &pledge.to_string())]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text().to_owned()
}

/// The pledge's payments at the gateway, oldest first: their state and amount.
async fn holds(app: &TestApp, pledge: Uuid) -> Vec<(String, i64)> {
    let mut intents = app.gateway.of_pledge("payment_intent", pledge).await;
    intents.retain(|intent| intent["status"] != "requires_payment_method");
    intents.sort_by_key(|intent| (intent["created"].as_i64(), intent["amount"].as_i64()));
    let told = |intent: &Value| {
        (
            intent["status"].as_str().unwrap_or_default().to_owned(),
            intent["amount"].as_i64().unwrap_or_default(),
        )
    };
    intents.iter().map(told).collect()
}

async fn captured(app: &TestApp) -> String {
    sqlx::query_scalar(
        "select amount::text from ledger_entries join ledger_transactions on transaction_id = ledger_transactions.id
         where kind = 'captured' and amount > 0",
    )
    .fetch_one(&app.db)
    .await
    .expect("one payment")
}
