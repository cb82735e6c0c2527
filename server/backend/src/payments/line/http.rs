//! One call over HTTP. The client library's own transport hides the headers that say whether and when to try again, so
//! this is ours; requests and objects are the library's.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use stripe::IdempotencyKey;
use stripe_client_core::{RequestBuilder, StripeMethod, VERSION};

use crate::config::StripeConfig;
use crate::payments::GatewayError;
use crate::{Error, Result};

const STRIPES_OWN: &str = "https://api.stripe.com/";
const NAME: &str = concat!("Groundswell/", env!("CARGO_PKG_VERSION"));

pub(super) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
    timeout: Duration,
}

/// What came back, whatever it says.
pub(in crate::payments) struct Answer {
    pub status: u16,
    /// `Stripe-Should-Retry`.
    pub should_retry: Option<bool>,
    /// `Retry-After`, when it is in seconds.
    pub retry_after: Option<Duration>,
    pub body: Bytes,
}

impl Http {
    pub(super) fn new(config: &StripeConfig) -> Result<Self> {
        let base = config.api_base.clone().unwrap_or_else(|| STRIPES_OWN.to_owned());
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", config.secret_key))
            .map_err(|_| Error::broken("STRIPE_SECRET_KEY"))?;
        authorization.set_sensitive(true);
        base.parse::<http::Uri>().map_err(|_| Error::broken("STRIPE_API_BASE"))?;
        let tls = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http();
        let client = Client::builder(TokioExecutor::new())
            // A kept connection that the other side has closed looks like a call without an answer.
            .pool_max_idle_per_host(0)
            .build(tls.enable_http1().enable_http2().build());
        Ok(Self { client, base, authorization, timeout: config.timeout })
    }

    /// `None`: no answer within the time, or none at all.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        key: Option<IdempotencyKey>,
        account: Option<&str>,
    ) -> Option<Answer> {
        let request = self.request(request, key, account).ok()?;
        let exchange = async {
            let response = self.client.request(request).await.ok()?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            Some(Answer {
                status: head.status.as_u16(),
                should_retry: text(&head.headers, "stripe-should-retry").and_then(|value| value.parse().ok()),
                retry_after: text(&head.headers, RETRY_AFTER.as_str())
                    .and_then(|seconds| seconds.parse().ok())
                    .map(Duration::from_secs),
                body,
            })
        };
        tokio::time::timeout(self.timeout, exchange).await.ok().flatten()
    }

    fn request(
        &self,
        request: RequestBuilder,
        key: Option<IdempotencyKey>,
        account: Option<&str>,
    ) -> http::Result<Request<Full<Bytes>>> {
        let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
        let mut builder = Request::builder()
            .method(match request.method {
                StripeMethod::Get => Method::GET,
                StripeMethod::Post => Method::POST,
                StripeMethod::Delete => Method::DELETE,
            })
            .uri(format!("{}v1{}{query}", self.base, request.path))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(USER_AGENT, NAME)
            .header("stripe-version", VERSION.as_str());
        if let Some(key) = key {
            builder = builder.header("idempotency-key", key.as_str());
        }
        // On behalf of a creator's account.
        if let Some(account) = account {
            builder = builder.header("stripe-account", account);
        }
        if request.body.is_some() {
            builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        builder.body(Full::new(Bytes::from(request.body.unwrap_or_default())))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl Answer {
    /// The object's text, or what its absence means.
    pub(super) fn outcome(self) -> Result<Bytes, GatewayError> {
        if (200..300).contains(&self.status) { Ok(self.body) } else { Err(GatewayError::of(&self)) }
    }
}
