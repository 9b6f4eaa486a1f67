//! Files of the settings that are read again when they change: when they were last written, and what is said if the new
//! content is no good.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::http::error::Error;

/// Which content of some files was seen: inode, length and time of each.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mark(Vec<Option<(u64, u64, i64, i64)>>);

impl Mark {
    /// As the files are now.
    pub fn of(paths: &[impl AsRef<Path>]) -> Self {
        let mark = |path: &Path| {
            let stat = std::fs::metadata(path).ok()?;
            Some((stat.ino(), stat.len(), stat.mtime(), stat.mtime_nsec()))
        };
        Mark(paths.iter().map(|path| mark(path.as_ref())).collect())
    }
}

/// Whether files changed since they were last asked about.
pub fn has_changed(seen: &Mutex<Mark>, paths: &[impl AsRef<Path>]) -> bool {
    // Taken before the files are read: what is written in between is noticed the next time.
    let now = Mark::of(paths);
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let has_changed = *seen != now;
    *seen = now;
    has_changed
}

/// Says that what was read before continues being used.
pub fn keep(what: &str, error: &Error) {
    let causes = crate::text::causes(error).join(": ");
    tracing::warn!(causes, "the {what} stay as they were: failed to {error}");
}
