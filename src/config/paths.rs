//! Paths as settings name them.

use std::path::{Path, PathBuf};

/// A path below the project's folder, without a leading `./` that nobody wrote.
pub(super) fn below(project: &Path, path: &str) -> PathBuf {
    let joined = project.join(path);
    match joined.strip_prefix(".") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_path_buf(),
        _ => joined,
    }
}
