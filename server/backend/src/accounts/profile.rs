//! What a person sees of their own account.

use chrono::{DateTime, Utc};
use domain::PersonId;
use sqlx::PgPool;

use crate::Result;

/// Personal data: shown to its person only.
#[derive(Clone, Debug)]
pub struct Profile {
    pub email: String,
    pub display_name: String,
    pub created_at: DateTime<Utc>,
}

/// A person's own account; none if it is gone.
pub async fn profile(db: &PgPool, person: PersonId) -> Result<Option<Profile>> {
    let found = sqlx::query_as!(
        Profile,
        "select email, display_name, created_at from people where id = $1",
        person as PersonId,
    )
    .fetch_optional(db)
    .await?;
    Ok(found)
}
