//! A backer changes a pledge that stands: the new terms replace the old ones, the total moves by the difference, slots are
//! neither taken twice nor lost, and never are two holds taken or none.

mod cards;
mod holds;
mod races;

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, claimed};
use crate::support::people::{Answer, Person};
use crate::support::{TestApp, eventually, sandbox_page};

#[tokio::test]
async fn the_new_amount_takes_the_old_ones_place() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("30.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "25").await;
    let before = app.gateway.all("setup_intent").await.len();

    let changed = change(&bea, pledge, 1, None, "40").await;
    assert_eq!((changed.status, changed.text()), (200, format!("/pledges/{pledge}/changed").as_str()));
    assert_eq!(campaign.totals().await, ("40.000".into(), 1));
    let (amount, version, mandate): (String, i32, String) =
        sqlx::query_as("select amount::text, version, mandate from pledges")
            .fetch_one(&app.db)
            .await
            .expect("one");
    assert_eq!((amount.as_str(), version), ("40.000", 2));
    assert!(mandate.starts_with("Your card is saved now and charged €40 after"), "{mandate}");
    assert_eq!(history(&app, pledge).await, ["pledge_started", "card_saved", "terms_changed"]);
    assert_eq!(app.gateway.all("setup_intent").await.len(), before, "nothing was asked of the gateway");
    assert_eq!(letters(&app, &bea).await, ["pledge_confirmed", "pledge_changed"]);

    app.advance(TimeDelta::days(31)).await;
    eventually("the payment", async || bea.states(&app.db).await == ["captured"]).await;
    app.settle().await;
    let payments = app.gateway.all("payment_intent").await;
    assert_eq!((payments.len(), &payments[0]["amount_received"]), (1, &json!(4000)));
    app.finish().await;
}

#[tokio::test]
async fn another_reward_takes_its_slot_and_frees_the_old_one() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let (bow, tiller) = (campaign.reward("25.00", Some(1)).await, campaign.reward("40.00", Some(1)).await);
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, Some(bow), "30").await;

    let below = change(&bea, pledge, 1, Some(tiller), "39.99").await;
    assert_eq!((below.status, below.message()), (422, "This reward needs at least €40."));
    assert_eq!(below.body["kept"], json!([["amount", "39.99"], ["reward", tiller.to_string()]]));
    assert_eq!((claimed(&app.db, bow).await, claimed(&app.db, tiller).await), (1, 0));

    assert_eq!(change(&bea, pledge, 1, Some(tiller), "45").await.status, 200);
    assert_eq!((claimed(&app.db, bow).await, claimed(&app.db, tiller).await), (0, 1));
    assert_eq!((backers_of(&app, bow).await, backers_of(&app, tiller).await), (0, 1));
    assert_eq!(campaign.totals().await, ("45.000".into(), 1));
    let tom = app.person("Tom Grau").await;
    pledged(&app, &tom, &campaign, Some(bow), "25").await;
    let gone = change(&bea, pledge, 2, Some(bow), "45").await;
    assert_eq!(gone.status, 409);
    assert!(gone.message().contains("has just sold out"), "{gone:?}");

    // Without a reward at all, and the slot is free again.
    assert_eq!(change(&bea, pledge, 2, None, "5").await.status, 200);
    assert_eq!(claimed(&app.db, tiller).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn the_own_reward_keeps_the_terms_under_which_it_was_chosen() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bow = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, Some(bow), "30").await;
    sqlx::query("update rewards set minimum = 99, title = 'Dearer'").execute(&app.db).await.expect("dearer");

    let page = bea.get(&format!("/pledges/{pledge}/change")).await.text().await.expect("a page");
    assert!(page.contains("€25") && !page.contains("€99"), "{page}");
    assert_eq!(change(&bea, pledge, 1, Some(bow), "26").await.status, 200);
    let (title, minimum): (String, String) =
        sqlx::query_as("select reward_title, reward_minimum::text from pledges")
            .fetch_one(&app.db)
            .await
            .expect("one");
    assert_eq!((title.as_str(), minimum.as_str()), ("A name on the bow", "25.000"));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_change_to_make() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "25").await;
    for (amount, words) in
        [("", "Type an amount"), ("0.50", "The smallest pledge is €1."), ("1.005", "Too many decimals")]
    {
        let refused = change(&bea, pledge, 1, None, amount).await;
        assert_eq!((refused.status, refused.body["field"].as_str()), (422, Some("amount")), "{refused:?}");
        assert!(refused.message().contains(words), "{refused:?}");
    }
    let unknown = change(&bea, pledge, 1, Some(Uuid::now_v7()), "25").await;
    assert_eq!((unknown.status, unknown.body["field"].as_str()), (409, Some("reward")));
    // The same once more is no change, and no letter.
    assert_eq!(change(&bea, pledge, 1, None, "25.00").await.status, 200);
    assert_eq!(app.count("select count(*) from pledge_changes").await, 0);
    assert_eq!(letters(&app, &bea).await, ["pledge_confirmed"]);
    app.finish().await;
}

#[tokio::test]
async fn the_cutoff_is_the_one_of_cancelling() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "25").await;
    app.advance(TimeDelta::days(28)).await;
    let refused = change(&bea, pledge, 1, None, "40").await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().starts_with("Pledges could be changed until"), "{refused:?}");
    let page = bea.get(&format!("/pledges/{pledge}/change")).await.text().await.expect("a page");
    assert!(
        page.contains("Pledges could be changed until") && !page.contains("Change the pledge to"),
        "{page}"
    );
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

