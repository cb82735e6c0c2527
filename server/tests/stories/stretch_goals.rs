//! What a hybrid campaign promises above its goal: unlocked once, in order, for good; and its goal alone decides.

use chrono::TimeDelta;
use server::site::Workers;

use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

async fn by_hand() -> TestApp {
    TestApp::start_with(Setup { workers: Workers::Off, ..Setup::default() }).await
}

async fn back(app: &TestApp, campaign: &TestCampaign, amount: &str) -> Person {
    let backer = app.person("Bea Tamm").await;
    sandbox_page::pay(backer.pledge(campaign, None, amount).await.text()).await;
    eventually("the pledge", async || {
        app.pump().await;
        backer.states(&app.db).await == ["committed"]
    })
    .await;
    backer
}

/// The places of those that are unlocked, in their order.
async fn unlocked(app: &TestApp) -> Vec<i16> {
    sqlx::query_scalar("select position from stretch_goals where unlocked_at is not null order by position")
        .fetch_all(&app.db)
        .await
        .expect("places")
}

// Case 23
#[tokio::test]
async fn each_is_unlocked_once_in_order_and_for_good() {
    let app = by_hand().await;
    let campaign = app.campaign().model("hybrid").goal("50", "EUR").build().await;
    campaign.stretch_goals(&["75", "100"]).await;
    let first = back(&app, &campaign, "60").await;
    assert_eq!(unlocked(&app).await, [] as [i16; 0], "the goal is met, and nothing above it");
    let second = back(&app, &campaign, "15").await;
    assert_eq!(unlocked(&app).await, [1], "equality passes it");
    app.pump().await;
    let told = ["pledge_confirmed", "goal_reached", "stretch_goal_unlocked"];
    assert_eq!(first.letters(&app.db).await, told);
    assert_eq!(second.letters(&app.db).await, [told[0], told[2]], "the goal was met before");

    // A cancelled pledge takes no promise back, and the next one does not unlock it again.
    let pledge = second.pledges(&app.db).await[0];
    let (answer, ()) = futures::future::join(second.cancel(pledge), async {
        eventually("the cancellation", async || {
            app.pump().await;
            second.states(&app.db).await == ["cancelled"]
        })
        .await;
    })
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((unlocked(&app).await, campaign.totals().await), (vec![1], ("60.000".into(), 1)));
    let third = back(&app, &campaign, "45").await;
    app.pump().await;
    assert_eq!(unlocked(&app).await, [1, 2]);
    assert_eq!(first.letters(&app.db).await.len(), 4, "one letter for each");
    assert_eq!(third.letters(&app.db).await, ["pledge_confirmed", "stretch_goal_unlocked"]);

    let page = first.get(&format!("/campaigns/{}", campaign.slug)).await.text().await.expect("a page");
    assert_eq!(page.matches("data-unlocked").count(), 2, "{page}");
    assert!(page.contains("2 of 2 stretch goals unlocked"), "the bar says so too");
    app.finish().await;
}

#[tokio::test]
async fn the_base_goal_alone_decides() {
    for (pledged, state) in [("49.99", "failed"), ("50", "funded")] {
        let app = by_hand().await;
        let campaign = app.campaign().model("hybrid").goal("50", "EUR").build().await;
        campaign.stretch_goals(&["75"]).await;
        back(&app, &campaign, pledged).await;
        app.advance(TimeDelta::days(30)).await;
        app.pump().await;
        let ended: String =
            sqlx::query_scalar("select state from campaigns").fetch_one(&app.db).await.expect("a state");
        assert_eq!(ended, state);
        assert_eq!(unlocked(&app).await, [] as [i16; 0]);
        app.finish().await;
    }
}

/// The live bar's event carries what the drawing needs, and no more.
#[tokio::test]
async fn the_snapshot_tells_what_is_unlocked() {
    let app = by_hand().await;
    let campaign = app.campaign().model("hybrid").goal("50", "EUR").build().await;
    campaign.stretch_goals(&["75", "100"]).await;
    back(&app, &campaign, "80").await;
    let progress = backend::campaigns::progress(&app.db, domain::CampaignId(campaign.id)).await;
    let snapshot = progress.expect("an answer").expect("a public campaign").snapshot();
    assert_eq!((snapshot.unlocked, snapshot.stretch_goals), (1, 2));
    assert_eq!((snapshot.fill, snapshot.goal_at), (800, 500));
    let marks: Vec<(u32, bool)> = snapshot.marks.iter().map(|mark| (mark.at, mark.unlocked)).collect();
    assert_eq!(marks, [(750, true), (1000, false)]);
    app.finish().await;
}

#[tokio::test]
async fn the_database_refuses_what_is_no_stretch_goal() {
    let app = TestApp::start_quiet().await;
    let hybrid = app.campaign().model("hybrid").goal("50", "EUR").build().await;
    for (model, amount) in [("aon", "75"), ("kia", "75"), ("hybrid", "50")] {
        let campaign = app.campaign().model(model).goal("50", "EUR").build().await;
        assert!(campaign.try_stretch_goal(1, amount).await.is_err(), "{model} {amount}");
    }
    hybrid.stretch_goals(&["75"]).await;
    let raised = sqlx::query("update campaigns set goal = 80 where id = $1").bind(hybrid.id);
    assert!(raised.execute(&app.db).await.is_err(), "the goal stays below what is promised above it");
    sqlx::query("update stretch_goals set unlocked_at = clock()").execute(&app.db).await.expect("unlocked");
    for change in ["update stretch_goals set unlocked_at = null", "delete from stretch_goals"] {
        assert!(sqlx::query(change).execute(&app.db).await.is_err(), "{change}");
    }
    app.finish().await;
}
