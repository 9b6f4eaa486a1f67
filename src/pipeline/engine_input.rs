//! The files that an engine reads, as this machine knows them: whole in a folder that both see, by their beginnings in a store.

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
    let heads = artifacts::fetch_heads(store, HEAD, None).await?;
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

/// Files that are looked at apart from a run.
#[cfg(feature = "spark")]
pub struct Looked {
    /// Where they are.
    pub place: Location,
    /// The folder of this machine in which they, or their beginnings, are.
    pub folder: PathBuf,
    /// Which they are.
    pub scan: Scan,
}

/// Looks at the files of a folder or a prefix, or at one file, which is nothing below it.
///
/// # Errors
/// As [`scan_for_engine`], and when there is no such file.
#[cfg(feature = "spark")]
pub async fn look(given: &Location) -> Result<Looked, Error> {
    let is_file = given.folder().is_some_and(|folder| !folder.is_dir());
    if !is_file {
        let scan = scan_for_engine(given).await?;
        let is_prefix = given.folder().is_some() || !scan.files.is_empty();
        if is_prefix || given.parent().is_none() {
            let (place, folder) = (given.clone(), folder_of_heads(given));
            return Ok(Looked {
                place,
                folder,
                scan,
            });
        }
    }
    let place = given.parent().unwrap_or_else(|| given.clone());
    let name = given.name().unwrap_or_default();
    let (folder, file) = match &place {
        Location::Folder(above) => {
            // The parent of a bare name is empty.
            let above = if above.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                above.clone()
            };
            let file = data::scan_file(&above, &name);
            let failed = |source| data::Error::File {
                action: "read",
                path: above.join(&name),
                source,
            };
            (above.clone(), file.map_err(failed)?)
        }
        Location::Store(store) => {
            let heads = artifacts::fetch_heads(store, HEAD, Some(&name)).await?;
            let file = heads.objects.get(&name).map(|it| scanned(&name, it));
            (heads.folder, file)
        }
    };
    let Some(file) = file else {
        let why = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(data::Error::File {
            action: "read",
            path: given.shown(),
            source: why,
        }
        .into());
    };
    let scan = Scan {
        files: vec![file],
        ..Scan::default()
    };
    let place = match place {
        Location::Folder(_) => Location::Folder(folder.clone()),
        place => place,
    };
    Ok(Looked {
        place,
        folder,
        scan,
    })
}
