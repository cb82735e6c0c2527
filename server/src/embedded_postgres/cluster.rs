//! One cluster: made, configured, started, stopped, by PostgreSQL's own programs.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::home::{Home, last_lines, private_dir};
use super::owner::Owner;
use super::programs::Programs;

const DATABASE: &str = "groundswell";

/// Recovery after a crash replays what was not yet in the tables; a slow disk needs its time.
const PATIENCE_SECONDS: &str = "120";

/// A session notices that its postmaster is gone when it next waits for something.
const SESSIONS_OF_A_KILLED_POSTMASTER_END_WITHIN_SECONDS: u32 = 10;

pub enum Durability {
    Kept,
    /// Nothing survives a power cut, and nothing waits for the disk.
    None,
}

pub struct Cluster {
    programs: Programs,
    owner: Owner,
    data: PathBuf,
    socket_dir: PathBuf,
    running: bool,
}

impl Cluster {
    pub fn start(home: &Home, durability: Durability) -> Result<Self> {
        let mut cluster = Self {
            programs: programs(&home.cluster)?,
            owner: home.owner.clone(),
            data: home.cluster.clone(),
            socket_dir: home.socket_dir.clone(),
            running: false,
        };
        if !cluster.data.exists() {
            cluster.make(&durability)?;
        }
        cluster.stop_left_over()?;
        cluster.configure(&durability)?;
        cluster.run(&home.log)?;
        cluster.create_database()?;
        Ok(cluster)
    }

    pub fn url(&self) -> String {
        let host = percent_encoded(&self.socket_dir.to_string_lossy());
        format!("postgres://{DATABASE}@localhost/{DATABASE}?host={host}")
    }

    pub fn stop(&mut self) -> Result<()> {
        self.running = false;
        // Fast: sessions are ended and everything is written, instead of waiting for clients to leave.
        finished(self.pg_ctl()?.args(["stop", "--mode=fast", "--wait"])).context("PostgreSQL did not stop")
    }

    /// Under another name first: a half-made cluster of a killed process is never taken for a whole one.
    fn make(&self, durability: &Durability) -> Result<()> {
        tracing::info!("making a PostgreSQL {} cluster in {}", self.programs.major, self.data.display());
        let unfinished = self.data.with_extension("new");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        private_dir(&unfinished, &self.owner)?;
        let mut initdb = self.command("initdb");
        initdb.arg("--pgdata").arg(&unfinished).args(["--username", DATABASE, "--encoding=UTF8"]);
        // Trust, because only this user and root get as far as the socket.
        initdb.args(["--auth=trust", "--locale=C.UTF-8"]);
        if self.programs.major >= 17 {
            // The same order of text on every machine, whatever its C library.
            initdb.arg("--locale-provider=builtin");
        }
        if let Durability::None = durability {
            initdb.arg("--no-sync");
        }
        finished(&mut initdb).context("initdb failed")?;
        fs::rename(&unfinished, &self.data)?;
        Ok(())
    }

    /// A server that was killed leaves its PostgreSQL behind. Restarting beats adopting it: no old
    /// session still holds locks, and the settings are today's.
    fn stop_left_over(&mut self) -> Result<()> {
        if postmaster_is_zombie(&self.data) {
            // Killed too, but nobody collected it (process 1 of a container may not): pg_ctl would
            // wait for it. Shared memory still keeps a second postmaster out of a cluster in use.
            fs::remove_file(self.data.join("postmaster.pid"))?;
        } else if self.is_running()? {
            tracing::info!("stopping the PostgreSQL that a killed server left in {}", self.data.display());
            if let Err(error) = self.stop()
                && self.is_running()?
            {
                return Err(error);
            }
        }
        // A socket's own lock file would be believed like the one above.
        for left_over in fs::read_dir(&self.socket_dir)? {
            fs::remove_file(left_over?.path())?;
        }
        Ok(())
    }

    fn is_running(&self) -> Result<bool> {
        let status = self.pg_ctl()?.arg("status").stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        Ok(status.success())
    }

    /// Written anew at each start, so that a changed default reaches old clusters.
    fn configure(&self, durability: &Durability) -> Result<()> {
        let file = self.data.join("postgresql.conf");
        fs::write(&file, settings(&self.socket_dir, durability))?;
        self.owner.take(&file)
    }

