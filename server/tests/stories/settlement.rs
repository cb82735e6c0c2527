//! The deadline and what follows: who is charged, who is not, and what becomes of those who could not be.

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;

use crate::support::builders::{TestCampaign, claimed};
use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

const FAILS_WHEN_CHARGED: &str = "4000000000000341";

/// Pledges with a card and waits until the pledge counts.
async fn back(app: &TestApp, campaign: &TestCampaign, amount: &str, card: &str) -> Person {
    let backer = app.person("Bea Tamm").await;
    let page = backer.pledge(campaign, None, amount).await;
    assert_eq!(page.status, 200, "{page:?}");
    pay_with(page.text(), card).await;
    eventually("the pledge", async || backer.states(&app.db).await != ["pending"]).await;
    backer
}

/// What the return page does: asks the gateway, where no event arrives.
async fn look_again(app: &TestApp, backer: &Person) {
    let pledge = backer.pledges(&app.db).await[0];
    backend::pledges::look_again(&app.ctx, domain::PledgeId(pledge)).await.expect("the gateway answers");
}

async fn pay_with(page: &str, card: &str) {
    if card == sandbox_page::NEEDS_3DS {
        sandbox_page::pay_with_3ds(page, "complete").await;
    } else {
        assert_eq!(
            sandbox_page::enter(page, card).await.status().as_u16(),
            303,
            "the card page takes {card}"
        );
    }
}

async fn state(app: &TestApp, campaign: &TestCampaign) -> String {
    sqlx::query_scalar("select state from campaigns where id = $1")
        .bind(campaign.id)
        .fetch_one(&app.db)
        .await
        .expect("the campaign")
}

async fn result(app: &TestApp, campaign: &TestCampaign) -> (String, String, i64) {
    sqlx::query_as("select outcome, pledged::text, backers from campaign_results where campaign_id = $1")
        .bind(campaign.id)
        .fetch_one(&app.db)
        .await
        .expect("a result")
}

async fn ends_as(app: &TestApp, campaign: &TestCampaign, expected: &str) {
    eventually(expected, async || state(app, campaign).await == expected).await;
    eventually("its account to be closed", async || {
        let closed =
            sqlx::query_scalar("select finished_at is not null from settlements where campaign_id = $1");
        closed.bind(campaign.id).fetch_one(&app.db).await.expect("a settlement")
    })
    .await;
    app.settle().await;
}

async fn payments(app: &TestApp) -> Vec<(String, i64)> {
    let intents = app.gateway.all("payment_intent").await;
    let one = |intent: &serde_json::Value| {
        (
            intent["status"].as_str().unwrap_or_default().to_owned(),
            intent["amount_received"].as_i64().unwrap_or(-1),
        )
    };
    intents.iter().map(one).collect()
}

#[tokio::test]
async fn a_goal_that_is_met_charges_every_card_and_captures_every_hold_once() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("70.50", "EUR").ends_in(TimeDelta::days(5)).build().await;
    let saved = back(&app, &campaign, "25.50", sandbox_page::GOOD).await;
    app.advance(TimeDelta::days(2)).await;
    let held = back(&app, &campaign, "45", sandbox_page::GOOD).await;
    assert_eq!(
        (saved.states(&app.db).await, held.states(&app.db).await),
        (vec!["committed".into()], vec!["authorized".into()])
    );
    assert_eq!(
        payments(&app).await,
        [("requires_capture".into(), 0)],
        "nobody is charged before the deadline"
    );

    app.advance(TimeDelta::days(3)).await;
    ends_as(&app, &campaign, "funded").await;

    assert_eq!(
        (saved.states(&app.db).await, held.states(&app.db).await),
        (vec!["captured".into()], vec!["captured".into()])
    );
    assert_eq!(
        result(&app, &campaign).await,
        ("funded".into(), "70.500".into(), 2),
        "equality meets the goal"
    );
    let mut counted = [
        format!("{} 25.50\n", saved.pledges(&app.db).await[0]),
        format!("{} 45.00\n", held.pledges(&app.db).await[0]),
    ];
    counted.sort();
    let sealed = format!("{} funded 70.50 EUR 2\n{}", campaign.id, counted.concat());
    let seal = "select digest = encode(sha256(convert_to($1, 'utf8')), 'hex') from campaign_results";
    let fits: Option<bool> =
        sqlx::query_scalar(seal).bind(&sealed).fetch_one(&app.db).await.expect("an answer");
    assert_eq!(fits, Some(true), "the seal is of {sealed}");
    let mut paid = payments(&app).await;
    paid.sort();
    assert_eq!(paid, [("succeeded".into(), 2550), ("succeeded".into(), 4500)]);
    for backer in [&saved, &held] {
        assert_eq!(backer.letters(&app.db).await, ["pledge_confirmed", "goal_reached", "campaign_funded"]);
    }
    let told = "select count(*) from mails where letter = 'campaign_funded_creator'";
    assert_eq!(app.count(told).await, 1, "the creator hears of it once");
    let pledge = saved.pledges(&app.db).await[0];
    let charged = app.gateway.of_pledge("payment_intent", pledge).await.remove(0);
    assert_eq!(charged["transfer_group"], campaign.id.to_string());
    let walked: Vec<String> =
        sqlx::query_scalar("select to_state from pledge_history where pledge_id = $1 order by id")
            .bind(pledge)
            .fetch_all(&app.db)
            .await
            .expect("a history");
    assert_eq!(walked, ["pending", "committed", "charging", "captured"]);
    assert_eq!(app.count("select count(*) from ledger_transactions where kind = 'captured'").await, 2);
    app.finish().await;
}

