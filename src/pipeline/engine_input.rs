//! The files that an engine reads, as this machine knows them: whole in a folder that both see, by their beginnings in a store.

#[cfg(feature = "spark")]
use std::path::Path;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use super::error::Error;
use crate::artifacts::{self, HeadOf};
use crate::data::{self, Scan, ScannedFile};
use crate::model_types::Location;

/// Bytes of each file from which its layout is found.
pub const HEAD: u64 = 256 * 1024;

/// The folder of this machine in which the files, or their beginnings, are.
pub fn folder_of_heads(place: &Location) -> PathBuf {
    match place {
        Location::Folder(folder) => folder.clone(),
        Location::Store(store) => store.heads(),
    }
}

/// What is in a place. Of a store, no object is read whole: what stands for its content is what the store distinguishes contents by.
///
/// # Errors
/// As [`data::scan`], and when the store cannot be read.
pub async fn scan_for_engine(place: &Location) -> Result<Scan, Error> {
    let store = match place {
        Location::Folder(folder) => return Ok(data::scan(folder)?),
        Location::Store(store) => store,
    };
    let heads = artifacts::fetch_heads(store, HEAD).await?;
    let file = |path: &str| Ok(heads.objects.get(path).map(|it| scanned(path, it)));
    Ok(data::scan_as(&heads.folder, file)?)
}

fn scanned(path: &str, head: &HeadOf) -> ScannedFile {
    let written = u64::try_from(head.modified_ms).unwrap_or(0);
    ScannedFile {
        path: path.to_string(),
        sha256: head.sha256.clone(),
        bytes: head.bytes,
        modified: UNIX_EPOCH + Duration::from_millis(written),
    }
}

/// The first of some files of a scan that is another one now, or gone.
///
/// # Errors
/// When the store cannot be listed.
#[cfg(feature = "spark")]
pub async fn changed<'a>(
    place: &Location,
    scan: &Scan,
    paths: impl Iterator<Item = &'a str>,
) -> Result<Option<&'a str>, Error> {
    let now = match place {
        Location::Folder(_) => None,
        Location::Store(store) => Some(artifacts::list_heads(store).await?),
    };
    let is_same = |file: &ScannedFile| match (&now, place) {
        (Some(now), _) => now
            .get(&file.path)
            .is_some_and(|it| it.sha256 == file.sha256),
        (None, place) => data::is_unchanged(&place.here(), file),
    };
    let mut paths = paths;
    Ok(paths.find(|path| {
        let scanned = scan.files.iter().find(|it| it.path == *path);
        !scanned.is_some_and(is_same)
    }))
}

/// A file as a scan of its own, with the place that it is in.
///
/// # Errors
/// As [`scan_for_engine`].
#[cfg(feature = "spark")]
pub async fn scan_one(file: &Location) -> Result<(Location, Scan), Error> {
    let Some((above, name)) = file.parent().zip(file.name()) else {
        return Ok((file.clone(), scan_for_engine(file).await?));
    };
    let above = match above {
        Location::Folder(folder) if folder == Path::new("") => Location::Folder(".".into()),
        above => above,
    };
    let mut scan = scan_for_engine(&above).await?;
    scan.files.retain(|file| file.path == name);
    Ok((above, scan))
}
