//! What a server refuses to start with. Every wrong setting is named at once: nobody wants to be told of the next one
//! only after the restart.

use anyhow::{Result, bail};
use http::Uri;

use super::{AppEnv, STRIPE_JS, Settings};

impl Settings {
    /// # Errors
    /// A list of everything that is missing, malformed, or a stand-in where none may be.
    pub fn check(&self) -> Result<()> {
        let complaints = match self.app_env {
            AppEnv::Demo => [self.malformed(), self.too_real()].concat(),
            AppEnv::Production => [self.malformed(), self.stand_ins()].concat(),
        };
        if complaints.is_empty() {
            return Ok(());
        }
        bail!("these settings are wrong, so nothing was started:\n  - {}", complaints.join("\n  - "))
    }

    /// What can work nowhere.
    fn malformed(&self) -> Vec<&'static str> {
        let key = self.stripe_secret_key.as_deref();
        let publishable = self.stripe_publishable_key.as_deref();
        let database = self.database_url.as_deref();
        let mut complaints = told(&[
            (
                !is_origin(&self.public_url()),
                "PUBLIC_URL must be a scheme and a host, as browsers write an origin, and no path: https://example.org",
            ),
            (database.is_some_and(is_placeholder), "DATABASE_URL is a placeholder"),
            (
                self.database_owner_url.as_deref().is_some_and(is_placeholder),
                "DATABASE_OWNER_URL is a placeholder",
            ),
            (
                self.database_owner_url.is_some() && database.is_none(),
                "DATABASE_OWNER_URL is set, and DATABASE_URL is not",
            ),
            (key.is_some_and(is_placeholder), "STRIPE_SECRET_KEY is a placeholder"),
            (key == Some(""), "STRIPE_SECRET_KEY is empty: leave it out to run on the sandbox"),
            (publishable.is_some_and(is_placeholder), "STRIPE_PUBLISHABLE_KEY is a placeholder"),
            (
                publishable.is_some_and(|publishable| !publishable.starts_with("pk_")),
                "STRIPE_PUBLISHABLE_KEY must begin with pk_: what it is goes to every browser",
            ),
            (
                publishable.is_some() && key.is_none(),
                "STRIPE_PUBLISHABLE_KEY is set, and STRIPE_SECRET_KEY is not",
            ),
            // A browser would confirm, at one of the two, what was made at the other.
            (
                publishable.zip(key).is_some_and(|(one, other)| is_live(one) != is_live(other)),
                "STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY must both be live keys, or both test keys",
            ),
            (
                !self.stripe_js.parse::<Uri>().is_ok_and(|uri| uri.scheme().is_some()),
                "STRIPE_JS must be the address of a script",
            ),
            // Without one, every webhook would be refused, and no pledge ever confirmed by it.
            (key.is_some() && self.webhook_secrets().is_empty(), "STRIPE_WEBHOOK_SECRET is not set"),
            (
                self.webhook_secrets().iter().any(|secret| is_placeholder(secret)),
                "STRIPE_WEBHOOK_SECRET is a placeholder",
            ),
            (
                self.stripe_api_base.as_deref().is_some_and(|base| !is_base(base)),
                "STRIPE_API_BASE must be an address that ends with a slash",
            ),
            (
                self.metrics_token.as_deref().is_some_and(|token| token.len() < 16 || is_placeholder(token)),
                "METRICS_TOKEN is a placeholder, or shorter than 16 characters",
            ),
            (self.smtp_url.as_deref().is_some_and(is_placeholder), "SMTP_URL is a placeholder"),
        ]);
        complaints.extend(self.smtp().err());
        complaints
    }

    /// A forgotten `APP_ENV` must not seed demo people with known passwords beside real cards.
    fn too_real(&self) -> Vec<&'static str> {
        let key = self.stripe_secret_key.as_deref().unwrap_or_default();
        told(&[(key.contains("_live_"), "STRIPE_SECRET_KEY is a live key: set APP_ENV=production")])
    }

    /// What belongs to a demo or a test.
    fn stand_ins(&self) -> Vec<&'static str> {
        let key = self.stripe_secret_key.as_deref().unwrap_or_default();
        let public_url = self.public_url();
        told(&[
            (
                self.database_url.is_none(),
                "DATABASE_URL is not set: production does not keep its own PostgreSQL",
            ),
            (key.is_empty(), "STRIPE_SECRET_KEY is not set: production does not run on the sandbox"),
            (key.contains("_test_"), "STRIPE_SECRET_KEY is a test key"),
            (!public_url.starts_with("https://"), "PUBLIC_URL must be https"),
            (is_documentation(&public_url), "PUBLIC_URL is the example of the documentation"),
            (
                matches!(self.smtp(), Ok(None)),
                "SMTP_URL is not set: production has no mailbox that everybody reads",
            ),
            (self.stripe_api_base.is_some(), "STRIPE_API_BASE points away from the gateway"),
            (self.stripe_js != STRIPE_JS, "STRIPE_JS points away from the gateway"),
            (self.crash_at.is_some(), "CRASH_AT is for tests"),
        ])
    }
}

fn told(complaints: &[(bool, &'static str)]) -> Vec<&'static str> {
    complaints.iter().filter_map(|(wrong, complaint)| wrong.then_some(*complaint)).collect()
}

/// Cookies, redirects and the check of where requests come from stand on it: `https://example.org`, in the one
/// spelling that browsers have for it.
fn is_origin(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    let usual_port = if scheme == "https" { 443 } else { 80 };
    matches!(scheme, "http" | "https")
        && address == format!("{scheme}://{authority}")
        && !authority.as_str().contains('@')
        && !authority.as_str().contains(|letter: char| letter.is_ascii_uppercase())
        && authority.port_u16() != Some(usual_port)
}

fn is_live(key: &str) -> bool {
    key.contains("_live_")
}

fn is_base(address: &str) -> bool {
    address.ends_with('/') && address.parse::<Uri>().is_ok_and(|uri| uri.scheme().is_some())
}

/// What stands in examples where a secret belongs.
fn is_placeholder(value: &str) -> bool {
    let value = value.to_lowercase();
    ["...", "…", "xxx", "***", "<", "changeme", "change_me", "change-me", "placeholder", "your_", "your-"]
        .iter()
        .any(|sign| value.contains(sign))
}

/// The names that are nobody's (RFC 2606).
fn is_documentation(address: &str) -> bool {
    let host = address.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    ["example.org", "example.com", "example.net"]
        .iter()
        .any(|name| host == *name || host.ends_with(&format!(".{name}")))
}
