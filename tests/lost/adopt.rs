//! A registry that is new beside versions and a champion that it does not know: nothing runs, and `adopt` rebuilds it.

use std::fs;

use serde_json::json;
use unseat::faults::ADOPT;

use crate::support::{Done, Project};

/// Version 2 is the champion, version 1 was before it.
fn two_versions() -> Project {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project
}

fn lose_database(project: &Project) {
    for name in ["unseat.db", "unseat.db-wal", "unseat.db-shm"] {
        let _ = fs::remove_file(project.path(name));
    }
}

#[track_caller]
fn says(done: &Done, code: i32, words: &str) {
    assert_eq!(done.code(), code, "{done}");
    assert!(done.stderr.contains(words), "{words}\n{done}");
}

const UNKNOWN: &str = "error: failed to go on with what is there: production_deployment holds version 2 of `attrition`, and the database unseat.db does not know it: the database is new, another one, or older than what is deployed";
const ADOPT_IT: &str = "hint: `unseat adopt` takes it up from the folders (`--dry-run` says what), or bring the database back from a backup";

#[test]
fn a_lost_database_ends_in_no_promotion_and_the_next_step_is_said() {
    let project = two_versions();
    let before = project.products();
    lose_database(&project);
    says(
        &project.unseat(&["config", "check"]),
        1,
        "production_deployment holds a version, and the database unseat.db is not there",
    );
    assert!(!project.path("unseat.db").exists(), "check touches nothing");
    for command in [
        &["run"][..],
        &["run", "--force"],
        &["train"],
        &["promote", "1"],
        &["predict", "testdata/testdata.csv"],
    ] {
        let done = project.unseat(command);
        says(&done, 1, UNKNOWN);
        says(&done, 1, ADOPT_IT);
    }
    assert_eq!(project.products(), before);
    says(&project.unseat(&["config", "check"]), 1, UNKNOWN);
}

#[test]
fn a_database_that_was_moved_without_its_log_is_not_made_anew() {
    let project = two_versions();
    fs::rename(project.path("unseat.db"), project.path("moved.db")).expect("moves it");
    fs::write(project.path("unseat.db-wal"), "its last changes").expect("writes it");
    for command in [&["run"][..], &["versions"], &["adopt"], &["up"]] {
        let done = project.unseat(command);
        let words =
            "it is not there, but its log unseat.db-wal is, which may hold its last changes";
        assert!(done.stderr.contains(words), "{done}");
        assert!(
            done.stderr
                .contains("hint: move the database back to its log"),
            "{done}"
        );
        assert!(!project.path("unseat.db").exists(), "{done}");
        assert_eq!(project.read("unseat.db-wal"), "its last changes");
    }
}

#[test]
fn adopt_rebuilds_the_registry_and_the_project_goes_on_as_before() {
    let project = two_versions();
    let (before, files) = (project.books(), project.products());
    let listed = project.ok(&["versions", "list"]).stdout;
    lose_database(&project);
    let dry = project.ok(&["adopt", "--dry-run"]).stdout;
    let folders: Vec<_> = before.versions.iter().map(|it| &it.folder).collect();
    assert_eq!(
        dry,
        format!(
            "attrition  version 1  {}  promote\nattrition  version 2  {}  promote, the champion\n\
             attrition  would adopt 2 versions and 2 data sets; version 2 is the champion\n",
            folders[1], folders[0]
        )
    );
    assert!(project.books().versions.is_empty(), "only looked");
    let done = project.ok(&["adopt"]).stdout;
    assert!(
        done.ends_with(
            "attrition  adopted 2 versions and 2 data sets; version 2 is the champion\n"
        ),
        "{done}"
    );
    let after = project.assert_settled();
    assert_eq!(after.versions, before.versions, "to the last field");
    assert_eq!(after.champion(), Some(2));
    assert_eq!(
        after.champion.as_ref().map(|it| it.since_ms),
        before.champion.as_ref().map(|it| it.since_ms)
    );
    assert_eq!(project.products(), files, "no file was touched");
    assert_eq!(project.ok(&["versions", "list"]).stdout, listed);
    // Again, and nothing happens.
    assert_eq!(
        project.ok(&["adopt"]).stdout,
        "attrition  nothing to adopt: the folders hold nothing that the database does not know; version 2 is the champion\n"
    );
    project.ok(&["gate", "explain", "2"]);
    let next = project.json(&["run", "--input", "sourcedata"]);
    assert_eq!(
        next["outcome"], "rescored",
        "the same work is known: {next:#}"
    );
    assert_eq!(
        project.json(&["run", "--input", "sourcedata"])["outcome"],
        "nothing_new"
    );
    project.ok(&["rollback"]);
    assert_eq!(project.assert_settled().champion(), Some(1));
}

#[test]
fn versions_of_before_their_record_are_adopted_by_what_their_folders_tell() {
    let project = two_versions();
    let before = project.books();
    for number in [1, 2] {
        fs::remove_file(project.version_file(number, "version.json")).expect("goes");
    }
    lose_database(&project);
    project.ok(&["adopt"]);
    let after = project.assert_settled();
    assert_eq!(after.champion(), Some(2));
    for (now, then) in after.versions.iter().zip(&before.versions) {
        assert_eq!(
            (
                &now.run,
                &now.bundle_sha256,
                &now.model_hash,
                &now.data_hash,
                &now.verdict
            ),
            (
                &then.run,
                &then.bundle_sha256,
                &then.model_hash,
                &then.data_hash,
                &then.verdict
            )
        );
    }
    // The settings are not known, so it trains once more, and the gate sees that it is the same.
    let next = project.json(&["run", "--input", "sourcedata"]);
    assert_eq!(next["outcome"], "reject", "{next:#}");
}

