//! The logs of runs: `logs/<run>.ndjson`, and `.ndjson.gz` once they are compressed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::pipeline::error::{Error, fault};
use crate::pipeline::is_run_id;

const PLAIN: &str = ".ndjson";
const COMPRESSED: &str = ".ndjson.gz";
const PART: &str = ".part-";

/// A log that is there, in one form or both.
pub struct Log {
    /// The run.
    pub run: String,
    /// Whether it is still to be compressed.
    pub is_plain: bool,
}

/// Where the log of a run is that is worked on by request, while it is not compressed.
pub fn run_log(project: &Path, run: &str) -> PathBuf {
    project.join("logs").join(format!("{run}{PLAIN}"))
}

/// Both forms of a run's log; the one that is not compressed comes first.
pub fn both(project: &Path, run: &str) -> [PathBuf; 2] {
    let plain = run_log(project, run);
    let compressed = plain.with_file_name(format!("{run}{COMPRESSED}"));
    [plain, compressed]
}

/// The logs of a project; what has no name of a run is none.
pub fn list(project: &Path) -> Vec<Log> {
    let mut logs = Vec::new();
    for name in names(project) {
        let run = name.strip_suffix(PLAIN).or(name.strip_suffix(COMPRESSED));
        let Some(run) = run.filter(|run| is_run_id(run)) else {
            continue;
        };
        let is_plain = name.ends_with(PLAIN);
        // Both forms are there when a compression broke off before its end.
        if is_plain || !run_log(project, run).exists() {
            let run = run.to_string();
            logs.push(Log { run, is_plain });
        }
    }
    logs
}

/// Removes what a compression that broke off has left.
pub fn clear(project: &Path) {
    for name in names(project) {
        let run = name
            .strip_prefix(PART)
            .and_then(|rest| rest.strip_suffix(COMPRESSED));
        if run.is_some_and(is_run_id) {
            // It costs room and nothing else.
            let _ = fs::remove_file(project.join("logs").join(name));
        }
    }
}

fn names(project: &Path) -> Vec<String> {
    let entries = fs::read_dir(project.join("logs"));
    let names = entries.into_iter().flatten().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// Compresses the log of a run; at any moment one of its forms is whole.
///
/// # Errors
/// When a file cannot be written.
pub fn compress(project: &Path, run: &str) -> Result<(), Error> {
    let [plain, compressed] = both(project, run);
    let part = plain.with_file_name(format!("{PART}{run}{COMPRESSED}"));
    let failed = |source| Error::Disk {
        action: "compress",
        path: plain.clone(),
        source,
    };
    let written = copy(&plain, &part);
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map_err(failed)?;
    fault("retain.log_packed")?;
    fs::rename(&part, &compressed).map_err(failed)?;
    fault("retain.log_replaced")?;
    fs::remove_file(&plain).map_err(failed)
}

fn copy(plain: &Path, part: &Path) -> io::Result<()> {
    let mut from = File::open(plain)?;
    let to = File::create(part)?;
    // The one is as readable as the other, and no more.
    to.set_permissions(from.metadata()?.permissions())?;
    let mut encoder = GzEncoder::new(to, Compression::default());
    io::copy(&mut from, &mut encoder)?;
    encoder.finish()?.sync_all()
}
