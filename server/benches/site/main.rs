//! `make bench`: the site measured beside the bare parts it stands on, in one process and one run. It prints a table
//! of ratios and never fails on a figure: figures of two machines, or of two evenings, say little to each other.
#![allow(clippy::disallowed_methods, reason = "what is measured is the machine's time")]

mod http;
mod live;
mod pages;
mod pgbench;
mod pledges;
mod rush;
mod settling;
mod stage;
mod table;
mod watchers;
mod webhooks;
mod weight;

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, anyhow};
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::MakeWriterExt;

use stage::{Plan, Stage};
use table::Table;

// What the server itself runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let ended = match arguments.as_slice() {
        [_, word, addr, campaign, count] if word == watchers::WORD => {
            watchers::run(addr, campaign, count).await
        }
        _ => run().await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    start_logging();
    let began = Instant::now();
    let mut stage = Stage::set(Plan::from_environment()).await?;
    let measured = tokio::select! {
        measured = measure(&mut stage) => measured,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
    };
    stage.clear().await?;
    print!("{}", measured?);
    println!("\nTook {} s, the making of the site's data included.", began.elapsed().as_secs());
    Ok(())
}

/// Lines are made as on a running server, then thrown away: they are part of what a request costs.
fn start_logging() {
    let filter = EnvFilter::new("warn,server=info,backend=info,app=info");
    let writer = io::stderr.with_max_level(Level::WARN).or_else(io::sink);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).init();
}

/// The live bar first: memory is compared with that of a process which has served nobody yet.
async fn measure(stage: &mut Stage) -> Result<Table> {
    let mut table = Table::default();
    if cfg!(debug_assertions) {
        table.note("A development build: these figures say that every part works, and nothing else.");
    }
    table.note(&format!("The disk: {}.", pgbench::disk_sync(stage).await));
    if wanted("live") {
        live::measure(stage, &mut table).await?;
    }
    if wanted("weight") {
        weight::measure(stage, &mut table).await?;
    }
    if wanted("pages") {
        pages::measure(stage, &mut table).await?;
    }
    if wanted("pledges") {
        pledges::measure(stage, &mut table).await?;
    }
    if wanted("rush") {
        rush::measure(stage, &mut table).await?;
    }
    if wanted("settling") {
        settling::measure(stage, &mut table).await?;
    }
    Ok(table)
}

/// All parts, unless `BENCH_ONLY` names some.
fn wanted(part: &str) -> bool {
    std::env::var("BENCH_ONLY").map_or(true, |only| only.split(',').any(|named| named.trim() == part))
}

/// Progress, apart from the table.
fn say(what: &str) {
    eprintln!("    {what}");
}
