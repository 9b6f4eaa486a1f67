//! The checks before training, through the whole program: told, stored, shown, and ending a run where they are to.

use serde_json::{Value, json};

use crate::support::Project;

/// CSV rows with a column that has what is wrong: `leak` gives the class away, `late` holds a text of its own.
fn rows(from: u64, to: u64, late: &str) -> String {
    let mut text = "x,y,plan,leak,label\n".to_string();
    for row in from..to {
        let (x, y) = ((row * 37) % 101, (row * 53) % 89);
        let label = u64::from((x + y + (row * 7919) % 83) % 190 > 90);
        let plan = if row % 4 == 0 { late } else { "basic" };
        text += &format!("{x}.{row},{y},{plan},{},{label}\n", label * 3);
    }
    text
}

fn project(checks: Value) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "attrition", "target": "label",
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "checks": checks, "score": {"replicates": 100}, "gate": {"replicates": 100},
    });
    project.write("config.json", &config.to_string());
    project.write("in/a.csv", &rows(0, 300, "gold"));
    project.write("test/test.csv", &rows(400, 500, "new"));
    project
}

fn checks_of(findings: &Value) -> Vec<(&str, &str)> {
    let findings = findings.as_array().expect("a list").iter();
    findings
        .map(|it| {
            (
                it["check"].as_str().expect("a name"),
                it["severity"].as_str().expect("a name"),
            )
        })
        .collect()
}

#[test]
fn findings_are_told_stored_and_shown() {
    let project = project(json!({}));
    let done = project.ok(&["run"]);
    let shown = done.shown();
    assert!(
        shown
            .contains("check `leak`: `leak` alone predicts the target (ROC AUC 1.000 on 300 rows)"),
        "{shown}"
    );
    assert!(shown.contains("check `test_categories`: `plan` has a text that no training row has in 25 test rows (25 %)"), "{shown}");
    let version = project.json(&["versions", "show", "1"]);
    assert_eq!(
        checks_of(&version["version"]["record"]["checks"]),
        [("leak", "warn")]
    );
    assert_eq!(
        checks_of(&version["score"]["findings"]),
        [("test_categories", "warn")]
    );
    let diagnosed = project.json(&["diagnose"]);
    assert_eq!(diagnosed["checks"]["version"], 1);
    let both = [("leak", "warn"), ("test_categories", "warn")];
    assert_eq!(checks_of(&diagnosed["checks"]["findings"]), both);
    let text = project.ok(&["diagnose"]).shown();
    assert!(
        text.contains("warn of version 1: leak: `leak` alone"),
        "{text}"
    );
    let read = |file| std::fs::read_to_string(project.version_file(1, file)).expect("is there");
    let page = read("report.html");
    assert!(page.contains("<h2>Checks</h2>"));
    assert!(page.contains("`leak` alone predicts the target"));
    assert!(read("model_card.md").contains("| leak | warn |"));
    // Made again from what is stored, it says the same.
    project.ok(&["report", "1"]);
    assert!(read("report.html").contains("`leak` alone predicts the target"));
}

#[test]
fn a_finding_that_blocks_ends_the_run_before_training_and_the_champion_stays() {
    let project = project(json!({"leak": {"severity": "off"}}));
    project.ok(&["run"]);
    project.write("in/b.csv", &rows(300, 400, "platinum"));
    let mut config = project.read_json("config.json");
    config["checks"] = json!({
        "leak": {"severity": "block"},
        "new_categories": {"severity": "block"},
        "missing": {"severity": "block"},
    });
    project.write("config.json", &config.to_string());
    let done = project.unseat(&["run"]);
    assert_eq!(done.code(), 1, "{}", done.shown());
    let shown = done.shown();
    for part in [
        "failed to train on the data set: 2 checks block it: check `leak`: `leak` alone",
        "; check `new_categories`: `plan` has a text that the champion was not trained on in 25 rows (6.2 %)",
        "hint: the champion stays as it was; mend the data",
    ] {
        assert!(shown.contains(part), "{part} not in {shown}");
    }
    let books = project.assert_settled();
    assert_eq!(books.champion(), Some(1));
    assert_eq!(books.promotions(), [1]);
    // Nothing was concluded, so the next run looks again, and one with milder settings goes on.
    config["checks"] = json!({"leak": {"severity": "note"}});
    project.write("config.json", &config.to_string());
    let report = project.json(&["run"]);
    assert_eq!(report["version"], 2, "{report}");
}

#[test]
fn a_finding_in_the_test_rows_that_blocks_ends_the_run_before_the_gate() {
    let project = project(json!({"test_overlap": {"severity": "block"}}));
    project.write("test/more.csv", &rows(0, 10, "gold"));
    let done = project.unseat(&["run"]);
    assert_eq!(done.code(), 1, "{}", done.shown());
    let part = "failed to judge the version by the test data: 1 check blocks it: check `test_overlap`: 10 test rows of 110 (9.1 %)";
    assert!(done.shown().contains(part), "{}", done.shown());
    let books = project.assert_settled();
    assert_eq!(books.champion(), None);
    assert_eq!(books.version(1).verdict, None);
}
