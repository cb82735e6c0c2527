//! `sandbox`: a server that speaks Stripe's HTTP API, on its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use sandbox::{Clock, Config, Sandbox, WebhookTarget};

/// A stateful server that speaks Stripe's HTTP API, for demos and tests. No real money.
///
/// Point a Stripe library at http://BIND/ with any key that begins with sk_test_. The front page lists all
/// objects; POST /_sandbox/faults and /_sandbox/clock switch faults and move time (see the README).
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:12111", env = "SANDBOX_BIND")]
    bind: SocketAddr,
    /// Where browsers reach it, if that is not the address it listens on
    #[arg(long, env = "SANDBOX_PUBLIC_URL")]
    public_url: Option<String>,
    /// Folder for the journal; without it, all is forgotten at the end
    #[arg(long, env = "SANDBOX_STATE_DIR")]
    state_dir: Option<PathBuf>,
    /// Send every event to this address
    #[arg(long, requires = "webhook_secret", env = "SANDBOX_WEBHOOK_URL")]
    webhook_url: Option<String>,
    /// Sign those events with this secret, whsec_...
    #[arg(long, env = "SANDBOX_WEBHOOK_SECRET", hide_env_values = true)]
    webhook_secret: Option<String>,
    /// Send every event of connected accounts to this address
    #[arg(long, requires = "connect_webhook_secret", env = "SANDBOX_CONNECT_WEBHOOK_URL")]
    connect_webhook_url: Option<String>,
    /// Sign those with this secret, whsec_...
    #[arg(long, env = "SANDBOX_CONNECT_WEBHOOK_SECRET", hide_env_values = true)]
    connect_webhook_secret: Option<String>,
    /// First pause before a webhook is sent again, in milliseconds; it doubles each time
    #[arg(long, default_value_t = 1000, env = "SANDBOX_WEBHOOK_RETRY_MS")]
    webhook_retry_ms: u64,
    /// Requests per second that each endpoint takes before it answers 429; Stripe's test mode takes 25
    #[arg(long, env = "SANDBOX_REQUESTS_PER_SECOND")]
    requests_per_second: Option<u32>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let arguments = Arguments::parse();
    let target = |(url, secret)| WebhookTarget { url, secret, api_version: None };
    let webhook = arguments.webhook_url.zip(arguments.webhook_secret).map(target);
    let connect_webhook = arguments.connect_webhook_url.zip(arguments.connect_webhook_secret).map(target);
    let running = Sandbox::start(Config {
        bind: arguments.bind,
        public_url: arguments.public_url,
        state_dir: arguments.state_dir,
        webhook,
        connect_webhook,
        webhook_retry_base: std::time::Duration::from_millis(arguments.webhook_retry_ms),
        requests_per_second: arguments.requests_per_second,
        clock: Clock::system(),
    })
    .await?;
    println!("Listening on {}", running.base_url());
    stopped().await?;
    running.shutdown().await;
    Ok(())
}

/// Ctrl-C, or a polite request by a supervisor.
async fn stopped() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        _ = terminate.recv() => Ok(()),
    }
}
