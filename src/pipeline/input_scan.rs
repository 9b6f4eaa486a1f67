//! The scan of a folder; files that are still being written wait for the next run.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rayon::prelude::*;

use super::Env;
use super::engine_input::{folder_of_heads, scan_for_engine};
use super::error::Error;
use crate::artifacts;
use crate::config::ModelConfig;
use crate::data::{self, Scan, ScannedFile};
use crate::model_types::Location;

/// A file that was written so shortly before the scan is looked at once more.
const FRESH: Duration = Duration::from_millis(500);
/// How long after the scan that is; a process that writes a file line by line has written by then.
const LATER: Duration = Duration::from_millis(60);

/// What is in a folder, without the files that are still being written: those that changed within
/// `ingest.settle_seconds`, and those that were just written and change while they are looked at.
///
/// # Errors
/// As [`data::scan`].
pub async fn scan(env: &Env, place: &Location) -> Result<Scan, Error> {
    let [scan] = scan_all(env, [place]).await?;
    Ok(scan)
}

/// The same of several folders, with one wait for all.
///
/// # Errors
/// As [`data::scan`].
pub async fn scan_all<const N: usize>(
    env: &Env,
    places: [&Location; N],
) -> Result<[Scan; N], Error> {
    let quiet = Duration::from_secs(u64::from(env.config.ingest.settle_seconds));
    let mut folders: [PathBuf; N] = std::array::from_fn(|_| PathBuf::new());
    let mut scans: [Scan; N] = std::array::from_fn(|_| Scan::default());
    for ((place, folder), scan) in places.into_iter().zip(&mut folders).zip(&mut scans) {
        if is_for_engine(&env.config, place) {
            *folder = folder_of_heads(place);
            *scan = scan_for_engine(place).await?;
        } else {
            *folder = refresh(place).await?;
        }
    }
    let scanned = scans.par_iter_mut().zip(&folders).zip(places);
    scanned.try_for_each(|((scan, folder), place)| {
        if !is_for_engine(&env.config, place) {
            *scan = data::scan(folder)?;
        }
        Ok::<_, Error>(())
    })?;
    let now = now(env);
    let mut is_fresh = false;
    for scan in &mut scans {
        leave(scan, |file| is_within(file, now, quiet));
        is_fresh |= scan.files.iter().any(|file| is_within(file, now, FRESH));
    }
    if is_fresh {
        tokio::time::sleep(LATER).await;
        for (folder, scan) in folders.iter().zip(&mut scans) {
            leave(scan, |file| !data::is_unchanged(folder, file));
        }
    }
    Ok(scans)
}

/// Why a file of a scan was left for the next run, as a sentence that begins with its path.
pub fn why_left(folder: &Path, path: &str) -> String {
    let place = folder.join(path);
    let why = if path.contains(char::REPLACEMENT_CHARACTER) {
        "has a name that is not UTF-8"
    } else if place.symlink_metadata().is_err() {
        "is gone"
    } else if place.metadata().is_err() {
        "is a link that leads nowhere"
    } else {
        "is still being written"
    };
    format!("{path} {why}; it is left for the next run")
}

/// The folder of this machine with the files of a place: of a store's, those are fetched that are new.
///
/// # Errors
/// When the store cannot be read.
pub async fn refresh(place: &Location) -> Result<PathBuf, Error> {
    Ok(artifacts::refresh(place).await?)
}

/// What is in a folder, or at its URL, as it is.
///
/// # Errors
/// As [`data::scan`], and when a store cannot be read.
pub async fn look(place: &Location) -> Result<Scan, Error> {
    Ok(data::scan(&refresh(place).await?)?)
}

/// What is in a model's input folder, or at its URL, as it is.
///
/// # Errors
/// As [`data::scan`], and when a store cannot be read.
pub async fn look_at_input(config: &ModelConfig) -> Result<Scan, Error> {
    let place = &config.input_folder;
    if is_for_engine(config, place) {
        return scan_for_engine(place).await;
    }
    look(place).await
}

/// Whether a place in a store is read by the engine, and by this machine only as far as it has to.
pub fn is_for_engine(config: &ModelConfig, place: &Location) -> bool {
    config.engine.is_remote() && place.folder().is_none() && *place == config.input_folder
}

/// Fetches input and test data of a model, where they are in a store, for who looks at the files themselves; of the input not what the engine
/// reads.
///
/// # Errors
/// When the store cannot be read.
pub async fn fetch_data(config: &ModelConfig) -> Result<(), Error> {
    if !is_for_engine(config, &config.input_folder) {
        refresh(&config.input_folder).await?;
    }
    refresh(&config.test_folder).await?;
    Ok(())
}

/// What time it is.
pub fn now(env: &Env) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(env.clock.now_ms()).unwrap_or(0))
}

/// Leaves files for the next run.
fn leave(scan: &mut Scan, is_left: impl Fn(&ScannedFile) -> bool) {
    let (left, stay) = std::mem::take(&mut scan.files)
        .into_iter()
        .partition::<Vec<_>, _>(is_left);
    scan.files = stay;
    scan.unsettled
        .extend(left.into_iter().map(|file| file.path));
    scan.unsettled.sort();
}

/// Whether a file was written within so long before now; a clock may be a little behind that of the disk.
fn is_within(file: &ScannedFile, now: SystemTime, span: Duration) -> bool {
    if span.is_zero() {
        return false;
    }
    match now.duration_since(file.modified) {
        Ok(age) => age < span,
        Err(ahead) => ahead.duration() < FRESH,
    }
}
