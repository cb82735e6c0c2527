//! Case 71: the database is away for a while. The site says so, and goes on by itself.

use chrono::TimeDelta;
use futures::future::{join, join_all};

use crate::support::{TestApp, eventually, sandbox_page};

/// Ends every connection of the site, whatever it is doing.
async fn cut(app: &TestApp) {
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and usename = 'groundswell_app'",
    )
    .execute(&app.db)
    .await
    .expect("cut");
}

async fn status(app: &TestApp, path: &str) -> u16 {
    let page = app.stranger().get(format!("{}{path}", app.base)).send().await;
    page.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_database_that_is_away_is_said_plainly_and_waited_for() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, None, "25").await;
    let name = app.db.connect_options().get_database().expect("a name").to_owned();
    let connections = async |most: i32| {
        let sql = format!("alter database {name} connection limit {most}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&app.db).await.expect("changed");
    };
    connections(0).await;
    cut(&app).await;

    assert_eq!(status(&app, "/health/live").await, 200);
    let campaigns = format!("/campaigns/{}", campaign.slug);
    let paths = ["/health/ready", "/", &campaigns];
    // Each waits some seconds for a connection.
    let (pages, pledge) = join(
        join_all(paths.iter().map(async |path| status(&app, path).await)),
        bea.pledge(&campaign, None, "30"),
    )
    .await;
    assert_eq!(pages, [503; 3], "{paths:?}");
    assert_eq!((pledge.status, pledge.body["error"].as_str()), (503, Some("away")));
    // What the gateway tells meanwhile is told again.
    sandbox_page::pay(page.text()).await;

    connections(-1).await;
    eventually("it to be ready", async || status(&app, "/health/ready").await == 200).await;
    eventually("the pledge", async || bea.states(&app.db).await == ["committed"]).await;
    assert_eq!(status(&app, "/").await, 200);
    app.finish().await;
}

#[tokio::test]
async fn settling_goes_on_wherever_its_connections_were_cut() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("20.00", "EUR").build().await;
    let backers = app.people(8).await;
    for backer in &backers {
        sandbox_page::pay(backer.pledge(&campaign, None, "25").await.text()).await;
    }
    eventually("the pledges", async || campaign.totals().await.1 == 8).await;
    app.advance(TimeDelta::days(30)).await;

    // What was under way is taken up again after a while: time goes on while it is waited for.
    let later = async || app.advance(TimeDelta::minutes(1)).await;
    for charged in [0, 1, 3, 6, 8] {
        eventually("so many charges", async || {
            later().await;
            app.gateway.all("payment_intent").await.len() >= charged
        })
        .await;
        cut(&app).await;
    }
    eventually("every payment, and the end of all work", async || {
        later().await;
        let left = "select (select count(*) from pledges where state <> 'captured')
                         + (select count(*) from pledge_inbox where applied_at is null)
                         + (select count(*) from staged_jobs where done_at is null)";
        app.count(left).await == 0
    })
    .await;
    let payments = app.gateway.all("payment_intent").await;
    assert_eq!(payments.len(), backers.len(), "one payment each");
    assert!(payments.iter().all(|payment| payment["amount_received"] == 2500), "{payments:?}");
    app.finish().await;
}
