//! The folder a cluster lives in, who may use it, and that only one server does.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use super::cluster;
use super::owner::Owner;

/// A socket's path is at most 107 bytes, of which `/.s.PGSQL.5432.lock` takes 19.
const LONGEST_SOCKET_DIR: usize = 107 - 19;

/// Test clusters lie in `/tmp` itself: `TMPDIR` may be closed to PostgreSQL's user.
const THROW_AWAY_PREFIX: &str = "/tmp/groundswell-test-";

pub struct Home {
    pub owner: Owner,
    pub cluster: PathBuf,
    pub socket_dir: PathBuf,
    pub log: PathBuf,
    /// Set for a throw-away cluster: all of it is removed in the end.
    remove: Option<PathBuf>,
    /// The kernel lets go of it when this process ends, however it ends.
    _lock: File,
}

impl Home {
    pub fn open(data_dir: &Path) -> Result<Self> {
        fs::create_dir_all(data_dir)
            .with_context(|| format!("cannot make the data folder {}", data_dir.display()))?;
        let data_dir = data_dir.canonicalize()?;
        let lock = lock(&data_dir)?;
        let owner = Owner::of(&data_dir.join("cluster"))?;
        let root = reachable(&data_dir, &owner)?;
        Self::at(&root, owner, lock)
    }

    #[expect(clippy::disallowed_methods, reason = "a name that nobody else has, not a decision")]
    pub fn throw_away() -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let root = PathBuf::from(format!("{THROW_AWAY_PREFIX}{}-{}", std::process::id(), now.as_nanos()));
        fs::create_dir(&root)?;
        // Locked under another name first: a sweep in another process looks for `lock`.
        let lock = lock_file(&root.join("lock.new"))?;
        fs::rename(root.join("lock.new"), root.join("lock"))?;
        let mut home = Self::at(&root, Owner::of(&root)?, lock)?;
        home.remove = Some(root);
        Ok(home)
    }

    fn at(root: &Path, owner: Owner, lock: File) -> Result<Self> {
        let socket_dir = socket_dir(root);
        private_dir(&socket_dir, &owner)?;
        Ok(Self {
            cluster: root.join("cluster"),
            log: root.join("postgresql.log"),
            socket_dir,
            owner,
            remove: None,
            _lock: lock,
        })
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // Empty now, and not always beside the data.
        let _ = fs::remove_dir(&self.socket_dir);
        if let Some(root) = &self.remove
            && let Err(error) = fs::remove_dir_all(root)
        {
            tracing::warn!(folder = %root.display(), %error, "a throw-away cluster was left behind");
        }
    }
}

/// Stops and removes throw-away clusters whose process was killed before it could.
pub fn sweep_abandoned() {
    let Ok(entries) = fs::read_dir("/tmp") else { return };
    for root in entries.flatten().map(|entry| entry.path()) {
        if root.as_os_str().as_bytes().starts_with(THROW_AWAY_PREFIX.as_bytes())
            && let Ok(lock) = File::open(root.join("lock"))
            && lock.try_lock().is_ok()
        {
            // It may have been killed before it began, or be another user's on a shared machine.
            let _ = cluster::stop_abandoned(&root.join("cluster"));
            let _ = fs::remove_dir_all(&root);
        }
    }
}

fn lock(data_dir: &Path) -> Result<File> {
    let path = data_dir.join("lock");
    match lock_file(&path) {
        Err(error) if matches!(error.downcast_ref(), Some(TryLockError::WouldBlock)) => {
            bail!(
                "another Groundswell server (process {}) is using the data folder {}: stop it first, or give this one a folder of its own in GROUNDSWELL_DATA_DIR",
                fs::read_to_string(&path).unwrap_or_default().trim(),
                data_dir.display(),
            )
        }
        other => other,
    }
}

fn lock_file(path: &Path) -> Result<File> {
    let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
    file.try_lock()?;
    // Only for the message to whom it keeps out.
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

/// `data_dir`, or a stand-in when PostgreSQL's user cannot get there: root's clone often lies in
/// root's closed home.
fn reachable(data_dir: &Path, owner: &Owner) -> Result<PathBuf> {
    if owner.can_enter(data_dir)? {
        return Ok(data_dir.to_owned());
    }
    let stand_in = PathBuf::from(format!("/var/tmp/groundswell-{}", short_name(data_dir)));
    tracing::info!(
        "PostgreSQL runs as user {owner}, which cannot enter {}: its data are in {}",
        data_dir.display(),
        stand_in.display(),
    );
    own_dir(&stand_in, 0o755)?;
    Ok(stand_in)
}

fn socket_dir(root: &Path) -> PathBuf {
    let beside = root.join("socket");
    if beside.as_os_str().len() <= LONGEST_SOCKET_DIR {
        beside
    } else {
        PathBuf::from(format!("/tmp/groundswell-{}", short_name(root)))
    }
}

/// A folder of this process's user. In a folder open to all, somebody else may have been there first.
fn own_dir(path: &Path, mode: u32) -> Result<()> {
    match fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        other => other.with_context(|| format!("cannot make the folder {}", path.display()))?,
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() || found.uid() != Owner::this_process()? {
        bail!("{} is not a folder of ours: remove it, then start again", path.display());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    Ok(())
}

/// A folder that only PostgreSQL's user (and root) may enter: whoever reaches the socket is let in.
pub fn private_dir(path: &Path, owner: &Owner) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => owner.take(path)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => {
            return Err(error).with_context(|| format!("cannot make the folder {}", path.display()));
        }
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() || found.mode() & 0o077 != 0 || !owner.owns(&found)? {
        bail!("{} is not a private folder of user {owner}: remove it, then start again", path.display());
    }
    Ok(())
}

/// Names a folder in few bytes. FNV-1a: the standard library's hash may change between compilers,
/// and the data must be found again.
fn short_name(path: &Path) -> String {
    let hash = path.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The last lines of a log, for an error message.
pub fn last_lines(path: &Path, count: usize) -> String {
    let mut text = String::new();
    if let Ok(mut file) = File::open(path) {
        let _ = file.read_to_string(&mut text);
    }
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
