//! What a restore puts where. Everything stands ready beside its place before the journal is written, which decides it: from
//! then on the process that opens the project next puts the rest in place, and what was there is kept beside it.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::files::{disk, sync, sync_parent};
use crate::pipeline::error::{Error, fault};
use crate::pipeline::json::to_json;

/// The journal, in the project's folder.
const JOURNAL: &str = ".restore.json";
/// Held by who puts things in place.
const TURN: &str = ".restore.lock";

/// One file or folder that is put in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// Where it stands ready.
    pub ready: PathBuf,
    /// Its place.
    pub place: PathBuf,
    /// Where what was there goes.
    pub aside: PathBuf,
    /// Files beside the place that go with it: the log of a database.
    pub with: Vec<String>,
}

/// Decides a restore and does it.
///
/// # Errors
/// When a file cannot be written.
pub fn decide(project: &Path, moves: &[Move]) -> Result<(), Error> {
    let journal = project.join(JOURNAL);
    let part = project.join(format!("{JOURNAL}.part"));
    std::fs::write(&part, to_json(&moves)?).map_err(disk("write", &part))?;
    sync(&part).map_err(disk("write", &part))?;
    std::fs::rename(&part, &journal).map_err(disk("write", &journal))?;
    sync_parent(&journal).map_err(disk("write", &journal))?;
    fault("restore.decided")?;
    finish(project).map(|_| ())
}

/// Puts in place what a restore that was cut off left ready. Tells whether there was something.
///
/// # Errors
/// When something cannot be moved; it is tried again the next time.
pub fn finish(project: &Path) -> Result<bool, Error> {
    let journal = project.join(JOURNAL);
    if !journal.exists() {
        return Ok(false);
    }
    let turn = project.join(TURN);
    let held = File::create(&turn).map_err(disk("write", &turn))?;
    flock(&held, FlockOperation::LockExclusive)
        .map_err(|error| disk("lock", &turn)(error.into()))?;
    // Until it was our turn, another process may have done it.
    let bytes = match std::fs::read(&journal) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        read => read.map_err(disk("read", &journal))?,
    };
    let moves: Vec<Move> = serde_json::from_slice(&bytes).map_err(|source| Error::Stored {
        what: JOURNAL.to_string(),
        source,
    })?;
    for one in &moves {
        put(one).map_err(disk("restore", &one.place))?;
        fault("restore.moved")?;
    }
    std::fs::remove_file(&journal).map_err(disk("remove", &journal))?;
    sync_parent(&journal).map_err(disk("remove", &journal))?;
    let _ = std::fs::remove_file(&turn);
    fault("restore.done")?;
    Ok(true)
}

fn put(one: &Move) -> io::Result<()> {
    if !one.ready.exists() {
        // It is in its place.
        return Ok(());
    }
    for ending in &one.with {
        let (from, to) = (ended(&one.place, ending), ended(&one.aside, ending));
        move_if_there(&from, &to)?;
    }
    move_if_there(&one.place, &one.aside)?;
    if let Some(folder) = one.place.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::rename(&one.ready, &one.place)?;
    sync_parent(&one.place)
}

fn move_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn ended(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(ending);
    PathBuf::from(name)
}