#[tokio::test]
async fn what_is_paid_is_raised_by_another_pledge() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the payment", async || bea.states(&app.db).await == ["captured"]).await;
    let pledge = bea.pledges(&app.db).await[0];
    let refused = change(&bea, pledge, 1, None, "40").await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().ends_with("To give more, pledge once more."), "{refused:?}");
    let page = bea.get(&format!("/pledges/{pledge}/change")).await.text().await.expect("a page");
    assert!(page.contains("Pledge once more") && !page.contains("Use another card"), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn a_milestone_is_reached_once_however_often_the_total_passes_it() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().by(&marta).goal("100.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "20").await;
    for (version, amount) in [(1, "120"), (2, "20"), (3, "120")] {
        assert_eq!(change(&bea, pledge, version, None, amount).await.status, 200);
    }
    assert_eq!(letters(&app, &marta).await, ["milestone_reached"]);
    assert_eq!(app.count("select count(*) from milestones_reached").await, 4);
    app.finish().await;
}

#[tokio::test]
async fn without_script_it_is_a_plain_form() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "25").await;
    let at = format!("/pledges/{pledge}/change");
    let page = bea.get(&at).await.text().await.expect("a page");
    assert!(page.contains(r#"name="version" value="1""#), "{page}");
    let fields = form(pledge, 1, None, "0.10");
    let refused = bea.post_form("change_pledge", &at, &as_texts(&fields)).await;
    let back = refused.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    let shown = bea.get(&back).await.text().await.expect("a page");
    assert!(shown.contains("The smallest pledge is €1.") && shown.contains(r#"value="0.10""#), "{shown}");

    let fields = form(pledge, 1, None, "40");
    let done = bea.post_form("change_pledge", &at, &as_texts(&fields)).await;
    let to = done.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    assert_eq!(to, format!("/pledges/{pledge}/changed"));
    let on = bea.get(&to).await;
    assert_eq!(on.headers()["location"], format!("/pledges/{pledge}?changed=yes"));
    let shown = bea.get(&format!("/pledges/{pledge}?changed=yes")).await.text().await.expect("a page");
    assert!(shown.contains("Your pledge is changed.") && shown.contains("€40"), "{shown}");
    app.finish().await;
}

// Case 53
#[tokio::test]
async fn only_its_backer_changes_a_pledge() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "25").await;
    let stranger = app.person("Zoe Else").await;
    let missing = Uuid::now_v7();
    let refused = change(&stranger, pledge, 1, None, "40").await;
    assert_eq!((refused.status, &refused.body), (404, &change(&stranger, missing, 1, None, "40").await.body));
    for (function, field) in [
        ("change_card", "pledge"),
        ("pledge_to_change", "id"),
        ("changed_pledge", "id"),
        ("card_changed", "id"),
    ] {
        let theirs = stranger.call(function, &[(field, &pledge.to_string())]).await;
        let nobodys = stranger.call(function, &[(field, &missing.to_string())]).await;
        assert_eq!((theirs.status, &theirs.body), (404, &nobodys.body), "{function}");
    }
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

pub async fn change(
    person: &Person,
    pledge: Uuid,
    version: i32,
    reward: Option<Uuid>,
    amount: &str,
) -> Answer {
    person.call("change_pledge", &as_texts(&form(pledge, version, reward, amount))).await
}

fn form(pledge: Uuid, version: i32, reward: Option<Uuid>, amount: &str) -> [(&'static str, String); 4] {
    [
        ("pledge", pledge.to_string()),
        ("version", version.to_string()),
        ("reward", reward.map(|reward| reward.to_string()).unwrap_or_default()),
        ("amount", amount.to_owned()),
    ]
}

fn as_texts<'a>(form: &'a [(&'static str, String); 4]) -> [(&'static str, &'a str); 4] {
    form.each_ref().map(|(name, value)| (*name, value.as_str()))
}

/// A pledge that stands: its card saved, or its amount held.
async fn pledged(
    app: &TestApp,
    person: &Person,
    campaign: &TestCampaign,
    reward: Option<Uuid>,
    amount: &str,
) -> Uuid {
    sandbox_page::pay(person.pledge(campaign, reward, amount).await.text()).await;
    let stands = ["committed", "authorized"];
    eventually("the pledge", async || {
        person.states(&app.db).await.last().is_some_and(|state| stands.contains(&state.as_str()))
    })
    .await;
    *person.pledges(&app.db).await.last().expect("a pledge")
}

async fn history(app: &TestApp, pledge: Uuid) -> Vec<String> {
    sqlx::query_scalar("select event from pledge_history where pledge_id = $1 order by id")
        .bind(pledge)
        .fetch_all(&app.db)
        .await
        .expect("a history")
}

async fn letters(app: &TestApp, person: &Person) -> Vec<String> {
    sqlx::query_scalar("select letter from mails where person_id = $1 order by id")
        .bind(person.id)
        .fetch_all(&app.db)
        .await
        .expect("letters")
}

async fn backers_of(app: &TestApp, reward: Uuid) -> i64 {
    sqlx::query_scalar("select backers from reward_stats where reward_id = $1")
        .bind(reward)
        .fetch_one(&app.db)
        .await
        .expect("a count")
}
