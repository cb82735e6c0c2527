//! A call that changes something at the gateway. Its key is committed before the call, and the row says *unknown*
//! from the moment of sending until an answer is stored: after a crash it still tells the truth.
//!
//! No answer is asked for again under the same key. A 5xx that *was* answered is kept by the gateway under its key
//! for a day and would be repeated for ever, yet it may have acted: what it did is read, and only if there is nothing
//! the call is made again under the key's next generation.

use std::time::Duration;

use domain::{PersonId, PledgeId};
use stripe::{IdempotencyKey, RequestStrategy, StripeRequest};
use tokio::time::Instant;

use super::{Condition, GatewayError, Payments};
use crate::again::jittered;
use crate::{Error, Result};

/// The first pause between tries; each following one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(120);
/// A person may be waiting: no further try begins after this. Later ones are the jobs' business.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a call does. The names are in the table's check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptKind {
    CreateCustomer,
    CreateSession,
    /// A pledge's own intent, confirmed with a saved card.
    CreateIntent,
    ExpireSession,
    CancelIntent,
    DetachCard,
    Refund,
    Charge,
    Capture,
    /// A payment tried again: by ourselves, or with its backer there.
    Confirm,
    CreateAccount,
    CreateAccountLink,
    CreateLoginLink,
    Transfer,
    ReverseTransfer,
    SubmitEvidence,
}

impl AttemptKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::CreateCustomer => "create_customer",
            Self::CreateSession => "create_session",
            Self::CreateIntent => "create_intent",
            Self::ExpireSession => "expire_session",
            Self::CancelIntent => "cancel_intent",
            Self::DetachCard => "detach_card",
            Self::Refund => "refund",
            Self::Charge => "charge",
            Self::Capture => "capture",
            Self::Confirm => "confirm",
            Self::CreateAccount => "create_account",
            Self::CreateAccountLink => "create_account_link",
            Self::CreateLoginLink => "create_login_link",
            Self::Transfer => "transfer",
            Self::ReverseTransfer => "reverse_transfer",
            Self::SubmitEvidence => "submit_evidence",
        }
    }

    /// Whether asking again after a refusal is a new question with a new key. The gateway repeats its refusal under
    /// the old one for a day, although what stood in the way may be gone.
    pub(super) fn renews_when_refused(self) -> bool {
        match self {
            Self::CreateCustomer
            | Self::CreateSession
            | Self::ExpireSession
            | Self::CancelIntent
            | Self::DetachCard
            | Self::Refund
            | Self::CreateAccount
            | Self::CreateAccountLink
            | Self::CreateLoginLink
            | Self::Transfer
            | Self::ReverseTransfer => true,
            // Refused for now, and never done twice.
            Self::Capture | Self::SubmitEvidence => true,
            // Sent anew it would be another payment, or another try of the same card: a refusal is an answer.
            Self::CreateIntent | Self::Charge | Self::Confirm => false,
        }
    }

    /// Whether the gateway itself refuses to do it to the same object twice, whatever the key.
    fn ends_an_object(self) -> bool {
        match self {
            Self::ExpireSession
            | Self::CancelIntent
            | Self::DetachCard
            | Self::Capture
            | Self::Confirm
            | Self::SubmitEvidence => true,
            Self::CreateCustomer
            | Self::CreateSession
            | Self::CreateIntent
            | Self::Refund
            | Self::Charge
            | Self::CreateAccount
            | Self::CreateAccountLink
            | Self::CreateLoginLink
            | Self::Transfer
            | Self::ReverseTransfer => false,
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
    /// [`GatewayError::Refused`] closes the row; every other error leaves it open. [`GatewayError::Indeterminate`]:
    /// whether it happened must be found out by reading, unless the call merely ends an object: then it is made again.
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
        let before = self.begin(&attempt).await?;
        if before.key_is_forgotten && !attempt.kind.ends_an_object() {
            return Err(GatewayError::Indeterminate.into());
        }
        match self.send_until_answered(&attempt, &request, &id).await {
            Err(Error::Gateway(GatewayError::Indeterminate)) if attempt.kind.ends_an_object() => {
                self.renew(&attempt.key, before.generation).await?;
                self.send_until_answered(&attempt, &request, &id).await
            }
            answer => answer,
        }
    }

    /// The same for a call that makes something. `find` reads what an earlier, undecided call has made: asked before
    /// anything is sent under a key that the gateway may have forgotten, and after a 5xx.
    ///
    /// # Errors
    /// As [`Self::attempt`], and whatever `find` fails with.
    pub(super) async fn attempt_or_find<R>(
        &self,
        attempt: Attempt,
        request: R,
        id: impl Fn(&R::Output) -> String,
        find: impl Future<Output = Result<Option<R::Output>>>,
    ) -> Result<R::Output>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let before = self.begin(&attempt).await?;
        if !before.key_is_forgotten {
            match self.send_until_answered(&attempt, &request, &id).await {
                Err(Error::Gateway(GatewayError::Indeterminate)) => {}
                answer => return answer,
            }
        }
        if let Some(found) = find.await? {
            self.answered(&attempt.key, "succeeded", Some(&id(&found)), None).await?;
            return Ok(found);
        }
        self.renew(&attempt.key, before.generation).await?;
        self.send_until_answered(&attempt, &request, &id).await
    }

    async fn send_until_answered<R>(
        &self,
        attempt: &Attempt,
        request: &R,
        id: impl Fn(&R::Output) -> String,
    ) -> Result<R::Output>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let step = |name| self.faults.step_of(attempt.kind.as_str(), name);
        step("stored");
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            match self.send(attempt, request).await {
                Ok(object) => {
                    step("received");
                    self.answered(&attempt.key, "succeeded", Some(&id(&object)), None).await?;
                    step("answered");
                    return Ok(object);
                }
                Err(error) if tries < error.tries() && began.elapsed() + error.again_after() < PATIENCE => {
                    tokio::time::sleep(jittered(pause).max(error.again_after())).await;
                    pause *= 2;
                    tries += 1;
                }
                Err(error) => {
                    if let GatewayError::Refused { .. } = error {
                        self.answered(&attempt.key, "refused", None, Some(&error)).await?;
                    }
                    return Err(error.into());
                }
            }
        }
    }

    async fn send<R>(&self, attempt: &Attempt, request: &R) -> Result<R::Output, GatewayError>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        if self.condition() == Condition::Away {
            return Err(GatewayError::Unavailable);
        }
        // From here on it may have happened: say so before it can.
        let Ok(key) = self.sending(attempt).await else {
            return Err(GatewayError::Busy { code: "attempt_not_stored".into(), again_after: None });
        };
        let key = IdempotencyKey::new(key).map_err(|_| GatewayError::Refused {
            status: 0,
            code: "idempotency_key".into(),
            decline_code: None,
        })?;
        // Idempotent is the only strategy used for a POST: the client's own retries would make up keys of their own.
        request.customize().request_strategy(RequestStrategy::Idempotent(key)).send(&self.line).await
    }
}
