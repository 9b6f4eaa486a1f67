//! Moving the champion by hand: every operation is recorded with its reason, and the copy follows.

use serde_json::json;

use crate::support::Project;

fn two_versions() -> Project {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project
}

fn copied(project: &Project) -> Option<i64> {
    project.copied_version(&project.books())
}

#[test]
fn operations_are_recorded_with_who_and_why_and_the_copy_follows() {
    let project = two_versions();
    assert_eq!(copied(&project), Some(2));
    project.ok(&["rollback", "--reason", "complaints"]);
    assert_eq!(copied(&project), Some(1));
    project.ok(&["promote", "latest", "--reason", "it was the data"]);
    assert_eq!(copied(&project), Some(2));
    project.ok(&["pin", "1", "--reason", "audit"]);
    assert_eq!(copied(&project), Some(1));
    project.ok(&["unpin"]);
    assert_eq!(copied(&project), Some(1));
    insta::assert_snapshot!(project.ok(&["models", "show"]).stdout, @r"
    attrition: champion version 1
    learner: logistic
    when                  what      version  before  who     why
    2026-03-01T00:06:00Z  unpin     1        1       tester  by hand
    2026-03-01T00:05:00Z  pin       1        2       tester  audit
    2026-03-01T00:04:00Z  promote   2        1       tester  it was the data
    2026-03-01T00:03:00Z  rollback  1        2       tester  complaints
    2026-03-01T00:02:00Z  promote   2        1       run     F1 rises from 0.655 to 0.730 on 200 test rows: +0.075 with a 90 % interval of +0.017 to +0.154
    2026-03-01T00:01:00Z  promote   1                run     there is no champion to protect; F1 of the challenger is 0.655 on 200 test rows
    ");
    let shown = project.json(&["models", "show"]);
    assert_eq!(shown["operations"].as_array().map(Vec::len), Some(6));
    assert_eq!(shown["champion"]["pinned"], false);
    let first = &shown["operations"][5];
    assert_eq!(
        (&first["actor"], &first["previous"]),
        (&json!("run"), &json!(null))
    );
    project.assert_settled();
}

#[test]
fn rolling_back_twice_goes_back_two_steps() {
    let project = two_versions();
    project.set(
        "gate",
        json!({"require": "not_worse", "margin": 0.9, "min_discordant": 0, "replicates": 100}),
    );
    assert_eq!(
        project.json(&["run", "--input", "sourcedata"])["outcome"],
        "reject"
    );
    let rows: Vec<String> = project
        .read("sourcedata/dataset3.csv")
        .lines()
        .map(str::to_string)
        .collect();
    project.write("sourcedata/dataset3.csv", &(rows[..150].join("\n") + "\n"));
    let third = project.json(&["run", "--input", "sourcedata"]);
    assert_eq!(third["outcome"], "promote", "{third:#}");
    assert_eq!(project.json(&["rollback"])["version"], 2);
    assert_eq!(project.json(&["rollback"])["version"], 1);
    let done = project.unseat(&["rollback"]);
    insta::assert_snapshot!(done.shown(), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to roll `attrition` back: there was no champion before the present one; `unseat promote VERSION` makes any version the champion
    ");
    assert_eq!(project.assert_settled().champion(), Some(1));
}

#[test]
fn a_pinned_model_is_not_moved_by_a_run() {
    let project = Project::promoted();
    project.ok(&["pin", "--reason", "audit"]);
    let held = project.json(&["run", "--input", "sourcedata"]);
    assert_eq!(held["outcome"], "pinned", "{held:#}");
    assert_eq!(
        (&held["verdict"], &held["champion"]),
        (&json!("promote"), &json!(1))
    );
    assert_eq!(project.assert_settled().champion(), Some(1));
    let shown = project.ok(&["models", "show"]).stdout;
    assert!(
        shown.starts_with("attrition: champion version 1 (pinned)\n"),
        "{shown}"
    );
    project.ok(&["unpin"]);
    project.ok(&["promote", "2"]);
    assert_eq!(project.assert_settled().champion(), Some(2));
}

#[test]
fn there_is_nothing_to_move_before_the_first_run() {
    let project = Project::new();
    for (command, says) in [
        (&["rollback"][..], "there was no champion before"),
        (&["pin"], "there is none yet"),
        (&["promote", "1"], "it has no version yet"),
    ] {
        let done = project.unseat(command);
        assert_eq!(done.code(), 1, "{done}");
        assert!(done.stderr.contains(says), "{done}");
    }
    project.ok(&["run"]);
    let done = project.unseat(&["promote", "7"]);
    assert!(done.stderr.contains("there is only 1"), "{done}");
}

#[test]
fn a_copy_that_was_tampered_with_or_removed_is_made_anew_by_the_next_run() {
    let project = two_versions();
    let copy = project.hashes(&["production_deployment"]);
    project.write("production_deployment/trainedmodel.json", "{}");
    assert_eq!(
        project.json(&["run", "--input", "sourcedata"])["outcome"],
        "nothing_new"
    );
    assert_eq!(project.hashes(&["production_deployment"]), copy);
    std::fs::remove_dir_all(project.path("production_deployment")).expect("removes");
    assert_eq!(
        project.json(&["run", "--input", "sourcedata"])["outcome"],
        "nothing_new"
    );
    assert_eq!(project.assert_settled().copied, Some(2));
}

#[test]
fn a_version_whose_bundle_was_changed_is_not_promoted() {
    let project = two_versions();
    let path = project.version_file(1, "trainedmodel.json");
    let changed = std::fs::read_to_string(&path)
        .expect("reads")
        .replacen('1', "2", 1);
    std::fs::write(&path, changed).expect("writes");
    let done = project.unseat(&["rollback"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("use version 1"), "{done}");
    let books = project.books();
    assert_eq!((books.champion(), books.copied), (Some(2), Some(2)));
}

#[test]
fn a_copy_that_cannot_be_written_fails_the_run_but_not_the_verdict_and_is_made_up_for() {
    let project = Project::promoted();
    project.set("prod_deployment_path", "blocked/copy");
    project.write("blocked", "a file where a folder should be");
    let done = project.unseat(&["run", "--input", "sourcedata"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("blocked/copy"), "{done}");
    assert_eq!(
        project.books().champion(),
        Some(1),
        "the copy is made true before anything new"
    );

    std::fs::remove_file(project.path("blocked")).expect("removes");
    // Any command on the champion makes the copy, so that the failure below is that of the new champion's.
    project.ok(&["unpin"]);
    assert_eq!(
        project.read_json("blocked/copy/manifest.json")["version"],
        1
    );
    let fault = ("UNSEAT_FAULT", "deploy.copy_written:error");
    let done = project.unseat_with(fault, &["run", "--input", "sourcedata"]);
    assert_eq!(done.code(), 1, "{done}");
    let hint = "the registry says who is champion, and the next run makes the copy";
    assert!(done.stderr.contains(hint), "{done}");
    assert_eq!(project.books().champion(), Some(2));
    let listed = project.ok(&["runs", "list", "-n", "1"]).stdout;
    assert!(listed.contains("promote, then failed"), "{listed}");

    let next = project.ok(&["run", "--input", "sourcedata"]);
    assert!(
        next.stderr
            .contains("the report of version 2 was missing and has been made"),
        "{next}"
    );
    assert_eq!(
        project.read_json("blocked/copy/manifest.json")["version"],
        2
    );
}
