//! From a change to every open page: an event is left in the inbox and the bell is rung, the worker applies and
//! commits it, the listener hears of it, and its bytes reach each watcher. Measured from just before the first of
//! these to the last, so the worker's transaction with its wait for the disk is part of it; drawing the bar is not.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use backend::inbox::{self, Entry, Evidence, Source};
use domain::{PledgeEvent, PledgeId};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::say;
use crate::stage::Stage;
use crate::table::{Row, Table};
use crate::watchers::{self, READY, Seen, WORD};

const SPACED: Duration = Duration::from_millis(100);
/// The slowest watcher of the last change has this long.
const PATIENCE: Duration = Duration::from_secs(2);

pub async fn measure(stage: &Stage, table: &mut Table) -> Result<()> {
    let before = resident_bytes()?;
    for &count in &stage.plan.watchers {
        say(&format!("the live bar with {count} watchers"));
        let crowd = Crowd::start(stage, count).await?;
        let held = resident_bytes()?.saturating_sub(before);
        let changes = change(stage).await?;
        let seen = crowd.end().await?;
        table.add(latency(count, &changes, &seen));
        if Some(&count) == stage.plan.watchers.last() {
            table.add(memory(count, held));
        }
    }
    table.note(
        "Live bar: from just before inbox::leave to the bytes at each watcher, worker and commit included.",
    );
    Ok(())
}

/// A change, by the number of backers that shows it.
struct Change {
    backers: i64,
    at: u128,
}

async fn change(stage: &Stage) -> Result<Vec<Change>> {
    let pledges = stage.pending_pledges(stage.plan.changes).await?;
    let mut backers = stage.backers().await?;
    let mut changes = Vec::new();
    let mut beat = tokio::time::interval(SPACED);
    for pledge in pledges {
        beat.tick().await;
        let at = watchers::now();
        inbox::leave(&stage.db, stage.campaign, pledge, &card_saved(pledge), Source::Gateway).await?;
        stage.ctx.inbox.ring();
        backers += 1;
        changes.push(Change { backers, at });
    }
    tokio::time::sleep(PATIENCE).await;
    ensure!(stage.backers().await? == backers, "not every change was applied");
    Ok(changes)
}

fn card_saved(pledge: PledgeId) -> Entry {
    let evidence = Evidence {
        intent_id: Some(format!("seti_{pledge}")),
        payment_method_id: Some(format!("pm_{pledge}")),
        ..Evidence::default()
    };
    Entry { event: PledgeEvent::CardSaved, evidence }
}

/// A watcher knows of a change when it sees that many backers or more: two changes may arrive as one event. What never
/// arrived took longer than everything that did.
fn latency(count: usize, changes: &[Change], seen: &[Vec<Seen>]) -> Row {
    let mut waits = Vec::new();
    let mut lost = 0;
    for (watcher, change) in
        seen.iter().flat_map(|watcher| changes.iter().map(move |change| (watcher, change)))
    {
        match watcher.iter().find(|seen| seen.backers >= change.backers) {
            Some(seen) => waits.push(seen.at.saturating_sub(change.at) as f64 / 1e6),
            None => {
                lost += 1;
                waits.push(f64::INFINITY);
            }
        }
    }
    waits.sort_by(f64::total_cmp);
    let (half, most) = (percentile(&waits, 0.5), percentile(&waits, 0.99));
    let row = Row::new(format!("live bar, {count} watching"), format!("p50 {half:.1} ms, p99 {most:.1} ms"));
    let arrived = format!("{} arrivals, {lost} lost", waits.len() - lost);
    match count {
        ..=1 => row.beside(arrived),
        2..=1000 => row.beside(arrived).at_most(most, 100.0, "ms"),
        _ => row.beside(arrived).at_most(most, 300.0, "ms"),
    }
}

fn percentile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn memory(count: usize, held: u64) -> Row {
    let each = held as f64 / count as f64 / 1000.0;
    Row::new("live bar, memory for a watcher", format!("{each:.1} kB"))
        .beside(format!("{:.1} MB for {count}, without the kernel's buffers", held as f64 / 1e6))
        .at_most(each, 25.0, "kB")
}

/// What this process, with the whole site in it, has in memory.
fn resident_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// Watchers in another process.
struct Crowd {
    process: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Crowd {
    /// Returns when all of them watch.
    async fn start(stage: &Stage, count: usize) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([WORD, &stage.addr.to_string(), &stage.campaign.to_string(), &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = process.stdin.take().context("piped")?;
        let mut lines = BufReader::new(process.stdout.take().context("piped")?).lines();
        ensure!(lines.next_line().await?.as_deref() == Some(READY), "the watchers could not all connect");
        Ok(Self { process, input, lines })
    }

    /// What each of them saw.
    async fn end(mut self) -> Result<Vec<Vec<Seen>>> {
        // Their standard input ends.
        drop(self.input);
        let mut seen = Vec::new();
        while let Some(line) = self.lines.next_line().await? {
            seen.push(watchers::parse(&line)?);
        }
        ensure!(self.process.wait().await?.success(), "the watchers failed");
        Ok(seen)
    }
}
