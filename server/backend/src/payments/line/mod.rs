//! The way to the gateway that every call takes, reads included: paced, given up at once while the gateway does not
//! answer, bounded in time, and with the headers that say whether to try again.

mod breaker;
mod buckets;
mod calls;
mod http;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stripe::RequestStrategy;
use stripe_client_core::{CustomizedStripeRequest, StripeClient, StripeClientErr};
use tokio::time::Instant;

use self::breaker::Breaker;
use self::buckets::Buckets;
use self::calls::Calls;
use self::http::Http;
use super::GatewayError;
use crate::Result;
use crate::config::StripeConfig;

pub use self::breaker::Condition;
pub use self::buckets::Pace;
pub(super) use self::http::Answer;

#[derive(Clone)]
pub(super) struct Line(Arc<Parts>);

struct Parts {
    http: Http,
    buckets: Buckets,
    breaker: Breaker,
    calls: Calls,
    /// The longest wait for a turn; the call itself is bounded by the same.
    patience: Duration,
}

impl Line {
    pub(super) fn new(config: &StripeConfig) -> Result<Self> {
        Ok(Self(Arc::new(Parts {
            http: Http::new(config)?,
            buckets: Buckets::new(config.requests_per_second),
            breaker: Breaker::new(config.rest),
            calls: Calls::default(),
            patience: config.timeout,
        })))
    }

    pub(super) fn condition(&self) -> Condition {
        self.0.breaker.condition(Instant::now())
    }

    pub(super) fn paces(&self) -> Vec<Pace> {
        self.0.buckets.paces(Instant::now())
    }

    /// How calls ended since the process began.
    pub(super) fn calls(&self) -> Vec<(&'static str, u64)> {
        self.0.calls.so_far()
    }

    /// Waits for a turn at this endpoint.
    async fn turn(&self, endpoint: &str) -> Result<(), GatewayError> {
        match self.0.buckets.take(endpoint, Instant::now(), self.0.patience) {
            Some(wait) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            None => Err(GatewayError::Busy { code: "our_own_pace".into(), again_after: None }),
        }
    }

    /// What the answer, or that there is none, says about the gateway as a whole.
    fn learn(&self, endpoint: &str, outcome: &Result<Bytes, GatewayError>) {
        match outcome {
            Err(GatewayError::Unknown) => self.0.breaker.silent(Instant::now()),
            Err(GatewayError::Busy { code, .. }) => {
                self.0.breaker.answered();
                // Other codes are about one object or one key, not about our pace.
                if code == "rate_limit" {
                    self.0.buckets.slow_down(endpoint, Instant::now());
                }
            }
            _ => self.0.breaker.answered(),
        }
    }
}

impl StripeClient for Line {
    type Err = GatewayError;

    async fn execute(&self, request: CustomizedStripeRequest) -> Result<Bytes, GatewayError> {
        let outcome = self.call(request).await;
        self.0.calls.count(&outcome);
        outcome
    }
}

impl Line {
    async fn call(&self, request: CustomizedStripeRequest) -> Result<Bytes, GatewayError> {
        let (request, custom) = request.into_pieces();
        let endpoint = buckets::endpoint(&format!("{:?}", request.method), &request.path);
        self.turn(&endpoint).await?;
        // After the wait: the gateway may have fallen silent meanwhile.
        if !self.0.breaker.admits(Instant::now()) {
            return Err(GatewayError::Unavailable);
        }
        let key = custom.request_strategy.as_ref().and_then(RequestStrategy::get_key);
        let account = custom.account_id.as_ref().map(ToString::to_string);
        let outcome = match self.0.http.send(request, key, account.as_deref()).await {
            Some(answer) => answer.outcome(),
            None => Err(GatewayError::Unknown),
        };
        self.learn(&endpoint, &outcome);
        outcome
    }
}

impl StripeClientErr for GatewayError {
    /// A 200 whose body we cannot read did happen.
    fn deserialize_err(_: impl std::fmt::Display) -> Self {
        Self::Unknown
    }
}
