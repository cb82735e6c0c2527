//! The one clock that decides: the database's. A web server's own clock may be wrong, and two of them differ.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// The instant by which deadlines, cutoffs and reservations are decided.
pub async fn now(db: impl PgExecutor<'_>) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar!(r#"select clock() as "now!""#).fetch_one(db).await
}

/// Whether somebody moved the clock: true in tests only.
pub async fn is_shifted(db: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select shift <> interval '0' as "shifted!" from clock_shift"#).fetch_one(db).await
}