#[test]
fn two_versions_of_one_number_get_two_and_the_champion_keeps_its_own() {
    // What became of a project in which an earlier program started again beside the old versions.
    let project = two_versions();
    let old = project.version_file(1, "");
    let stranger = project.path("models/attrition/v2_20200101T000000Z");
    fs::create_dir_all(&stranger).expect("makes it");
    fs::copy(
        old.join("trainedmodel.json"),
        stranger.join("trainedmodel.json"),
    )
    .expect("copies");
    lose_database(&project);
    let done = project.ok(&["adopt"]).stdout;
    assert!(
        done.contains(
            "note: v2_20200101T000000Z is version 3 from now on, since the number 2 is taken"
        ),
        "{done}"
    );
    let books = project.books();
    assert_eq!(books.champion(), Some(2));
    assert_eq!(books.version(3).folder, "v2_20200101T000000Z");
    assert_eq!(project.json(&["run", "--force"])["version"], 4);
}

#[test]
fn a_champion_that_stands_in_its_copy_only_and_a_damaged_version_are_told() {
    let project = two_versions();
    let folder = project.books().version(2).folder.clone();
    fs::remove_dir_all(project.path(&format!("models/attrition/{folder}"))).expect("goes");
    fs::write(project.version_file(1, "trainedmodel.json"), "{}").expect("damages it");
    lose_database(&project);
    let done = project.ok(&["adopt"]).stdout;
    assert!(done.contains("left out  v1_"), "{done}");
    assert!(
        done.contains(
            "note: the bundle of version 2 is in production_deployment only and is copied to v2_"
        ),
        "{done}"
    );
    let books = project.books();
    assert_eq!((books.champion(), books.copied), (Some(2), Some(2)));
    project.ok(&["predict", "testdata/testdata.csv"]);
    assert_eq!(
        project.json(&["run", "--force"])["version"],
        3,
        "no number is used again"
    );
}

#[test]
fn nothing_is_guessed_about_which_version_was_the_champion() {
    let project = two_versions();
    fs::remove_file(project.path("production_deployment/manifest.json")).expect("goes");
    lose_database(&project);
    let done = project.unseat(&["adopt"]);
    says(
        &done,
        1,
        "production_deployment has no manifest.json, so nothing says which version of `attrition` was the champion; there is 1, 2; the newest that the gate promoted is 2",
    );
    says(&done, 1, "hint: add `--champion VERSION`");
    assert!(project.books().versions.is_empty());
    says(
        &project.unseat(&["run"]),
        1,
        "production_deployment holds a `trainedmodel.json` without a `manifest.json`",
    );
    project.ok(&["adopt", "--champion", "1"]);
    assert_eq!(project.assert_settled().champion(), Some(1));
}

#[test]
fn folders_of_versions_alone_stop_a_run_too() {
    let project = two_versions();
    lose_database(&project);
    fs::remove_dir_all(project.path("production_deployment")).expect("goes");
    says(
        &project.unseat(&["run"]),
        1,
        "models/attrition holds 2 versions, the newest v2_",
    );
    project.ok(&["adopt", "--champion", "2"]);
    assert_eq!(project.assert_settled().champion(), Some(2));
}

#[test]
fn a_database_older_than_what_is_deployed_is_noticed() {
    let project = Project::promoted();
    let old = fs::read(project.path("unseat.db")).expect("reads");
    project.ok(&["run", "--input", "sourcedata"]);
    lose_database(&project);
    fs::write(project.path("unseat.db"), old).expect("writes");
    let done = project.unseat(&["run"]);
    says(&done, 1, UNKNOWN);
    says(
        &done,
        1,
        "`unseat promote 1` puts a version that the database knows in its place",
    );
    let copy = project.copy();
    copy.ok(&["adopt"]);
    assert_eq!(copy.assert_settled().champion(), Some(2));
    project.ok(&["promote", "1"]);
    let books = project.books();
    assert_eq!((books.champion(), books.copied), (Some(1), Some(1)));
}

#[test]
fn an_adoption_that_dies_anywhere_leaves_nothing_or_all_of_it() {
    let lost = two_versions();
    let folder = lost.books().version(2).folder.clone();
    fs::remove_dir_all(lost.path(&format!("models/attrition/{folder}"))).expect("goes");
    lose_database(&lost);
    for &point in ADOPT {
        let project = lost.copy();
        let fault = format!("{point}:kill");
        let done = project.unseat_with(("UNSEAT_FAULT", &fault), &["adopt"]);
        assert!(done.is_killed(), "{fault}: {done}");
        let books = project.books();
        let is_new = point == "adopt.recorded";
        assert_eq!(books.versions.len(), if is_new { 2 } else { 0 }, "{fault}");
        assert_eq!(books.champion(), is_new.then_some(2), "{fault}");
        project.ok(&["adopt"]);
        assert_eq!(project.assert_settled().champion(), Some(2), "{fault}");
        assert_eq!(project.json(&["models", "list"])[0]["versions"], json!(2));
    }
}
