//! Case 71: connections to the database are cut, or it is away for a while. The site says so, goes on by itself, and
//! nothing is done twice.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use chrono::TimeDelta;
use futures::future::{join, join_all};

use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

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

async fn backers(app: &TestApp, count: usize) -> Vec<Person> {
    let campaign = app.campaign().goal("25", "EUR").ends_in(TimeDelta::days(20)).build().await;
    let people = app.people(count).await;
    join_all(people.iter().map(async |person| {
        sandbox_page::pay(person.pledge(&campaign, None, "25").await.text()).await;
    }))
    .await;
    eventually("their cards", async || campaign.totals().await.1 == count as i64).await;
    people
}

#[tokio::test]
async fn connections_that_are_cut_while_settling_charge_nobody_twice() {
    const PEOPLE: usize = 12;
    // Slowly, so that there is something to cut.
    let app = TestApp::start_with(Setup { requests_per_second: 20, ..Setup::default() }).await;
    backers(&app, PEOPLE).await;
    app.advance(TimeDelta::days(20)).await;
    // Whenever settling has got further, its connections end, wherever it is.
    let asked = "select coalesce(sum(tries), 0)::bigint from gateway_attempts";
    let (cuts, seen) = (AtomicI64::new(0), AtomicI64::new(app.count(asked).await));
    eventually("the end of settling", async || {
        let now = app.count(asked).await;
        if now > seen.swap(now, Relaxed) && cuts.load(Relaxed) < 30 {
            cut(&app).await;
            cuts.fetch_add(1, Relaxed);
        }
        // Jobs that failed are due again after a while.
        app.advance(TimeDelta::milliseconds(500)).await;
        app.count("select count(*) from settlements where finished_at is not null").await == 1
    })
    .await;
    let cuts = cuts.into_inner();
    assert!(cuts > 3, "it was cut {cuts} times");
    app.settle().await;
    let mut charges = app.gateway.all("charge").await;
    charges.retain(|charge| charge["status"] == "succeeded");
    assert_eq!(charges.len(), PEOPLE);
    assert_eq!(app.count("select count(*) from pledges where state = 'captured'").await, PEOPLE as i64);
    app.finish().await;
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
