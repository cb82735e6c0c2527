//! What the command line can do.

mod books;
mod card_fields;

use std::net::SocketAddr;
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};
use backend::{Ctx, database};
use chrono::NaiveDate;
use clap::Subcommand;
use sandbox::{Sandbox, WebhookTarget};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::embedded_postgres::EmbeddedPostgres;
use crate::settings::{AppEnv, Gateway, Settings};
use crate::{security, site};

#[derive(Subcommand)]
pub enum Command {
    /// Serve the site (the default).
    Serve,
    /// Bring the database's schema up to date and stop.
    Migrate,
    /// Print what settling a campaign would do now, pledge by pledge. Writes nothing.
    Settle {
        /// Settling itself happens by itself; only the rehearsal is asked for.
        #[arg(long, required = true)]
        dry_run: bool,
        /// The last part of the campaign's address.
        campaign: String,
    },
    /// Ask the database everything that must hold, and print each sentence with what violates it. Ends with 1 if
    /// anything does. The server does the same every ten minutes. Reads DATABASE_URL.
    Check,
    /// Compare a day's ledger with the gateway's balance transactions, line by line; adopt what the gateway had not told
    /// us, and raise alarms for what does not agree. The server does it every morning. Ends with 1 if anything differs.
    /// Reads DATABASE_URL and the gateway's settings.
    Reconcile {
        /// The day in UTC, such as 2027-03-03. [default: yesterday]
        #[arg(long)]
        day: Option<NaiveDate>,
    },
    /// Print a past day's movements, account by account, from the ledger. Reads DATABASE_URL.
    Report {
        /// The day in UTC, such as 2027-03-03.
        day: NaiveDate,
    },
    /// Run a command beside a throw-away PostgreSQL, whose address it finds in DATABASE_URL.
    WithPostgres {
        #[arg(trailing_var_arg = true, required = true)]
        command: Vec<String>,
    },
}

/// # Errors
/// Whatever kept the command from being carried out, fit to be shown to the operator.
pub async fn run(command: Command, settings: &Settings) -> Result<ExitCode> {
    match command {
        Command::Serve => serve(settings).await,
        Command::Migrate => migrate(settings).await,
        Command::Settle { campaign, .. } => settle_dry_run(settings, &campaign).await,
        Command::Check => books::check(settings).await,
        Command::Reconcile { day } => books::reconcile(settings, day).await,
        Command::Report { day } => books::report(settings, day).await,
        Command::WithPostgres { command } => with_postgres(&command).await,
    }
}

