//! The only error that crosses the wire. Small, because without script it travels in an address; public, because
//! everybody can read it there.

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::codec::JsonEncoding;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum ApiError {
    /// A person can mend it: what is wrong, beside which field, and what they had typed.
    Refused(Refusal),
    LoginNeeded,
    Forbidden,
    NotFound,
    /// Our fault. Nothing more is said here; the log knows.
    Internal,
    /// The browser could not reach us.
    Unreachable,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The form field's name; `None` when it concerns the whole form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    pub message: String,
    /// Field and value pairs to put back into the form. Never a password.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<(String, String)>,
    /// The request was fine, and what it met was not: sold out, over, already done.
    #[serde(default)]
    pub conflict: bool,
}

impl ApiError {
    /// A value that cannot be accepted.
    pub fn refused(field: Option<&str>, message: impl ToString) -> Self {
        Self::Refused(Refusal {
            field: field.map(str::to_owned),
            message: message.to_string(),
            ..Refusal::default()
        })
    }

    /// A sound request that the present state does not allow.
    pub fn conflict(field: Option<&str>, message: impl ToString) -> Self {
        let refusal =
            Refusal { field: field.map(str::to_owned), message: message.to_string(), ..Refusal::default() };
        Self::Refused(Refusal { conflict: true, ..refusal })
    }

    /// Sends a typed value back, so that the form loses nothing.
    #[must_use]
    pub fn keep(mut self, field: &str, value: impl Into<String>) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.kept.push((field.to_owned(), value.into()));
        }
        self
    }

    /// What had been typed into a field.
    #[must_use]
    pub fn kept(&self, field: &str) -> Option<&str> {
        match self {
            Self::Refused(refusal) => {
                refusal.kept.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
            }
            _ => None,
        }
    }

    /// The message beside a field; the whole form's with `None`.
    #[must_use]
    pub fn message_for(&self, field: Option<&str>) -> Option<String> {
        match self {
            Self::Refused(refusal) if refusal.field.as_deref() == field => Some(refusal.message.clone()),
            Self::Refused(_) => None,
            other => field.is_none().then(|| other.to_string()),
        }
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused(refusal) if refusal.conflict => 409,
            Self::Refused(_) => 422,
            Self::LoginNeeded => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Internal | Self::Unreachable => 500,
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Refused(refusal) => &refusal.message,
            Self::LoginNeeded => "Log in first.",
            Self::Forbidden => "You may not do this.",
            Self::NotFound => "There is nothing at this address.",
            Self::Internal => "Something went wrong on our side. Nothing was charged. Try again in a moment.",
            Self::Unreachable => "The site could not be reached. Check your connection and try again.",
        })
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::refused(None, "The form was not complete. Load the page again and send it once more.")
            }
            _ => Self::Internal,
        }
    }
}
