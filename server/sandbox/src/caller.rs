//! Who asks: the platform's server, also on behalf of a connected account, or a browser.

use http::{HeaderMap, Method, header};

use crate::api::accounts;
use crate::error::{ApiError, Outcome};
use crate::params::Params;
use crate::publishable;
use crate::state::State;

pub(crate) struct Caller {
    key: Option<String>,
    /// The connected account named by `Stripe-Account`.
    pub(crate) account: Option<String>,
}

impl Caller {
    /// Stripe.js sends its key as a parameter, which needs no preflight; it is taken out of them.
    pub(crate) fn of(headers: &HeaderMap, params: &mut Params) -> Self {
        let account = headers.get("stripe-account").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { key: secret_key(headers).or_else(|| params.take("key")), account }
    }

    /// The key is one that everybody may know.
    pub(crate) fn is_browser(&self) -> bool {
        self.key.as_deref().is_some_and(|key| key.starts_with("pk_test_"))
    }

    pub(crate) fn check(&self, state: &State, method: &Method, path: &str, params: &Params) -> Outcome<()> {
        if self.is_browser() {
            publishable::check(state, method, path, params)?;
        } else {
            check_secret(self.key.as_deref())?;
        }
        self.check_account(state, method, path)
    }

    /// A connected account can be looked at and paid out; all else is done by the platform.
    fn check_account(&self, state: &State, method: &Method, path: &str) -> Outcome<()> {
        let Some(id) = &self.account else { return Ok(()) };
        if state.get("account", id).is_none_or(accounts::is_lost) {
            return Err(ApiError::no_access(id));
        }
        if method == Method::GET || path.starts_with("/v1/payouts") {
            return Ok(());
        }
        let message = "The sandbox takes only reads and payouts on behalf of a connected account.";
        Err(ApiError::invalid("", message))
    }
}

/// Any test key is this account's key.
fn check_secret(key: Option<&str>) -> Outcome<()> {
    let Some(key) = key else {
        return Err(ApiError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using \
             Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication \
             for details, or we can help at https://support.stripe.com/.",
        ));
    };
    if key.starts_with("sk_test_") || key.starts_with("rk_test_") {
        return Ok(());
    }
    if key.starts_with("pk_") {
        return Err(ApiError::secret_key_required());
    }
    let shown: String = key.chars().take(8).collect();
    Err(ApiError::unauthorized(format!("Invalid API Key provided: {shown}***")))
}

/// `Bearer sk_…`, or the user name of Basic auth as curl sends it with `-u sk_…:`.
fn secret_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    if let Some(key) = value.strip_prefix("Bearer ") {
        return Some(key.trim().to_owned()).filter(|key| !key.is_empty());
    }
    let decoded = decode_base64(value.strip_prefix("Basic ")?)?;
    Some(decoded.split(':').next().unwrap_or_default().to_owned()).filter(|key| !key.is_empty())
}

fn decode_base64(text: &str) -> Option<String> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
    String::from_utf8(bytes).ok()
}
