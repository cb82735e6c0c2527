//! The session cookie, as plain strings: neither axum nor leptos is known here.

use super::SessionToken;
use super::sessions::ABSOLUTE_DAYS;
use crate::guests::{GuestToken, SESSION_HOURS};
use crate::settlement::{PASS_SECONDS, Pass};

/// How this site names and guards its session cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    /// Over https the name starts with `__Host-`, by which browsers refuse one set for other hosts or paths or over
    /// http. A demo on http loopback cannot have that.
    #[must_use]
    pub fn of(public_url: &str) -> Self {
        Self { secure: public_url.starts_with("https://") }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        if self.secure { "__Host-session" } else { "session" }
    }

    /// `Set-Cookie` for a new session. The server ends it no later; idling ends it earlier.
    #[must_use]
    pub fn set(self, token: &SessionToken) -> String {
        self.with(token.as_str(), i64::from(ABSOLUTE_DAYS) * 24 * 60 * 60)
    }

    /// `Set-Cookie` that makes the browser forget.
    #[must_use]
    pub fn clear(self) -> String {
        self.with("", 0)
    }

    /// The token among the values of a request's `Cookie` headers.
    pub fn read<'a>(self, headers: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        read(self.name(), headers)
    }

    fn with(self, value: &str, max_age: i64) -> String {
        set(self.name(), value, max_age, self.secure)
    }
}

/// The cookie of who fixes a payment by the link of a letter. Lax, because the bank leads back to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassCookie {
    secure: bool,
}

impl PassCookie {
    #[must_use]
    pub fn of(public_url: &str) -> Self {
        Self { secure: public_url.starts_with("https://") }
    }

    fn name(self) -> &'static str {
        if self.secure { "__Host-fix" } else { "fix" }
    }

    /// `Set-Cookie` for a new pass.
    #[must_use]
    pub fn set(self, pass: &Pass) -> String {
        set(self.name(), pass.as_str(), i64::from(PASS_SECONDS), self.secure)
    }

    /// The pass among the values of a request's `Cookie` headers.
    pub fn read<'a>(self, headers: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        read(self.name(), headers)
    }
}

/// The cookie of a browser that pledges without an account. Lax, because the gateway's page leads back to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestCookie {
    secure: bool,
}

impl GuestCookie {
    #[must_use]
    pub fn of(public_url: &str) -> Self {
        Self { secure: public_url.starts_with("https://") }
    }

    fn name(self) -> &'static str {
        if self.secure { "__Host-guest" } else { "guest" }
    }

    /// `Set-Cookie` for a token.
    #[must_use]
    pub fn set(self, token: &GuestToken) -> String {
        set(self.name(), token.as_str(), i64::from(SESSION_HOURS) * 60 * 60, self.secure)
    }

    /// The token among the values of a request's `Cookie` headers.
    pub fn read<'a>(self, headers: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        read(self.name(), headers)
    }
}

fn read<'a>(wanted: &str, headers: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let pairs = headers.into_iter().flat_map(|header| header.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

fn set(name: &str, value: &str, max_age: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTPS: &str = "https://example.org";
    const LOOPBACK: &str = "http://127.0.0.1:3000";

    #[test]
    fn is_bound_to_the_host_over_https() {
        let cookie = SessionCookie::of(HTTPS).clear();
        assert_eq!(cookie, "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn has_a_plain_name_on_loopback() {
        let cookie = SessionCookie::of(LOOPBACK).clear();
        assert_eq!(cookie, "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_guests_is_guarded_alike() -> crate::Result<()> {
        let (token, cookie) = (GuestToken::random()?, GuestCookie::of(HTTPS));
        let set = cookie.set(&token);
        assert!(
            set.starts_with("__Host-guest=") && set.ends_with("; HttpOnly; SameSite=Lax; Secure"),
            "{set}"
        );
        assert_eq!(cookie.read(["__Host-session=a; __Host-guest=b"]), Some("b"));
        Ok(())
    }

    #[test]
    fn is_found_among_others() {
        let cookie = SessionCookie::of(HTTPS);
        assert_eq!(cookie.read(["theme=dark; session=other", "__Host-session=mine; a=b"]), Some("mine"));
        assert_eq!(cookie.read(["session=other"]), None, "the plain name counts for nothing over https");
        assert_eq!(cookie.read(["__Host-session"]), None);
    }
}
