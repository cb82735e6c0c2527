//! Webhooks that a test sends itself, signed as the gateway signs them.

use hmac::{Hmac, Mac};
use serde_json::Value;
use server::security::WEBHOOK_PATH;
use sha2::Sha256;

use super::{TestApp, WEBHOOK_SECRET};

/// The `Stripe-Signature` header of a body at an instant.
pub fn signature(secret: &str, at: i64, body: &str) -> String {
    format!("t={at},v1={}", digest(secret, at, body.as_bytes()))
}

pub fn digest(secret: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

pub fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

impl TestApp {
    /// Delivers an event with a good signature.
    pub async fn deliver(&self, event: &Value) -> u16 {
        let body = event.to_string();
        let signature = signature(WEBHOOK_SECRET, now(), &body);
        self.post_webhook(body, Some(&signature)).await
    }

    /// Posts whatever a forger would.
    pub async fn post_webhook(&self, body: impl Into<reqwest::Body>, signature: Option<&str>) -> u16 {
        let mut request = self.stranger().post(format!("{}{WEBHOOK_PATH}", self.base)).body(body);
        if let Some(signature) = signature {
            request = request.header("stripe-signature", signature);
        }
        request.send().await.expect("an answer").status().as_u16()
    }
}
