//! What an attempt's row remembers: which generation of its key is in use, since when, and how it ended.

use domain::{AttemptId, PersonId, PledgeId};
use uuid::Uuid;

use super::attempts::Attempt;
use super::{GatewayError, Payments};
use crate::Result;

/// More than any outage needs; then somebody should look at the row instead.
const GENERATIONS: i32 = 9;

/// A row as an attempt finds it.
pub(super) struct Begun {
    pub generation: i32,
    /// The gateway keeps keys for a day. An older one may be new to it, and the call would be made twice.
    pub key_is_forgotten: bool,
}

impl Payments {
    /// Commits the key, or finds it.
    pub(super) async fn begin(&self, attempt: &Attempt) -> Result<Begun> {
        sqlx::query!(
            "insert into gateway_attempts (id, key, kind, person_id, pledge_id) values ($1, $2, $3, $4, $5)
             on conflict on constraint gateway_attempts_key do nothing",
            AttemptId(Uuid::now_v7()) as AttemptId,
            attempt.key,
            attempt.kind.as_str(),
            attempt.person as Option<PersonId>,
            attempt.pledge as Option<PledgeId>,
        )
        .execute(&self.db)
        .await?;
        let row = sqlx::query!(
            r#"select generation,
                      coalesce(key_used_since < clock() - interval '23 hours', false) as "key_is_forgotten!"
               from gateway_attempts where key = $1"#,
            attempt.key,
        )
        .fetch_one(&self.db)
        .await?;
        Ok(Begun { generation: row.generation, key_is_forgotten: row.key_is_forgotten })
    }

    /// Marks the attempt as sent and answers with the key to send.
    pub(super) async fn sending(&self, attempt: &Attempt) -> Result<String> {
        let generation = sqlx::query_scalar!(
            "update gateway_attempts
             set state = case state when 'succeeded' then state else 'unknown' end,
                 generation = generation + case when state = 'refused' and $2 then 1 else 0 end,
                 key_used_since = case when state = 'refused' and $2 then clock()
                                       else coalesce(key_used_since, clock()) end,
                 tries = tries + 1, sent_at = clock()
             where key = $1
             returning generation",
            attempt.key,
            attempt.kind.renews_when_refused(),
        )
        .fetch_one(&self.db)
        .await?;
        Ok(match generation {
            1 => attempt.key.clone(),
            later => format!("{}_g{later}", attempt.key),
        })
    }

    /// The next generation of a key whose call is known to have done nothing. Of two who find that out at once, both
    /// go on under the same one.
    ///
    /// # Errors
    /// [`GatewayError::Indeterminate`] when there were too many already.
    pub(super) async fn renew(&self, key: &str, from: i32) -> Result<()> {
        let generation = sqlx::query_scalar!(
            r#"with renewed as (
                 update gateway_attempts set generation = generation + 1, key_used_since = null
                 where key = $1 and generation = $2 and generation < $3
                 returning generation
             )
             select coalesce((select generation from renewed), generation) as "generation!"
             from gateway_attempts where key = $1"#,
            key,
            from,
            GENERATIONS,
        )
        .fetch_one(&self.db)
        .await?;
        if generation > from { Ok(()) } else { Err(GatewayError::Indeterminate.into()) }
    }

    pub(super) async fn answered(
        &self,
        key: &str,
        state: &str,
        object_id: Option<&str>,
        error: Option<&GatewayError>,
    ) -> Result<()> {
        let (code, decline_code) = match error {
            Some(GatewayError::Refused { code, decline_code, .. }) => {
                (Some(code.as_str()), decline_code.as_deref())
            }
            _ => (None, None),
        };
        sqlx::query!(
            "update gateway_attempts
             set state = $2, object_id = $3, error_code = $4, decline_code = $5, answered_at = clock()
             where key = $1",
            key,
            state,
            object_id,
            code,
            decline_code,
        )
        .execute(&self.db)
        .await?;
        Ok(())
    }
}
