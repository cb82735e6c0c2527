//! The bare database: how fast it takes rows shaped like pledges, and how fast the disk beneath it is.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::stage::{CLIENTS, Stage};

/// Columns, checks and indexes of the real table; what is missing is what refers to other tables.
const TABLE: &str = "create table if not exists bare_pledges (like pledges including all)";

const INSERT: &str = "insert into bare_pledges (id, campaign_id, backer_id, form_key, collection, amount, currency,
    mandate, reserved_until)
values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'save_card', 25, 'EUR',
    'I allow Groundswell to charge my card once if the campaign reaches its goal.', clock() + interval '15 minutes');
";

/// Pledges inserted a second, one per transaction, by as many clients as the site gets.
pub async fn inserts_per_second(stage: &Stage) -> Result<f64> {
    sqlx::raw_sql(TABLE).execute(&stage.db).await?;
    let script = stage.folder.join("insert.sql");
    // pgbench ends a command at its line.
    std::fs::write(&script, INSERT.replace('\n', " "))?;
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=1"])
        .arg(format!("--client={CLIENTS}"))
        .arg(format!("--time={}", stage.plan.each.as_secs()))
        .arg("--file")
        .arg(&script)
        .arg(&stage.database_url)
        .kill_on_drop(true)
        .output()
        .await
        .context("pgbench, of Debian's package postgresql")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
    let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench tells tps")?;
    Ok(line.split_whitespace().next().context("a number")?.parse()?)
}

/// What PostgreSQL's own program says about the disk, or that it is not there.
pub async fn disk_sync(stage: &Stage) -> String {
    match fdatasync(stage).await {
        Ok(line) => format!("pg_test_fsync: {line}"),
        Err(error) => format!("no pg_test_fsync ({error:#})"),
    }
}

/// It tries many ways, a second each. Ours, which is PostgreSQL's default on Linux, is among the first.
async fn fdatasync(stage: &Stage) -> Result<String> {
    let mut process = Command::new("pg_test_fsync")
        .args(["--secs-per-test=1", "--filename"])
        .arg(stage.folder.join("fsync"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(process.stdout.take().context("piped")?).lines();
    while let Some(line) = lines.next_line().await? {
        if line.trim().starts_with("fdatasync") {
            process.kill().await?;
            return Ok(line.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    anyhow::bail!("it does not speak of fdatasync")
}
