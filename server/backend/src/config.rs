//! Settings, already parsed: the server reads them from its environment once (`server/src/settings.rs`).

use std::time::Duration;

use chrono::TimeDelta;

pub use crate::mail::SmtpServer;

/// Where the server runs. Production refuses every stand-in: sandbox, demo data, placeholder secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    Demo,
    Production,
}

#[derive(Clone)]
pub struct Config {
    pub environment: Environment,
    /// How browsers reach the site, without a trailing slash: `https://example.org`.
    pub public_url: String,
    pub stripe: StripeConfig,
    /// Origins besides our own that our forms may lead to: the gateway's hosted page.
    pub form_targets: Vec<String>,
    /// By which server mail leaves. `None`: it does not, and a demo shows it in its mailbox.
    pub smtp: Option<SmtpServer>,
    /// The gateway's card fields on our own pages. `None`: its hosted page asks for every card.
    pub card_fields: Option<CardFields>,
    /// How long a reward slot waits for its backer at the gateway's page (PRODUCT B14).
    pub reservation: Duration,
    /// How long a backer whose payment failed has to fix it, in campaigns decided from now on (PRODUCT B9).
    pub retry_window: TimeDelta,
    /// How much pledging may come from one address.
    pub pledging: crate::pledges::AddressLimits,
    /// The platform's share of what campaigns launched from now on collect.
    pub fee: domain::FeeRule,
    pub payouts: PayoutTerms,
    /// Who backers pay, as their receipts say.
    pub seller: String,
    /// Tests only: the named step at which the process ends as if killed. Refused in production.
    pub crash_at: Option<String>,
}

/// What a browser needs for card fields of the gateway.
#[derive(Clone, Debug)]
pub struct CardFields {
    /// Names the account and lets in nobody.
    pub publishable_key: String,
    /// Address of the gateway's script.
    pub script: String,
    /// Origins of the frames that the script opens.
    pub frames: Vec<String>,
    /// Origins that the script asks.
    pub calls: Vec<String>,
}

/// When creators are paid, and from which sum on somebody looks first.
#[derive(Clone, Copy, Debug)]
pub struct PayoutTerms {
    /// From the deadline to the payout, or until the last payment is settled if that is later.
    pub delay: Duration,
    /// In major units of the payout's currency, whichever that is. `None`: nobody looks.
    pub approval_above: Option<rust_decimal::Decimal>,
    /// What is held back for refunds of campaigns launched from now on.
    pub reserve: domain::ReserveRule,
}

impl Default for PayoutTerms {
    /// Two weeks, a second person above ten thousand, and nothing held back.
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(14 * 24 * 60 * 60),
            approval_above: Some(rust_decimal::Decimal::new(10_000, 0)),
            reserve: domain::ReserveRule::NONE,
        }
    }
}

/// How to reach the payment gateway. Anything that speaks Stripe's API will do.
#[derive(Clone)]
pub struct StripeConfig {
    pub secret_key: String,
    /// Signing secrets of the webhook endpoint: several while one is being rotated.
    pub webhook_secrets: Vec<String>,
    /// Ends with a slash. Stripe's own address when unset.
    pub api_base: Option<String>,
    /// One attempt's patience; no answer by then is *unknown*, not failed.
    pub timeout: Duration,
    /// Our pace at each of its endpoints.
    pub requests_per_second: u32,
    /// How long a gateway that does not answer is left alone before it is tried again.
    pub rest: Duration,
}

impl StripeConfig {
    /// Whether money is real: a live key accepts live events only, a test key test events only.
    #[must_use]
    pub fn livemode(&self) -> bool {
        self.secret_key.starts_with("sk_live_") || self.secret_key.starts_with("rk_live_")
    }
}
