//! Stripe's error object and the HTTP status that goes with it.

use http::StatusCode;
use serde_json::{Map, Value, json};

/// What an operation answers: an object, or a refusal.
pub(crate) type Outcome<T = Value> = Result<T, Box<ApiError>>;

/// A refusal as Stripe words it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    /// The answer belongs to its idempotency key: execution had begun.
    pub(crate) began: bool,
    /// What the operation wrote stays, as a declined card leaves an intent and a failed charge behind.
    pub(crate) commits: bool,
    pub(crate) should_retry: Option<bool>,
    /// Seconds to wait, with a 429.
    pub(crate) retry_after: Option<u64>,
    missing_id: Option<String>,
    fields: Map<String, Value>,
}

impl ApiError {
    fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Box<Self> {
        let mut fields = Map::new();
        fields.insert("message".into(), json!(message.into()));
        fields.insert("type".into(), json!(kind));
        Box::new(Self {
            status,
            began: true,
            commits: false,
            should_retry: None,
            retry_after: None,
            missing_id: None,
            fields,
        })
    }

    /// A parameter is wrong: nothing was executed, so nothing is kept under the key.
    pub(crate) fn invalid(param: &str, message: impl Into<String>) -> Box<Self> {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message);
        error.began = false;
        if param.is_empty() { error } else { error.with("param", json!(param)) }
    }

    /// The request is well formed, but the object cannot do that now.
    pub(crate) fn state(code: &str, message: impl Into<String>) -> Box<Self> {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message).code(code)
    }

    pub(crate) fn missing(noun: &str, id: &str, param: &str) -> Box<Self> {
        let message = format!("No such {noun}: '{id}'");
        let mut error = Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message);
        error.missing_id = Some(id.to_owned());
        error.code("resource_missing").with("param", json!(param))
    }

    /// Stripe answers 404 for the object in the path, and 400 for one that a parameter names.
    pub(crate) fn for_path(mut self: Box<Self>, path_id: &str) -> Box<Self> {
        if self.missing_id.as_deref().is_some_and(|missing| missing != path_id) {
            self.status = StatusCode::BAD_REQUEST;
        }
        self
    }

    pub(crate) fn unknown_url(method: &str, path: &str) -> Box<Self> {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at \
             https://support.stripe.com/."
        );
        let mut error = Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message);
        error.began = false;
        error
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Box<Self> {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message);
        error.began = false;
        error
    }

    /// What is asked for is not for browsers.
    pub(crate) fn secret_key_required() -> Box<Self> {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key.";
        Self::unauthorized(message).code("secret_key_required")
    }

    /// The `Stripe-Account` header names an account that is not connected, or no longer.
    pub(crate) fn no_access(account: &str) -> Box<Self> {
        let message = format!(
            "The provided key 'sk_test_***' does not have access to account '{account}' (or that account does not \
             exist). Application access may have been revoked."
        );
        let mut error = Self::new(StatusCode::FORBIDDEN, "invalid_request_error", message);
        error.began = false;
        error.code("account_invalid")
    }

    pub(crate) fn forbidden() -> Box<Self> {
        let message = "The provided key does not have the required permissions for this endpoint.";
        let mut error = Self::new(StatusCode::FORBIDDEN, "invalid_request_error", message);
        error.began = false;
        error.code("more_permissions_required")
    }

    /// The card was refused: HTTP 402, and the attempt stays on record.
    pub(crate) fn card(code: &str, message: impl Into<String>) -> Box<Self> {
        let mut error = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message);
        error.commits = true;
        error.code(code)
    }

    pub(crate) fn key_mismatch(key: &str) -> Box<Self> {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try \
             using a key other than '{key}' if you meant to execute a different request."
        );
        let mut error = Self::new(StatusCode::BAD_REQUEST, "idempotency_error", message);
        error.began = false;
        error
    }

    pub(crate) fn key_in_use(key: &str) -> Box<Self> {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that probably means you \
             submitted twice, and the other request is still going through): {key}. Please try again later."
        );
        let mut error = Self::new(StatusCode::CONFLICT, "idempotency_error", message);
        error.began = false;
        error.code("idempotency_key_in_use")
    }

    pub(crate) fn rate_limited() -> Box<Self> {
        let message = "Request rate limit exceeded. Learn more about rate limits here \
                       https://stripe.com/docs/rate-limits.";
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "invalid_request_error", message);
        error.began = false;
        error.code("rate_limit")
    }

    pub(crate) fn lock_timeout() -> Box<Self> {
        let message = "This object cannot be accessed right now because another API request or Stripe process is \
                       currently accessing it. If you see this error intermittently, retry the request. If you see \
                       this error frequently and are making multiple concurrent requests to a single object, make \
                       your requests serially or at a lower rate.";
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "invalid_request_error", message);
        error.began = false;
        error.code("lock_timeout")
    }

    pub(crate) fn internal() -> Box<Self> {
        let message = "An unknown error occurred";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", message)
    }

    pub(crate) fn code(self: Box<Self>, code: &str) -> Box<Self> {
        let url = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
        self.with("code", json!(code)).with("doc_url", json!(url))
    }

    pub(crate) fn with(mut self: Box<Self>, field: &str, value: Value) -> Box<Self> {
        self.fields.insert(field.into(), value);
        self
    }

    pub(crate) fn message(&self) -> &str {
        self.field("message")
    }

    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The error without the wrapper, as it is kept in `last_payment_error`.
    pub(crate) fn object(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    pub(crate) fn body(&self, request_id: &str) -> Value {
        let mut error = self.fields.clone();
        let url = format!("https://dashboard.stripe.com/test/logs/{request_id}?t=0");
        error.insert("request_log_url".into(), json!(url));
        json!({ "error": error })
    }
}
