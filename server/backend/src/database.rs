//! Who may do what in the database. Its owner migrates it; the application serves people as a role that may add to the
//! ledger and to histories, and change nothing in them. The database enforces that, whatever the code does.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool};

use crate::{Error, MIGRATIONS, Result};

/// The role that serves people, as the migration names it.
pub const APPLICATION: &str = "groundswell_app";

/// Whoever waits longer for a connection is told that the database is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// Brings the schema up to date, as its owner, and lets the application use what is new.
///
/// # Errors
/// When the database cannot be reached, or refuses.
pub async fn migrate(owner: &PgConnectOptions) -> Result<()> {
    let mut db = PgConnection::connect_with(owner).await?;
    MIGRATIONS.run(&mut db).await.map_err(sqlx::Error::from)?;
    sqlx::query!("select grant_to_application()").execute(&mut db).await?;
    db.close().await?;
    Ok(())
}

/// Connections that work as the application, whoever logs in: the role itself, or an owner who takes it.
///
/// # Errors
/// When the database cannot be reached, or if these connections could change the ledger all the same.
pub async fn serve(options: PgConnectOptions, connections: u32) -> Result<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .after_connect(|db, _| {
            Box::pin(async move { db.execute("set role groundswell_app").await.map(drop) })
        })
        .connect_with(options)
        .await?;
    if may_change_the_books(&pool).await? {
        return Err(Error::broken("the application's database role may change the ledger"));
    }
    Ok(pool)
}

/// The same database, logged in as the application: where nobody asks for a password, as on our own socket.
#[must_use]
pub fn as_application(owner: PgConnectOptions) -> PgConnectOptions {
    owner.username(APPLICATION)
}

/// # Errors
/// When the text is no address of a PostgreSQL.
pub fn address(url: &str) -> Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?)
}

async fn may_change_the_books(db: &PgPool) -> Result<bool> {
    let may = sqlx::query_scalar!(
        r#"select has_table_privilege('ledger_entries', 'update, delete, truncate, trigger')
                  or has_table_privilege('ledger_transactions', 'update, delete, truncate, trigger')
                  or has_schema_privilege('public', 'create') as "may!""#
    )
    .fetch_one(db)
    .await?;
    Ok(may)
}