// Cases 15, 16 and 22
#[tokio::test]
async fn one_cent_short_and_everything_is_given_back() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("70.50", "EUR").ends_in(TimeDelta::days(5)).build().await;
    let saved = back(&app, &campaign, "25.49", sandbox_page::GOOD).await;
    app.advance(TimeDelta::days(2)).await;
    let held = back(&app, &campaign, "45", sandbox_page::GOOD).await;
    app.advance(TimeDelta::days(3)).await;
    ends_as(&app, &campaign, "failed").await;

    assert_eq!(
        (saved.states(&app.db).await, held.states(&app.db).await),
        (vec!["voided".into()], vec!["voided".into()])
    );
    assert_eq!(result(&app, &campaign).await, ("failed".into(), "70.490".into(), 2));
    assert_eq!(payments(&app).await, [("canceled".into(), 0)], "the hold is released, nothing was charged");
    for backer in [&saved, &held] {
        assert_eq!(backer.letters(&app.db).await, ["pledge_confirmed", "campaign_failed"]);
    }
    let told = "select count(*) from mails where letter = 'campaign_failed_creator'";
    assert_eq!(app.count(told).await, 1, "the creator hears of it once");
    let cards = app.gateway.all("payment_method").await;
    assert!(cards.iter().all(|card| card["customer"].is_null()), "no card is kept: {cards:?}");
    assert_eq!(app.count("select count(*) from ledger_entries").await, 0);
    app.finish().await;
}

// Cases 6, 7, 20 and 21
#[tokio::test]
async fn a_payment_that_fails_has_a_week_and_is_then_dropped() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("60", "EUR").build().await;
    let reward = campaign.reward("20.00", Some(1)).await;
    let paying = back(&app, &campaign, "20", sandbox_page::GOOD).await;
    let asked = back(&app, &campaign, "20", sandbox_page::NEEDS_3DS).await;
    let failing = app.person("Bea Tamm").await;
    pay_with(failing.pledge(&campaign, Some(reward), "20").await.text(), FAILS_WHEN_CHARGED).await;
    eventually("the third", async || campaign.totals().await.1 == 3).await;

    app.advance(TimeDelta::days(30)).await;
    eventually("the outcome of every charge", async || {
        app.count("select count(*) from pledges where state in ('captured', 'errored', 'needs_action')").await
            == 3
    })
    .await;
    assert_eq!(paying.states(&app.db).await, ["captured"]);
    assert_eq!(asked.states(&app.db).await, ["needs_action"]);
    assert_eq!(failing.states(&app.db).await, ["errored"]);
    assert_eq!(state(&app, &campaign).await, "settling");
    assert_eq!(campaign.totals().await.1, 3, "they count while they may be fixed");

    app.advance(TimeDelta::hours(49)).await;
    eventually("two reminders", async || app.count("select sum(reminders) from collections").await == 2)
        .await;
    app.advance(TimeDelta::days(5)).await;
    ends_as(&app, &campaign, "funded").await;

    assert_eq!(
        (asked.states(&app.db).await, failing.states(&app.db).await),
        (vec!["dropped".into()], vec!["dropped".into()])
    );
    let dropped = failing.pledges(&app.db).await[0];
    let shown = failing.get(&format!("/pledges/{dropped}")).await.text().await.expect("a page");
    assert!(shown.contains("takes no new pledges"), "whether one can pledge again is said: {shown}");
    for backer in [&asked, &failing] {
        let written =
            ["pledge_confirmed", "goal_reached", "payment_failed", "payment_reminder", "pledge_dropped"];
        assert_eq!(backer.letters(&app.db).await, written, "each once");
    }
    assert_eq!(result(&app, &campaign).await, ("funded".into(), "60.000".into(), 3), "what decided stays");
    assert_eq!(campaign.totals().await, ("20.000".into(), 1), "what is collected");
    assert_eq!(claimed(&app.db, reward).await, 1, "a dropped pledge's slot is not sold again");
    let tried = app.gateway.of_pledge("payment_intent", failing.pledges(&app.db).await[0]).await;
    assert_eq!(tried.len(), 1, "the last try is made on the same payment");
    assert_eq!(app.count("select max(tries)::bigint from collections").await, 2, "and it was made");
    let asked_for = app.gateway.of_pledge("payment_intent", asked.pledges(&app.db).await[0]).await.remove(0);
    let mut charges = app.gateway.all("charge").await;
    charges.retain(|charge| charge["payment_intent"] == asked_for["id"]);
    assert_eq!(charges.len(), 1, "the bank that wants its customer is not asked again");
    app.finish().await;
}

