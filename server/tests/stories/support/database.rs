//! A database for each test, copied from a template that is migrated once: `DATABASE_URL` names the cluster
//! (`server with-postgres -- cargo test` makes one).

use backend::database;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use uuid::Uuid;

/// Only one test process builds the template.
const TEMPLATE_LOCK: i64 = 0x6772_6f75_6e64;

/// The database as its owner has it: for what a test arranges and looks at.
pub async fn fresh() -> PgPool {
    let cluster = cluster();
    let mut admin =
        PgConnection::connect_with(&cluster).await.expect("DATABASE_URL names a PostgreSQL that runs");
    let template = template(&mut admin, &cluster).await;
    let name = format!("test_{}", Uuid::now_v7().simple());
    // Copying waits for nobody but another copy of the same template.
    run(&mut admin, "select pg_advisory_lock(1)").await;
    run(&mut admin, &format!("create database {name} template {template}")).await;
    run(&mut admin, "select pg_advisory_unlock(1)").await;
    PgPoolOptions::new().max_connections(8).connect_with(cluster.database(&name)).await.expect("a pool")
}

/// The same database as the site has it: as the role that cannot change the books.
pub async fn as_the_site(owner: &PgPool) -> PgPool {
    let site = database::as_application((*owner.connect_options()).clone());
    database::serve(site, 12).await.expect("a pool")
}

pub async fn drop(db: PgPool) {
    let name = db.connect_options().get_database().expect("a name").to_owned();
    db.close().await;
    let mut admin = PgConnection::connect_with(&cluster()).await.expect("a connection");
    run(&mut admin, &format!("drop database if exists {name} with (force)")).await;
}

fn cluster() -> PgConnectOptions {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL: run `server with-postgres -- cargo test`");
    url.parse().expect("a PostgreSQL address")
}

/// Named by what the migrations say, so that a change of them makes a new one.
async fn template(admin: &mut PgConnection, cluster: &PgConnectOptions) -> String {
    let checksums: Vec<u8> = backend::MIGRATIONS.iter().flat_map(|one| one.checksum.to_vec()).collect();
    let name = format!("template_{}", backend::fingerprint(&checksums));
    sqlx::query("select pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *admin)
        .await
        .expect("the lock");
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut *admin)
        .await
        .expect("an answer");
    if !exists {
        let building = format!("{name}_building");
        run(admin, &format!("drop database if exists {building}")).await;
        run(admin, &format!("create database {building}")).await;
        database::migrate(&cluster.clone().database(&building)).await.expect("the migrations run");
        run(admin, &format!("alter database {building} rename to {name}")).await;
    }
    sqlx::query("select pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(admin).await.expect("unlocked");
    name
}

/// The names in these statements are our own.
async fn run(db: &mut PgConnection, statement: &str) {
    sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(db).await.expect("an admin statement");
}
