//! The only error that crosses the wire. Small, because without script it travels in an address; public, because
//! everybody can read it there.

mod wire;

use std::time::Duration;

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::codec::JsonEncoding;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "wire::Wire", into = "wire::Wire")]
pub enum ApiError {
    /// A person can mend it: what is wrong, beside which field, and what they had typed.
    Refused(Refusal),
    LoginNeeded,
    Forbidden,
    NotFound,
    /// Our fault. Nothing more is said here; the log knows.
    Internal,
    /// The database is away for a while. Whether what was asked was done is not known.
    Away {
        /// As a refusal's: what had been typed, for when it is back.
        kept: Vec<(String, String)>,
    },
    /// The browser could not reach us.
    Unreachable,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The form field's name; `None` when it concerns the whole form.
    pub field: Option<String>,
    pub message: String,
    /// Field and value pairs to put back into the form. Never a password.
    pub kept: Vec<(String, String)>,
    /// The request was fine, and what it met was not: sold out, over, already done.
    pub conflict: bool,
    /// It was asked too often: seconds until there is room again.
    pub retry_after: Option<u32>,
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

    /// A sound request, once too often.
    pub fn too_many(message: impl ToString, retry_after: Duration) -> Self {
        let seconds = retry_after.as_millis().div_ceil(1000).try_into().unwrap_or(u32::MAX);
        let refusal = Refusal { message: message.to_string(), ..Refusal::default() };
        Self::Refused(Refusal { retry_after: Some(seconds), ..refusal })
    }

    /// Sends a typed value back, so that the form loses nothing.
    #[must_use]
    pub fn keep(mut self, field: &str, value: impl Into<String>) -> Self {
        if let Self::Refused(Refusal { kept, .. }) | Self::Away { kept } = &mut self {
            kept.push((field.to_owned(), value.into()));
        }
        self
    }

    /// What had been typed into a field.
    #[must_use]
    pub fn kept(&self, field: &str) -> Option<&str> {
        match self {
            Self::Refused(Refusal { kept, .. }) | Self::Away { kept } => {
                kept.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
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
            Self::Refused(refusal) if refusal.retry_after.is_some() => 429,
            Self::Refused(refusal) if refusal.conflict => 409,
            Self::Refused(_) => 422,
            Self::LoginNeeded => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Internal | Self::Unreachable => 500,
            Self::Away { .. } => 503,
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Refused(refusal) => &refusal.message,
            Self::LoginNeeded => "You are not logged in. Nothing was charged or changed.",
            Self::Forbidden => "You may not do this. Nothing was charged or changed.",
            Self::NotFound => "There is nothing at this address.",
            Self::Internal => "Something went wrong on our side. Look whether it worked before you send it again.",
            Self::Away { .. } => "We cannot answer just now. Look whether it worked before you try again.",
            Self::Unreachable => {
                "The site could not be reached. Check your connection, and look whether it worked before you try again."
            }
        })
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(said) => unreadable(&said),
            ServerFnErrorErr::MissingArg(field) => missing(&field),
            _ => Self::Internal,
        }
    }
}

/// A form that is not one of ours, or not whole. Which field it is about is told by the decoder's message alone.
fn unreadable(said: &str) -> ApiError {
    if let Some(field) = quoted(said, "missing field `", '`') {
        missing(field)
    } else if let Some(field) = quoted(said, "Multiple values for one key: \"", '"') {
        ApiError::refused(Some(field), format!("The form came with more than one “{field}”. {ONCE_MORE}"))
    } else {
        ApiError::refused(None, format!("The form could not be read. {ONCE_MORE}"))
    }
}

fn missing(field: &str) -> ApiError {
    ApiError::refused(Some(field), format!("The form came without “{field}”. {ONCE_MORE}"))
}

const ONCE_MORE: &str = "Nothing was charged or changed. Load the page again and send it once more.";

fn quoted<'a>(said: &'a str, before: &str, after: char) -> Option<&'a str> {
    let (_, rest) = said.split_once(before)?;
    rest.split_once(after).map(|(field, _)| field)
}