async fn serve(settings: &Settings) -> Result<ExitCode> {
    settings.check()?;
    // First, so that a taken port is told before anything is started.
    let listener = TcpListener::bind(settings.bind_addr).await.with_context(|| {
        format!("cannot listen on {}: BIND_ADDR chooses another address", settings.bind_addr)
    })?;
    let postgres = own_postgres(settings).await?;
    let served = serve_over(settings, listener, postgres.as_ref()).await;
    if let Some(postgres) = postgres {
        postgres.stop().await?;
    }
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve_over(
    settings: &Settings,
    listener: TcpListener,
    postgres: Option<&EmbeddedPostgres>,
) -> Result<()> {
    let db = connect(settings, postgres).await?;
    refuse_a_moved_clock(settings, &db).await?;
    let (gateway, sandbox) = gateway(settings).await?;
    let ctx = Ctx::new(db, settings.backend(gateway)?)?;
    if settings.app_env == AppEnv::Demo {
        backend::demo::seed(&ctx).await?;
    }
    let running = site::start(ctx, listener, settings.edge(), site::Workers::On)?;
    greet(settings, sandbox.as_ref().map(sandbox::Running::base_url));
    until_told_to_stop().await?;
    running.stop().await;
    if let Some(sandbox) = sandbox {
        sandbox.shutdown().await;
    }
    Ok(())
}

async fn own_postgres(settings: &Settings) -> Result<Option<EmbeddedPostgres>> {
    if settings.database_url.is_some() {
        return Ok(None);
    }
    std::fs::create_dir_all(&settings.data_dir).context("cannot create the data folder")?;
    let postgres = EmbeddedPostgres::start(&settings.data_dir).await?;
    // For tools beside the server: psql, the browser tests.
    std::fs::write(settings.data_dir.join("database_url"), postgres.url())?;
    Ok(Some(postgres))
}

/// Migrates as the owner; then serves as the role that cannot change the books.
async fn connect(settings: &Settings, postgres: Option<&EmbeddedPostgres>) -> Result<PgPool> {
    let (owner, application) = addresses(settings, postgres)?;
    database::migrate(&owner)
        .await
        .context("cannot connect to PostgreSQL, or bring its schema up to date")?;
    database::serve(application, settings.database_connections)
        .await
        .context("cannot connect to PostgreSQL (DATABASE_URL)")
}

/// Who migrates, and who serves.
fn addresses(
    settings: &Settings,
    postgres: Option<&EmbeddedPostgres>,
) -> Result<(PgConnectOptions, PgConnectOptions)> {
    if let Some(postgres) = postgres {
        let owner = database::address(&postgres.url())?;
        return Ok((owner.clone(), database::as_application(owner)));
    }
    let application = database_url(settings)?;
    let owner = match &settings.database_owner_url {
        Some(url) => database::address(url).context("DATABASE_OWNER_URL is no address of a PostgreSQL")?,
        None => application.clone(),
    };
    Ok((owner, application))
}

fn database_url(settings: &Settings) -> Result<PgConnectOptions> {
    let url = settings.database_url.as_deref().context("set DATABASE_URL: which database?")?;
    database::address(url).context("DATABASE_URL is no address of a PostgreSQL")
}

/// Deadlines follow the database's clock; only tests may move it.
async fn refuse_a_moved_clock(settings: &Settings, db: &PgPool) -> Result<()> {
    if settings.app_env == AppEnv::Production && backend::clock::is_shifted(db).await? {
        anyhow::bail!("APP_ENV=production refuses to start: the database's clock_shift is not zero");
    }
    Ok(())
}

/// Card pages, and the pages on which creators fill in and see their accounts.
const STRIPE_PAGES: [&str; 2] = ["https://checkout.stripe.com", "https://connect.stripe.com"];

/// Stripe, or without a key the sandbox, with a webhook endpoint that points back here.
async fn gateway(settings: &Settings) -> Result<(Gateway, Option<sandbox::Running>)> {
    if settings.stripe_secret_key.is_some() {
        return Ok((real_gateway(settings)?, None));
    }
    let secret = site::kept_secret(&settings.data_dir.join("webhook_secret"), "whsec_")?;
    let of_accounts = site::kept_secret(&settings.data_dir.join("connect_webhook_secret"), "whsec_")?;
    let here = |secret: &str| WebhookTarget {
        url: format!("http://{}{}", settings.bind_addr, security::WEBHOOK_PATH),
        secret: secret.to_owned(),
        api_version: None,
    };
    let config = sandbox::Config {
        bind: settings.sandbox_addr.unwrap_or_else(|| next_port(settings.bind_addr)),
        state_dir: Some(settings.data_dir.join("sandbox")),
        webhook: Some(here(&secret)),
        connect_webhook: Some(here(&of_accounts)),
        ..sandbox::Config::default()
    };
    let sandbox = match Sandbox::start(config.clone()).await {
        Ok(sandbox) => sandbox,
        // The neighbouring port belongs to somebody else, and nobody asked for it by name.
        Err(_) if settings.sandbox_addr.is_none() => {
            Sandbox::start(sandbox::Config { bind: SocketAddr::new(config.bind.ip(), 0), ..config }).await?
        }
        Err(error) => return Err(error),
    };
    let gateway = Gateway {
        secret_key: "sk_test_sandbox".into(),
        webhook_secrets: vec![secret, of_accounts],
        api_base: Some(format!("{}/", sandbox.base_url())),
        pages: vec![sandbox.base_url()],
        card_fields: Some(card_fields::of("pk_test_sandbox".into(), format!("{}/v3/", sandbox.base_url()))),
    };
    Ok((gateway, Some(sandbox)))
}

/// The gateway that the settings name.
fn real_gateway(settings: &Settings) -> Result<Gateway> {
    let api_base = settings.stripe_api_base.clone();
    Ok(Gateway {
        secret_key: settings.stripe_secret_key.clone().context("set STRIPE_SECRET_KEY: which gateway?")?,
        webhook_secrets: settings.webhook_secrets(),
        pages: match &api_base {
            Some(theirs) => vec![theirs.clone()],
            None => STRIPE_PAGES.map(Into::into).to_vec(),
        },
        api_base,
        card_fields: settings
            .stripe_publishable_key
            .clone()
            .map(|key| card_fields::of(key, settings.stripe_js.clone())),
    })
}

fn next_port(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip(), addr.port().wrapping_add(1))
}

fn greet(settings: &Settings, sandbox: Option<String>) {
    println!("\nGroundswell is at {}", settings.public_url());
    if let Some(sandbox) = sandbox {
        println!(
            "The sandbox gateway is at {sandbox} (test card 4242 4242 4242 4242, any later date, any CVC)"
        );
    }
    if settings.app_env == AppEnv::Demo {
        println!("{}", backend::demo::LOG_INS);
        if settings.smtp().is_ok_and(|server| server.is_none()) {
            println!("Its mail stays at {}/demo/mailbox", settings.public_url());
        }
    }
    println!("Ctrl-C stops it.\n");
}

async fn until_told_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

async fn migrate(settings: &Settings) -> Result<ExitCode> {
    let postgres = own_postgres(settings).await?;
    let connected = connect(settings, postgres.as_ref()).await;
    if let Some(postgres) = postgres {
        postgres.stop().await?;
    }
    connected?;
    println!("The schema is up to date.");
    Ok(ExitCode::SUCCESS)
}

/// Over the database as it is: no migration, no gateway, no worker.
async fn settle_dry_run(settings: &Settings, campaign: &str) -> Result<ExitCode> {
    let db = database::serve(database_url(settings)?, 1).await.context("cannot connect (DATABASE_URL)")?;
    print!("{}", backend::settlement::dry_run(&db, campaign).await?);
    Ok(ExitCode::SUCCESS)
}

async fn with_postgres(command: &[String]) -> Result<ExitCode> {
    let [program, arguments @ ..] = command else { anyhow::bail!("which command?") };
    let postgres = EmbeddedPostgres::throw_away().await?;
    // Ctrl-C reaches the command too: it ends, and then the database is stopped in peace.
    let ignoring = tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let status = tokio::process::Command::new(program)
        .args(arguments)
        .env("DATABASE_URL", postgres.url())
        .stdin(Stdio::null())
        .status()
        .await;
    ignoring.abort();
    postgres.stop().await?;
    let code = status.with_context(|| format!("cannot run {program}"))?.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
