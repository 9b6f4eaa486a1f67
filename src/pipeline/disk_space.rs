//! Whether the disk has room: looked at before a run works, so that it ends in words and not in the middle of a file.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::path::Path;

use super::Env;
use super::error::Error;
use crate::data::Scan;

/// What a run needs at least, whatever it reads.
const LEAST_BYTES: u64 = 64 << 20;
/// Data set, version and what lies between take this many times the input at most.
const TIMES_THE_INPUT: u64 = 2;

/// Looks at each file system that a run writes to.
///
/// # Errors
/// [`Error::NoRoom`]; nothing was started then.
pub fn check(env: &Env, input: &Scan) -> Result<(), Error> {
    let bytes: u64 = input.files.iter().map(|file| file.bytes).sum();
    let needed = bytes.saturating_mul(TIMES_THE_INPUT).max(LEAST_BYTES);
    let config = &env.config;
    let folders = [
        config.output_folder.here(),
        config.model_folder.here(),
        config.deployment_folder.here(),
        config.project.clone(),
    ];
    for folder in folders {
        if let Some(free) = free_bytes(&folder).filter(|free| *free < needed) {
            return Err(Error::NoRoom {
                folder,
                why: short(free, needed),
            });
        }
    }
    Ok(())
}

fn short(free: u64, needed: u64) -> String {
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    format!(
        "not enough room: {} MB are free, and a run may need {} MB",
        free / 1_000_000,
        megabytes(needed)
    )
}

/// Bytes that may be written to the file system of a folder, or of the nearest one above that is there. Some file systems
/// do not know.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let here = folder.ancestors().find(|folder| folder.exists());
    // A folder of the present one has an empty name above it.
    let here = here.filter(|here| !here.as_os_str().is_empty());
    let found = rustix::fs::statvfs(here.unwrap_or(Path::new("."))).ok()?;
    (found.f_blocks > 0).then(|| found.f_bavail.saturating_mul(found.f_frsize))
}

/// Whether an error comes of a disk that is full, or of a quota that is used up.
pub fn is_disk_full(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let kind = error.downcast_ref::<std::io::Error>().map(|io| io.kind());
        if matches!(
            kind,
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
        ) {
            return true;
        }
        next = error.source();
        // Libraries pass some on as text only.
        let says = |text: &str| error.to_string().contains(text);
        if next.is_none() && (says("No space left on device") || says("disk is full")) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_full_disk_is_known_however_deep_it_lies() {
        let full = || io::Error::from(ErrorKind::StorageFull);
        assert!(is_disk_full(&full()));
        assert!(is_disk_full(&Error::Planned(full())));
        let wrapped = io::Error::other(io::Error::from_raw_os_error(28));
        assert!(is_disk_full(&Error::Planned(wrapped)));
        assert!(!is_disk_full(&Error::Planned(io::Error::other("no"))));
    }

    #[test]
    fn what_is_short_is_told_in_numbers_that_differ() {
        assert_eq!(
            short(67_000_000, 67_108_864),
            "not enough room: 67 MB are free, and a run may need 68 MB"
        );
        assert!(free_bytes(Path::new("not/there/yet")).is_some_and(|free| free > 0));
    }
}
