//! Creators are paid: what the gateway must know first, when the money leaves, how much, who must agree, and what happens
//! when it comes back.

mod account;
mod asking;
mod balance;
mod coming_back;
mod crashes;
mod debts;
mod leaving;
mod reserve;
mod statement;

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::support::builders::{CampaignBuilder, TestCampaign};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

pub const BANK: &str = "DE89370400440532013000";
pub const ANOTHER_BANK: &str = "DE89370400440532013002";
pub const NO_SUCH_ACCOUNT: &str = "DE62370400440532013001";

/// What a creator types on the gateway's pages.
pub async fn fill_in(link: &str, bank: &str, act: &str) {
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let opened = browser.get(link).send().await.expect("the page");
    // An onboarding link leads on to its page, a dashboard's is the page.
    let led = opened.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or(link);
    let origin = &link[..link.find("/connect").expect("a page about an account")];
    let page = if led.starts_with("http") { led.to_owned() } else { format!("{origin}{led}") };
    let typed = [
        ("first_name", "Marta"),
        ("last_name", "Rebelo"),
        ("date_of_birth", "1984-05-06"),
        ("account_number", bank),
        ("act", act),
    ];
    let sent = browser.post(page).form(&typed).send().await.expect("an answer");
    assert!([200, 303].contains(&sent.status().as_u16()), "{}", sent.status());
}

pub async fn link(creator: &Person, function: &str) -> String {
    let answer = creator.call(function, &[("country", "DE")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text().to_owned()
}

pub async fn onboarded(app: &TestApp, name: &str) -> Person {
    let creator = app.person(name).await;
    fill_in(&link(&creator, "set_up_payouts").await, BANK, "complete").await;
    assert_eq!(account(&creator, "back_from_payout_account").await["ready"], true);
    creator
}

pub async fn account(creator: &Person, function: &str) -> Value {
    creator.call(function, &[]).await.body["account"].clone()
}

/// A campaign of this creator that was funded by so many backers of 25 euros, its account closed.
pub async fn funded(app: &TestApp, creator: &Person, backers: usize) -> TestCampaign {
    funded_as(app, creator, backers, app.campaign()).await
}

/// The same, of a campaign with terms of its own.
pub async fn funded_as(
    app: &TestApp,
    creator: &Person,
    backers: usize,
    terms: CampaignBuilder<'_>,
) -> TestCampaign {
    let campaign = terms.by(creator).goal("25", "EUR").ends_in(TimeDelta::days(20)).build().await;
    for backer in app.people(backers).await {
        sandbox_page::pay(backer.pledge(&campaign, None, "25").await.text()).await;
        eventually("the pledge", async || backer.states(&app.db).await == ["committed"]).await;
    }
    app.advance(TimeDelta::days(20)).await;
    eventually("the end of settling", async || {
        app.count("select count(*) from settlements where finished_at is null").await == 0
            && app.count("select count(*) from campaigns where state in ('live', 'settling')").await == 0
    })
    .await;
    app.settle().await;
    campaign
}

/// What the ledger holds for the creator.
pub async fn held(app: &TestApp, campaign: &TestCampaign) -> Decimal {
    sqlx::query_scalar(
        "select coalesce(-sum(amount), 0) from ledger_entries join ledger_transactions posted on posted.id = transaction_id
         where campaign_id = $1 and account = 'held_for_campaign'",
    )
    .bind(campaign.id)
    .fetch_one(&app.db)
    .await
    .expect("a sum")
}

pub async fn look(app: &TestApp) {
    backend::payouts::tick(&app.ctx).await.expect("payouts are looked for");
    app.settle().await;
}

/// Waits until nothing is held for the campaign. A look of the site's own may be at it already: then ours finds nothing
/// to do.
pub async fn leaves(app: &TestApp, campaign: &TestCampaign) {
    eventually("the money to leave", async || {
        look(app).await;
        held(app, campaign).await == Decimal::ZERO
    })
    .await;
}

/// What left for accounts and did not come back, at the gateway, in cents.
pub async fn transferred(app: &TestApp) -> Vec<i64> {
    let transfers = app.gateway.all("transfer").await;
    let net = |transfer: &Value| {
        transfer["amount"].as_i64().unwrap_or_default()
            - transfer["amount_reversed"].as_i64().unwrap_or_default()
    };
    transfers.iter().map(net).collect()
}

/// A day at a time: what comes in becomes available, and a day after that it leaves for the bank.
pub async fn days_pass_at_the_gateway(app: &TestApp) {
    for _ in 0..8 {
        app.gateway.advance(TimeDelta::days(1)).await;
    }
}

pub async fn owed(app: &TestApp) -> Decimal {
    sqlx::query_scalar(
        "select coalesce(sum(amount), 0) from ledger_entries where account = 'owed_by_creators'",
    )
    .fetch_one(&app.db)
    .await
    .expect("a sum")
}
