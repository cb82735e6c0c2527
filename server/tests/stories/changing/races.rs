//! Edits that meet: each other, a cancellation, other people's.

use futures::future::{join, join_all};
use serde_json::json;
use sqlx::types::Json;

use super::{change, letters, pledged};
use crate::support::builders::claimed;
use crate::support::{TestApp, eventually};

// Case 9
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_edits_at_once_one_wins() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let rewards = [campaign.reward("25.00", Some(1)).await, campaign.reward("25.00", Some(1)).await];
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, Some(rewards[0]), "30").await;

    let amounts: Vec<String> = (31..39).map(|amount| amount.to_string()).collect();
    let edits = amounts.iter().map(|amount| change(&bea, pledge, 1, Some(rewards[1]), amount));
    let answers = join_all(edits).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(lost.status, 409, "{lost:?}");
        assert!(lost.message().starts_with("Your pledge was changed meanwhile"), "{lost:?}");
    }
    app.settle().await;
    let winner = answers.iter().position(|answer| answer.status == 200).expect("a winner");
    assert_eq!(campaign.totals().await, (format!("{}.000", amounts[winner]), 1));
    assert_eq!((claimed(&app.db, rewards[0]).await, claimed(&app.db, rewards[1]).await), (0, 1));
    let late = change(&bea, pledge, 1, None, "99").await;
    assert_eq!(late.status, 409, "a form from before the change: {late:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_form_sent_twice_changes_once() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, None, "30").await;
    let answers = join_all((0..10).map(|_| change(&bea, pledge, 1, None, "40"))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    app.settle().await;
    assert_eq!(change(&bea, pledge, 1, None, "40").await.status, 200, "and once more afterwards");
    assert_eq!(app.count("select count(*) from pledge_changes").await, 1);
    assert_eq!(letters(&app, &bea).await, ["pledge_confirmed", "pledge_changed"]);
    assert_eq!(campaign.totals().await, ("40.000".into(), 1));
    app.finish().await;
}

// Case 29, for those who have a pledge already
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_slot_goes_to_one_of_those_who_want_to_swap() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let (old, last) = (campaign.reward("25.00", Some(12)).await, campaign.reward("25.00", Some(1)).await);
    let people = app.people(12).await;
    let pledges =
        join_all(people.iter().map(|person| pledged(&app, person, &campaign, Some(old), "30"))).await;
    let swaps =
        people.iter().zip(&pledges).map(|(person, pledge)| change(person, *pledge, 1, Some(last), "30"));
    let answers = join_all(swaps).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status)), "{answers:?}");
    app.settle().await;
    assert_eq!((claimed(&app.db, old).await, claimed(&app.db, last).await), (11, 1));
    assert_eq!(campaign.totals().await, ("360.000".into(), 12));
    app.finish().await;
}

#[tokio::test]
async fn a_cancellation_that_came_first_leaves_nothing_to_change() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let card_page = bea.pledge(&campaign, None, "30").await;
    crate::support::sandbox_page::pay(card_page.text()).await;
    let pledge = bea.pledges(&app.db).await[0];
    let pump = async || {
        bea.get(&format!("/pledges/{pledge}/return")).await;
    };
    join(pump(), async {
        eventually("its word", async || app.count("select count(*) from pledge_inbox").await > 0).await;
        app.pump().await;
    })
    .await;
    assert_eq!(bea.states(&app.db).await, ["committed"]);

    sqlx::query(
        "insert into pledge_inbox (id, campaign_id, pledge_id, entry, source)
         values (gen_random_uuid(), $1, $2, $3, 'backer')",
    )
    .bind(campaign.id)
    .bind(pledge)
    .bind(Json(json!({ "event": "backer_cancelled" })))
    .execute(&app.db)
    .await
    .expect("a cancellation");
    let (answer, ()) = join(change(&bea, pledge, 1, Some(reward), "40"), async {
        eventually("the change", async || app.count("select count(*) from pledge_changes").await == 1).await;
        assert_eq!(claimed(&app.db, reward).await, 1, "its slot is taken before the old terms are given up");
        app.pump().await;
    })
    .await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert_eq!(bea.states(&app.db).await, ["cancelled"]);
    assert_eq!(claimed(&app.db, reward).await, 0, "and is free again");
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    assert_eq!(letters(&app, &bea).await, ["pledge_confirmed", "pledge_cancelled"]);
    app.finish().await;
}

#[tokio::test]
async fn a_changed_pledge_is_cancelled_as_it_is_now() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let (bow, tiller) = (campaign.reward("25.00", Some(1)).await, campaign.reward("25.00", Some(1)).await);
    let bea = app.person("Bea Tamm").await;
    let pledge = pledged(&app, &bea, &campaign, Some(bow), "30").await;
    assert_eq!(change(&bea, pledge, 1, Some(tiller), "99").await.status, 200);
    assert_eq!(bea.cancel(pledge).await.status, 200);
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    assert_eq!((claimed(&app.db, bow).await, claimed(&app.db, tiller).await), (0, 0));
    app.finish().await;
}
