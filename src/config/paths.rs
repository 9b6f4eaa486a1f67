//! Paths as settings name them.

use std::path::{Path, PathBuf};

/// The folder below the project's in which created models have theirs.
pub const CREATED_FOLDER: &str = "models_data";

/// A path below the project's folder, without a leading `./` that was not written.
pub(super) fn below(project: &Path, path: &str) -> PathBuf {
    let joined = project.join(path);
    match joined.strip_prefix(".") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_path_buf(),
        _ => joined,
    }
}
