//! Every setting, read once from the command line or the environment. `server --help` is their documentation;
//! `.env.example` lists them.

mod check;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use backend::config::{CardFields, Config, Environment, PayoutTerms, SmtpServer, StripeConfig};
use backend::pledges::AddressLimits;
use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use domain::ReserveRule;
use tracing_subscriber::EnvFilter;

use crate::metrics::MetricsFor;
use crate::security::TrustedProxies;
use crate::site::Edge;

#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Whether stand-ins are allowed: a demo may run on a sandbox gateway, a production server refuses to.
    #[arg(long, env = "APP_ENV", value_enum, default_value = "demo", global = true)]
    pub app_env: AppEnv,
    /// Where the site listens.
    #[arg(long, env = "BIND_ADDR", default_value = "127.0.0.1:3000", global = true)]
    pub bind_addr: SocketAddr,
    /// How browsers reach the site, without a trailing slash. [default: http:// and BIND_ADDR]
    #[arg(long, env = "PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// Where the demo's database, sandbox and secrets live.
    #[arg(long, env = "GROUNDSWELL_DATA_DIR", default_value = ".data", global = true)]
    pub data_dir: PathBuf,
    /// A PostgreSQL to use. Without it the server keeps one of its own below the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// The same PostgreSQL as the owner of its tables, for migrations only. With it DATABASE_URL may log in as
    /// groundswell_app, the role that cannot change the ledger; without it DATABASE_URL is the owner's, and every
    /// connection that serves people takes that role.
    #[arg(long, env = "DATABASE_OWNER_URL", hide_env_values = true, global = true)]
    pub database_owner_url: Option<String>,
    /// Connections to the database at most.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value = "20", global = true)]
    pub database_connections: u32,
    /// The payment gateway's secret key. Without it the server starts a sandbox that speaks the same language.
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true, global = true)]
    pub stripe_secret_key: Option<String>,
    /// The webhook endpoint's signing secrets, with commas: two while one is being rotated.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET", hide_env_values = true, value_delimiter = ',', global = true)]
    pub stripe_webhook_secret: Vec<String>,
    /// Another server that speaks Stripe's API. [default: Stripe's own]
    #[arg(long, env = "STRIPE_API_BASE", global = true)]
    pub stripe_api_base: Option<String>,
    /// The payment gateway's publishable key. With it people with script type their card on the pledge page itself; without
    /// it everybody does on the gateway's hosted page.
    #[arg(long, env = "STRIPE_PUBLISHABLE_KEY", global = true)]
    pub stripe_publishable_key: Option<String>,
    /// The address of the script that draws the card's fields.
    #[arg(long, env = "STRIPE_JS", default_value = STRIPE_JS, global = true)]
    pub stripe_js: String,
    /// Calls a second at each of the gateway's endpoints. Stripe allows 25 unless it was agreed otherwise.
    #[arg(long, env = "STRIPE_REQUESTS_PER_SECOND", default_value = "25", global = true,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub stripe_requests_per_second: u32,
    /// Where the sandbox listens, when there is one. [default: the port after BIND_ADDR's]
    #[arg(long, env = "SANDBOX_ADDR", global = true)]
    pub sandbox_addr: Option<SocketAddr>,
    /// Addresses and networks whose X-Forwarded-For is believed, with commas.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "", global = true)]
    pub trusted_proxies: TrustedProxies,
    /// The mail server: smtps://user:password@host, smtp:// for STARTTLS, smtp://localhost:25?tls=none for a relay on
    /// this machine. Without it mail lands in the demo's mailbox.
    #[arg(long, env = "SMTP_URL", hide_env_values = true, global = true)]
    pub smtp_url: Option<String>,
    /// Who mail is from: Groundswell <hello@example.org>.
    #[arg(long, env = "MAIL_FROM", global = true)]
    pub mail_from: Option<String>,
    /// How many live bars one address may watch at once.
    #[arg(long, env = "STREAMS_PER_ADDRESS", default_value = "200", global = true)]
    pub streams_per_address: usize,
    /// How many live bars this process serves at once. Each is an open connection: mind the limit of open files.
    #[arg(long, env = "STREAMS", default_value = "20000", global = true)]
    pub streams: usize,
    /// How long a reward's slot is kept for a backer who is at the card page, in seconds.
    #[arg(long, env = "RESERVATION_SECONDS", default_value = "900", global = true)]
    pub reservation_seconds: u64,
    /// How long backers whose payment failed have to fix it, in days.
    #[arg(long, env = "RETRY_DAYS", default_value = "7", value_parser = clap::value_parser!(i64).range(2..=30), global = true)]
    pub retry_days: i64,
    /// How often cards may be tried from one address in ten minutes, by pledging, changing or fixing a payment. Five times
    /// as often from its network.
    #[arg(long, env = "PLEDGES_PER_ADDRESS", default_value = "600", value_parser = clap::value_parser!(i32).range(1..), global = true)]
    pub pledges_per_address: i32,
    /// How many cards may be declined for one address in an hour before pledging pauses there; five times as many for its
    /// network.
    #[arg(long, env = "DECLINES_PER_ADDRESS", default_value = "25", value_parser = clap::value_parser!(i32).range(1..), global = true)]
    pub declines_per_address: i32,
    /// The platform's share of what a campaign collects, in basis points (500 is 5 %), from 0 to 1000. A campaign keeps
    /// what it was launched with.
    #[arg(long, env = "PLATFORM_FEE_BPS", default_value = "500", value_parser = fee, global = true)]
    pub platform_fee_bps: domain::FeeRule,
    /// From a campaign's deadline to its payout, in days. Never before its last payment is settled.
    #[arg(long, env = "PAYOUT_DELAY_DAYS", default_value = "14", global = true,
          value_parser = clap::value_parser!(u64).range(0..=60))]
    pub payout_delay_days: u64,
    /// Payouts above this amount, in major units of their currency, wait until an administrator approves them.
    #[arg(long, env = "PAYOUT_APPROVAL_ABOVE", default_value = "10000", global = true)]
    pub payout_approval_above: rust_decimal::Decimal,
    /// What of a campaign's payout is held back for refunds to come, in basis points (1000 is 10 %), from 0 to 3000. A
    /// campaign keeps what it was launched with.
    #[arg(long, env = "PAYOUT_RESERVE_BPS", default_value = "0", global = true,
          value_parser = clap::value_parser!(u16).range(0..=i64::from(ReserveRule::LARGEST)))]
    pub payout_reserve_bps: u16,
    /// From a campaign's deadline until that leaves too, in days. At most 85: the gateway holds money for 90.
    #[arg(long, env = "PAYOUT_RESERVE_DAYS", default_value = "60", global = true,
          value_parser = clap::value_parser!(u16).range(1..=i64::from(ReserveRule::LONGEST)))]
    pub payout_reserve_days: u16,
    /// Who asks for /metrics must send it: Authorization: Bearer … Without it a demo answers this machine alone, and a
    /// production server has no such address.
    #[arg(long, env = "METRICS_TOKEN", hide_env_values = true, global = true)]
    pub metrics_token: Option<String>,
    /// Who backers pay, as their receipts say: the operator's name, with the address and tax number that the law of
    /// their country wants there.
    #[arg(long, env = "SELLER", default_value = "Groundswell", global = true)]
    pub seller: String,
    /// One line of JSON per log entry instead of text.
    #[arg(long, env = "LOG_JSON", global = true)]
    pub log_json: bool,
    /// For tests: the named step of a pledge at which the process ends as if killed.
    #[arg(long, env = "CRASH_AT", hide = true, global = true)]
    pub crash_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AppEnv {
    Demo,
    Production,
}

