//! Files, data sets and test rows against what the champion was trained on.

use serde_json::{Value, json};

use crate::support::{MODEL, Project};

/// CSV rows whose `x` is shifted; the class hangs on `x`.
pub fn rows(from: u64, to: u64, shift: u64) -> String {
    let mut text = "x,y,plan,label\n".to_string();
    for row in from..to {
        let (x, y) = ((row * 37) % 101 + shift, (row * 53) % 89);
        let label = u64::from((row * 37) % 101 + (row * 7919) % 40 > 70);
        let plan = ["basic", "gold", "plus"][(row * 31 % 7 % 3) as usize];
        text += &format!("{x}.{row},{y},{plan},{label}\n");
    }
    text
}

pub fn project(drift: Value) -> Project {
    project_of(drift, [&rows(0, 1200, 0), &rows(4000, 4600, 0)])
}

/// The same of other training and test rows.
pub fn project_of(drift: Value, [training, test]: [&str; 2]) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": MODEL, "target": "label",
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "gate": {"replicates": 100, "first": "promote"}, "drift": drift,
    });
    project.write("config.json", &config.to_string());
    project.write("in/a.csv", training);
    project.write("test/test.csv", test);
    project.ok(&["run"]);
    project
}

pub fn column<'v>(answer: &'v Value, name: &str) -> &'v Value {
    let features = answer["features"].as_array().expect("a list").iter();
    let mut found = features.filter(|it| it["name"] == name);
    found.next().unwrap_or_else(|| panic!("{name}: {answer:#}"))
}

#[test]
fn a_file_is_held_against_what_the_champion_was_trained_on() {
    let project = project(json!({}));
    project.write("alike.csv", &rows(2000, 2600, 0));
    project.write("shifted.csv", &rows(2000, 2600, 60));
    project.write("few.csv", &rows(2000, 2008, 0));
    let alike = project.json(&["drift", "--against", "alike.csv"]);
    assert_eq!(alike["verdict"], "ok", "{alike:#}");
    assert_eq!(
        (&alike["model"], &alike["version"]),
        (&json!(MODEL), &json!(1))
    );
    assert_eq!(
        (&alike["reference_rows"], &alike["rows"]),
        (&json!(1200), &json!(600))
    );
    assert_eq!(alike["prediction"]["verdict"], "ok", "{alike:#}");
    let shifted = project.unseat(&[
        "drift",
        "--against",
        "shifted.csv",
        "--detailed-exit-code",
        "--json",
    ]);
    assert_eq!(shifted.code(), 14);
    let shifted = shifted.json();
    let x = column(&shifted, "x");
    assert_eq!(
        (&x["verdict"], &x["test"]),
        (&json!("drift"), &json!("chi_square")),
        "{x:#}"
    );
    for key in [
        "statistic",
        "effect",
        "p_value",
        "p_adjusted",
        "psi",
        "importance",
        "reason",
    ] {
        assert!(!x[key].is_null(), "{key}: {x:#}");
    }
    assert_eq!(shifted["features"][0]["name"], "x", "the most severe first");
    assert_eq!(column(&shifted, "y")["verdict"], "ok");
    let few = project.json(&["drift", "--against", "few.csv"]);
    assert_eq!(few["verdict"], "unknown", "{few:#}");
    let shown = project.ok(&["drift", "--against", "shifted.csv"]).shown();
    assert!(
        shown.contains("`x` differs from what the model was trained on"),
        "{shown}"
    );
    // The same file says the same, to the byte.
    let again = |project: &Project| {
        let mut answer = project.json(&["drift", "--against", "shifted.csv"]);
        for key in ["from_ms", "to_ms", "window"] {
            answer[key] = Value::Null;
        }
        answer.to_string()
    };
    assert_eq!(again(&project), again(&project));
}

