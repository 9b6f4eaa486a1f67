//! Files and folders of a project, as the tests look at them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Name below the folder → path of every file, sorted; a folder that is not there has none.
pub fn files_below(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let below = entry.path().strip_prefix(folder).expect("it is below");
            (below.display().to_string(), entry.path().to_path_buf())
        })
        .collect()
}

/// Names in a folder, sorted; a folder that is not there has none.
pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    sorted(entries.map(|entry| entry.file_name().to_string_lossy().into_owned()))
}

pub(super) fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort();
    names
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    for (name, path) in files_below(from) {
        let target = to.join(name);
        fs::create_dir_all(target.parent().expect("a file stands in a folder")).expect("makes it");
        fs::copy(path, target).expect("copies");
    }
}
