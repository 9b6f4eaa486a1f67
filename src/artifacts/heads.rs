//! The beginnings of a store's objects as files of this machine, for who reads the rest of them elsewhere. Each file is as long as its
//! object and has its time; behind the beginning it is a hole, but for the footer of a Parquet file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, TryStreamExt as _};

use super::error::Error;
use super::mirror::{hold, is_file, mark_of, read_list, set_time, settle};
use super::store::{Listed, Store};
use crate::model_types::{Sha256, StoreLocation};

/// Requests at a time.
const AT_ONCE: usize = 16;
/// The last bytes of a Parquet file: how long its footer is, and four letters.
const PARQUET_END: u64 = 8;
/// Longest footer that is fetched; a longer one is of no file that anybody writes.
const MOST_FOOTER: u64 = 256 << 20;

/// A prefix in a bucket, by the beginnings of its objects.
#[derive(Debug, Clone)]
pub struct Heads {
    /// The folder with the files.
    pub folder: PathBuf,
    /// The objects, by key.
    pub objects: BTreeMap<String, HeadOf>,
}

/// An object of which the beginning is on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadOf {
    /// Stands for its content: SHA-256 of the mark by which the store distinguishes contents, and of the length.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was written, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl HeadOf {
    fn of(object: &Listed) -> Self {
        // A store without marks distinguishes by time.
        let mark = match object.mark.as_str() {
            "" => object.modified_ms.to_string(),
            mark => mark.to_string(),
        };
        HeadOf {
            sha256: Sha256::of(format!("{mark} {}", object.bytes)),
            bytes: object.bytes,
            modified_ms: object.modified_ms,
        }
    }
}

/// Fetches the first `most` bytes of each object below a prefix that is new since the last time; with `only`, of this one alone.
///
/// # Errors
/// When the store cannot be listed or read, or the files cannot be written. An object that goes or changes meanwhile is none.
pub async fn fetch_heads(
    prefix: &StoreLocation,
    most: u64,
    only: Option<&str>,
) -> Result<Heads, Error> {
    // What is fetched of one object must not take the place of what is known of all.
    let folder = match only {
        Some(only) => prefix.join(only).heads(),
        None => prefix.heads(),
    };
    heads(&Store::open(prefix)?, &folder, most, only).await
}

/// What the objects below a prefix are now, without fetching anything.
///
/// # Errors
/// When the store cannot be listed.
pub async fn list_heads(prefix: &StoreLocation) -> Result<BTreeMap<String, HeadOf>, Error> {
    let listed = Store::open(prefix)?.list("").await?;
    let files = listed.iter().filter(|object| is_file(&object.key));
    Ok(files
        .map(|object| (object.key.clone(), HeadOf::of(object)))
        .collect())
}

pub(super) async fn heads(
    store: &Store,
    folder: &Path,
    most: u64,
    only: Option<&str>,
) -> Result<Heads, Error> {
    let failed = |source| Error::Folder {
        folder: folder.to_path_buf(),
        source,
    };
    let _lock = hold(folder).await.map_err(failed)?;
    let listed = store.list("").await?;
    let before = read_list(folder);
    let is_wanted = |key: &str| is_file(key) && only.is_none_or(|only| only == key);
    let files = listed.into_iter().filter(|object| is_wanted(&object.key));
    let fetched = files.map(|object| {
        let is_known = before.get(&object.key) == Some(&mark_of(&object));
        async move {
            let target = folder.join(&object.key);
            let is_there =
                (is_known && target.exists()) || head(store, &object, &target, most).await?;
            Ok::<_, Error>(is_there.then_some(object))
        }
    });
    let fetched: Vec<Option<Listed>> = futures_util::stream::iter(fetched)
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let now: Vec<Listed> = fetched.into_iter().flatten().collect();
    let marks = now.iter();
    let marks: BTreeMap<String, String> = marks
        .map(|object| (object.key.clone(), mark_of(object)))
        .collect();
    settle(folder, &before, &marks).map_err(failed)?;
    let objects = now.iter();
    Ok(Heads {
        folder: folder.to_path_buf(),
        objects: objects
            .map(|object| (object.key.clone(), HeadOf::of(object)))
            .collect(),
    })
}