#[tokio::test]
async fn keep_it_all_closes_with_what_there_is() {
    let app = TestApp::start().await;
    let (met, below, nothing) = (
        app.campaign().model("kia").goal("25", "EUR").build().await,
        app.campaign().model("kia").goal("26", "EUR").build().await,
        app.campaign().model("kia").build().await,
    );
    back(&app, &met, "25", sandbox_page::GOOD).await;
    back(&app, &below, "25", sandbox_page::GOOD).await;
    app.advance(TimeDelta::days(30)).await;
    ends_as(&app, &met, "funded").await;
    ends_as(&app, &below, "partially_funded").await;
    ends_as(&app, &nothing, "failed").await;
    assert_eq!(
        payments(&app).await,
        [("succeeded".into(), 2500), ("succeeded".into(), 2500)],
        "nobody twice"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_suspended_campaign_waits() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().suspended().ends_in(TimeDelta::hours(1)).build().await;
    app.advance(TimeDelta::hours(2)).await;
    app.pump().await;
    assert_eq!(state(&app, &campaign).await, "live");
    sqlx::query("update campaigns set suspended_at = null").execute(&app.db).await.expect("lifted");
    app.pump().await;
    assert_eq!(state(&app, &campaign).await, "failed");
    app.finish().await;
}

/// Staff suspend a campaign whose cards are about to be charged: they wait.
#[tokio::test]
async fn nobody_is_charged_while_staff_look_into_it() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().goal("25", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    look_again(&app, &bea).await;
    app.pump().await;
    app.advance(TimeDelta::days(30)).await;
    backend::settlement::tick(&app.ctx).await.expect("decided");
    backend::inbox::drain(&app.ctx).await.expect("charging");
    assert_eq!(bea.states(&app.db).await, ["charging"]);
    sqlx::query("update campaigns set suspended_at = clock()").execute(&app.db).await.expect("suspended");
    app.pump().await;
    assert_eq!(payments(&app).await, []);
    sqlx::query("update campaigns set suspended_at = null").execute(&app.db).await.expect("lifted");
    app.advance(TimeDelta::minutes(3)).await;
    app.pump().await;
    assert_eq!(state(&app, &campaign).await, "funded");
    assert_eq!(payments(&app).await, [("succeeded".into(), 2500)]);
    app.finish().await;
}

// Case 17
#[tokio::test]
async fn many_at_once_settle_once() {
    let app = TestApp::start_with(Setup { workers: server::site::Workers::Off, ..Setup::default() }).await;
    let campaign = app.campaign().goal("100", "EUR").build().await;
    for _ in 0..4 {
        let backer = app.person("Bea Tamm").await;
        sandbox_page::pay(backer.pledge(&campaign, None, "25").await.text()).await;
    }
    eventually("four cards", async || {
        app.pump().await;
        campaign.totals().await.1 == 4
    })
    .await;
    app.advance(TimeDelta::days(30)).await;
    join_all((0..6).map(|_| app.pump())).await;
    app.pump().await;
    assert_eq!(state(&app, &campaign).await, "funded");
    assert_eq!(app.gateway.all("charge").await.len(), 4);
    let walked: Vec<String> = sqlx::query_scalar("select to_state from campaign_history order by id")
        .fetch_all(&app.db)
        .await
        .expect("a history");
    assert_eq!(walked, ["settling", "funded"]);
    app.finish().await;
}

// Case 16, the other edge: in or out, never half.
#[tokio::test]
async fn a_checkout_that_began_in_time_is_waited_for() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("25", "EUR").ends_in(TimeDelta::minutes(5)).build().await;
    let in_time = app.person("Bea Tamm").await;
    let page = in_time.pledge(&campaign, None, "25").await;
    let leaves = app.person("Ole Lund").await;
    leaves.pledge(&campaign, None, "25").await;
    app.advance(TimeDelta::minutes(6)).await;
    eventually("the deadline", async || state(&app, &campaign).await == "settling").await;
    let late = app.person("Zoe Late").await.pledge(&campaign, None, "25").await;
    assert_eq!(late.status, 409, "{late:?}");

    sandbox_page::pay(page.text()).await;
    eventually("the hold", async || in_time.states(&app.db).await == ["authorized"]).await;
    assert_eq!(state(&app, &campaign).await, "settling", "somebody is still at the card page");
    app.advance(TimeDelta::minutes(10)).await;
    ends_as(&app, &campaign, "funded").await;
    assert_eq!(
        (in_time.states(&app.db).await, leaves.states(&app.db).await),
        (vec!["captured".into()], vec!["expired".into()])
    );
    app.finish().await;
}

