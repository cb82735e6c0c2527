//! Who runs PostgreSQL: it refuses to run as root, so root hands it to a user with fewer rights.

use std::fmt;
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The package's own user first; `nobody` is on every machine.
const STAND_INS: [&str; 2] = ["postgres", "nobody"];

#[derive(Clone)]
pub enum Owner {
    ThisUser,
    Other { uid: u32, gid: u32 },
}

impl Owner {
    /// Whoever has the cluster already; for a new one this user, unless that is root.
    pub fn of(cluster: &Path) -> Result<Self> {
        if Self::this_process()? != 0 {
            return Ok(Self::ThisUser);
        }
        match fs::metadata(cluster) {
            Ok(found) if found.uid() != 0 => Ok(Self::Other { uid: found.uid(), gid: found.gid() }),
            _ => Self::stand_in(),
        }
    }

    pub fn this_process() -> Result<u32> {
        id(&["-u"]).context("`id -u` did not tell who this is")
    }

    /// A command that runs as this user and hears nothing of a caller's PostgreSQL settings.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Self::Other { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        // The folder we are in may be closed to that user.
        command.env("LC_ALL", "C").current_dir("/");
        command
    }

    pub fn can_enter(&self, folder: &Path) -> Result<bool> {
        let status = self.command(Path::new("test")).arg("-x").arg(folder).status()?;
        Ok(status.success())
    }

    pub fn take(&self, path: &Path) -> Result<()> {
        if let Self::Other { uid, gid } = self {
            chown(path, Some(*uid), Some(*gid))?;
        }
        Ok(())
    }

    pub fn owns(&self, found: &Metadata) -> Result<bool> {
        Ok(match self {
            Self::ThisUser => found.uid() == Self::this_process()?,
            Self::Other { uid, .. } => found.uid() == *uid,
        })
    }

    fn stand_in() -> Result<Self> {
        for name in STAND_INS {
            if let (Some(uid), Some(gid)) = (id(&["-u", name]), id(&["-g", name])) {
                return Ok(Self::Other { uid, gid });
            }
        }
        bail!("PostgreSQL does not run as root, and there is no user postgres or nobody to run it")
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThisUser => f.write_str("of this process"),
            Self::Other { uid, .. } => write!(f, "{uid}"),
        }
    }
}

/// The program instead of the system call: that one needs unsafe code, or a crate for it.
fn id(args: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(args).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
