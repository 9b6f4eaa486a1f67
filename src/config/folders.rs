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
        if let Some(scheme) = scheme_of(folder) {
            say(
                key,
                format!(
                    "is a URL (`{scheme}://`), and only folders of this machine can be used; mount it, or copy its files into a folder"
                ),
            );
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

/// The scheme of a URL: `s3` of `s3://bucket/x`, also where a slash was lost on the way.
fn scheme_of(folder: &str) -> Option<&str> {
    let (scheme, rest) = folder.trim().split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "+-.".contains(one));
    (is_scheme && rest.starts_with('/')).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::scheme_of;

    #[test]
    fn urls_are_told_from_folders() {
        for (text, scheme) in [
            ("s3://bucket/x", Some("s3")),
            ("gs://b", Some("gs")),
            ("az://c/d", Some("az")),
            ("file:///srv/data", Some("file")),
            (" abfss://a@b/c", Some("abfss")),
            ("s3:/bucket/x", Some("s3")),
            ("HTTPS://x", Some("HTTPS")),
            ("data/a:b", None),
            ("/srv/s3://x", None),
            ("2025:/x", None),
            ("data", None),
        ] {
            assert_eq!(scheme_of(text), scheme, "{text}");
        }
    }
}
