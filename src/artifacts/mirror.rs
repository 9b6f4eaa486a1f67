//! A prefix of a bucket as a folder of this machine: the input and the test data of a run. What the store lists is fetched where it
//! is not here yet, and what it lists no longer goes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::error::Error;
use super::store::{Listed, Store};
use crate::model_types::Location;

/// The folder with the files of a place: the folder itself, or a copy of the prefix as the store has it now. Each file has the
/// object's own time.
///
/// # Errors
/// When the store cannot be listed or read, or the copies cannot be written. An object that goes meanwhile is none.
pub async fn refresh(place: &Location) -> Result<PathBuf, Error> {
    let Location::Store(prefix) = place else {
        return Ok(place.here());
    };
    let store = Store::open(prefix)?;
    let folder = prefix.mirror();
    mirror(&store, &folder).await?;
    Ok(folder)
}

async fn mirror(store: &Store, folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::Folder {
        folder: folder.to_path_buf(),
        source,
    };
    let _lock = hold(folder).await.map_err(failed)?;
    let listed = store.list("").await?;
    let before = read_list(folder);
    let mut now = BTreeMap::new();
    for object in listed.iter().filter(|object| is_file(&object.key)) {
        let target = folder.join(&object.key);
        let mark = mark_of(object);
        if before.get(&object.key) != Some(&mark) || !target.exists() {
            let (path, _held) = match store.local_copy(&object.key).await {
                Err(Error::Gone { .. }) => continue,
                copy => copy?,
            };
            place(&path, &target).map_err(failed)?;
            set_time(&target, object.modified_ms).map_err(failed)?;
        }
        now.insert(object.key.clone(), mark);
    }
    settle(folder, &before, &now).map_err(failed)
}

/// Makes the folder and holds it while it changes, so that two processes do not fetch the same; given back when the file is closed, also by
/// a process that dies.
pub(super) async fn hold(folder: &Path) -> io::Result<fs::File> {
    fs::create_dir_all(folder)?;
    let lock = fs::File::create(beside(folder, ".lock"))?;
    let held = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock));
    held.await.map_err(io::Error::other)?
}

/// Removes what the store lists no longer, and keeps what the folder was made of: key → mark of the object.
pub(super) fn settle(
    folder: &Path,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> io::Result<()> {
    for key in before.keys().filter(|key| !now.contains_key(*key)) {
        match fs::remove_file(folder.join(key)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(source),
            _ => {}
        }
    }
    let list = serde_json::to_vec(now).map_err(io::Error::other)?;
    let part = beside(folder, ".json.part");
    fs::write(&part, list)?;
    fs::rename(&part, beside(folder, ".json"))
}

/// A file beside the folder, in which whatever stands is data: `.json` says what it was made of, key → mark of the object.
fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    folder.with_file_name(name)
}

/// Puts a copy of a file in its place in one step.
///
/// # Errors
/// The system's.
pub fn place(path: &Path, target: &Path) -> io::Result<()> {
    let parent = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let part = tempfile::Builder::new()
        .prefix(".part-")
        .tempfile_in(parent)?;
    fs::copy(path, part.path())?;
    part.as_file().sync_all()?;
    part.persist(target).map_err(|error| error.error)?;
    Ok(())
}

pub(super) fn set_time(path: &Path, modified_ms: i64) -> io::Result<()> {
    let at = Duration::from_millis(u64::try_from(modified_ms).unwrap_or(0));
    fs::File::open(path)?.set_modified(UNIX_EPOCH + at)
}

/// Whether a key names a file below the folder: no folder's own object, and nothing that leads out of it.
pub(super) fn is_file(key: &str) -> bool {
    let mut parts = Path::new(key).components();
    !key.is_empty() && !key.ends_with('/') && parts.all(|part| matches!(part, Component::Normal(_)))
}

pub(super) fn mark_of(object: &Listed) -> String {
    format!("{} {} {}", object.mark, object.bytes, object.modified_ms)
}

pub(super) fn read_list(folder: &Path) -> BTreeMap<String, String> {
    let bytes = fs::read(beside(folder, ".json")).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
        let files = walk.into_iter().flatten();
        let files = files.filter(|entry| entry.file_type().is_file());
        files
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| {
                let below = entry.path().strip_prefix(folder).expect("below");
                let text = fs::read_to_string(entry.path()).expect("reads");
                format!("{}={text}", below.display())
            })
            .collect()
    }

    #[tokio::test]
    async fn a_mirror_follows_what_the_store_lists() {
        let around = tempfile::tempdir().expect("a folder");
        let folder = around.path().join("in");
        let store = Store::over(Arc::new(InMemory::new()), "s3://b/in", None);
        let put = async |key: &str, text: &str| {
            store
                .put(key, text.as_bytes().to_vec())
                .await
                .expect("puts");
        };
        put("a.csv", "1").await;
        put("deep/b.csv", "2").await;
        mirror(&store, &folder).await.expect("mirrors");
        assert_eq!(files(&folder), ["a.csv=1", "deep/b.csv=2"]);
        put("a.csv", "3").await;
        store.remove("deep/b.csv").await.expect("removes");
        mirror(&store, &folder).await.expect("mirrors");
        assert_eq!(files(&folder), ["a.csv=3"]);
    }

    #[test]
    fn nothing_leads_out_of_the_mirror() {
        for key in ["", "a/", "../a", "/a", "a/../../b"] {
            assert!(!is_file(key), "{key}");
        }
        assert!(is_file("2026/a.csv"));
    }
}
