//! PostgreSQL's programs on this machine. Debian keeps those of each major version in a folder
//! of their own, outside PATH.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow, bail};

const NEEDED: [&str; 4] = ["postgres", "initdb", "pg_ctl", "psql"];

pub struct Programs {
    bin: PathBuf,
    /// Data made by one major version cannot be read by another.
    pub major: u32,
}

impl Programs {
    /// The newest ones, for a new cluster.
    pub fn newest() -> Result<Self> {
        installed().into_iter().max_by_key(|found| found.major).ok_or_else(|| {
            anyhow!(
                "PostgreSQL is not installed here. Install it (Debian, Ubuntu: apt-get install postgresql), \
                 or set DATABASE_URL to a database that runs elsewhere"
            )
        })
    }

    /// Those that can read the cluster which `major` made.
    pub fn of_version(major: u32, cluster: &Path) -> Result<Self> {
        let newest = Self::newest()?;
        if let Some(same) = installed().into_iter().find(|found| found.major == major) {
            return Ok(same);
        }
        bail!(
            "the data in {} were made by PostgreSQL {major}, but this machine has PostgreSQL {}, which cannot read them. \
             Install PostgreSQL {major}, or move the folder away to start with new demo data",
            cluster.display(),
            newest.major,
        )
    }

    pub fn path(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }
}

fn installed() -> Vec<Programs> {
    folders().into_iter().filter_map(|bin| Some(Programs { major: major(&bin)?, bin })).collect()
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = pg_config().into_iter().collect();
    folders.extend(debian());
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders.retain(|bin| NEEDED.iter().all(|program| bin.join(program).is_file()));
    folders
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

fn debian() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin")).collect()
}

/// From "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
fn major(bin: &Path) -> Option<u32> {
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    let version = line.split_once("(PostgreSQL) ")?.1;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
