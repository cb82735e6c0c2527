//! Starting and stopping.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::api::webhook_endpoints;
use crate::app::App;
use crate::clock::Clock;
use crate::journal::Journal;
use crate::router::router;
use crate::serve;
use crate::settings::Settings;
use crate::state::{CLOCK, HIDDEN, State, text};
use crate::tx::{API_VERSION, Origin};
use crate::webhooks::deliver;

/// How a sandbox is set up. The default listens on a free local port and keeps everything in memory.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes any free one.
    pub bind: SocketAddr,
    /// Where browsers reach it, if that is not the address it listens on.
    pub public_url: Option<String>,
    /// The folder of the journal; without one, all is forgotten at the end.
    pub state_dir: Option<PathBuf>,
    /// An endpoint to register at the start.
    pub webhook: Option<WebhookTarget>,
    /// Another one, for the events of connected accounts; it may have the same URL.
    pub connect_webhook: Option<WebhookTarget>,
    /// The first pause before a webhook is sent again; each further one is twice as long.
    pub webhook_retry_base: Duration,
    /// What each endpoint takes in a second before it answers 429, as Stripe's test mode does with 25; if absent,
    /// what was set before.
    pub requests_per_second: Option<u32>,
    /// The sandbox's time.
    pub clock: Clock,
}

/// A webhook endpoint that gets every event of its kind. If it exists already, only its secret is set.
#[derive(Clone, Debug)]
pub struct WebhookTarget {
    /// Where events are posted.
    pub url: String,
    /// What they are signed with, `whsec_…`.
    pub secret: String,
    /// The version the endpoint asks for; events are always rendered in [`API_VERSION`].
    pub api_version: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            state_dir: None,
            webhook: None,
            connect_webhook: None,
            webhook_retry_base: Duration::from_secs(1),
            requests_per_second: None,
            clock: Clock::system(),
        }
    }
}

/// The server.
pub struct Sandbox;

/// A server that runs until it is shut down or dropped.
pub struct Running {
    /// The address it listens on.
    pub addr: SocketAddr,
    app: Arc<App>,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Replays the journal if there is one, then listens.
    pub async fn start(config: Config) -> anyhow::Result<Running> {
        let (journal, state) = match &config.state_dir {
            Some(folder) => Journal::open(folder)?,
            None => (Journal::default(), State::default()),
        };
        if let Some(kept) = state.get(CLOCK, "clock") {
            config.clock.set_advanced_ms(kept["advanced_ms"].as_i64().unwrap_or_default());
        }
        let listener = TcpListener::bind(config.bind)
            .await
            .with_context(|| format!("cannot listen on {}", config.bind))?;
        let addr = listener.local_addr()?;
        let base_url = config.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));
        let retry_base_ms = config.webhook_retry_base.as_millis() as i64;
        let app = Arc::new(App::new(state, journal, config.clock, base_url, retry_base_ms));
        for (target, connect) in [(&config.webhook, false), (&config.connect_webhook, true)] {
            if let Some(target) = target {
                register(&app, target, connect)?;
            }
        }
        if let Some(limit) = config.requests_per_second {
            set_limit(&app, limit)?;
        }
        let tasks = vec![
            tokio::spawn(serve::run(listener, router(app.clone()))),
            tokio::spawn(deliver::run(app.clone())),
        ];
        Ok(Running { addr, app, tasks })
    }
}

impl Running {
    /// `http://127.0.0.1:…`, to which Stripe's libraries append `/v1/…`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops listening and delivering. What is planned goes out after the next start on the same folder.
    pub async fn shutdown(mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        // A stalled request may still hold the state; the folder is free for the next server all the same.
        self.app.close_journal();
    }
}

fn set_limit(app: &App, limit: u32) -> anyhow::Result<()> {
    let set = app.transact(Origin::default(), |tx| {
        let settings = Settings { requests_per_second: Some(limit), ..Settings::of(tx.state()) };
        settings.keep(tx);
        Ok(())
    });
    set.map_err(|error| anyhow::anyhow!("cannot set the request limit: {}", error.message()))
}

/// The endpoint of the command line, made once; its secret may change from start to start.
fn register(app: &App, target: &WebhookTarget, connect: bool) -> anyhow::Result<()> {
    let is_it =
        |known: &&Value| text(known, "url") == target.url && (known[HIDDEN]["connect"] == true) == connect;
    let known = app.lock().state.all("webhook_endpoint").find(is_it).cloned();
    let version = target.api_version.as_deref().unwrap_or(API_VERSION);
    let registered = app.transact(Origin::default(), |tx| {
        let made = || webhook_endpoints::build(tx, &target.url, &target.secret, Some(version), &["*"]);
        let mut endpoint = known.unwrap_or_else(made);
        endpoint["secret"] = json!(target.secret);
        endpoint[HIDDEN]["connect"] = json!(connect);
        tx.put(endpoint);
        Ok(())
    });
    registered.map_err(|error| anyhow::anyhow!("cannot register the webhook: {}", error.message()))
}
