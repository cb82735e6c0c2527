//! The busiest pages, beside the very same bytes from an axum handler that does nothing else.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::AbortHandle;

use crate::http::{self, Client};
use crate::say;
use crate::stage::{CLIENTS, Stage};
use crate::table::{Row, Table};

pub async fn measure(stage: &Stage, table: &mut Table) -> Result<()> {
    let campaign = format!("/campaigns/{}", stage.slug);
    for (name, path, coding) in [
        ("home page", "/", "identity"),
        ("campaign page", &campaign, "identity"),
        ("campaign page, brotli", &campaign, "br"),
    ] {
        say(name);
        let body = fetch(stage.addr, path, coding).await?;
        let size = body.len() as f64 / 1000.0;
        let bare = Bare::serve(body).await?;
        let ceiling = requests_per_second(stage, bare.addr, path, coding).await?;
        let ours = requests_per_second(stage, stage.addr, path, coding).await?;
        table.add(
            Row::new(format!("{name} ({size:.1} kB)"), format!("{ours:.0} req/s"))
                .beside(format!("bare axum: {ceiling:.0} req/s"))
                .ratio_of_at_least(ours / ceiling, 0.8),
        );
    }
    Ok(())
}

async fn fetch(addr: SocketAddr, path: &str, coding: &str) -> Result<Bytes> {
    let answer = Client::connect(addr).await?.send(http::get(path, coding)?).await?;
    ensure!(answer.status().is_success(), "{path}: {}", answer.status());
    Ok(answer.into_body())
}

/// A server of one answer, in the same process.
struct Bare {
    addr: SocketAddr,
    serving: AbortHandle,
}

impl Bare {
    async fn serve(body: Bytes) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let answer = move || async move { ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body) };
        let router = Router::new().fallback(routing::get(answer));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Ok(Self { addr, serving })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn requests_per_second(stage: &Stage, addr: SocketAddr, path: &str, coding: &str) -> Result<f64> {
    // Not counted: what is done once, and what a processor learns.
    ours(addr, path, coding, stage.plan.each / 8).await?;
    match wrk(stage, addr, path, coding).await {
        // It costs less than a client of ours. Where it is missing, ours is the same for both.
        Err(error) if is_not_found(&error) => ours(addr, path, coding, stage.plan.each).await,
        counted => counted,
    }
}

async fn wrk(stage: &Stage, addr: SocketAddr, path: &str, coding: &str) -> Result<f64> {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &CLIENTS.to_string()])
        .args(["--duration", &format!("{}s", stage.plan.each.as_secs())])
        .args(["--header", &format!("accept-encoding: {coding}"), &format!("http://{addr}{path}")])
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && !text.contains("Non-2xx"), "wrk on {path}: {text}");
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    Ok(line.context("wrk counts requests")?.trim().parse()?)
}

async fn ours(addr: SocketAddr, path: &str, coding: &str, time: Duration) -> Result<f64> {
    let (path, coding) = (path.to_owned(), coding.to_owned());
    let request = move |_| http::get(&path, &coding).map(Some);
    Ok(http::crowd(addr, CLIENTS, time, request).await?.per_second())
}

fn is_not_found(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}
