//! What holds for every case: the message is the documented one, nothing panics, and the champion is what it was.

use std::collections::BTreeMap;

use super::book;
use super::project::{Project, Said, files_below};

/// The bytes of the champion's copy.
fn champion(project: &Project) -> BTreeMap<String, Vec<u8>> {
    files_below(&project.path("production_deployment"))
}

/// Runs one case in a fresh project that has a champion; false when the case cannot be made on this machine.
pub fn check(name: &str, case: impl FnOnce(&Project) -> Option<Said>) -> bool {
    let project = Project::with_champion();
    let before = champion(&project);
    let Some(said) = case(&project) else {
        return false;
    };
    let talk = said.to_string();
    assert!(!talk.contains("panicked"), "{talk}");
    let outside = project.folder().to_string_lossy().into_owned();
    assert!(!talk.contains(&outside), "a path of this machine:\n{talk}");
    // Not `assert_eq`, which would print every byte of it.
    let after = champion(&project);
    let is_same = if project.took_copy() {
        after
            .iter()
            .all(|(file, bytes)| before.get(file) == Some(bytes))
    } else {
        after == before
    };
    assert!(is_same, "the champion moved:\n{talk}");
    book::hold(&book::id_of(name), &said);
    true
}
