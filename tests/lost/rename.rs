//! Another `name` in the settings is not another model without a word, and `models rename` takes everything along.

use std::fs;

use unseat::faults::RENAME;

use crate::support::{MODEL, Project};

/// Version 2 of `attrition` is the champion, and config.json says `churn`.
fn renamed_in_the_settings() -> Project {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project.set("name", "churn");
    project
}

const OTHER: &str = "error: failed to go on with what is there: production_deployment holds version 2 of `attrition`, another model, which `churn` must not replace";
const NEXT: &str = "hint: `unseat models rename attrition churn` gives that model this name; for a model of its own, name another `prod_deployment_path`";
const UNNAMED: &str = "the database has `attrition` with champion version 2, which no setting names; if it has a new name, `unseat models rename attrition churn` gives it that";

#[test]
fn a_changed_name_replaces_no_champion_and_is_said_everywhere() {
    let project = renamed_in_the_settings();
    let before = project.products();
    for command in [&["config", "check"][..], &["run"], &["run", "--force"]] {
        let done = project.unseat(command);
        assert_eq!(done.code(), 1, "{done}");
        assert!(
            done.stderr.contains(OTHER) && done.stderr.contains(NEXT),
            "{done}"
        );
    }
    assert!(
        project
            .unseat(&["run"])
            .stderr
            .contains(&format!("note: {UNNAMED}"))
    );
    assert_eq!(project.products(), before);
    let listed = project.json(&["models", "list"]);
    assert_eq!(listed[1]["model"], MODEL);
    assert_eq!(listed[1]["is_configured"], false);
    // A model of its own has folders of its own; the other one is still spoken of.
    project.set("prod_deployment_path", "production_of_churn");
    let done = project.ok(&["config", "check"]);
    assert!(done.stdout.contains(&format!("note: {UNNAMED}")), "{done}");
    project.ok(&["run"]);
    assert_eq!(
        project.read_json("production_deployment/manifest.json")["version"],
        2
    );
}

#[test]
fn a_renamed_model_keeps_versions_champion_history_and_files() {
    let project = renamed_in_the_settings();
    let done = project.ok(&["models", "rename", MODEL, "churn"]);
    assert_eq!(
        done.stdout,
        "attrition is churn from now on; version 2 is the champion\n"
    );
    assert!(!project.path("models/attrition").exists());
    assert_eq!(
        project.read_json("production_deployment/manifest.json")["model"],
        "churn"
    );
    let listed = project.json(&["models", "list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed:#}");
    assert_eq!(listed[0]["champion"]["version"], 2);
    let again = project.json(&["run", "--input", "sourcedata"]);
    assert_eq!(again["outcome"], "nothing_new", "{again:#}");
    project.ok(&["rollback"]);
    project.ok(&["predict", "testdata/testdata.csv"]);
    project.ok(&["gate", "explain", "2"]);
    project.ok(&["report", "1"]);
}

#[test]
fn what_cannot_be_renamed_is_rejected_in_words() {
    let project = renamed_in_the_settings();
    for (arguments, words) in [
        (
            ["nobody", "churn"],
            "the database has no version of `nobody`",
        ),
        ([MODEL, "chrun"], "config.json names no model `chrun`"),
    ] {
        let done = project.unseat(&[&["models", "rename"], &arguments[..]].concat());
        assert_ne!(done.code(), 0, "{done}");
        assert!(done.stderr.contains(words), "{done}");
    }
    project.set("name", MODEL);
    let done = project.unseat(&["models", "rename", MODEL, MODEL]);
    assert!(done.stderr.contains("config.json still names it"), "{done}");
    project.assert_settled();
}

#[test]
fn a_rename_that_dies_anywhere_leaves_the_old_name_or_the_new_one() {
    let before = renamed_in_the_settings();
    for &point in RENAME {
        let project = before.copy();
        let fault = format!("{point}:kill");
        let rename = ["models", "rename", MODEL, "churn"];
        let done = project.unseat_with(("UNSEAT_FAULT", &fault), &rename);
        assert!(done.is_killed(), "{fault}: {done}");
        if point == "rename.recording" {
            project.set("name", MODEL);
            assert_eq!(project.assert_old(), Some(2), "{fault}");
            continue;
        }
        // The process that opens the project next does the rest.
        project.ok(&["predict", "testdata/testdata.csv"]);
        assert!(!project.path("models/attrition").exists(), "{fault}");
        let manifest = project.read_json("production_deployment/manifest.json");
        assert_eq!(manifest["model"], "churn", "{fault}");
        let again = project.json(&["run", "--input", "sourcedata"]);
        assert_eq!(again["outcome"], "nothing_new", "{fault}: {again:#}");
        assert_eq!(again["champion"], 2, "{fault}");
        let folders = fs::read_dir(project.path("models/churn")).expect("is there");
        assert_eq!(folders.count(), 2, "{fault}");
    }
}

impl Project {
    /// The champion, after a run has repaired what was left.
    fn assert_old(&self) -> Option<i64> {
        self.ok(&["run", "--input", "sourcedata"]);
        self.assert_settled().champion()
    }
}
