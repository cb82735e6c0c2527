//! What follows when cards fail after the deadline and less than the goal is collected: the rule that was chosen before
//! the launch.

use chrono::TimeDelta;
use server::site::Workers;

use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

const FAILS_WHEN_CHARGED: &str = "4000000000000341";

async fn back(app: &TestApp, campaign: &TestCampaign, amount: &str, card: &str) -> Person {
    let backer = app.person("Bea Tamm").await;
    let page = backer.pledge(campaign, None, amount).await;
    assert_eq!(sandbox_page::enter(page.text(), card).await.status().as_u16(), 303);
    backer
}

/// A campaign of 60 that collected 40: two cards worked, one failed and was not fixed.
async fn one_of_three_fails(policy: &'static str) -> (TestApp, TestCampaign, [Person; 3]) {
    let app = TestApp::start_with(Setup { workers: Workers::Off, ..Setup::default() }).await;
    let campaign = app.campaign().goal("60", "EUR").policy(policy).build().await;
    let backers = [
        back(&app, &campaign, "20", sandbox_page::GOOD).await,
        back(&app, &campaign, "20", sandbox_page::GOOD).await,
        back(&app, &campaign, "20", FAILS_WHEN_CHARGED).await,
    ];
    eventually("three pledges", async || {
        app.pump().await;
        campaign.totals().await.1 == 3
    })
    .await;
    app.advance(TimeDelta::days(30)).await;
    app.pump().await;
    app.advance(TimeDelta::days(8)).await;
    eventually("the end", async || {
        app.pump().await;
        app.count("select count(*) from settlements where finished_at is not null").await == 1
    })
    .await;
    app.pump().await;
    (app, campaign, backers)
}

async fn page(app: &TestApp, path: &str) -> String {
    let answer = app.stranger().get(format!("{}{path}", app.base)).header("accept", "text/html");
    answer.send().await.expect("an answer").text().await.expect("a page")
}

async fn history(app: &TestApp) -> Vec<(String, String)> {
    sqlx::query_as("select event, to_state from campaign_history order by id")
        .fetch_all(&app.db)
        .await
        .expect("a history")
}

/// What the deadline decided, and what was judged later.
async fn results(app: &TestApp) -> (String, String, String, String) {
    sqlx::query_as(
        "select outcome, pledged::text, verdict, collected::text
         from campaign_results join collection_results using (campaign_id)",
    )
    .fetch_one(&app.db)
    .await
    .expect("both results")
}

// Case 20
#[tokio::test]
async fn a_campaign_that_promised_to_fail_below_its_goal_refunds_everybody() {
    let (app, campaign, [one, other, failed]) = one_of_three_fails("fails_below_goal").await;
    assert_eq!(one.states(&app.db).await, ["refunded"]);
    assert_eq!(other.states(&app.db).await, ["refunded"]);
    assert_eq!(failed.states(&app.db).await, ["dropped"]);
    let refunds = app.gateway.all("refund").await;
    assert_eq!(
        refunds.iter().filter_map(|refund| refund["amount"].as_i64()).collect::<Vec<_>>(),
        [2000, 2000]
    );
    let left = "select count(*) from (select account from ledger_entries
                where account not in ('gateway_balance', 'gateway_fees')
                group by account having sum(amount) <> 0) as left_over";
    assert_eq!(
        app.count(left).await,
        0,
        "nothing is left but what the gateway keeps, the platform's share neither"
    );
    assert_eq!(
        history(&app).await.last().map(|(event, state)| (event.as_str(), state.as_str())),
        Some(("collected_too_little", "failed"))
    );
    assert_eq!(
        results(&app).await,
        ("funded".into(), "60.000".into(), "fell_short".into(), "40.000".into()),
        "what the deadline decided stays what it was"
    );
    assert_eq!(
        one.letters(&app.db).await,
        ["pledge_confirmed", "goal_reached", "campaign_funded", "campaign_fell_short"],
        "told why, once"
    );
    let told = "select count(*) from mails where letter = 'campaign_fell_short_creator'";
    assert_eq!(app.count(told).await, 1);

    let shown = page(&app, &format!("/campaigns/{}", campaign.slug)).await;
    for words in
        ["€60", "€40 could be collected", "the campaign fails and everybody who paid is refunded in full"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("Nobody was charged"), "two of them were");
    let account = page(&app, &format!("/campaigns/{}/settlement", campaign.slug)).await;
    for words in ["€60", "Collected", "€40", "Refunded", "less than that could be collected"] {
        assert!(account.contains(words), "{words}: {account}");
    }
    app.finish().await;
}

// Case 20, the usual rule.
#[tokio::test]
async fn otherwise_it_stays_funded_and_both_totals_are_public() {
    let (app, campaign, [one, ..]) = one_of_three_fails("stays_funded").await;
    assert_eq!(one.states(&app.db).await, ["captured"]);
    assert_eq!(results(&app).await, ("funded".into(), "60.000".into(), "stands".into(), "40.000".into()));
    assert_eq!(app.gateway.all("refund").await.len(), 0);
    let shown = page(&app, &format!("/campaigns/{}", campaign.slug)).await;
    assert!(shown.contains("€60") && shown.contains("€40 could be collected"), "{shown}");
    app.finish().await;
}

#[tokio::test]
async fn the_rule_is_shown_before_one_pledges_and_printed_by_the_rehearsal() {
    let app = TestApp::start_quiet().await;
    for (policy, words) in [
        ("fails_below_goal", "the campaign fails and everybody who paid is refunded in full"),
        ("stays_funded", "the campaign stays funded with what was collected"),
    ] {
        let campaign = app.campaign().policy(policy).build().await;
        for path in ["", "/pledge"] {
            let shown = page(&app, &format!("/campaigns/{}{path}", campaign.slug)).await;
            assert!(shown.contains(words), "{path}: {shown}");
        }
        let told = backend::settlement::dry_run(&app.db, &campaign.slug).await.expect("a plan");
        assert!(told.contains(&format!("{policy}: If cards fail")), "{told}");
    }
    let keeps = app.campaign().model("kia").build().await;
    let shown = page(&app, &format!("/campaigns/{}", keeps.slug)).await;
    assert!(!shown.contains("If cards fail"), "who pays at once has nothing to fail");
    app.finish().await;
}

#[tokio::test]
async fn the_database_keeps_the_rule_that_backers_pledged_on() {
    let app = TestApp::start_quiet().await;
    app.campaign().build().await;
    let change = "update campaigns set result_policy = 'fails_below_goal'";
    assert!(sqlx::query(change).execute(&app.db).await.is_err(), "a live campaign");
    sqlx::query("update campaigns set state = 'scheduled'").execute(&app.db).await.expect("not yet open");
    sqlx::query(change).execute(&app.db).await.expect("still to be chosen");
    let keep_it_all = sqlx::query("update campaigns set model = 'kia'").execute(&app.db).await;
    assert!(keep_it_all.is_err(), "there is nothing to collect after the end of one");
    app.finish().await;
}