    fn run(&mut self, log: &Path) -> Result<()> {
        for _ in 0..SESSIONS_OF_A_KILLED_POSTMASTER_END_WITHIN_SECONDS {
            match self.run_once(log) {
                Err(_) if last_lines(log, 10).contains("pre-existing shared memory block") => {
                    std::thread::sleep(Duration::from_secs(1));
                }
                other => return other,
            }
        }
        self.run_once(log)
    }

    fn run_once(&mut self, log: &Path) -> Result<()> {
        // One start's worth: enough to see what went wrong.
        File::create(log)?;
        self.owner.take(log)?;
        finished(self.pg_ctl()?.args(["start", "--wait", "--log"]).arg(file_name(log)?))
            .with_context(|| format!("PostgreSQL did not start; its log ends:\n{}", last_lines(log, 10)))?;
        self.running = true;
        Ok(())
    }

    fn create_database(&self) -> Result<()> {
        let mut psql = self.command("psql");
        psql.arg("--host").arg(&self.socket_dir).args([
            "--username",
            DATABASE,
            "--dbname=postgres",
            "--no-psqlrc",
        ]);
        psql.args(["--quiet", "--tuples-only", "--no-align"]);
        let exists = format!("select 1 from pg_database where datname = '{DATABASE}'");
        if output(psql.args(["--command", &exists]))?.trim().is_empty() {
            finished(psql.args(["--command", &format!("create database {DATABASE}")]))?;
        }
        Ok(())
    }

    fn pg_ctl(&self) -> Result<Command> {
        pg_ctl(&self.programs, &self.owner, &self.data)
    }

    fn command(&self, program: &str) -> Command {
        self.owner.command(&self.programs.path(program))
    }
}

impl Drop for Cluster {
    /// For the ways out that forget `stop`: an early error, a panic in a test.
    fn drop(&mut self) {
        if self.running
            && let Err(error) = self.stop()
        {
            tracing::warn!("{error:#}");
        }
    }
}

/// Stops what a killed test run left; that its data are torn does not matter.
pub fn stop_abandoned(data: &Path) -> Result<()> {
    let mut pg_ctl = pg_ctl(&programs(data)?, &Owner::of(data)?, data)?;
    finished(pg_ctl.args(["stop", "--mode=immediate", "--wait"]))
}

/// It starts the server through a shell that it does not protect from the path: run beside the
/// data, it needs only their name.
fn pg_ctl(programs: &Programs, owner: &Owner, data: &Path) -> Result<Command> {
    let mut pg_ctl = owner.command(&programs.path("pg_ctl"));
    pg_ctl.current_dir(data.parent().context("a cluster at the root of the file system")?);
    pg_ctl.arg("--pgdata").arg(file_name(data)?).args(["--timeout", PATIENCE_SECONDS]);
    Ok(pg_ctl)
}

fn file_name(path: &Path) -> Result<&OsStr> {
    path.file_name().with_context(|| format!("{} has no name", path.display()))
}

fn postmaster_is_zombie(data: &Path) -> bool {
    let Ok(pid_file) = fs::read_to_string(data.join("postmaster.pid")) else { return false };
    let pid = pid_file.lines().next().unwrap_or_default();
    // "123 (postgres) Z ..."; there is no /proc outside Linux, nor the trouble.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
}

fn programs(data: &Path) -> Result<Programs> {
    if !data.exists() {
        return Programs::newest();
    }
    let version = fs::read_to_string(data.join("PG_VERSION"))
        .with_context(|| format!("{} is not a PostgreSQL cluster that this user may read", data.display()))?;
    let major = version.trim().parse().with_context(|| format!("unknown PostgreSQL version {version:?}"))?;
    Programs::of_version(major, data)
}

fn settings(socket_dir: &Path, durability: &Durability) -> String {
    // Quoted twice: the value is a list of names.
    let socket_dir = socket_dir.to_string_lossy().replace('"', "\"\"").replace('\'', "''");
    let shared = format!(
        "# Written by the Groundswell server at each start.
listen_addresses = ''
unix_socket_directories = '\"{socket_dir}\"'
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
max_wal_size = '512MB'
"
    );
    let own = match durability {
        Durability::Kept => "max_connections = 100\nshared_buffers = '128MB'\n",
        // Each test has a database and a pool of its own.
        Durability::None => {
            "max_connections = 300\nshared_buffers = '256MB'\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
        }
    };
    shared + own
}

fn finished(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// All but what a path commonly has: the socket's folder may have any name.
fn percent_encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
