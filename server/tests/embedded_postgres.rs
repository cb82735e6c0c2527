//! The PostgreSQL that the server keeps for itself, through whatever happens to it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use server::embedded_postgres::EmbeddedPostgres;
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() -> Result<()> {
    let folder = Folder::new("restart")?;
    let postgres = EmbeddedPostgres::start(&folder.0).await?;
    run(&postgres.url(), "create table kept as select 'a pledge' as what").await?;
    postgres.stop().await?;

    let postgres = EmbeddedPostgres::start(&folder.0).await?;
    assert_eq!(ask(&postgres.url(), "select what from kept").await?, "a pledge");
    assert_eq!(ask(&postgres.url(), "show fsync").await?, "on");
    postgres.stop().await
}

#[tokio::test]
async fn a_second_server_in_the_same_folder_is_refused() -> Result<()> {
    let folder = Folder::new("second")?;
    let first = EmbeddedPostgres::start(&folder.0).await?;

    let refusal = refusal(&folder.0).await?;
    assert!(refusal.contains("another Groundswell server"), "{refusal}");
    assert!(refusal.contains(&std::process::id().to_string()), "{refusal}");

    assert_eq!(ask(&first.url(), "select 'still here'").await?, "still here");
    first.stop().await
}

#[tokio::test]
async fn recovers_from_a_killed_server() -> Result<()> {
    let folder = Folder::new("killed")?;
    let (mut server, url) = another_process("start", &folder.0)?;
    run(&url, "create table kept as select 'a pledge' as what").await?;
    server.kill()?;
    server.wait()?;

    let postgres = EmbeddedPostgres::start(&folder.0).await?;
    assert_eq!(ask(&postgres.url(), "select what from kept").await?, "a pledge");
    postgres.stop().await
}

#[tokio::test]
async fn recovers_when_postgres_was_killed_too() -> Result<()> {
    let folder = Folder::new("power")?;
    let (mut server, url) = another_process("start", &folder.0)?;
    run(&url, "create table kept as select 'a pledge' as what").await?;
    server.kill()?;
    server.wait()?;
    let pid = fs::read_to_string(folder.0.join("cluster/postmaster.pid"))?;
    let pid = pid.lines().next().context("no pid")?;
    Command::new("kill").args(["-9", pid]).status()?;

    let postgres = EmbeddedPostgres::start(&folder.0).await?;
    assert_eq!(ask(&postgres.url(), "select what from kept").await?, "a pledge");
    postgres.stop().await
}

#[tokio::test]
async fn data_of_a_newer_postgres_are_refused_by_both_names() -> Result<()> {
    let folder = Folder::new("newer")?;
    EmbeddedPostgres::start(&folder.0).await?.stop().await?;
    let version = folder.0.join("cluster/PG_VERSION");
    let ours = fs::read_to_string(&version)?;
    fs::write(&version, "99\n")?;

    let refusal = refusal(&folder.0).await?;
    assert!(refusal.contains("made by PostgreSQL 99"), "{refusal}");
    assert!(refusal.contains(&format!("has PostgreSQL {}", ours.trim())), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_cluster_half_made_is_made_again() -> Result<()> {
    let folder = Folder::new("half")?;
    fs::create_dir(folder.0.join("cluster.new"))?;
    fs::write(folder.0.join("cluster.new/PG_VERSION"), "15\n")?;

    EmbeddedPostgres::start(&folder.0).await?.stop().await
}

#[tokio::test]
async fn folders_may_have_any_name() -> Result<()> {
    for name in ["l'été \"à\" la mer; 100 %", &"long".repeat(40)] {
        let folder = Folder::new(name)?;
        let postgres = EmbeddedPostgres::start(&folder.0).await?;
        assert_eq!(ask(&postgres.url(), "select current_database()::text").await?, "groundswell");
        postgres.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_throw_away_cluster_leaves_nothing() -> Result<()> {
    let postgres = EmbeddedPostgres::throw_away().await?;
    assert_eq!(ask(&postgres.url(), "show fsync").await?, "off");
    let socket = ask(&postgres.url(), "show unix_socket_directories").await?;
    let root = PathBuf::from(socket.trim_matches('"')).parent().context("no parent")?.to_owned();
    assert!(root.exists());
    postgres.stop().await?;
    assert!(!root.exists());
    Ok(())
}

#[tokio::test]
async fn what_a_killed_test_run_left_is_swept_by_the_next() -> Result<()> {
    let (mut run_before, url) = another_process("throw_away", Path::new(""))?;
    let socket = ask(&url, "show unix_socket_directories").await?;
    let root = PathBuf::from(socket.trim_matches('"')).parent().context("no parent")?.to_owned();
    run_before.kill()?;
    run_before.wait()?;
    assert!(root.exists());

    let postgres = EmbeddedPostgres::throw_away().await?;
    assert!(!root.exists());
    assert!(PgConnection::connect(&url).await.is_err());
    postgres.stop().await
}

/// Not a test: the server that the tests above kill. See `another_process`.
#[tokio::test]
#[ignore = "started by the tests that kill it"]
async fn server_to_kill() -> Result<()> {
    let Ok(how) = std::env::var("SERVER_TO_KILL") else { return Ok(()) };
    let postgres = match how.split_once(' ') {
        Some(("start", folder)) => EmbeddedPostgres::start(Path::new(folder)).await?,
        _ => EmbeddedPostgres::throw_away().await?,
    };
    println!("\nurl {}", postgres.url());
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    postgres.stop().await
}

fn another_process(how: &str, folder: &Path) -> Result<(Child, String)> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--exact", "server_to_kill", "--ignored", "--nocapture"])
        .env("SERVER_TO_KILL", format!("{how} {}", folder.display()))
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let url = lines.map_while(Result::ok).find_map(|line| Some(line.strip_prefix("url ")?.to_owned()));
    Ok((child, url.context("the other process did not start PostgreSQL")?))
}

async fn refusal(folder: &Path) -> Result<String> {
    match EmbeddedPostgres::start(folder).await {
        Ok(_) => anyhow::bail!("it started"),
        Err(error) => Ok(format!("{error:#}")),
    }
}

async fn run(url: &str, sql: &'static str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(sql).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn ask(url: &str, sql: &'static str) -> Result<String> {
    let mut connection = PgConnection::connect(url).await?;
    let answer = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(answer)
}

/// In /tmp, which PostgreSQL's user can reach also when the tests run as root.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self> {
        let path = PathBuf::from(format!("/tmp/groundswell-kept-{}-{name}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
