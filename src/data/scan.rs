//! What is in a folder: the files that can be read, each known by the hash of its content.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use rayon::prelude::*;
use sha2::Digest;
use walkdir::{DirEntry, WalkDir};

use super::Error;
use super::source;
use crate::model_types::Sha256;

/// A file whose content did not change while it was hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedFile {
    /// Relative to the scanned folder, separated by `/`.
    pub path: String,
    /// Of the content, in lower-case hex.
    pub sha256: Sha256,
    /// Size.
    pub bytes: u64,
    /// When it was last written.
    pub modified: SystemTime,
}

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Sorted by path.
    pub files: Vec<ScannedFile>,
    /// Files whose size or time changed while they were hashed, or that vanished: for the next run.
    pub unsettled: Vec<String>,
    /// Files with an extension that no format goes with.
    pub ignored: Vec<String>,
}

/// Walks a folder with all folders below it and hashes every file that can be read by its extension.
///
/// Names that begin with `.`, `_` or `~` or end in `.tmp`, `.part` or `.crdownload` are left out, also those of folders: they
/// are unfinished, another tool's (`_SUCCESS`, `_temporary`) or somebody's own. Links are followed, a link to a folder above it is not. The folder itself may have any name.
///
/// # Errors
/// When the folder, a folder below it or a file in it cannot be read.
pub fn scan(root: &Path) -> Result<Scan, Error> {
    scan_as(root, |path| scan_file(root, path))
}

/// The same, of files whose content `file` knows by their path; `None` of one that is for the next run.
///
/// # Errors
/// As [`scan()`], and what `file` says.
pub fn scan_as(
    root: &Path,
    file: impl Fn(&str) -> io::Result<Option<ScannedFile>> + Sync,
) -> Result<Scan, Error> {
    let mut scan = Scan::default();
    let found = walk(root, &mut scan)?;
    let hashed: Vec<(String, Option<ScannedFile>)> = found
        .into_par_iter()
        .map(|path| {
            let file = file(&path).map_err(|source| Error::File {
                action: "read",
                path: root.join(&path),
                source,
            })?;
            Ok((path, file))
        })
        .collect::<Result<_, Error>>()?;
    for (path, file) in hashed {
        match file {
            Some(file) => scan.files.push(file),
            None => scan.unsettled.push(path),
        }
    }
    scan.files.sort_by(|a, b| a.path.cmp(&b.path));
    scan.unsettled.sort();
    scan.ignored.sort();
    Ok(scan)
}

/// Paths of the files that can be read; what cannot is noted in the scan.
pub(super) fn walk(root: &Path, scan: &mut Scan) -> Result<Vec<String>, Error> {
    let folder = |source: io::Error| Error::Folder {
        path: root.to_owned(),
        source,
    };
    if !std::fs::metadata(root).map_err(folder)?.is_dir() {
        return Err(folder(io::ErrorKind::NotADirectory.into()));
    }
    let mut found = Vec::new();
    let own = std::fs::canonicalize(root).map_err(folder)?;
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name();
    for entry in walk
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !(is_hidden(entry) || leads_above(entry, &own)))
    {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => match gone_or_loop(root, &error) {
                Some(path) => {
                    scan.unsettled.extend(path);
                    continue;
                }
                None => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let source = error
                        .into_io_error()
                        .unwrap_or_else(|| io::ErrorKind::Other.into());
                    return Err(Error::Folder { path, source });
                }
            },
        };
        if !entry.file_type().is_file() {
            continue;
        }
        let path = relative(root, entry.path());
        match source::format_of(entry.path()) {
            Some(_) => found.push(path),
            None => scan.ignored.push(path),
        }
    }
    Ok(found)
}

/// True when the file still has the size and time it was scanned with.
pub fn is_unchanged(root: &Path, file: &ScannedFile) -> bool {
    std::fs::metadata(root.join(&file.path)).is_ok_and(|now| same(&now, file.bytes, file.modified))
}

fn same(now: &Metadata, bytes: u64, modified: SystemTime) -> bool {
    now.len() == bytes && now.modified().is_ok_and(|time| time == modified)
}

/// For an entry that vanished or a link that leads nowhere (its path), and for one that leads back to a folder above it
/// (nothing): not an error. `None`: an error.
fn gone_or_loop(root: &Path, error: &walkdir::Error) -> Option<Option<String>> {
    if error.loop_ancestor().is_some() {
        return Some(None);
    }
    let gone = error.io_error().is_some_and(leads_nowhere);
    (gone && error.depth() > 0).then(|| error.path().map(|path| relative(root, path)))
}

/// Whether there is no file at the end of a path: it is gone, or its links lead round in a circle.
fn leads_nowhere(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::LOOP)
}

/// Whether an entry is a link to the scanned folder or to one that holds it: behind it is all of the project.
fn leads_above(entry: &DirEntry, root: &Path) -> bool {
    entry.path_is_symlink()
        && std::fs::canonicalize(entry.path()).is_ok_and(|target| root.starts_with(target))
}

fn is_hidden(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let lower = name.to_ascii_lowercase();
    name.starts_with(['.', '~', '_'])
        || [".tmp", ".part", ".crdownload"]
            .iter()
            .any(|end| lower.ends_with(end))
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    parts
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// Hashes a file in pieces; `None` when it changed meanwhile or is gone.
///
/// # Errors
/// When it cannot be read.
pub fn scan_file(root: &Path, path: &str) -> io::Result<Option<ScannedFile>> {
    let mut file = match File::open(root.join(path)) {
        Err(error) if leads_nowhere(&error) => return Ok(None),
        opened => opened?,
    };
    let before = file.metadata()?;
    let modified = before.modified()?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; (before.len() as usize).clamp(1, 1 << 18)];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hasher.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let file = ScannedFile {
        path: path.to_owned(),
        sha256: hasher.into(),
        bytes: before.len(),
        modified,
    };
    Ok(is_unchanged(root, &file).then_some(file))
}
