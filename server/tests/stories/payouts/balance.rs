//! What a creator sees of their money is the ledger's, and its parts are the whole.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{funded, leaves, onboarded};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

const DISPUTED: &str = "4000000000000259";

/// The creator's page, once its parts were summed up.
pub async fn shown(creator: &Person) -> Value {
    let shown = creator.call("my_payouts", &[]).await.body;
    for balance in shown["balances"].as_array().expect("balances") {
        let parts = ["pending", "available", "reserved", "leaving", "paid"].map(|name| part(balance, name));
        let whole = part(balance, "earned") + part(balance, "owed");
        assert_eq!(parts.iter().sum::<Decimal>(), whole, "{balance}");
        let negative = parts.iter().find(|part| **part < Decimal::ZERO);
        assert_eq!(negative, None, "{balance}");
    }
    shown
}

fn part(balance: &Value, name: &str) -> Decimal {
    balance[name]["amount"].as_str().expect("an amount").parse().expect("a number")
}

/// The parts of the only balance that are something.
pub async fn parts(creator: &Person) -> Vec<(&'static str, String)> {
    let shown = shown(creator).await;
    let names = ["pending", "available", "reserved", "leaving", "paid", "owed"];
    let parts = names.map(|name| (name, part(&shown["balances"][0], name)));
    parts
        .into_iter()
        .filter(|(_, part)| !part.is_zero())
        .map(|(name, part)| (name, part.to_string()))
        .collect()
}

/// What is to come, and why it does not leave now.
pub async fn upcoming(creator: &Person) -> Vec<(String, String)> {
    let shown = shown(creator).await;
    let upcoming = shown["upcoming"].as_array().expect("a list");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    upcoming.iter().map(|one| (word(&one["held"]["amount"]), word(&one["hold"]["because"]))).collect()
}

// C8
#[tokio::test]
async fn money_is_pending_then_paid_and_its_parts_are_the_whole() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 2).await;
    assert_eq!(parts(&marta).await, [("pending", "46.24".into())]);
    assert_eq!(upcoming(&marta).await, [("46.24".into(), "not_due".into())]);
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &campaign).await;
    assert_eq!(parts(&marta).await, [("paid", "46.24".into())]);
    assert_eq!(upcoming(&marta).await, []);
    app.finish().await;
}

#[tokio::test]
async fn what_a_bank_decides_over_is_pending_and_the_rest_leaves() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let kia =
        app.campaign().model("kia").by(&marta).goal("25", "EUR").ends_in(TimeDelta::days(5)).build().await;
    let (bea, zoe) = (app.person("Bea Tamm").await, app.person("Zoe Else").await);
    sandbox_page::enter(zoe.pledge(&kia, None, "25").await.text(), DISPUTED).await;
    eventually("the dispute", async || zoe.states(&app.db).await == ["disputed"]).await;
    sandbox_page::pay(bea.pledge(&kia, None, "25").await.text()).await;
    eventually("the payment", async || bea.states(&app.db).await == ["captured"]).await;
    app.settle().await;
    assert_eq!(
        upcoming(&marta).await,
        [("23.12".into(), "not_due".into()), ("23.12".into(), "questioned".into())]
    );
    app.advance(TimeDelta::days(5)).await;
    let settled = "select count(*) from settlements where finished_at is not null";
    eventually("the end", async || app.count(settled).await == 1).await;
    app.advance(TimeDelta::days(14)).await;
    let sent = "select count(*) from payouts where state = 'sent'";
    eventually("the payout", async || {
        super::look(&app).await;
        app.count(sent).await == 1
    })
    .await;
    assert_eq!(parts(&marta).await, [("pending", "23.12".into()), ("paid", "23.12".into())]);
    assert_eq!(upcoming(&marta).await, [("23.12".into(), "questioned".into())]);
    app.finish().await;
}
