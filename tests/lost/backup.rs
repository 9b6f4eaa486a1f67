//! A backup is whole or not there, a restore puts all of it in place or nothing, and neither replaces what lives.

use std::fs;

use unseat::faults::{BACKUP, RESTORE};
use unseat::model_types::RunId;

use crate::support::{Project, files_below};

fn two_versions() -> Project {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project
}

/// The data is not part of a backup: runs read it from where it comes from.
fn with_data_of(project: &Project, other: &Project) {
    for folder in ["practicedata", "sourcedata", "testdata"] {
        for (name, path) in files_below(&other.path(folder)) {
            fs::create_dir_all(project.path(folder)).expect("makes it");
            fs::copy(path, project.path(&format!("{folder}/{name}"))).expect("copies");
        }
    }
}

#[test]
fn a_backup_restored_elsewhere_serves_and_goes_on() {
    let project = two_versions();
    let done = project.ok(&["backup", "safe/monday"]);
    assert!(
        done.stdout
            .starts_with("attrition  2 versions; version 2 is the champion\n")
            && done
                .stdout
                .trim_end()
                .ends_with("written to safe/monday and read back"),
        "{done}"
    );
    let again = project.unseat(&["backup", "safe/monday"]);
    assert_eq!(again.code(), 1, "{again}");
    assert!(
        again
            .stderr
            .contains("write a backup to safe/monday: there is something"),
        "{again}"
    );
    let there = Project::empty().with_real_clock();
    let backup = project.path("safe/monday");
    let backup = backup.to_str().expect("a text");
    there.ok(&["restore", backup]);
    with_data_of(&there, &project);
    let predicted = |it: &Project| it.ok(&["predict", "testdata/testdata.csv"]).stdout;
    assert_eq!(predicted(&there), predicted(&project));
    let (ours, theirs) = (project.books(), there.books());
    assert_eq!(theirs.versions, ours.versions);
    assert_eq!(theirs.operations, ours.operations);
    assert_eq!(
        there.json(&["run", "--input", "sourcedata"])["outcome"],
        "nothing_new"
    );
    there.ok(&["rollback"]);
    assert_eq!(there.assert_settled().champion(), Some(1));
}

#[test]
fn a_backup_that_is_not_whole_is_rejected_and_nothing_is_touched() {
    let project = two_versions();
    project.ok(&["backup", "safe"]);
    let before = (project.products(), project.books().operations);
    let list = project.read_json("safe/backup.json");
    for file in list["files"].as_array().expect("files").iter().step_by(5) {
        let name = format!("safe/{}", file["path"].as_str().expect("a path"));
        let bytes = fs::read(project.path(&name)).expect("reads");
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        fs::write(project.path(&name), changed).expect("writes");
        let done = project.unseat(&["restore", "safe", "--force"]);
        assert_eq!(done.code(), 1, "{done}");
        assert!(
            done.stderr
                .contains("is gone or is not what backup.json says"),
            "{done}"
        );
        fs::write(project.path(&name), bytes).expect("writes");
    }
    assert_eq!((project.products(), project.books().operations), before);
}

#[test]
fn what_is_there_is_replaced_by_force_only_and_put_aside_then() {
    let project = Project::promoted();
    project.ok(&["backup", "safe"]);
    project.ok(&["run", "--input", "sourcedata"]);
    let done = project.unseat(&["restore", "safe"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stderr.contains(
            "restore: unseat.db is there, and would be replaced; `--force` moves it aside, and everything else that is in the way"
        ),
        "{done}"
    );
    assert_eq!(project.assert_settled().champion(), Some(2));
    let done = project.ok(&["restore", "safe", "--force"]).stdout;
    assert!(done.contains("put aside: "), "{done}");
    let books = project.books();
    assert_eq!((books.champion(), books.copied), (Some(1), Some(1)));
    assert_eq!(books.versions.len(), 1);
    let aside = files_below(project.root());
    let kept = |part: &str| {
        aside
            .keys()
            .any(|name| name.contains(".before-restore-") && name.contains(part))
    };
    assert!(kept("unseat.db") && kept("v2_"), "{aside:#?}");
    project.ok(&["run", "--input", "sourcedata"]);
    assert_eq!(project.books().champion(), Some(2));
}

#[test]
fn nothing_is_restored_under_a_run() {
    let project = Project::promoted();
    project.ok(&["backup", "safe"]);
    let held = project.registry(async |registry| {
        let run = RunId::new("20260301T100000Z-000abcdef");
        let lock = registry.take_lock("attrition", &run, 1_772_359_200_000);
        lock.await.expect("nobody has it")
    });
    let done = project.unseat(&["restore", "safe", "--force"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stderr.contains("the project is at work: a run of `attrition` is under way: run 20260301T100000Z-000abcdef holds the lock since"),
        "{done}"
    );
    project.registry(async |registry| registry.release_lock(&held).await.expect("gives back"));
}

#[test]
fn a_backup_that_dies_anywhere_is_whole_or_not_there() {
    let before = two_versions();
    for &point in BACKUP {
        let project = before.copy();
        let fault = format!("{point}:kill");
        let done = project.unseat_with(("UNSEAT_FAULT", &fault), &["backup", "safe"]);
        assert!(done.is_killed(), "{fault}: {done}");
        let is_there = point == "backup.published";
        assert_eq!(project.path("safe").exists(), is_there, "{fault}");
        if !is_there {
            project.ok(&["backup", "safe"]);
        }
        let there = Project::empty();
        let backup = project.path("safe");
        there.ok(&["restore", backup.to_str().expect("a text")]);
        assert_eq!(there.books().champion(), Some(2), "{fault}");
        assert!(!project.path(".safe.part").exists(), "{fault}");
    }
}

#[test]
fn a_restore_that_dies_anywhere_leaves_the_old_or_the_new() {
    let before = Project::promoted();
    before.ok(&["backup", "safe"]);
    before.ok(&["run", "--input", "sourcedata"]);
    let mut faults: Vec<String> = RESTORE
        .iter()
        .map(|point| format!("{point}:kill"))
        .collect();
    // Each thing that is put in its place.
    faults.extend((2..=4).map(|nth| format!("restore.moved:kill:{nth}")));
    for fault in faults {
        let project = before.copy();
        let done = project.unseat_with(("UNSEAT_FAULT", &fault), &["restore", "safe", "--force"]);
        assert!(done.is_killed(), "{fault}: {done}");
        let is_old = fault.starts_with("restore.staged");
        project.ok(&["predict", "testdata/testdata.csv"]);
        let books = project.books();
        let expected = if is_old { Some(2) } else { Some(1) };
        assert_eq!(
            (books.champion(), books.copied),
            (expected, expected),
            "{fault}"
        );
        assert!(!project.path(".restore.json").exists(), "{fault}");
        project.ok(&["restore", "safe", "--force"]);
        assert_eq!(project.books().champion(), Some(1), "{fault}");
        project.ok(&["run"]);
    }
}
