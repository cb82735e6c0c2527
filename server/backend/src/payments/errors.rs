//! The ways a call to the gateway can end badly, and only one of them means "it did not happen".

use std::time::Duration;

use stripe::{ApiErrors, ApiErrorsCode, ApiErrorsType};

use super::line::Answer;

/// Why a call to the gateway gave no object. Carries codes only: the gateway's own texts embed client secrets
/// and e-mail addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The gateway answered that it will not. Nothing happened.
    #[error("gateway refused: {status} {code}")]
    Refused { status: u16, code: String, decline_code: Option<String> },
    /// The gateway was too busy to begin (rate limit, lock, the same key in flight). Nothing happened by this call, and
    /// it may be made again after this long; `None`: not by whoever is waiting now.
    #[error("gateway busy: {code}")]
    Busy { code: String, again_after: Option<Duration> },
    /// No usable answer: time-out, broken connection, a proxy's error page, an unreadable body. It may have happened,
    /// and the same key asked again will tell.
    #[error("gateway did not answer")]
    Unknown,
    /// The gateway itself answered 5xx, or that the key was used for other parameters. It may have happened, and the
    /// same key repeats that answer for a day: only a read can tell. ("Treat the result of a 500 request as
    /// indeterminate": Stripe, low-level error handling.)
    #[error("gateway failed over the call; its outcome is unknown")]
    Indeterminate,
    /// The gateway has not been answering, and was not asked. Nothing happened by this call.
    #[error("gateway away")]
    Unavailable,
}

impl GatewayError {
    /// How often the same request with the same key is sent at most when this is the answer.
    pub(super) fn tries(&self) -> u32 {
        match self {
            Self::Refused { .. } | Self::Unavailable | Self::Busy { again_after: None, .. } => 1,
            // Some never reached the part that keeps them under the key.
            Self::Indeterminate => 2,
            Self::Busy { .. } | Self::Unknown => 4,
        }
    }

    /// The least to wait before the same request is sent again.
    pub(super) fn again_after(&self) -> Duration {
        match self {
            Self::Busy { again_after, .. } => again_after.unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }

    /// Whether the trouble is the gateway's and will pass: the same work may succeed later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

impl GatewayError {
    /// What an answer that is not a success means.
    pub(super) fn of(answer: &Answer) -> Self {
        // Not the gateway's own words: something between us spoke.
        let Some(api) = error_object(&answer.body) else { return Self::Unknown };
        let code = api.code.as_ref().map_or("none", ApiErrorsCode::as_str).to_owned();
        match answer.status {
            409 | 424 | 429 => Self::Busy { code, again_after: again_after(answer) },
            // The key was used before, with what has changed since: an address, a title. Whether that call happened
            // must be read.
            400 if api.type_ == ApiErrorsType::IdempotencyError => Self::Indeterminate,
            400..=499 if answer.should_retry == Some(true) => {
                Self::Busy { code, again_after: again_after(answer) }
            }
            status @ 400..=499 => Self::Refused { status, code, decline_code: api.decline_code },
            _ => Self::Indeterminate,
        }
    }
}

fn error_object(body: &[u8]) -> Option<ApiErrors> {
    let body = std::str::from_utf8(body).ok()?;
    miniserde::json::from_str::<stripe_shared::Error>(body).ok().map(|error| *error.error)
}

fn again_after(answer: &Answer) -> Option<Duration> {
    (answer.should_retry != Some(false)).then(|| answer.retry_after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, kind: &str, code: &str) -> Answer {
        let body = format!(r#"{{"error": {{"type": "{kind}", "code": "{code}"}}}}"#);
        Answer { status, should_retry: None, retry_after: None, body: body.into() }
    }

    fn busy(answer: Answer) -> Option<Duration> {
        match GatewayError::of(&answer) {
            GatewayError::Busy { again_after, .. } => again_after,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_refusal_means_that_nothing_happened() {
        let refused = GatewayError::of(&answer(402, "card_error", "card_declined"));
        assert!(matches!(refused, GatewayError::Refused { status: 402, .. }), "{refused:?}");
        assert_eq!(GatewayError::of(&answer(500, "api_error", "")), GatewayError::Indeterminate);
        assert_eq!(GatewayError::of(&answer(400, "idempotency_error", "")), GatewayError::Indeterminate);
        let page = Answer { body: "<html>".into(), ..answer(502, "", "") };
        assert_eq!(GatewayError::of(&page), GatewayError::Unknown);
    }

    #[test]
    fn the_gateway_says_whether_and_when_to_try_again() {
        let limit = || answer(429, "invalid_request_error", "rate_limit");
        let second = Duration::from_secs(1);
        assert_eq!(busy(limit()), Some(Duration::ZERO));
        assert_eq!(busy(Answer { retry_after: Some(second), ..limit() }), Some(second));
        assert_eq!(busy(Answer { should_retry: Some(false), ..limit() }), None);
        let passing = answer(400, "invalid_request_error", "");
        assert_eq!(busy(Answer { should_retry: Some(true), ..passing }), Some(Duration::ZERO));
    }
}
