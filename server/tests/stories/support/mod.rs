//! A whole site for one test: its own database, its own sandbox gateway, a real listener. Tests go in through the
//! front door, as browsers and the gateway do.

pub mod builders;
pub mod card_fields;
pub mod database;
pub mod deliveries;
pub mod dying;
pub mod gateway;
pub mod guests;
pub mod invariants;
pub mod paying;
pub mod pdf;
pub mod people;
pub mod sandbox_page;
pub mod smtp;

use std::time::{Duration, Instant};

use backend::config::{CardFields, Config, Environment, PayoutTerms, SmtpServer, StripeConfig};
use backend::pledges::AddressLimits;
use backend::{Ctx, inbox, jobs, payouts, settlement};
use chrono::TimeDelta;
use domain::RETRY_WINDOW;
use gateway::Gateway;
use sandbox::{Sandbox, WebhookTarget};
use server::security::WEBHOOK_PATH;
pub use server::site::Workers;
use server::site::{self, Edge, Running};
use sqlx::PgPool;
use tokio::net::TcpListener;

pub const WEBHOOK_SECRET: &str = "whsec_test";

pub struct TestApp {
    pub db: PgPool,
    pub ctx: Ctx,
    /// The site's address, without a trailing slash.
    pub base: String,
    pub gateway: Gateway,
    sandbox: sandbox::Running,
    /// `None` only while it is started anew.
    site: Option<Running>,
    edge: Edge,
    workers: Workers,
}

/// What differs between one test's site and another's.
pub struct Setup {
    pub workers: Workers,
    /// Whether the gateway delivers its events.
    pub webhooks: bool,
    pub secrets: Vec<&'static str>,
    /// The product's patience with the gateway.
    pub timeout: Duration,
    /// Its pace there.
    pub requests_per_second: u32,
    /// How long it leaves a silent gateway alone.
    pub rest: Duration,
    pub edge: Edge,
    pub payouts: PayoutTerms,
    pub retry_window: TimeDelta,
    /// How much pledging may come from one address: everybody here is at the same one.
    pub pledging: AddressLimits,
    /// Where mail goes; `None` is the demo's mailbox.
    pub smtp: Option<SmtpServer>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            workers: Workers::On,
            webhooks: true,
            secrets: vec![WEBHOOK_SECRET],
            timeout: Duration::from_secs(10),
            requests_per_second: 10_000,
            rest: Duration::from_millis(50),
            edge: Edge::default(),
            payouts: PayoutTerms::default(),
            retry_window: RETRY_WINDOW,
            pledging: AddressLimits { tries: 100_000, declines: 100_000 },
            smtp: None,
        }
    }
}

impl TestApp {
    /// With workers: webhooks are applied as in real life.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// Without workers and without webhooks: the test says what arrives when, and pumps.
    pub async fn start_quiet() -> Self {
        Self::start_with(Setup { workers: Workers::Off, webhooks: false, ..Setup::default() }).await
    }

    /// With workers, but the gateway's events are lost.
    pub async fn start_deaf() -> Self {
        Self::start_with(Setup { webhooks: false, ..Setup::default() }).await
    }

    pub async fn start_with(setup: Setup) -> Self {
        let db = database::fresh().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let webhook = setup.webhooks.then(|| WebhookTarget {
            url: format!("{base}{WEBHOOK_PATH}"),
            secret: setup.secrets[0].into(),
            api_version: None,
        });
        // Quick to try again: tests wait for it.
        let webhook_retry_base = Duration::from_millis(100);
        // Events of creators' accounts arrive at the same place.
        let connect_webhook = webhook.clone();
        let wishes = sandbox::Config { webhook, connect_webhook, webhook_retry_base, ..Default::default() };
        let sandbox = Sandbox::start(wishes).await.expect("a sandbox");
        let gateway = Gateway::at(sandbox.base_url());
        let ctx = Ctx::new(database::as_the_site(&db).await, config(&base, &gateway.base, &setup))
            .expect("a context");
        let (edge, workers) = (setup.edge, setup.workers);
        let site = site::start(ctx.clone(), listener, edge.clone(), workers).expect("a site");
        Self { db, ctx, base, gateway, sandbox, site: Some(site), edge, workers }
    }

