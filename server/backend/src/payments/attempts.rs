//! A call that changes something at the gateway. Its key is committed before the call, and the row says *unknown*
//! from the moment of sending until an answer is stored: after a crash it still tells the truth.

use std::time::Duration;

use domain::{AttemptId, PersonId, PledgeId};
use rand::Rng;
use stripe::{IdempotencyKey, RequestStrategy, StripeRequest};
use uuid::Uuid;

use super::{GatewayError, Payments};
use crate::Result;

/// How often one request is sent while a person waits. Later tries are the jobs' business.
const TRIES: u32 = 4;
/// The first pause between tries; each following one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(120);

/// What a call does. The names are in the table's check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptKind {
    CreateCustomer,
    CreateSession,
    ExpireSession,
    CancelIntent,
    DetachCard,
    Refund,
    Charge,
    Capture,
    /// A payment tried again: by ourselves, or with its backer there.
    Confirm,
}

impl AttemptKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::CreateCustomer => "create_customer",
            Self::CreateSession => "create_session",
            Self::ExpireSession => "expire_session",
            Self::CancelIntent => "cancel_intent",
            Self::DetachCard => "detach_card",
            Self::Refund => "refund",
            Self::Charge => "charge",
            Self::Capture => "capture",
            Self::Confirm => "confirm",
        }
    }
}

/// Whose call it is, and the key that makes a repetition harmless.
pub(super) struct Attempt {
    pub kind: AttemptKind,
    pub key: String,
    pub person: Option<PersonId>,
    pub pledge: Option<PledgeId>,
}

impl Payments {
    /// Sends `request` under the attempt's key until there is an answer or the tries are used up.
    ///
    /// # Errors
    /// [`GatewayError::Unknown`] and [`GatewayError::Busy`] leave the row open under the same key;
    /// [`GatewayError::Refused`] closes it.
    pub(super) async fn attempt<R>(
        &self,
        attempt: Attempt,
        request: R,
        id: impl Fn(&R::Output) -> String,
    ) -> Result<R::Output>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let step = |name| self.faults.step_of(attempt.kind.as_str(), name);
        self.store(&attempt).await?;
        step("stored");
        let mut pause = FIRST_PAUSE;
        for tries in 1..=TRIES {
            let answer = self.send(&attempt.key, &request).await;
            match answer {
                Ok(object) => {
                    step("received");
                    self.answered(&attempt.key, "succeeded", Some(&id(&object)), None).await?;
                    step("answered");
                    return Ok(object);
                }
                Err(error) if error.is_worth_repeating() && tries < TRIES => {
                    tokio::time::sleep(jittered(pause)).await;
                    pause *= 2;
                }
                Err(error) => {
                    if let GatewayError::Refused { .. } = error {
                        self.answered(&attempt.key, "refused", None, Some(&error)).await?;
                    }
                    return Err(error.into());
                }
            }
        }
        Err(GatewayError::Unknown.into())
    }

    async fn store(&self, attempt: &Attempt) -> Result<()> {
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
        Ok(())
    }

    async fn send<R>(&self, key: &str, request: &R) -> Result<R::Output, GatewayError>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        // From here on it may have happened: say so before it can.
        let sent = sqlx::query!(
            "update gateway_attempts set state = 'unknown', tries = tries + 1, sent_at = clock()
             where key = $1 and state in ('ready', 'unknown')",
            key
        )
        .execute(&self.db)
        .await;
        if sent.is_err() {
            return Err(GatewayError::Busy { code: "attempt_not_stored".into() });
        }
        let key = IdempotencyKey::new(key).map_err(|_| GatewayError::Refused {
            status: 0,
            code: "idempotency_key".into(),
            decline_code: None,
        })?;
        // Idempotent is the only strategy used for a POST: the client's own retries would make up keys of their own.
        Ok(request.customize().request_strategy(RequestStrategy::Idempotent(key)).send(&self.client).await?)
    }

    async fn answered(
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

/// Between half and one and a half of the pause, so that callers who failed together do not return together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(0.5..1.5))
}
