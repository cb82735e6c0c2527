//! An append-only file of what was committed, one JSON line for each transaction, written before the answer
//! leaves. A process killed with -9 loses nothing that was answered; a half-written last line was never
//! answered and is left out. At start the file is replayed and rewritten without its history.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;

use crate::state::State;

#[derive(Default)]
pub(crate) struct Journal {
    file: Option<File>,
    lock: Option<File>,
}

/// What one transaction wrote.
#[derive(Serialize)]
struct Line<'a> {
    put: &'a [&'a Value],
    removed: &'a [(String, String)],
}

impl Journal {
    /// Replays the folder's journal, compacts it and opens it for appending.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<(Self, State)> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // Two servers on one folder would write over each other.
        let lock = File::create(folder.join("lock"))?;
        lock.try_lock().with_context(|| format!("{} is in use by another sandbox", folder.display()))?;
        let path = folder.join("journal.jsonl");
        let state = replay(&path)?;
        compact(&path, &state)?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok((Self { file: Some(file), lock: Some(lock) }, state))
    }

    /// One transaction, in one write.
    pub(crate) fn append(&mut self, put: &[&Value], removed: &[(String, String)]) -> std::io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if put.is_empty() && removed.is_empty() {
            return Ok(());
        }
        let mut line = serde_json::to_vec(&Line { put, removed })?;
        line.push(b'\n');
        file.write_all(&line)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Closing is not enough while a child process, just forked, still has a copy of the file.
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }
}

fn replay(path: &Path) -> anyhow::Result<State> {
    let mut state = State::default();
    let Ok(file) = File::open(path) else { return Ok(state) };
    for line in BufReader::new(file).split(b'\n') {
        // Only a line that was cut off by a kill does not parse; it is the last one.
        let Ok(record) = serde_json::from_slice::<Value>(&line?) else { continue };
        for object in record["put"].as_array().into_iter().flatten() {
            state.put(object.clone());
        }
        for name in record["removed"].as_array().into_iter().flatten() {
            state.remove(name[0].as_str().unwrap_or_default(), name[1].as_str().unwrap_or_default());
        }
    }
    Ok(state)
}

/// Written beside and moved into place, so that a kill in between leaves the old journal whole.
fn compact(path: &Path, state: &State) -> anyhow::Result<()> {
    let beside: PathBuf = path.with_extension("new");
    let mut out = BufWriter::new(File::create(&beside)?);
    for object in state.everything() {
        serde_json::to_writer(&mut out, &Line { put: &[object], removed: &[] })?;
        out.write_all(b"\n")?;
    }
    out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    fs::rename(&beside, path).with_context(|| format!("cannot replace {}", path.display()))
}
