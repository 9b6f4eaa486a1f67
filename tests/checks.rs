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
        "hint: the champion stays as it was; fix the data",
    ] {
        assert!(shown.contains(part), "{part} not in {shown}");
    }
    let books = project.assert_settled();
    assert_eq!(books.champion(), Some(1));
    assert_eq!(books.promotions(), [1]);
    // Nothing was concluded, so the next run looks again, and one with milder settings continues.
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

/// Rows about ages and plans; the last four break a rule each.
fn people(from: u64, to: u64, with_misfits: bool) -> String {
    let mut text = "age,plan,x,label\n".to_string();
    for row in from..to {
        let plan = ["basic", "gold"][(row % 2) as usize];
        let label = u64::from((row * 37) % 101 + (row * 7919) % 83 > 90);
        text += &format!(
            "{},{plan},{}.{row},{label}\n",
            18 + row % 60,
            (row * 37) % 101
        );
    }
    if with_misfits {
        text += "-5,basic,3.5,0\n999,gold,3.25,1\n,gold,3.125,0\n40,secretplan,3.75,1\n";
    }
    text
}

fn ruled(schema: Value) -> Project {
    let project = project(json!({}));
    let mut config = project.read_json("config.json");
    config["schema"] = schema;
    project.write("config.json", &config.to_string());
    project.write("in/a.csv", &people(0, 300, true));
    project.write("test/test.csv", &people(400, 500, true));
    project
}

#[test]
fn rules_keep_rows_out_of_training_and_test_data_and_stand_with_the_version() {
    let project = ruled(json!({
        "age": {"min": 0, "max": 120, "nullable": false},
        "plan": {"kind": "text", "values": ["basic", "gold"], "on_violation": "other"},
    }));
    let done = project.ok(&["run"]);
    let shown = done.shown();
    for part in [
        "1 row that breaks the rule `nullable` of `age`, left out",
        "1 row that breaks the rule `min` of `age`, left out",
        "1 row that breaks the rule `max` of `age`, left out",
        "1 row that breaks the rule `values` of `plan`, taken as another category",
        "test data: 1 row that breaks the rule `max` of `age`, left out",
        "301 rows from 1 file, 3 rows left out by rule",
    ] {
        assert!(shown.contains(part), "{part} not in {shown}");
    }
    assert!(!shown.contains("secretplan"), "{shown}");
    let version = project.json(&["versions", "show", "1"]);
    let rules = version["rules"].as_array().expect("a list");
    let of = |column: &str| -> Vec<&Value> {
        let of = rules.iter().filter(|rule| rule["column"] == column);
        of.collect()
    };
    assert_eq!(of("age")[0]["on_violation"], "quarantine");
    assert_eq!(of("plan")[0]["values"], json!(["basic", "gold"]));
    assert_eq!(of("x")[0]["on_violation"], Value::Null);
    assert_eq!(of("x")[0]["nullable"], false);
    assert!(of("label").is_empty());
    let text = project.ok(&["versions", "show", "1"]).shown();
    assert!(
        text.contains("age: integer, 0 to 120, no gaps; else quarantine"),
        "{text}"
    );
    assert_eq!(version["score"]["rows"], 101);
    let read = |file| std::fs::read_to_string(project.version_file(1, file)).expect("is there");
    assert!(read("report.html").contains("integer, 0 to 120, no gaps; else quarantine"));
    assert!(read("model_card.md").contains("else quarantine"));
    // The same rules hold for a file that is predicted.
    project.write("more.csv", "age,plan,x\n300,gold,1.5\n");
    let rejected = project.unseat(&["predict", "more.csv"]);
    assert_eq!(rejected.code(), 1);
    let part = "failed to take in the column `age`: 1 row breaks its rule `max`";
    assert!(rejected.shown().contains(part), "{}", rejected.shown());
}

#[test]
fn a_rule_with_error_stops_the_run_and_later_data_is_held_against_what_was_seen() {
    let project = ruled(json!({"age": {"max": 120, "on_violation": "error"}}));
    let done = project.unseat(&["run"]);
    assert_eq!(done.code(), 1);
    let shown = done.shown();
    assert!(
        shown.contains("failed to take in the column `age`: 1 row breaks its rule `max`"),
        "{shown}"
    );
    assert!(
        shown.contains("hint: fix the data, or set `on_violation`"),
        "{shown}"
    );
    let mut config = project.read_json("config.json");
    config["schema"] = json!({});
    project.write("config.json", &config.to_string());
    project.write("in/a.csv", &people(0, 300, false));
    project.write("test/test.csv", &people(400, 500, false));
    project.ok(&["run"]);
    let later = people(300, 340, false).replace(",gold,", ",gold,99");
    project.write("in/b.csv", &later);
    let shown = project.ok(&["run"]).shown();
    let part = "check `outside_rules`: `x` is outside what the champion's data held in 20 rows (5.9 %): 20 beyond its range, 0 missing";
    assert!(shown.contains(part), "{shown}");
}

#[test]
fn columns_with_rules_must_be_there() {
    let project = ruled(json!({"agee": {"max": 120}}));
    let done = project.unseat(&["run"]);
    assert_eq!(done.code(), 1);
    let part = "failed to find the column `agee` (`schema`) in the data set; did you mean `age`?";
    assert!(done.shown().contains(part), "{}", done.shown());
}
