//! The project at the top of the repo is exactly what `unseat init` makes: nobody edits it by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run makes, and git leaves alone.
const MADE_BY_RUNS: &[&str] = &[
    "ingestedfiles.txt",
    "latestscore.txt",
    "manifest.json",
    "trainedmodel.json",
];

/// What `init` makes that the repo has too, beside `.gitignore`.
const PARTS: &[&str] = &[
    "config.json",
    "practicedata",
    "production_deployment",
    "sourcedata",
    "testdata",
];

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of a project's own parts: path below the project → bytes.
fn files(project: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = PARTS
        .iter()
        .flat_map(|part| walkdir::WalkDir::new(project.join(part)));
    let mut files = BTreeMap::new();
    for entry in entries {
        let entry = entry.expect("the part is there");
        let name = entry.file_name().to_string_lossy();
        let in_copy = entry
            .path()
            .starts_with(project.join("production_deployment"));
        if !entry.file_type().is_file() || (in_copy && MADE_BY_RUNS.contains(&name.as_ref())) {
            continue;
        }
        let path = entry.path().strip_prefix(project).expect("is below it");
        let bytes = fs::read(entry.path()).expect("can be read");
        files.insert(path.to_path_buf(), bytes);
    }
    files
}

#[test]
fn the_repos_own_project_is_what_init_makes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fresh = folder.path().join("project");
    let done = Command::new(env!("CARGO_BIN_EXE_unseat"))
        .arg("init")
        .arg(&fresh)
        .output()
        .expect("the program starts");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );

    let (made, here) = (files(&fresh), files(&top()));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&made),
        names(&here),
        "CONTRIBUTING.md says how to make them again"
    );
    for (path, bytes) in &made {
        assert!(
            here[path] == *bytes,
            "{} differs from what `unseat init` makes; CONTRIBUTING.md says how to make it again",
            path.display()
        );
    }
}

#[test]
fn git_leaves_alone_what_runs_make() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fresh = folder.path().join("project");
    Command::new(env!("CARGO_BIN_EXE_unseat"))
        .arg("init")
        .arg(&fresh)
        .output()
        .expect("the program starts");
    let wanted = fs::read_to_string(fresh.join(".gitignore")).expect("init makes one");
    let here = fs::read_to_string(top().join(".gitignore")).expect("the repo has one");
    for line in wanted.lines().chain(["/target"]) {
        assert!(
            here.lines().any(|other| other == line),
            "the repo's .gitignore lacks {line}"
        );
    }
}
