//! Messages without the place of the project on the machine.

use std::path::Path;

/// A message without the folder of the project: where it is on the machine concerns no reader of a page.
pub fn without_folder(text: &str, project: &Path) -> String {
    let folder = project.to_string_lossy();
    let folder = folder.trim_end_matches('/');
    if folder.len() < 2 || !project.is_absolute() {
        return text.to_string();
    }
    text.replace(&format!("{folder}/"), "").replace(folder, ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_machine_are_left_out() {
        let project = Path::new("/srv/models/");
        for (text, expected) in [
            ("read /srv/models/sourcedata/a.csv", "read sourcedata/a.csv"),
            ("find data in /srv/models: none", "find data in .: none"),
            ("train", "train"),
        ] {
            assert_eq!(without_folder(text, project), expected);
        }
        assert_eq!(without_folder("read ./a", Path::new(".")), "read ./a");
    }
}
