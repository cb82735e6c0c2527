//! What is written in the books stays: the site's own connection to the database is refused any change of it, by the
//! database, triggers or not.

use chrono::TimeDelta;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::builders::states;
use crate::support::{TestApp, database, eventually, sandbox_page};

/// Why the database refuses a statement, by its SQLSTATE.
async fn refusal(db: &PgPool, statement: &'static str) -> String {
    let error = sqlx::raw_sql(statement).execute(db).await.expect_err(statement);
    let error = error.as_database_error().expect("an error of the database");
    error.code().expect("a code").into_owned()
}

const INSUFFICIENT_PRIVILEGE: &str = "42501";

// I1
#[tokio::test]
async fn the_site_itself_cannot_change_what_is_in_the_books() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").ends_in(TimeDelta::days(5)).build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the payment", async || states(&app, &bea).await == ["captured"]).await;
    app.settle().await;
    let entries = "select count(*) from ledger_entries";
    let before = app.count(entries).await;
    assert!(before >= 4, "the site can add to them");

    let site = &app.ctx.db;
    for statement in [
        "update ledger_entries set amount = amount * 2",
        "delete from ledger_entries",
        "truncate ledger_entries cascade",
        "update ledger_transactions set kind = 'captured'",
        "delete from ledger_transactions",
        "truncate ledger_transactions cascade",
        "update pledge_history set to_state = 'cancelled'",
        "delete from pledge_history",
        "update campaign_history set to_state = 'funded'",
        "delete from campaign_history",
        "update campaign_results set pledged = 1",
        "delete from campaign_results",
        "update gateway_lines set amount = 1",
        "delete from audit_log",
        "insert into ledger_accounts (code, meaning) values ('mine', 'mine')",
        "update clock_shift set shift = '1 day'",
        "delete from _sqlx_migrations",
        "create table mine (id int)",
        "drop table ledger_entries",
        "alter table ledger_entries disable trigger all",
        "create trigger mine before insert on ledger_entries for each row execute function refuse_change()",
        "create or replace function clock() returns timestamptz language sql as 'select now()'",
        "select grant_to_application()",
        // Logged in as the role, there is nothing to go back to.
        "reset role; delete from ledger_entries",
    ] {
        assert_eq!(refusal(site, statement).await, INSUFFICIENT_PRIVILEGE, "{statement}");
    }
    assert_eq!(app.count(entries).await, before);
    app.finish().await;
}

#[tokio::test]
async fn an_owner_who_serves_takes_the_role_first_and_even_owners_meet_the_triggers() {
    let owner = database::fresh().await;
    let serving = backend::database::serve((*owner.connect_options()).clone(), 2).await.expect("a pool");
    let role: String =
        sqlx::query_scalar("select current_user::text").fetch_one(&serving).await.expect("a role");
    assert_eq!(role, backend::database::APPLICATION);
    assert_eq!(refusal(&serving, "delete from ledger_entries").await, INSUFFICIENT_PRIVILEGE);

    assert_eq!(refusal(&owner, "delete from ledger_entries").await, "23000", "the trigger");
    assert_eq!(refusal(&owner, "truncate pledge_history cascade").await, "23000", "the trigger");

    // Had somebody given the role more than it may have, the site would not start.
    sqlx::raw_sql("grant update on ledger_entries to groundswell_app").execute(&owner).await.expect("given");
    let refused =
        backend::database::serve((*owner.connect_options()).clone(), 2).await.expect_err("too much");
    assert!(refused.to_string().contains("may change the ledger"), "{refused}");
    // The next start's migration takes it away.
    backend::database::migrate(&owner.connect_options()).await.expect("migrated");
    backend::database::serve((*owner.connect_options()).clone(), 2).await.expect("a pool").close().await;
    serving.close().await;
    database::drop(owner).await;
}

// As on a real server: the owner of the database may create roles and is no superuser.
#[tokio::test]
async fn an_owner_without_every_right_can_migrate_and_serve() {
    let admin = database::fresh().await;
    let (owner, name) =
        (format!("owner_{}", Uuid::now_v7().simple()), format!("owned_{}", Uuid::now_v7().simple()));
    let run = async |statement: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&admin).await.expect("an admin statement");
    };
    run(format!("create role {owner} login createrole")).await;
    run(format!("create database {name} owner {owner}")).await;
    let options = (*admin.connect_options()).clone().database(&name).username(&owner);
    backend::database::migrate(&options).await.expect("it migrates");
    backend::database::migrate(&options).await.expect("and again");
    let serving = backend::database::serve(options, 2).await.expect("a pool");
    assert_eq!(refusal(&serving, "delete from ledger_entries").await, INSUFFICIENT_PRIVILEGE);
    serving.close().await;
    run(format!("drop database {name} with (force)")).await;
    run(format!("revoke groundswell_app from {owner}")).await;
    run(format!("drop role {owner}")).await;
    database::drop(admin).await;
}
