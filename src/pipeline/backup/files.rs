//! Files copied, listed, synced and removed.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sha2::Digest;

use super::list::{Cut, LIST, Listed};
use crate::pipeline::error::Error;

pub fn listed(folder: &Path, path: &Path) -> io::Result<Listed> {
    let mut digest = sha2::Sha256::new();
    let bytes = io::copy(&mut File::open(path)?, &mut HashWriter(&mut digest))?;
    let below = path.strip_prefix(folder).unwrap_or(path);
    Ok(Listed {
        path: below.to_string_lossy().into_owned(),
        bytes,
        sha256: digest.into(),
    })
}

struct HashWriter<'a>(&'a mut sha2::Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every file below a folder but the list, by path.
pub fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() && entry.path() != folder.join(LIST) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Copies every file below a folder; one that is not there has none.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), Cut> {
    for entry in walkdir::WalkDir::new(from).follow_links(true) {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        // What is being written has another name until it is whole.
        if entry.file_type().is_file() && !name.starts_with(".part-") && !name.contains('#') {
            let below = entry.path().strip_prefix(from).unwrap_or(entry.path());
            copy_file(entry.path(), &to.join(below))?;
        }
    }
    Ok(())
}

pub fn copy_file(from: &Path, to: &Path) -> Result<(), Cut> {
    let failed = disk("copy", from);
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(&failed)?;
    }
    match std::fs::copy(from, to) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Cut::Gone),
        copied => copied.map_err(&failed)?,
    };
    sync(to).map_err(&failed)?;
    Ok(())
}

pub fn clear(folder: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(disk("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// `.NAME<ending>` beside a path, on the same file system.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(ending);
    path.with_file_name(name)
}

pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

pub fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
    sync(parent.unwrap_or(Path::new(".")))
}

pub fn disk(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Disk {
        action,
        path: path.clone(),
        source,
    }
}