fn fee(typed: &str) -> Result<domain::FeeRule, String> {
    let bps = typed.parse().map_err(|_| "a whole number of basis points, such as 500".to_owned())?;
    domain::FeeRule::new(bps).map_err(|too_high| too_high.to_string())
}

/// Where Stripe serves its script.
pub const STRIPE_JS: &str = "https://js.stripe.com/dahlia/stripe.js";

/// Longer than Stripe's slowest good answers; what takes longer is *unknown*.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(10);
/// Short enough that nobody notices the end of an outage late, long enough that calls do not pile up during it.
const GATEWAY_REST: Duration = Duration::from_secs(5);

impl Settings {
    /// Text or JSON lines to standard error; `RUST_LOG` chooses what.
    pub fn start_logging(&self) {
        let filter = EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| EnvFilter::new("warn,server=info,backend=info,app=info"));
        let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        if self.log_json { logs.json().init() } else { logs.init() }
    }

    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.bind_addr))
            .trim_end_matches('/')
            .to_owned()
    }

    /// The signing secrets, without the empty one that a trailing comma leaves: anybody can sign with that.
    #[must_use]
    pub fn webhook_secrets(&self) -> Vec<String> {
        let secrets = self.stripe_webhook_secret.iter().map(|secret| secret.trim());
        secrets.filter(|secret| !secret.is_empty()).map(str::to_owned).collect()
    }

    #[must_use]
    pub fn edge(&self) -> Edge {
        Edge {
            proxies: self.trusted_proxies.clone(),
            streams_per_address: self.streams_per_address,
            streams: self.streams,
            metrics: match (&self.metrics_token, self.app_env) {
                (Some(token), _) => MetricsFor::WhoeverHas(token.clone()),
                (None, AppEnv::Demo) => MetricsFor::ThisMachine,
                (None, AppEnv::Production) => MetricsFor::Nobody,
            },
        }
    }

    /// The mail server, when one is set.
    ///
    /// # Errors
    /// What is wrong with its settings, without their secrets.
    pub fn smtp(&self) -> Result<Option<SmtpServer>, &'static str> {
        let Some(url) = self.smtp_url.as_deref().filter(|url| !url.is_empty()) else { return Ok(None) };
        let sender = self.mail_from.as_deref().ok_or("MAIL_FROM is not set, and SMTP_URL is")?;
        SmtpServer::parse(url, sender).map(Some)
    }

    /// The backend's settings, over a gateway that is given.
    ///
    /// # Errors
    /// As [`Settings::smtp`].
    pub fn backend(&self, gateway: Gateway) -> Result<Config> {
        Ok(Config {
            environment: match self.app_env {
                AppEnv::Demo => Environment::Demo,
                AppEnv::Production => Environment::Production,
            },
            public_url: self.public_url(),
            stripe: StripeConfig {
                secret_key: gateway.secret_key,
                webhook_secrets: gateway.webhook_secrets,
                api_base: gateway.api_base,
                timeout: GATEWAY_TIMEOUT,
                requests_per_second: self.stripe_requests_per_second,
                rest: GATEWAY_REST,
            },
            form_targets: gateway.pages,
            card_fields: gateway.card_fields,
            smtp: self.smtp().map_err(anyhow::Error::msg)?,
            pledging: AddressLimits { tries: self.pledges_per_address, declines: self.declines_per_address },
            reservation: Duration::from_secs(self.reservation_seconds),
            retry_window: TimeDelta::days(self.retry_days),
            fee: self.platform_fee_bps,
            payouts: PayoutTerms {
                delay: Duration::from_secs(self.payout_delay_days * 24 * 60 * 60),
                approval_above: Some(self.payout_approval_above),
                reserve: ReserveRule::new(self.payout_reserve_bps, self.payout_reserve_days)?,
            },
            seller: self.seller.clone(),
            crash_at: self.crash_at.clone(),
        })
    }
}

/// The payment gateway in use: Stripe, or the sandbox.
pub struct Gateway {
    pub secret_key: String,
    pub webhook_secrets: Vec<String>,
    pub api_base: Option<String>,
    /// Origins of its pages that our forms lead to: for cards, and for creators' accounts.
    pub pages: Vec<String>,
    /// Its card fields on our own pages, where there are some.
    pub card_fields: Option<CardFields>,
}
