//! The ways a call to the gateway can end badly, and only one of them means "it did not happen".

use stripe::{ApiErrorsCode, ApiErrorsType, StripeError};

/// Why a call to the gateway gave no object. Carries codes only: the gateway's own texts embed client secrets
/// and e-mail addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The gateway answered that it will not. Nothing happened.
    #[error("gateway refused: {status} {code}")]
    Refused { status: u16, code: String, decline_code: Option<String> },
    /// The gateway was too busy to begin (rate limit, lock, the same key in flight). Nothing happened by this call.
    #[error("gateway busy: {code}")]
    Busy { code: String },
    /// No usable answer: time-out, broken connection, a proxy's error page, an unreadable body. It may have happened,
    /// and the same key asked again will tell.
    #[error("gateway did not answer")]
    Unknown,
    /// The gateway itself answered 5xx, or that the key was used for other parameters. It may have happened, and the
    /// same key repeats that answer for a day: only a read can tell. ("Treat the result of a 500 request as
    /// indeterminate": Stripe, low-level error handling.)
    #[error("gateway failed over the call; its outcome is unknown")]
    Indeterminate,
}

impl GatewayError {
    /// How often the same request with the same key is sent at most when this is the answer.
    pub(super) fn tries(&self) -> u32 {
        match self {
            Self::Refused { .. } => 1,
            // Some never reached the part that keeps them under the key.
            Self::Indeterminate => 2,
            Self::Busy { .. } | Self::Unknown => 4,
        }
    }

    /// Whether the trouble is the gateway's and will pass: the same work may succeed later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

impl From<StripeError> for GatewayError {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Stripe(api, status) => {
                let code = api.code.as_ref().map_or("none", ApiErrorsCode::as_str).to_owned();
                match status {
                    409 | 424 | 429 => Self::Busy { code },
                    // The key was used before, with what has changed since: an address, a title. Whether that call
                    // happened must be read.
                    400 if api.type_ == ApiErrorsType::IdempotencyError => Self::Indeterminate,
                    400..=499 => Self::Refused { status, code, decline_code: api.decline_code },
                    _ => Self::Indeterminate,
                }
            }
            // A 200 whose body we cannot read did happen; a connection error may have.
            StripeError::JSONDeserialize(_) | StripeError::ClientError(_) | StripeError::Timeout => {
                Self::Unknown
            }
            StripeError::ConfigError(_) => {
                Self::Refused { status: 0, code: "configuration".into(), decline_code: None }
            }
        }
    }
}
