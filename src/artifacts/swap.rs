//! Replaces a whole folder at once: readers see the old one or the new one.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Fills a fresh folder beside `folder` with `files` and puts it in its place in one step. Hidden files that are in the
/// old folder (a `.gitignore`, say) are kept. `between` runs when the new folder is on disk but not yet in place.
///
/// # Errors
/// The system's. Until the last step nothing of the old folder has changed.
pub fn replace_folder(
    folder: &Path,
    files: &[(&str, &[u8])],
    between: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    let parent = folder
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let fresh = beside(folder, ".new");
    clear_leftovers(folder)?;
    fs::create_dir(&fresh)?;
    keep_hidden(folder, &fresh)?;
    for (name, bytes) in files {
        let path = fresh.join(name);
        fs::write(&path, bytes)?;
        fs::File::open(&path)?.sync_all()?;
    }
    fs::File::open(&fresh)?.sync_all()?;
    between()?;
    if folder.exists() {
        exchange(&fresh, folder)?;
    } else {
        fs::rename(&fresh, folder)?;
    }
    fs::File::open(parent)?.sync_all()?;
    remove(&fresh)
}

/// Removes what a swap that was cut short left beside the folder.
///
/// # Errors
/// The system's.
pub fn clear_leftovers(folder: &Path) -> io::Result<()> {
    remove(&beside(folder, ".new"))?;
    // Where only the old folder is left, it is the one to continue with until the new one stands.
    if folder.exists() {
        remove(&beside(folder, ".old"))?;
    }
    Ok(())
}

/// Both names change hands in one step where the file system can do that; else the old folder is moved away first, and a
/// crash between the two moves is what the repair at the next start is for.
fn exchange(fresh: &Path, folder: &Path) -> io::Result<()> {
    match renameat_with(CWD, fresh, CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            let old = beside(folder, ".old");
            remove(&old)?;
            fs::rename(folder, &old)?;
            fs::rename(fresh, folder)?;
            remove(&old)
        }
        Err(error) => Err(error.into()),
    }
}

fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(folder.file_name().unwrap_or_default());
    name.push(ending);
    folder.with_file_name(name)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn keep_hidden(from: &Path, to: &Path) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(from) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if is_hidden && entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
