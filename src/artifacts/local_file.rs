//! A file of this machine with the bytes of an artifact.

use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A file of this machine with the bytes of an artifact.
#[derive(Debug)]
pub struct LocalFile {
    path: PathBuf,
    /// Removed with the value where nothing else keeps it.
    _held: Option<tempfile::TempPath>,
}

impl LocalFile {
    /// A file, and what removes it.
    pub fn new(path: PathBuf, held: Option<tempfile::TempPath>) -> Self {
        LocalFile { path, _held: held }
    }
}

impl Deref for LocalFile {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}
