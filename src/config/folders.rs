//! The folders of a model: named, apart from one another, and none of them inside the one that is read.

use std::path::Path;

use super::raw::RawConfig;

/// Folders are named, and no two of them are the same one.
pub(super) fn check_folders(raw: &RawConfig, project: &Path, say: &mut impl FnMut(&str, String)) {
    let folders = [
        ("input_folder_path", &raw.input_folder_path),
        ("output_folder_path", &raw.output_folder_path),
        ("test_data_path", &raw.test_data_path),
        ("output_model_path", &raw.output_model_path),
        ("prod_deployment_path", &raw.prod_deployment_path),
    ];
    for (index, (key, folder)) in folders.iter().enumerate() {
        if folder.trim().is_empty() {
            say(key, "is empty; name a folder".to_string());
        }
        for (other, same) in &folders[..index] {
            if !folder.trim().is_empty() && project.join(folder) == project.join(same) {
                say(key, format!("names the same folder as `{other}`"));
            }
        }
    }
    let input = project.join(&raw.input_folder_path);
    for (key, folder) in &folders[1..] {
        let path = project.join(folder);
        if !folder.trim().is_empty() && path != input && path.starts_with(&input) {
            say(
                key,
                "lies inside `input_folder_path`, below which every file is read as data to train on".to_string(),
            );
        }
    }
}
