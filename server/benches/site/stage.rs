//! What is measured: the demo's site with its worker, a sandbox gateway beside it, and a PostgreSQL that really
//! waits for the disk. All of it in this process, as the server has it, on loopback.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use backend::Ctx;
use backend::config::{Config, Environment, PayoutTerms, StripeConfig};
use domain::{CampaignId, PledgeId};
use sandbox::Sandbox;
use server::embedded_postgres::EmbeddedPostgres;
use server::site::{self, Edge, Running, Workers};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::say;

pub const WEBHOOK_SECRET: &str = "whsec_bench";
pub const GATEWAY_KEY: &str = "sk_test_sandbox";
/// How many ask at once, of the site and of every bare part.
pub const CLIENTS: usize = 32;
/// What the server takes unless it is told otherwise (`DATABASE_CONNECTIONS`).
const DATABASE_CONNECTIONS: u32 = 20;

/// The sandbox has no limit of its own, and where ours is not what is measured it has none either.
const NO_LIMIT: u32 = 10_000;

/// The worker applies everything that a run leaves it in seconds.
const STUCK: Duration = Duration::from_secs(120);

/// How much is measured.
#[derive(Clone)]
pub struct Plan {
    /// For each figure that counts things per second.
    pub each: Duration,
    pub watchers: Vec<usize>,
    pub changes: usize,
    /// More than can be used up in time: people who pledge, pledges that wait for their webhook.
    pub pledges: usize,
    /// Pledges of a campaign that is settled.
    pub settled: usize,
    /// Of a reward that ten times as many people want at once.
    pub slots: usize,
}

impl Plan {
    /// `BENCH_QUICK=1`: only enough to see that every part works.
    pub fn from_environment() -> Self {
        if std::env::var_os("BENCH_QUICK").is_some() {
            return Self {
                each: Duration::from_secs(1),
                watchers: vec![1, 5, 20],
                changes: 5,
                pledges: 400,
                slots: 4,
                settled: 200,
            };
        }
        Self {
            each: Duration::from_secs(8),
            watchers: vec![1, 1000, 5000],
            changes: 50,
            pledges: 40_000,
            slots: 100,
            settled: 10_000,
        }
    }
}

pub struct Stage {
    pub plan: Plan,
    pub db: PgPool,
    pub database_url: String,
    pub ctx: Ctx,
    /// The site's address.
    pub addr: SocketAddr,
    pub sandbox: sandbox::Running,
    /// A live campaign of the demo whose pledges save a card.
    pub campaign: CampaignId,
    pub slug: String,
    /// For files of one run.
    pub folder: PathBuf,
    postgres: EmbeddedPostgres,
    site: Running,
}

impl Stage {
    pub async fn set(plan: Plan) -> Result<Self> {
        say("a PostgreSQL, a sandbox gateway and the demo's site");
        // Always the same folder: a killed run's PostgreSQL is found and ended by the next one.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
        std::fs::create_dir_all(&folder)?;
        let postgres = EmbeddedPostgres::start(&folder).await?;
        let database_url = postgres.url();
        let db = database(&database_url).await?;
        let owner = backend::database::address(&database_url)?;
        let serving =
            backend::database::serve(backend::database::as_application(owner), DATABASE_CONNECTIONS).await?;
        let sandbox = Sandbox::start(sandbox::Config::default()).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let ctx = Ctx::new(serving, config(addr, &sandbox.base_url(), NO_LIMIT))?;
        backend::demo::seed(&ctx).await?;
        let site = site::start(ctx.clone(), listener, edge(), Workers::On)?;
        let (campaign, slug) = campaign(&db).await?;
        Ok(Self { plan, db, database_url, ctx, addr, sandbox, campaign, slug, folder, postgres, site })
    }

