//! Creators are paid: what the gateway must know first, when the money leaves, how much, who must agree, and what happens
//! when it comes back.

use std::os::unix::process::ExitStatusExt;

use backend::config::PayoutTerms;
use backend::faults::PAYOUT_STEPS;
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::builders::{CampaignBuilder, TestCampaign};
use crate::support::dying::{Place, SIGABRT};
use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, invariants, pdf, sandbox_page};

const BANK: &str = "DE89370400440532013000";
const ANOTHER_BANK: &str = "DE89370400440532013002";
const NO_SUCH_ACCOUNT: &str = "DE62370400440532013001";

/// What a creator types on the gateway's pages.
async fn fill_in(link: &str, bank: &str, act: &str) {
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

async fn link(creator: &Person, function: &str) -> String {
    let answer = creator.call(function, &[("country", "DE")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text().to_owned()
}

async fn onboarded(app: &TestApp, name: &str) -> Person {
    let creator = app.person(name).await;
    fill_in(&link(&creator, "set_up_payouts").await, BANK, "complete").await;
    assert_eq!(account(&creator, "back_from_payout_account").await["ready"], true);
    creator
}

async fn account(creator: &Person, function: &str) -> Value {
    creator.call(function, &[]).await.body["account"].clone()
}

/// A campaign of this creator that was funded by so many backers of 25 euros, its account closed.
async fn funded(app: &TestApp, creator: &Person, backers: usize) -> TestCampaign {
    let campaign = app.campaign().by(creator).goal("25", "EUR").ends_in(TimeDelta::days(20)).build().await;
    for backer in app.people(backers).await {
        sandbox_page::pay(backer.pledge(&campaign, None, "25").await.text()).await;
        eventually("the pledge", async || backer.states(&app.db).await == ["committed"]).await;
    }
    app.advance(TimeDelta::days(20)).await;
    eventually("the end of settling", async || {
        app.count("select count(*) from settlements where finished_at is null").await == 0
            && app.count("select count(*) from campaigns where state = 'funded'").await >= 1
    })
    .await;
    app.settle().await;
    campaign
}

/// What the ledger holds for the creator.
async fn held(app: &TestApp, campaign: &TestCampaign) -> Decimal {
    sqlx::query_scalar(
        "select coalesce(-sum(amount), 0) from ledger_entries join ledger_transactions posted on posted.id = transaction_id
         where campaign_id = $1 and account = 'held_for_campaign'",
    )
    .bind(campaign.id)
    .fetch_one(&app.db)
    .await
    .expect("a sum")
}

async fn look(app: &TestApp) {
    backend::payouts::tick(&app.ctx).await.expect("payouts are looked for");
    app.settle().await;
}

/// Waits until nothing is held for the campaign. A look of the site's own may be at it already: then ours finds nothing
/// to do.
async fn leaves(app: &TestApp, campaign: &TestCampaign) {
    eventually("the money to leave", async || {
        look(app).await;
        held(app, campaign).await == Decimal::ZERO
    })
    .await;
}

/// What left for accounts and did not come back, at the gateway, in cents.
async fn transferred(app: &TestApp) -> Vec<i64> {
    let transfers = app.gateway.all("transfer").await;
    let net = |transfer: &Value| {
        transfer["amount"].as_i64().unwrap_or_default()
            - transfer["amount_reversed"].as_i64().unwrap_or_default()
    };
    transfers.iter().map(net).collect()
}

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

// Case 13, the creator's side
#[tokio::test]
async fn what_was_paid_out_can_be_taken_back_or_is_owed() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &campaign).await;
    let pledge: Uuid =
        sqlx::query_scalar("select id from pledges").fetch_one(&app.db).await.expect("a pledge");
    let share: i64 = transferred(&app).await.iter().sum();

    assert_eq!(marta.refund(pledge, "10", "25.00").await.status, 200);
    app.settle().await;
    assert_eq!(transferred(&app).await, [share - 950], "10.00, less the platform's share in it");
    assert_eq!((held(&app, &campaign).await, owed(&app).await), (Decimal::ZERO, Decimal::ZERO));

    // The creator has been paid by their bank meanwhile: nothing is left in their account.
    days_pass_at_the_gateway(&app).await;
    assert_eq!(marta.refund(pledge, "5", "15.00").await.status, 200);
    app.settle().await;
    assert_eq!(transferred(&app).await, [share - 950]);
    assert_eq!(owed(&app).await, Decimal::new(475, 2), "what did not come back is a debt");
    assert_eq!(held(&app, &campaign).await, Decimal::ZERO);
    let shown = marta.call("my_payouts", &[]).await.body;
    assert_eq!(shown["balances"][0]["owed"]["amount"], "4.75", "{shown}");
    look(&app).await;
    assert_eq!(app.count("select count(*) from payouts").await, 1, "whoever owes is not paid");
    app.finish().await;
}

/// A day at a time: what comes in becomes available, and a day after that it leaves for the bank.
async fn days_pass_at_the_gateway(app: &TestApp) {
    for _ in 0..8 {
        app.gateway.advance(TimeDelta::days(1)).await;
    }
}

async fn owed(app: &TestApp) -> Decimal {
    sqlx::query_scalar(
        "select coalesce(sum(amount), 0) from ledger_entries where account = 'owed_by_creators'",
    )
    .fetch_one(&app.db)
    .await
    .expect("a sum")
}

#[tokio::test]
async fn the_statement_sums_to_what_was_paid() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 2).await;
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &campaign).await;
    let years: Vec<i32> =
        sqlx::query_scalar("select distinct extract(year from posted_at at time zone 'UTC')::int from ledger_transactions order by 1")
            .fetch_all(&app.db)
            .await
            .expect("years");
    let mut sum = Decimal::ZERO;
    for year in &years {
        let page = marta.get(&format!("/studio/payouts/statement.csv?year={year}")).await;
        assert_eq!(page.headers()["cache-control"], "no-store");
        let table = page.text().await.expect("a table");
        for line in table.lines().skip(1) {
            sum += line.split(',').nth(3).expect("an amount").parse::<Decimal>().expect("a number");
        }
    }
    assert_eq!(sum, Decimal::ZERO, "all that came in left again");
    let offered = marta.call("my_payouts", &[]).await.body["years"].clone();
    assert_eq!(offered, json!(years.iter().rev().collect::<Vec<_>>()), "every year in which anything moved");
    let sheet = async |year: i32| {
        pdf::text(marta.get(&format!("/studio/payouts/statement.pdf?year={year}")).await).await
    };
    let (first, last) = (years[0], years[years.len() - 1]);
    assert!(sheet(first - 1).await.contains("No money of yours moved"));
    let (opened, closed) = (sheet(first).await, sheet(last).await);
    for shown in ["Marta Rebelo", "In EUR", "Held for you before 0.00 EUR", "Paid by a backer"] {
        assert!(opened.contains(shown), "{shown} on {opened}");
    }
    for shown in ["Paid to you", "Held for you after 0.00 EUR"] {
        assert!(closed.contains(shown), "{shown} on {closed}");
    }
    app.finish().await;
}

#[tokio::test]
async fn killed_at_every_step_the_money_leaves_once() {
    for step in PAYOUT_STEPS {
        survive(step).await;
    }
}

async fn survive(step: &str) {
    let place = Place::new().await;
    let marta = Person::logged_in(&place.db, &place.base(), "Marta Rebelo").await;
    let campaign =
        CampaignBuilder::on(&place.db).by(&marta).goal("25", "EUR").ends_in(TimeDelta::days(5)).build().await;
    let mut server = place.start(None).await;
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