#[test]
fn columns_that_are_gone_new_or_of_another_kind_are_told_and_stop_nothing() {
    let project = project(json!({}));
    let mut other = "x,plan,label,extra\n".to_string();
    for row in 0..400 {
        other += &format!(
            "n{row},{},0,1\n",
            ["basic", "gold", "plus"][row * 31 % 7 % 3]
        );
    }
    project.write("other.csv", &other);
    let answer = project.json(&["drift", "--against", "other.csv"]);
    assert_eq!(answer["verdict"], "drift", "{answer:#}");
    assert_eq!(column(&answer, "y")["reason"], "the column is not there");
    assert_eq!(
        column(&answer, "x")["window"]["missing"],
        1.0,
        "texts among numbers"
    );
    assert_eq!(column(&answer, "plan")["verdict"], "ok");
    let changes: Vec<(&str, &str)> = answer["schema"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| {
            (
                it["column"].as_str().expect("a name"),
                it["change"].as_str().expect("a name"),
            )
        })
        .collect();
    assert!(
        changes.contains(&("y", "missing")) && changes.contains(&("extra", "added")),
        "{changes:?}"
    );
}

#[test]
fn what_is_asked_for_and_is_not_there_is_said() {
    let project = project(json!({}));
    let nothing = project.unseat(&["drift", "--against", "nowhere.csv"]);
    assert_eq!(nothing.code(), 2);
    assert!(
        nothing
            .shown()
            .contains("it is not a file, a run or a time"),
        "{}",
        nothing.shown()
    );
    let none = project.json(&["drift", "--against", "24h"]);
    assert_eq!(none["verdict"], "unknown");
    assert!(
        none["reason"]
            .as_str()
            .expect("a reason")
            .starts_with("no data"),
        "{none:#}"
    );
    let wrong = Project::empty();
    wrong.ok(&["init", ".", "--rows", "50"]);
    wrong.set("drift", json!({"false_alarms": "seldom"}));
    let done = wrong.unseat(&["config", "check"]);
    assert_eq!(done.code(), 2);
    assert!(
        done.shown().contains("drift.false_alarms"),
        "{}",
        done.shown()
    );
}

#[test]
fn a_run_compares_its_data_set_and_the_test_rows_and_drift_is_one_episode() {
    let project = project(json!({"large_effect": 0.3, "columns": {"x": "notify"}}));
    project.set(
        "notify",
        json!({"channels": [{"kind": "command", "argv": ["true"], "on": ["drift"]}]}),
    );
    // Nobody is told of the time before a channel was there.
    project.ok(&["notify", "send"]);
    for (name, from, shift) in [("b", 1200, 80), ("c", 2400, 90)] {
        project.write("in/a.csv", &rows(from, from + 1200, shift));
        project.ok(&["run"]);
        assert_eq!(project.books().champion(), Some(1), "{name}");
    }
    let drift = project.json(&["drift", "--against", "test"]);
    let checks = drift["history"]["checks"].as_array().expect("a list");
    let data: Vec<&Value> = checks.iter().filter(|it| it["kind"] == "data").collect();
    assert_eq!(data.len(), 2, "{checks:#?}");
    assert!(data.iter().all(|it| it["verdict"] == "drift"), "{data:#?}");
    // Also what the champion says of the data set's rows, which it did not learn from.
    let of_data = project.json(&["drift", "--against", "data"]);
    let scores = &of_data["prediction"];
    assert_eq!(scores["verdict"], "drift", "{scores:#}");
    let of_test: Vec<&Value> = checks.iter().filter(|it| it["kind"] == "test").collect();
    assert!(
        of_test.iter().all(|it| it["verdict"] == "ok"),
        "{of_test:#?}"
    );
    let episodes = drift["history"]["episodes"].as_array().expect("a list");
    assert_eq!(episodes.len(), 1, "{episodes:#?}");
    assert!(episodes[0]["ended"].is_null());
    // Like the first rows again: it is over, and both ends were told once.
    project.write("in/a.csv", &rows(3600, 4800, 0));
    project.ok(&["run"]);
    let of_data = project.json(&["drift", "--against", "data"]);
    assert_eq!(of_data["prediction"]["verdict"], "ok", "{of_data:#}");
    let drift = project.json(&["drift", "--against", "test"]);
    assert!(
        !drift["history"]["episodes"][0]["ended"].is_null(),
        "{drift:#}"
    );
    let sent = project.json(&["notify", "list"]);
    let told: Vec<&str> = sent
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["body"]["facts"]["state"].as_str())
        .collect();
    assert_eq!(told, ["ended", "begun"], "{sent:#}");
    let diagnosed = project.json(&["diagnose"]);
    assert!(diagnosed["drift"].is_array(), "{diagnosed:#}");
}

