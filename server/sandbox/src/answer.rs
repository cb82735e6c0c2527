//! How one API request is answered: who asks, which fault strikes, what the key already holds, then the
//! operation itself.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::MatchedPath;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::api::{Call, Operation, expand};
use crate::app::{Answer, App, Claim, keep_answer};
use crate::caller::Caller;
use crate::error::{ApiError, Outcome};
use crate::faults::{Fault, Mode};
use crate::ids;
use crate::params::Params;
use crate::publishable;
use crate::tx::{API_VERSION, Origin, Tx};

const LARGEST_BODY: usize = 1024 * 1024;

/// Marks a response that must never be sent: the connection closes instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HangUp;

pub(crate) async fn answer(
    app: Arc<App>,
    operation: Operation,
    ids: (String, String),
    parts: Parts,
    body: Body,
) -> Response {
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.");
    };
    let exchange = Exchange::new(app, ids, parts, body);
    // In a task of its own: a client that hangs up must not stop what has begun.
    let done = tokio::spawn(exchange.run(operation)).await;
    done.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "The sandbox has a bug here."))
}

struct Exchange {
    app: Arc<App>,
    request_id: String,
    parts: Parts,
    call: Call,
    form: String,
    key: Option<String>,
    fingerprint: String,
    caller: Caller,
}

impl Exchange {
    fn new(app: Arc<App>, (id, child): (String, String), parts: Parts, body: Bytes) -> Self {
        let query = Params::decode(parts.uri.query().unwrap_or_default().as_bytes());
        let mut params = Params::decode(&body).merged(query);
        let caller = Caller::of(&parts.headers, &mut params);
        let named = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        let key = named.filter(|_| parts.method == http::Method::POST).map(str::to_owned);
        let fingerprint = format!("{} {} {}", parts.method, parts.uri.path(), params.as_json());
        let form = form_urlencoded::parse(&body).map(|(name, value)| format!("{name}={value}\n")).collect();
        let version = parts.headers.get("stripe-version").and_then(|value| value.to_str().ok());
        let call = Call {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            version: version.unwrap_or(API_VERSION).to_owned(),
            id,
            child,
            params,
        };
        Self { app, request_id: ids::new("req"), parts, call, form, key, fingerprint, caller }
    }

    async fn run(self, operation: Operation) -> Response {
        if let Err(error) = self.check_caller() {
            return self.refuse(&error);
        }
        let (method, path) = (self.parts.method.as_str(), self.parts.uri.path());
        let fault = self.app.lock().faults.for_request(method, path, &self.form);
        if let Some(response) = fault.as_ref().and_then(|fault| self.struck_before(fault)) {
            return response;
        }
        match self.claim() {
            Err(error) => return self.refuse(&error),
            Ok(Claim::Answered { status, body, request_id }) => {
                return self.replay(status, body, &request_id);
            }
            Ok(Claim::Mine) => {}
        }
        let held = self.key.as_deref().map(|key| HeldKey { app: &self.app, key: self.scoped(key) });
        if let Some(Fault { mode: Mode::Stall, ms, .. }) = &fault {
            tokio::time::sleep(Duration::from_millis(ms.unwrap_or(30_000))).await;
        }
        let answer = self.execute(operation, fault.clone());
        drop(held);
        self.struck_after(fault.as_ref(), answer)
    }

    fn check_caller(&self) -> Outcome<()> {
        let (method, path) = (&self.parts.method, self.parts.uri.path());
        self.caller.check(&self.app.lock().state, method, path, &self.call.params)?;
        self.app.admit(&self.endpoint())
    }

    /// Faults that keep the request from being executed at all.
    fn struck_before(&self, fault: &Fault) -> Option<Response> {
        let key = self.key.as_deref().unwrap_or_default();
        let mut error = match fault.mode {
            Mode::DropBefore => return Some(hang_up()),
            Mode::Html502 if !fault.commit => return Some(bad_gateway()),
            Mode::RateLimit429 => ApiError::rate_limited(),
            Mode::LockTimeout429 => ApiError::lock_timeout(),
            Mode::Refuse403 => ApiError::forbidden(),
            Mode::IdempotencyInUse409 => ApiError::key_in_use(key),
            _ => return None,
        };
        error.should_retry = fault.should_retry;
        error.retry_after = fault.retry_after;
        Some(self.refuse(&error))
    }

    fn claim(&self) -> Outcome<Claim> {
        let Some(key) = &self.key else { return Ok(Claim::Mine) };
        if key.len() > 255 {
            return Err(ApiError::invalid("", "Idempotency keys cannot be longer than 255 characters."));
        }
        self.app.claim(&self.scoped(key), &self.fingerprint)
    }

    /// `POST /v1/payment_intents/{id}/confirm`, which is what limits count.
    fn endpoint(&self) -> String {
        let path = self.parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        format!("{} {path}", self.parts.method)
    }

    /// Each account has keys of its own.
    fn scoped(&self, key: &str) -> String {
        match &self.caller.account {
            Some(account) => format!("{account} {key}"),
            None => key.to_owned(),
        }
    }

