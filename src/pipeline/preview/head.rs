//! The first rows of a folder's files.

use std::path::Path;

use crate::config::ModelConfig;
use crate::data::{self, FolderRead, OnBadFile, ReadOptions, Scan};
use crate::pipeline::error::Error;
use crate::pipeline::ingest::read_options;

/// Bytes of each file that are looked at, and most files.
pub(super) const HEAD: u64 = 1 << 20;
pub(super) const MOST_FILES: usize = 64;

/// The first rows of a folder's files.
pub(super) struct Head {
    pub read: FolderRead,
    /// Whether that is all there is.
    pub is_whole: bool,
}

/// The first rows of the first files.
pub(super) fn head(
    config: &ModelConfig,
    scan: &Scan,
    folder: &Path,
    options: ReadOptions,
) -> Result<Head, Error> {
    let options = ReadOptions {
        on_bad_file: OnBadFile::Quarantine,
        head: Some(HEAD),
        rules: Vec::new(),
        kinds: options.kinds,
        ..read_options(config, false)
    };
    let mut few = scan.clone();
    few.files.truncate(MOST_FILES);
    let is_small = |file: &data::ScannedFile| file.bytes < HEAD && !is_compressed(&file.path);
    let is_whole = few.files.len() == scan.files.len() && scan.files.iter().all(is_small);
    let read = data::read(folder, &few, &options, None)?;
    Ok(Head { read, is_whole })
}

fn is_compressed(path: &str) -> bool {
    path.ends_with(".gz") || path.ends_with(".zst")
}
