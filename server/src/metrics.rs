//! `/metrics`, in Prometheus' text: requests and how long they took, what waits, how the gateway does, what is wrong.
//! A handful of counters needs no library; the rest is read when it is asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use backend::payments::Condition;
use backend::throttle::ClientAddress;

use crate::router::Site;

/// Who may read them: they tell how a business does.
#[derive(Clone, Debug)]
pub enum MetricsFor {
    Nobody,
    /// A demo's.
    ThisMachine,
    /// Whoever sends this token.
    WhoeverHas(String),
}

/// Seconds: a page is drawn in a few milliseconds, and one that takes a second is noticed.
const BUCKETS: [f64; 8] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// Requests of one method, route and class of status.
#[derive(Default)]
struct Requests {
    below: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

/// Since the process began. Routes are patterns, so there are no more of them than the router has.
static REQUESTS: Mutex<BTreeMap<(String, String, u16), Requests>> = Mutex::new(BTreeMap::new());

/// Counts an answered request.
pub fn count_request(method: &Method, route: &str, response: &Response, took: Duration) {
    // A method may be any word that a stranger thinks of.
    let method = match *method {
        Method::GET | Method::HEAD | Method::POST => method.as_str(),
        _ => "other",
    };
    let class = response.status().as_u16() / 100;
    let seconds = took.as_secs_f64();
    let mut all = REQUESTS.lock().unwrap_or_else(PoisonError::into_inner);
    let requests = all.entry((method.to_owned(), route.to_owned(), class)).or_default();
    requests.count += 1;
    requests.seconds += seconds;
    for (below, bound) in requests.below.iter_mut().zip(BUCKETS) {
        *below += u64::from(seconds <= bound);
    }
}

pub async fn show(
    State(site): State<Site>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Response {
    if !allows(&site.metrics, address, &headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match text(&site).await {
        Ok(text) => {
            let kind = [
                (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (kind, text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn allows(whom: &MetricsFor, address: ClientAddress, headers: &HeaderMap) -> bool {
    match whom {
        MetricsFor::Nobody => false,
        MetricsFor::ThisMachine => address.0.is_loopback(),
        MetricsFor::WhoeverHas(token) => {
            let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let sent = sent.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
            // Compared by their hashes, so that the time it takes tells nothing about the token.
            backend::fingerprint(sent.as_bytes()) == backend::fingerprint(token.as_bytes())
        }
    }
}

async fn text(site: &Site) -> backend::Result<String> {
    let mut text = Text::default();
    requests(&mut text);
    text.name("groundswell_streams", "gauge", "Open live bars.");
    text.value("groundswell_streams", "", site.watchers.open());
    text.name(
        "groundswell_gateway_calls_total",
        "counter",
        "Calls to the payment gateway by how they ended.",
    );
    for (outcome, count) in site.ctx.payments.calls() {
        text.value("groundswell_gateway_calls_total", &format!("outcome=\"{outcome}\""), count);
    }
    text.name("groundswell_gateway_answers", "gauge", "1 while the payment gateway answers.");
    let answers = site.ctx.payments.condition() == Condition::Answers;
    text.value("groundswell_gateway_answers", "", u8::from(answers));
    text.name("groundswell_gateway_pace", "gauge", "Calls a second at each of its endpoints, as it is now.");
    for pace in site.ctx.payments.paces() {
        text.value("groundswell_gateway_pace", &format!("endpoint=\"{}\"", pace.endpoint), pace.a_second);
    }
    let queues = backend::operations::queues(&site.ctx).await?;
    text.name("groundswell_waiting", "gauge", "What waits to be worked on.");
    for queue in &queues {
        text.value("groundswell_waiting", &format!("queue=\"{}\"", queue.name), queue.waiting);
    }
    text.name("groundswell_oldest_seconds", "gauge", "How long the oldest of it has been due.");
    for queue in &queues {
        let seconds = queue.oldest_seconds.unwrap_or_default();
        text.value("groundswell_oldest_seconds", &format!("queue=\"{}\"", queue.name), seconds);
    }
    text.name("groundswell_alarms", "gauge", "Open alarms by kind.");
    for (kind, count) in backend::alarms::counts(&site.ctx.db).await? {
        text.value("groundswell_alarms", &format!("kind=\"{kind}\""), count);
    }
    Ok(text.0)
}

fn requests(text: &mut Text) {
    const NAME: &str = "groundswell_request_seconds";
    text.name(NAME, "histogram", "Time to the first byte of an answer.");
    let all = REQUESTS.lock().unwrap_or_else(PoisonError::into_inner);
    for ((method, route, class), requests) in all.iter() {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{class}xx\"");
        for (below, bound) in requests.below.iter().zip(BUCKETS) {
            text.value(&format!("{NAME}_bucket"), &format!("{labels},le=\"{bound}\""), below);
        }
        text.value(&format!("{NAME}_bucket"), &format!("{labels},le=\"+Inf\""), requests.count);
        text.value(&format!("{NAME}_sum"), &labels, requests.seconds);
        text.value(&format!("{NAME}_count"), &labels, requests.count);
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn name(&mut self, name: &str, kind: &str, meaning: &str) {
        let _ = writeln!(self.0, "# HELP {name} {meaning}\n# TYPE {name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}
