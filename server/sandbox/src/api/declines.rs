//! Why a card is refused, in Stripe's codes and words.

use serde_json::json;

use crate::error::ApiError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decline {
    Generic,
    InsufficientFunds,
    Lost,
    Stolen,
    Expired,
    Cvc,
    Processing,
    Velocity,
    Radar,
    AuthenticationRequired,
    LiveCard,
}

impl Decline {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired_card",
            Self::Cvc => "incorrect_cvc",
            Self::Processing => "processing_error",
            Self::AuthenticationRequired => "authentication_required",
            _ => "card_declined",
        }
    }

    pub(crate) fn decline_code(self) -> &'static str {
        match self {
            Self::Generic => "generic_decline",
            Self::InsufficientFunds => "insufficient_funds",
            Self::Lost => "lost_card",
            Self::Stolen => "stolen_card",
            Self::Expired => "expired_card",
            Self::Cvc => "incorrect_cvc",
            Self::Processing => "processing_error",
            Self::Velocity => "card_velocity_exceeded",
            Self::Radar => "fraudulent",
            Self::AuthenticationRequired => "authentication_required",
            Self::LiveCard => "test_mode_live_card",
        }
    }

    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Generic | Self::Lost | Self::Stolen | Self::Radar => "Your card was declined.",
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::Expired => "Your card has expired.",
            Self::Cvc => "Your card's security code is incorrect.",
            Self::Processing => "An error occurred while processing your card. Try again in a little bit.",
            Self::Velocity => {
                "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
            }
            Self::AuthenticationRequired => {
                "Your card was declined. This transaction requires authentication."
            }
            Self::LiveCard => {
                "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of \
                 valid test cards, visit: https://stripe.com/docs/testing."
            }
        }
    }

    /// Stripe names the field to blame where there is one.
    fn param(self) -> Option<&'static str> {
        match self {
            Self::Expired => Some("exp_month"),
            Self::Cvc => Some("cvc"),
            _ => None,
        }
    }

    pub(crate) fn error(self) -> Box<ApiError> {
        let error =
            ApiError::card(self.code(), self.message()).with("decline_code", json!(self.decline_code()));
        match self.param() {
            Some(param) => error.with("param", json!(param)),
            None => error,
        }
    }
}
