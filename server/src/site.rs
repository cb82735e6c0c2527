//! A running site: the listener, and the workers beside it.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::serve::ListenerExt;
use backend::{Ctx, alarms, checks, inbox, jobs, live, mail, payouts, settlement};
use leptos::config::get_configuration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::metrics::MetricsFor;
use crate::router::{self, Site};
use crate::security::TrustedProxies;
use crate::watchers::Watchers;

/// Requests under way may take this long to end after the signal; then they are cut.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether this process also applies events and runs jobs. Tests pump them by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    On,
    Off,
}

/// What is between the site and its visitors.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: TrustedProxies,
    /// How many live bars one address may watch at once.
    pub streams_per_address: usize,
    /// How many this process serves at once.
    pub streams: usize,
    /// Who may read `/metrics`.
    pub metrics: MetricsFor,
}

impl Default for Edge {
    fn default() -> Self {
        Self {
            proxies: TrustedProxies::default(),
            streams_per_address: 200,
            streams: 20_000,
            metrics: MetricsFor::ThisMachine,
        }
    }
}

/// A site that serves until it is stopped.
pub struct Running {
    pub addr: SocketAddr,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// Serves on a listener that is already bound.
///
/// # Errors
/// When the settings of the built site cannot be read.
pub fn start(ctx: Ctx, listener: TcpListener, edge: Edge, workers: Workers) -> Result<Running> {
    let addr = listener.local_addr()?;
    let stop = CancellationToken::new();
    let options = get_configuration(None).context("the LEPTOS_* settings cannot be read")?.leptos_options;
    let watchers = Watchers::new(edge.streams_per_address, edge.streams);
    let site = Site {
        ctx: ctx.clone(),
        options,
        stop: stop.clone(),
        proxies: edge.proxies,
        watchers,
        metrics: edge.metrics,
    };
    let service = router::router(site)?.into_make_service_with_connect_info::<SocketAddr>();
    // With Nagle's algorithm a small answer may wait 40 ms for nothing.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
    });
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let mut tasks = vec![tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the listener failed");
        }
    })];
    tasks.push(tokio::spawn(live::run(ctx.clone(), stop.clone())));
    if workers == Workers::On {
        tasks.push(tokio::spawn(inbox::run(ctx.clone(), stop.clone())));
        tasks.push(tokio::spawn(settlement::run(ctx.clone(), stop.clone())));
        tasks.push(tokio::spawn(payouts::run(ctx.clone(), stop.clone())));
        tasks.push(tokio::spawn(jobs::run(ctx.clone(), stop.clone())));
        tasks.push(tokio::spawn(checks::run(ctx.clone(), stop.clone())));
        tasks.push(tokio::spawn(alarms::run(ctx.clone(), stop.clone())));
        tasks.push(tokio::spawn(mail::run(ctx, stop.clone())));
    }
    Ok(Running { addr, stop, tasks })
}

impl Running {
    /// Ends streams and workers, lets requests finish for a while, then goes.
    pub async fn stop(self) {
        self.stop.cancel();
        for mut task in self.tasks {
            if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

/// A secret of this installation: made once, then kept in a file only its owner can read.
pub fn kept_secret(file: &Path, prefix: &str) -> Result<String> {
    if let Ok(secret) = fs::read_to_string(file) {
        return Ok(secret.trim().to_owned());
    }
    let mut secret = prefix.to_owned();
    for byte in backend::random_bytes::<24>()? {
        write!(secret, "{byte:02x}")?;
    }
    let folder = file.parent().context("a secret needs a folder")?;
    fs::create_dir_all(folder)?;
    let mut options = fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
    std::io::Write::write_all(&mut options.open(file)?, secret.as_bytes())?;
    Ok(secret)
}