    /// Stops the server and starts another at its address, over the same rows and the same gateway.
    pub async fn restart(&mut self) {
        if let Some(site) = self.site.take() {
            site.stop().await;
        }
        self.ctx = Ctx::new(self.ctx.db.clone(), (*self.ctx.config).clone()).expect("a context");
        let address = self.base.trim_start_matches("http://");
        let listener = TcpListener::bind(address).await.expect("the address it had");
        let site = site::start(self.ctx.clone(), listener, self.edge.clone(), self.workers);
        self.site = Some(site.expect("a site"));
    }

    /// Settles what is over, applies everything that waits and runs every job that is due.
    pub async fn pump(&self) {
        loop {
            settlement::tick(&self.ctx).await.expect("settlement goes on");
            payouts::tick(&self.ctx).await.expect("payouts go on");
            let applied = inbox::drain(&self.ctx).await.expect("the inbox drains");
            let done = jobs::run_due(&self.ctx).await.expect("jobs run");
            if applied + done == 0 {
                return;
            }
        }
    }

    /// Waits until nothing waits to be applied and no job is due, when workers do that.
    pub async fn settle(&self) {
        eventually("the workers to be done", async || {
            let left = "select (select count(*) from pledge_inbox where applied_at is null)
                             + (select count(*) from staged_jobs where done_at is null)";
            sqlx::query_scalar::<_, i64>(left).fetch_one(&self.db).await.expect("a count") == 0
        })
        .await;
    }

    /// Checks what must always hold, then ends everything. Every test ends with it.
    pub async fn finish(self) {
        invariants::check(&self.db, &self.gateway).await;
        if let Some(site) = self.site {
            site.stop().await;
        }
        self.sandbox.shutdown().await;
        self.ctx.db.close().await;
        database::drop(self.db).await;
    }

    /// Moves the clock that decides. Nobody sleeps.
    pub async fn advance(&self, by: chrono::TimeDelta) {
        sqlx::query("update clock_shift set shift = shift + $1")
            .bind(by)
            .execute(&self.db)
            .await
            .expect("moved");
    }

    /// One number out of the database.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.db).await.expect("a count")
    }
}

fn config(base: &str, gateway: &str, setup: &Setup) -> Config {
    Config {
        environment: Environment::Demo,
        public_url: base.to_owned(),
        stripe: StripeConfig {
            secret_key: "sk_test_sandbox".into(),
            webhook_secrets: setup.secrets.iter().map(|secret| (*secret).to_owned()).collect(),
            api_base: Some(format!("{gateway}/")),
            timeout: setup.timeout,
            requests_per_second: setup.requests_per_second,
            rest: setup.rest,
        },
        form_targets: vec![gateway.to_owned()],
        card_fields: Some(CardFields {
            publishable_key: "pk_test_sandbox".into(),
            script: format!("{gateway}/v3/"),
            frames: vec![gateway.to_owned()],
            calls: vec![gateway.to_owned()],
        }),
        smtp: setup.smtp.clone(),
        pledging: setup.pledging,
        reservation: Duration::from_secs(900),
        retry_window: setup.retry_window,
        fee: domain::FeeRule::USUAL,
        payouts: setup.payouts,
        seller: "Groundswell".into(),
        crash_at: None,
    }
}

/// Waits for something the workers do. Says what it waited for when it gives up, which no busy machine brings about.
pub async fn eventually<F: AsyncFn() -> bool>(what: &str, holds: F) {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(120) {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("waited in vain for: {what}");
}

/// The words of a page, one space between any two.
pub fn text_of(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        text.push(' ');
        text.push_str(part.split_once('>').map_or("", |(_, words)| words));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
