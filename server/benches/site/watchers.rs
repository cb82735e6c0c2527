//! The people who watch a live bar, in a process of their own: their memory and their sockets are not the site's.
//! This binary starts itself again with [`WORD`] in front.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

pub const WORD: &str = "watch";
/// Said when everybody watches.
pub const READY: &str = "ready";
/// How many connect at once: fewer than the listener's backlog takes.
const AT_ONCE: usize = 64;

/// An event as a watcher saw it.
#[derive(Clone, Copy)]
pub struct Seen {
    pub backers: i64,
    /// Nanoseconds since 1970: the one clock that two processes share.
    pub at: u128,
}

/// Watches until its standard input ends; then writes one line per watcher: `backers:nanoseconds ...`.
pub async fn run(addr: &str, campaign: &str, count: &str) -> Result<()> {
    let (addr, count): (SocketAddr, usize) = (addr.parse()?, count.parse()?);
    let stop = CancellationToken::new();
    let watching: Vec<_> = stream::iter(0..count)
        .map(|_| Watcher::start(addr, campaign))
        .buffer_unordered(AT_ONCE)
        .map_ok(|watcher| tokio::spawn(watcher.watch(stop.clone())))
        .try_collect()
        .await?;
    println!("{READY}");
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    stop.cancel();
    let mut out = std::io::stdout().lock();
    for watcher in watching {
        let seen = watcher.await??.into_iter().map(|seen| format!("{}:{}", seen.backers, seen.at));
        writeln!(out, "{}", seen.collect::<Vec<_>>().join(" "))?;
    }
    Ok(())
}

/// The other side of [`run`]'s lines.
pub fn parse(line: &str) -> Result<Vec<Seen>> {
    line.split_whitespace()
        .map(|seen| {
            let (backers, at) = seen.split_once(':').context("backers:nanoseconds")?;
            Ok(Seen { backers: backers.parse()?, at: at.parse()? })
        })
        .collect()
}

pub fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

struct Watcher {
    stream: TcpStream,
    /// What came since the last whole event.
    text: String,
}

impl Watcher {
    /// Connects, and has the opening snapshot.
    async fn start(addr: SocketAddr, campaign: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(addr).await.context("no connection: is `ulimit -n` too low?")?;
        let request = format!("GET /api/campaigns/{campaign}/progress HTTP/1.1\r\nhost: {addr}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut watcher = Self { stream, text: String::new() };
        let opening = watcher.event().await?;
        ensure!(opening.starts_with("HTTP/1.1 200"), "no stream of events: {opening}");
        Ok(watcher)
    }

    async fn watch(mut self, stop: CancellationToken) -> Result<Vec<Seen>> {
        let mut seen = Vec::new();
        loop {
            let event = tokio::select! {
                event = self.event() => event?,
                () = stop.cancelled() => return Ok(seen),
            };
            // A heartbeat has none.
            if let Some(backers) = backers(&event) {
                seen.push(Seen { backers, at: now() });
            }
        }
    }

    /// The next event, with what HTTP wrote around it.
    async fn event(&mut self) -> Result<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                return Ok(self.text.drain(..end + 2).collect());
            }
            let mut bytes = [0; 1024];
            let count = self.stream.read(&mut bytes).await?;
            ensure!(count > 0, "the site ended a stream");
            self.text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }
}

fn backers(event: &str) -> Option<i64> {
    let (_, after) = event.split_once("\"backers\":")?;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
