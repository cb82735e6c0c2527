//! The campaign's total: exact whatever happens at once, and milestones that are reached once, ever.

use futures::future::join_all;

use crate::support::builders::states;
use crate::support::{TestApp, eventually, sandbox_page};

// Case 30
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_people_at_once_are_counted_exactly() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("1000.00", "EUR").build().await;
    let people = app.people(100).await;
    let paid = people.iter().enumerate().map(async |(number, person)| {
        // 10.01, 10.02 ... 11.00: a lost update would show in the cents.
        let amount = format!("{}.{:02}", 10 + (number + 1) / 100, (number + 1) % 100);
        let page = person.pledge(&campaign, None, &amount).await;
        assert_eq!(page.status, 200, "{page:?}");
        sandbox_page::pay(page.text()).await;
    });
    join_all(paid).await;

    eventually("everybody to count", async || campaign.totals().await.1 == 100).await;
    assert_eq!(campaign.totals().await.0, "1050.500");
    assert_eq!(app.count("select count(*) from pledges where state = 'committed'").await, 100);
    assert_eq!(milestones(&app).await, [25, 50, 75, 100]);
    let version = app.count("select version from campaign_stats").await;
    assert!((1..=100).contains(&version), "one for each batch: {version}");
    app.finish().await;
}

#[tokio::test]
async fn a_milestone_is_reached_once_however_often_it_is_passed() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("100.00", "EUR").build().await;
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    sandbox_page::pay(bea.pledge(&campaign, None, "24.99").await.text()).await;
    eventually("the first pledge", async || campaign.totals().await == ("24.990".into(), 1)).await;
    assert_eq!(milestones(&app).await, [] as [i16; 0]);

    let mut versions = vec![app.count("select version from campaign_stats").await];
    for round in 1..=2 {
        sandbox_page::pay(tom.pledge(&campaign, None, "50.01").await.text()).await;
        eventually("the total to rise", async || campaign.totals().await == ("75.000".into(), 2)).await;
        versions.push(app.count("select version from campaign_stats").await);
        let pledge = *tom.pledges(&app.db).await.last().expect("a pledge");
        assert_eq!(tom.cancel(pledge).await.status, 200);
        assert_eq!(states(&app, &tom).await, vec!["cancelled"; round]);
        assert_eq!(campaign.totals().await, ("24.990".into(), 1));
        versions.push(app.count("select version from campaign_stats").await);
    }
    assert_eq!(milestones(&app).await, [25, 50, 75]);
    assert_eq!(versions, [1, 2, 3, 4, 5], "each change is newer than the last");
    app.finish().await;
}

async fn milestones(app: &TestApp) -> Vec<i16> {
    sqlx::query_scalar("select percent from milestones_reached order by percent")
        .fetch_all(&app.db)
        .await
        .expect("milestones")
}
