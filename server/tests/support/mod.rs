//! A whole site for one test: its own database, its own sandbox gateway, a real listener. Tests go in through the
//! front door, as browsers and the gateway do.

#![allow(dead_code, reason = "each test binary uses its own part of the support")]

pub mod builders;
pub mod database;
pub mod invariants;
pub mod people;
pub mod sandbox_page;

use std::time::Duration;

use backend::config::{Config, Environment, StripeConfig};
use backend::{Ctx, inbox, jobs};
use sandbox::{Sandbox, WebhookTarget};
use server::security::{TrustedProxies, WEBHOOK_PATH};
use server::site::{self, Running, Workers};
use sqlx::PgPool;
use tokio::net::TcpListener;

pub const WEBHOOK_SECRET: &str = "whsec_test";

pub struct TestApp {
    pub db: PgPool,
    pub ctx: Ctx,
    /// The site's address, without a trailing slash.
    pub base: String,
    pub sandbox: sandbox::Running,
    site: Running,
}

impl TestApp {
    /// With workers: webhooks are applied as in real life.
    pub async fn start() -> Self {
        Self::start_with(Workers::On, true).await
    }

    /// Without workers and without webhooks: the test says what arrives when, and pumps.
    pub async fn start_quiet() -> Self {
        Self::start_with(Workers::Off, false).await
    }

    async fn start_with(workers: Workers, webhooks: bool) -> Self {
        let db = database::fresh().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let webhook = webhooks.then(|| WebhookTarget {
            url: format!("{base}{WEBHOOK_PATH}"),
            secret: WEBHOOK_SECRET.into(),
            api_version: None,
        });
        let sandbox =
            Sandbox::start(sandbox::Config { webhook, ..Default::default() }).await.expect("a sandbox");
        let ctx = Ctx::new(db.clone(), config(&base, &sandbox.base_url())).expect("a context");
        let site = site::start(ctx.clone(), listener, TrustedProxies::default(), workers).expect("a site");
        Self { db, ctx, base, sandbox, site }
    }

    /// Applies everything that waits and runs every job that is due.
    pub async fn pump(&self) {
        loop {
            let applied = inbox::drain(&self.ctx).await.expect("the inbox drains");
            let done = jobs::run_due(&self.ctx).await.expect("jobs run");
            if applied + done == 0 {
                return;
            }
        }
    }

    /// Checks what must always hold, then ends everything. Every test ends with it.
    pub async fn finish(self) {
        invariants::check(&self).await;
        self.site.stop().await;
        self.sandbox.shutdown().await;
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
}

fn config(base: &str, gateway: &str) -> Config {
    Config {
        environment: Environment::Demo,
        public_url: base.to_owned(),
        stripe: StripeConfig {
            secret_key: "sk_test_sandbox".into(),
            webhook_secrets: vec![WEBHOOK_SECRET.into()],
            api_base: Some(format!("{gateway}/")),
            timeout: Duration::from_secs(3),
        },
        form_targets: vec![gateway.to_owned()],
        reservation: Duration::from_secs(900),
        crash_at: None,
    }
}

/// Waits for something the workers do. Bounded; says what it waited for when it gives up.
pub async fn eventually<F: AsyncFn() -> bool>(what: &str, holds: F) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("waited in vain for: {what}");
}