    fn execute(&self, operation: Operation, fault: Option<Fault>) -> Answer {
        let origin = Origin {
            request_id: Some(self.request_id.clone()),
            idempotency_key: self.key.clone(),
            account: self.caller.account.clone(),
        };
        if fault.as_ref().is_some_and(|fault| fault.mode == Mode::Error500Instead) {
            let answer = self.render(Err(&ApiError::internal()));
            return self.kept(origin, answer);
        }
        let fails_late = fault.as_ref().is_some_and(|fault| fault.mode == Mode::Error500AfterCommit);
        let mut declined = None;
        let outcome = self.app.transact_with(origin.clone(), fault, |tx| {
            let outcome = operation(tx, &self.call).map_err(|error| error.for_path(&self.call.id));
            let outcome = outcome.and_then(|object| self.expanded(tx, object));
            let answer = match &outcome {
                Err(error) if !error.commits => return Err(error.clone()),
                _ if fails_late => self.render(Err(&ApiError::internal())),
                Err(error) => self.render(Err(error)),
                Ok(object) => self.render(Ok(object)),
            };
            self.keep(tx, &answer);
            declined = Some(answer.clone());
            outcome.map(|_| answer)
        });
        match (outcome, declined) {
            (Ok(answer), _) | (Err(_), Some(answer)) => answer,
            (Err(error), None) => {
                let answer = self.render(Err(&error));
                if error.began { self.kept(origin, answer) } else { answer }
            }
        }
    }

    /// An answer that changed nothing but belongs to its key.
    fn kept(&self, origin: Origin, answer: Answer) -> Answer {
        let kept = self.app.transact(origin, |tx| {
            self.keep(tx, &answer);
            Ok(())
        });
        kept.map_or_else(|failed| self.render(Err(&failed)), |()| answer)
    }

    fn expanded(&self, tx: &Tx, mut object: Value) -> Outcome {
        for path in self.call.params.texts("expand") {
            expand::expand(tx.state(), &mut object, path)?;
        }
        Ok(object)
    }

    fn keep(&self, tx: &mut Tx, answer: &Answer) {
        if let Some(key) = &self.key {
            keep_answer(tx, &self.scoped(key), &self.fingerprint, answer);
        }
    }

    fn render(&self, outcome: Result<&Value, &ApiError>) -> Answer {
        let pretty = |object: &Value| {
            let mut object = object.clone();
            if self.caller.is_browser() {
                publishable::redact(&mut object);
            }
            serde_json::to_string_pretty(&object).unwrap_or_default()
        };
        match outcome {
            Ok(object) => Answer::new(200, pretty(object)),
            Err(error) => Answer {
                should_retry: error.should_retry,
                retry_after: error.retry_after,
                rate_limited: error.field("code") == "rate_limit",
                ..Answer::new(error.status.as_u16(), pretty(&error.body(&self.request_id)))
            },
        }
    }

    /// Faults that spoil the answer to what was executed.
    fn struck_after(&self, fault: Option<&Fault>, mut answer: Answer) -> Response {
        match fault.map(|fault| fault.mode) {
            Some(Mode::DropResponseAfterCommit) => hang_up(),
            Some(Mode::Html502) => bad_gateway(),
            Some(Mode::TruncatedJson200) => {
                answer.body = answer.body.chars().take(answer.body.chars().count() / 2).collect();
                self.respond(answer, None)
            }
            _ => self.respond(answer, None),
        }
    }

    fn refuse(&self, error: &ApiError) -> Response {
        self.respond(self.render(Err(error)), None)
    }

    fn replay(&self, status: u16, body: String, first_request: &str) -> Response {
        self.respond(Answer::new(status, body), Some(first_request))
    }

    fn respond(&self, answer: Answer, replayed_from: Option<&str>) -> Response {
        let mut response = Response::new(Body::from(answer.body));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set("content-type", "application/json");
        set("cache-control", "no-cache, no-store");
        set("access-control-allow-origin", "*");
        set("access-control-expose-headers", "Request-Id, Stripe-Should-Retry, Retry-After");
        set("request-id", &self.request_id);
        set("stripe-version", &self.call.version);
        if let Some(key) = &self.key {
            set("idempotency-key", key);
            set("original-request", replayed_from.unwrap_or(&self.request_id));
        }
        if replayed_from.is_some() {
            set("idempotent-replayed", "true");
        }
        if let Some(should_retry) = answer.should_retry {
            set("stripe-should-retry", if should_retry { "true" } else { "false" });
        }
        if let Some(seconds) = answer.retry_after {
            set("retry-after", &seconds.to_string());
        }
        if answer.rate_limited {
            set("stripe-rate-limited-reason", "endpoint-rate");
        }
        response
    }
}

/// A key in flight; it is free again whatever becomes of its request.
struct HeldKey<'a> {
    app: &'a App,
    key: String,
}

impl Drop for HeldKey<'_> {
    fn drop(&mut self) {
        self.app.release(&self.key);
    }
}

fn hang_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

fn bad_gateway() -> Response {
    let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway\
                </h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    let mut response = plain(StatusCode::BAD_GATEWAY, page);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