/// Writes the file of an object; returns whether the object is still what was listed.
async fn head(store: &Store, object: &Listed, target: &Path, most: u64) -> Result<bool, Error> {
    let mut parts = Vec::new();
    let Some(beginning) = store.range(object, 0..object.bytes.min(most)).await? else {
        return Ok(false);
    };
    parts.push((0, beginning));
    if object.bytes > most && object.key.ends_with(".parquet") {
        let Some(footer) = footer(store, object).await? else {
            return Ok(false);
        };
        parts.push((object.bytes - footer.len() as u64, footer));
    }
    let written = write(target, object, &parts);
    written.map_err(|source| Error::Sync {
        key: object.key.clone(),
        source,
    })?;
    Ok(true)
}

/// The footer of a Parquet file with its end; of what is none, the end alone.
async fn footer(store: &Store, object: &Listed) -> Result<Option<Vec<u8>>, Error> {
    let last = |bytes: u64| -> Range<u64> { object.bytes - bytes.min(object.bytes)..object.bytes };
    let Some(end) = store.range(object, last(PARQUET_END)).await? else {
        return Ok(None);
    };
    let length = end.first_chunk().map_or(0, |it| u32::from_le_bytes(*it));
    let whole = u64::from(length) + PARQUET_END;
    if !end.ends_with(b"PAR1") || whole > MOST_FOOTER.min(object.bytes) {
        return Ok(Some(end));
    }
    store.range(object, last(whole)).await
}

fn write(target: &Path, object: &Listed, parts: &[(u64, Vec<u8>)]) -> io::Result<()> {
    let parent = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let part = tempfile::Builder::new()
        .prefix(".part-")
        .tempfile_in(parent)?;
    let mut file = part.as_file();
    file.set_len(object.bytes)?;
    for (at, bytes) in parts {
        file.seek(SeekFrom::Start(*at))?;
        file.write_all(bytes)?;
    }
    part.persist(target).map_err(|error| error.error)?;
    set_time(target, object.modified_ms)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn beginnings_are_as_long_as_their_objects_and_follow_them() {
        let around = tempfile::tempdir().expect("a folder");
        let folder = around.path().join("in");
        let store = Store::over(Arc::new(InMemory::new()), "s3://b/in", None);
        let put = async |key: &str, bytes: &[u8]| {
            store.put(key, bytes.to_vec()).await.expect("puts");
        };
        put("deep/a.csv", b"0123456789").await;
        let mut parquet = b"PAR1".to_vec();
        parquet.extend([7; 40]);
        parquet.extend(b"footer");
        parquet.extend(6_u32.to_le_bytes());
        parquet.extend(b"PAR1");
        put("b.parquet", &parquet).await;
        put("short.parquet", b"no").await;
        let first = heads(&store, &folder, 4, None).await.expect("fetches");
        let read = |key: &str| fs::read(folder.join(key)).expect("reads");
        assert_eq!(read("deep/a.csv"), b"0123\0\0\0\0\0\0");
        assert_eq!(read("short.parquet"), b"no");
        let got = read("b.parquet");
        assert_eq!(got.len(), parquet.len());
        assert_eq!(got[..4], parquet[..4]);
        assert_eq!(got[4..44], [0; 40]);
        assert_eq!(got[44..], parquet[44..]);
        put("deep/a.csv", b"abcdefghij").await;
        store.remove("b.parquet").await.expect("removes");
        let second = heads(&store, &folder, 4, None).await.expect("fetches");
        assert_eq!(read("deep/a.csv"), b"abcd\0\0\0\0\0\0");
        assert!(!folder.join("b.parquet").exists());
        let of = |heads: &Heads, key: &str| heads.objects[key].sha256.clone();
        assert_ne!(of(&first, "deep/a.csv"), of(&second, "deep/a.csv"));
        assert_eq!(of(&first, "short.parquet"), of(&second, "short.parquet"));
        let one = around.path().join("one");
        let one = heads(&store, &one, 4, Some("deep/a.csv"))
            .await
            .expect("fetches");
        assert_eq!(Vec::from_iter(one.objects.keys()), ["deep/a.csv"]);
    }

    #[tokio::test]
    async fn an_object_that_changed_since_it_was_listed_is_none() {
        let store = Store::over(Arc::new(InMemory::new()), "s3://b/in", None);
        store.put("a.csv", b"1".to_vec()).await.expect("puts");
        let listed = store.list("").await.expect("lists");
        store.put("a.csv", b"2".to_vec()).await.expect("puts");
        assert_eq!(store.range(&listed[0], 0..1).await.expect("says"), None);
        store.remove("a.csv").await.expect("removes");
        assert_eq!(store.range(&listed[0], 0..1).await.expect("says"), None);
    }
}
