//! [`ApiError`] as JSON: one flat object. An enum that keeps its name inside the object would bring serde's buffering
//! into the browser, several kilobytes of it.

use serde::{Deserialize, Serialize};

use super::{ApiError, Refusal};

#[derive(Serialize, Deserialize)]
pub struct Wire {
    error: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kept: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "is_false")]
    conflict: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Refused,
    LoginNeeded,
    Forbidden,
    NotFound,
    Internal,
    Away,
    Unreachable,
}

impl From<ApiError> for Wire {
    fn from(error: ApiError) -> Self {
        let (error, refusal) = match error {
            ApiError::Refused(refusal) => (Kind::Refused, refusal),
            ApiError::LoginNeeded => (Kind::LoginNeeded, Refusal::default()),
            ApiError::Forbidden => (Kind::Forbidden, Refusal::default()),
            ApiError::NotFound => (Kind::NotFound, Refusal::default()),
            ApiError::Internal => (Kind::Internal, Refusal::default()),
            ApiError::Away { kept } => (Kind::Away, Refusal { kept, ..Refusal::default() }),
            ApiError::Unreachable => (Kind::Unreachable, Refusal::default()),
        };
        let Refusal { field, message, kept, conflict, retry_after } = refusal;
        Self { error, field, message, kept, conflict, retry_after }
    }
}

impl From<Wire> for ApiError {
    fn from(Wire { error, field, message, kept, conflict, retry_after }: Wire) -> Self {
        match error {
            Kind::Refused => Self::Refused(Refusal { field, message, kept, conflict, retry_after }),
            Kind::LoginNeeded => Self::LoginNeeded,
            Kind::Forbidden => Self::Forbidden,
            Kind::NotFound => Self::NotFound,
            Kind::Internal => Self::Internal,
            Kind::Away => Self::Away { kept },
            Kind::Unreachable => Self::Unreachable,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_arrives_as_it_was_sent() {
        let refused = ApiError::refused(Some("amount"), "Too much.").keep("amount", "25");
        for (error, json) in [
            (
                refused,
                r#"{"error":"refused","field":"amount","message":"Too much.","kept":[["amount","25"]]}"#,
            ),
            (
                ApiError::conflict(None, "Sold out."),
                r#"{"error":"refused","message":"Sold out.","conflict":true}"#,
            ),
            (
                ApiError::too_many("Wait.", std::time::Duration::from_millis(1500)),
                r#"{"error":"refused","message":"Wait.","retry_after":2}"#,
            ),
            (ApiError::LoginNeeded, r#"{"error":"login_needed"}"#),
            (ApiError::Forbidden, r#"{"error":"forbidden"}"#),
            (ApiError::NotFound, r#"{"error":"not_found"}"#),
            (ApiError::Internal, r#"{"error":"internal"}"#),
            (ApiError::Away { kept: Vec::new() }, r#"{"error":"away"}"#),
            (
                ApiError::Away { kept: Vec::new() }.keep("amount", "30"),
                r#"{"error":"away","kept":[["amount","30"]]}"#,
            ),
            (ApiError::Unreachable, r#"{"error":"unreachable"}"#),
        ] {
            assert_eq!(serde_json::to_string(&error).expect("JSON"), json);
            assert_eq!(serde_json::from_str::<ApiError>(json).expect("an error"), error);
        }
    }
}