    /// The site is stopped and starts again, with its own limit of calls a second at each of the gateway's endpoints.
    pub async fn restart_at(&mut self, requests_per_second: u32) -> Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let ctx = Ctx::new(self.ctx.db.clone(), config(addr, &self.sandbox.base_url(), requests_per_second))?;
        let site = site::start(ctx.clone(), listener, edge(), Workers::On)?;
        std::mem::replace(&mut self.site, site).stop().await;
        (self.addr, self.ctx) = (addr, ctx);
        Ok(())
    }

    /// Stops everything and leaves nothing on the disk.
    pub async fn clear(self) -> Result<()> {
        let cluster: String =
            sqlx::query_scalar("select current_setting('data_directory')").fetch_one(&self.db).await?;
        self.site.stop().await;
        self.sandbox.shutdown().await;
        self.ctx.db.close().await;
        self.db.close().await;
        self.postgres.stop().await?;
        // Not always below our folder: root's clone may lie where PostgreSQL's user cannot go.
        std::fs::remove_dir_all(Path::new(&cluster).parent().context("a cluster has a folder")?)?;
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// People who are logged in. Their session's token is their id as text.
    pub async fn people(&self, count: usize) -> Result<Vec<Uuid>> {
        let people = sqlx::query_scalar(
            "with person as (
                 insert into people (id, email, display_name)
                 select id, id || '@bench.example', 'A backer'
                 from (select gen_random_uuid() as id from generate_series(1, $1)) as made
                 returning id
             )
             insert into sessions (id, token_hash, person_id, expires_at)
             select id, sha256(convert_to(id::text, 'UTF8')), id, clock() + interval '1 day' from person
             returning person_id",
        )
        .bind(i32::try_from(count)?)
        .fetch_all(&self.db)
        .await?;
        self.analyze().await?;
        Ok(people)
    }

    /// Pledges whose backers are at the gateway's page, each by a person of its own.
    pub async fn pending_pledges(&self, count: usize) -> Result<Vec<PledgeId>> {
        let pledges: Vec<Uuid> = sqlx::query_scalar(
            "with backer as (
                 insert into people (id, email, display_name)
                 select id, id || '@bench.example', 'A backer'
                 from (select gen_random_uuid() as id from generate_series(1, $1)) as made
                 returning id
             ), pledge as (
                 insert into pledges (id, campaign_id, backer_id, form_key, collection, amount, currency,
                                      reserved_until)
                 select gen_random_uuid(), $2, id, id, 'save_card', 25, 'EUR', clock() + interval '1 day'
                 from backer
                 returning id
             )
             insert into pledge_history (pledge_id, to_state, event, source)
             select id, 'pending', 'pledge_started', 'backer' from pledge
             returning pledge_id",
        )
        .bind(i32::try_from(count)?)
        .bind(self.campaign.0)
        .fetch_all(&self.db)
        .await?;
        self.analyze().await?;
        Ok(pledges.into_iter().map(PledgeId).collect())
    }

    /// How many pledges the campaign counts.
    pub async fn backers(&self) -> Result<i64> {
        let backers = sqlx::query_scalar("select backers from campaign_stats where campaign_id = $1");
        Ok(backers.bind(self.campaign.0).fetch_one(&self.db).await?)
    }

    /// Waits until the worker has applied everything.
    pub async fn all_applied(&self) -> Result<()> {
        let waits = "select exists (select from pledge_inbox where applied_at is null)";
        let applied = async {
            while sqlx::query_scalar(waits).fetch_one(&self.db).await? {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(STUCK, applied).await.context("the worker is stuck")?
    }

    /// What PostgreSQL does by itself a minute after so many new rows: with no idea of them its plans are bad.
    pub async fn analyze(&self) -> Result<()> {
        sqlx::raw_sql("analyze people, sessions, pledges, pledge_history").execute(&self.db).await?;
        Ok(())
    }
}

async fn database(url: &str) -> Result<PgPool> {
    let db = PgPoolOptions::new()
        .max_connections(DATABASE_CONNECTIONS)
        .acquire_timeout(Duration::from_secs(5))
        .connect(url)
        .await?;
    // A killed run leaves its data behind.
    sqlx::raw_sql("set client_min_messages = warning; drop schema public cascade; create schema public")
        .execute(&db)
        .await?;
    backend::database::migrate(&backend::database::address(url)?).await?;
    Ok(db)
}

fn edge() -> Edge {
    Edge { streams_per_address: usize::MAX, streams: usize::MAX, ..Edge::default() }
}

fn config(site: SocketAddr, gateway: &str, requests_per_second: u32) -> Config {
    Config {
        environment: Environment::Demo,
        public_url: format!("http://{site}"),
        stripe: StripeConfig {
            secret_key: GATEWAY_KEY.into(),
            webhook_secrets: vec![WEBHOOK_SECRET.into()],
            api_base: Some(format!("{gateway}/")),
            timeout: Duration::from_secs(10),
            requests_per_second,
            rest: Duration::from_secs(5),
        },
        form_targets: vec![gateway.to_owned()],
        card_fields: None,
        smtp: None,
        // Everything here comes from one address.
        pledging: backend::pledges::AddressLimits { tries: i32::MAX, declines: i32::MAX },
        reservation: Duration::from_secs(900),
        retry_window: domain::RETRY_WINDOW,
        fee: domain::FeeRule::USUAL,
        payouts: PayoutTerms::default(),
        seller: "Groundswell".into(),
        crash_at: None,
    }
}

async fn campaign(db: &PgPool) -> Result<(CampaignId, String)> {
    let (id, slug): (Uuid, String) = sqlx::query_as(
        "select id, slug from campaigns
         where state = 'live' and model = 'aon' and currency = 'EUR' and suspended_at is null
               and ends_at > clock() + interval '8 days'
         order by slug limit 1",
    )
    .fetch_one(db)
    .await
    .context("the demo has no live campaign in euros whose pledges save a card")?;
    Ok((CampaignId(id), slug))
}
