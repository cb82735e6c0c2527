//! The `Stripe-Signature` header.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// `t=…,v1=…`: HMAC-SHA256 over the time and the raw body. Receivers compare `t` with their own clock, so it is
/// the machine's time even if the sandbox's clock was moved.
pub(crate) fn header(secret: &str, unix_seconds: i64, body: &str) -> String {
    let mut mac = match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    };
    mac.update(format!("{unix_seconds}.{body}").as_bytes());
    format!("t={unix_seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn the_signature_covers_time_and_body() {
        let signed = header("whsec_test_secret", 12345, "{}");
        assert!(signed.starts_with("t=12345,v1="));
        assert_ne!(signed, header("whsec_test_secret", 12345, "{ }"));
        assert_ne!(signed, header("whsec_other", 12345, "{}"));
    }
}