#[test]
fn a_frozen_model_promotes_nothing_until_the_test_rows_show_the_same() {
    let drift = json!({"large_effect": 0.3, "action": "freeze"});
    let project = project(drift);
    // Not surely better on the test rows, from rows that are not like them; then whatever looks better would be let in.
    project.write("in/a.csv", &rows(0, 3000, 0).replace(",gold,", ",basic,"));
    project.ok(&["run", "--force"]);
    project.set("gate.require", "naive");
    project.set("drift.columns", json!({"plan": "freeze"}));
    let frozen = project.json(&["drift", "--against", "data"]);
    assert_eq!(column(&frozen, "plan")["verdict"], "drift", "{frozen:#}");
    let report = project.json(&["run", "--force"]);
    assert_ne!(report["outcome"], "promote", "{report:#}");
    if report["verdict"] == "promote" {
        assert_eq!(report["outcome"], "frozen", "{report:#}");
    }
    assert_eq!(project.books().champion(), Some(1));
}

#[test]
fn columns_that_no_longer_go_together_are_told_by_a_classifier() {
    let project = Project::empty();
    project.ok(&["init", ".", "--rows", "50"]);
    project.set_all([
        ("score.replicates", json!(100)),
        ("gate.first", json!("promote")),
        ("drift.domain_classifier", json!(true)),
    ]);
    // Both columns are spread alike on either side; in training the second follows the first.
    let rows = |from: u64, to: u64, goes_along: bool| {
        let mut text =
            "corporation,lastmonth_activity,lastyear_activity,number_of_employees,exited\n"
                .to_string();
        for row in from..to {
            let month = (row * 37) % 301;
            let other = if goes_along { month } else { (row * 101) % 301 };
            let year = other + row % 7;
            let exited = u64::from(month + (row * 7919) % 90 > 190);
            text += &format!("c{row},{month},{year},{},{exited}\n", row % 41);
        }
        text
    };
    for name in ["dataset1.csv", "dataset2.csv"] {
        std::fs::remove_file(project.path("practicedata").join(name)).expect("is there");
    }
    project.write("practicedata/rows.csv", &rows(0, 903, true));
    project.write("testdata/testdata.csv", &rows(5000, 5602, true));
    project.ok(&["run"]);
    project.write("alike.csv", &rows(2000, 2602, true));
    project.write("apart.csv", &rows(2000, 2602, false));
    let of = |file: &str| project.json(&["drift", "--against", file]);
    let area = |told: &Value| told["joint"]["auc"].as_f64().expect("an area");
    let (alike, apart) = (of("alike.csv"), of("apart.csv"));
    assert!(area(&alike) < 0.6, "{alike:#}");
    assert_eq!(alike["verdict"], "ok", "{alike:#}");
    assert!(area(&apart) > 0.6, "{apart:#}");
    let p = apart["joint"]["p_value"].as_f64().expect("a p-value");
    assert!(p < 0.001, "{apart:#}");
    for column in apart["features"].as_array().expect("columns") {
        assert_eq!(column["verdict"], "ok", "{apart:#}");
    }
    project.set("drift.domain_classifier", false);
    assert_eq!(of("apart.csv")["joint"], Value::Null);
}