// Cases 3, 4 and 72: whatever happens to the charge's answer, one charge.
#[tokio::test]
async fn an_answer_that_is_lost_charges_nobody_twice() {
    for mode in
        ["drop_before", "drop_response_after_commit", "truncated_json_200", "html_502", "rate_limit_429"]
    {
        // No event arrives either: the answer to the charge itself is all there is.
        let app = TestApp::start_deaf().await;
        let campaign = app.campaign().goal("25", "EUR").build().await;
        let bea = app.person("Bea Tamm").await;
        sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
        look_again(&app, &bea).await;
        eventually("the card", async || bea.states(&app.db).await == ["committed"]).await;
        let charging = json!({ "method": "POST", "path_prefix": "/v1/payment_intents" });
        app.gateway.fault(charging, mode).await;
        app.advance(TimeDelta::days(30)).await;
        eventually("the fault to strike", async || app.gateway.struck().await > 0).await;
        let failed = "select count(*) from pledges where state in ('errored', 'needs_action', 'dropped')";
        assert_eq!(app.count(failed).await, 0, "{mode}: nobody knows, so nobody says that it failed");
        app.gateway.no_faults().await;
        app.advance(TimeDelta::minutes(1)).await;
        ends_as(&app, &campaign, "funded").await;
        assert_eq!(payments(&app).await, [("succeeded".into(), 2500)], "{mode}");
        app.finish().await;
    }
}

// PRODUCT A20
#[tokio::test]
async fn the_rehearsal_says_what_the_deed_does() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().goal("50", "EUR").build().await;
    for amount in ["25", "25.50"] {
        let backer = app.person("Bea Tamm").await;
        sandbox_page::pay(backer.pledge(&campaign, None, amount).await.text()).await;
        look_again(&app, &backer).await;
    }
    app.pump().await;
    let told = backend::settlement::dry_run(&app.db, &campaign.slug).await.expect("a plan");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], format!("{}: funded, pledged 50.50 of 50.00", campaign.slug));
    assert_eq!(lines.iter().filter(|line| line.ends_with("  charge")).count(), 2, "{told}");
    assert!(told.contains("charge        2             50.50 EUR"), "{told}");
    assert_eq!(app.count("select count(*) from campaign_history").await, 0, "nothing was written");

    app.advance(TimeDelta::days(30)).await;
    app.pump().await;
    let mut paid = payments(&app).await;
    paid.sort();
    assert_eq!(paid, [("succeeded".into(), 2500), ("succeeded".into(), 2550)]);
    app.finish().await;
}

// PRODUCT B30
#[tokio::test]
async fn charges_of_one_person_are_spaced() {
    let app = TestApp::start_with(Setup { workers: server::site::Workers::Off, ..Setup::default() }).await;
    let bea = app.person("Bea Tamm").await;
    for _ in 0..3 {
        let campaign = app.campaign().goal("25", "EUR").build().await;
        sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    }
    eventually("three cards", async || {
        app.pump().await;
        bea.states(&app.db).await == ["committed"; 3]
    })
    .await;
    app.advance(TimeDelta::days(30)).await;
    for charged in 1..=3 {
        app.pump().await;
        assert_eq!(app.gateway.all("charge").await.len(), charged);
        app.advance(TimeDelta::minutes(11)).await;
    }
    app.finish().await;
}
