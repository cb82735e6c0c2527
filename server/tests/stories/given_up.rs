//! Case 31: the database gives a transaction up in favour of another (serialization failure, deadlock). It is done again,
//! a few times; then the answer is "not just now", and nothing was done.

use sqlx::PgPool;
use uuid::Uuid;

use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

/// From now on the first so many rows that are written into a table are given up, in the database's own words.
async fn give_up(db: &PgPool, table: &str, times: i32, code: &str) {
    let sql = format!(
        "drop sequence if exists given_up;
         create sequence given_up;
         grant usage on sequence given_up to public;
         -- A sequence counts on when its transaction is rolled back.
         create or replace function give_up() returns trigger language plpgsql as $$
         begin
             if nextval('given_up') <= {times} then
                 raise exception 'given up' using errcode = '{code}';
             end if;
             return new;
         end $$;
         create or replace trigger give_up before insert on {table} for each row execute function give_up();"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(db).await.expect("armed");
}

async fn tries(db: &PgPool) -> i64 {
    sqlx::query_scalar("select last_value from given_up").fetch_one(db).await.expect("a count")
}

#[tokio::test]
async fn what_the_database_gave_up_is_done_again() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;

    for code in ["40001", "40P01"] {
        give_up(&app.db, "pledges", 2, code).await;
        let page = bea.pledge(&campaign, None, "25").await;
        assert_eq!((page.status, tries(&app.db).await), (200, 3), "{page:?}");
        let pledge = *bea.pledges(&app.db).await.last().expect("a pledge");
        sandbox_page::pay(page.text()).await;
        eventually("the pledge", async || bea.states(&app.db).await.last().is_some_and(|s| s == "committed"))
            .await;
        assert_eq!(campaign.totals().await, ("25.000".into(), 1));

        give_up(&app.db, "pledge_changes", 2, code).await;
        let changed = change(&bea, pledge).await;
        assert_eq!((changed, tries(&app.db).await), (200, 3));
        assert_eq!(campaign.totals().await, ("30.000".into(), 1));

        give_up(&app.db, "pledge_inbox", 2, code).await;
        assert_eq!((bea.cancel(pledge).await.status, tries(&app.db).await), (200, 3));
        eventually("its end", async || campaign.totals().await == ("0.000".into(), 0)).await;
        sqlx::raw_sql("drop trigger give_up on pledge_inbox").execute(&app.db).await.expect("disarmed");
    }
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_given_up_again_and_again_is_said_to_be_not_just_now() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    give_up(&app.db, "pledges", i32::MAX, "40001").await;
    let refused = bea.pledge(&campaign, None, "25").await;
    assert_eq!((refused.status, refused.body["error"].as_str()), (503, Some("away")), "{refused:?}");
    assert_eq!(tries(&app.db).await, 5, "a bounded number of times");
    assert!(bea.pledges(&app.db).await.is_empty());
    assert!(app.gateway.all("checkout.session").await.is_empty(), "nothing was asked of the gateway");

    give_up(&app.db, "pledges", 0, "40001").await;
    assert_eq!(bea.pledge(&campaign, None, "25").await.status, 200);
    app.finish().await;
}

async fn change(bea: &Person, pledge: Uuid) -> u16 {
    let pledge = pledge.to_string();
    let form = [("pledge", pledge.as_str()), ("version", "1"), ("reward", ""), ("amount", "30")];
    bea.call("change_pledge", &form).await.status
}
