//! Calibrated probabilities, from the setting to what is answered.

use serde_json::{Value, json};

use crate::support::{MODEL, Project};

/// Two classes of which the label follows only by chance: p = 0.2 on one side of a line, 0.8 on the other, 0.5 between.
fn rows(begin: usize, n: usize) -> String {
    let mut text = "left,right,label\n".to_string();
    for row in begin..begin + n {
        let mix = |times: usize, of: usize| (row * times + row / 11) % of;
        let (left, right) = (mix(37, 101), mix(53, 89));
        let of_ten = match left + right {
            0..70 => 2,
            70..120 => 5,
            _ => 8,
        };
        let label = if mix(7919, 10) < of_ten { "yes" } else { "no" };
        text += &format!("{left},{right},{label}\n");
    }
    text
}

fn project(n: usize, learner: &Value) -> Project {
    let project = Project::empty();
    let config = json!({
        "input_folder_path": "input", "output_folder_path": "data", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "live", "name": MODEL,
        "positive_class": "yes", "learner": learner,
        "score": {"replicates": 100}, "gate": {"replicates": 200, "first": "promote"},
    });
    project.write("config.json", &config.to_string());
    project.write("input/a.csv", &rows(0, n));
    project.write("test/a.csv", &rows(9000, 200));
    project
}

/// The calibration in the champion's bundle.
fn calibration(project: &Project) -> Value {
    let copy = std::fs::read(project.path("live/trainedmodel.json")).expect("the champion's copy");
    let envelope: Value = serde_json::from_slice(&copy).expect("JSON");
    envelope["bundle"]["calibration"].clone()
}

/// P(positive) of every test row.
fn answers(project: &Project) -> Vec<f64> {
    project.ok(&["predict", "test/a.csv", "-o", "said.csv"]);
    let said = project.read("said.csv");
    let of = |line: &str| line.rsplit(',').next().and_then(|p| p.parse().ok());
    said.lines()
        .skip(1)
        .map(|line| of(line).expect("a probability"))
        .collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

#[test]
fn trees_that_are_too_sure_are_calibrated_by_default_and_answer_so() {
    let boosted =
        json!({"kind": "boosted_trees", "rounds": 60, "early_stopping": 0, "learning_rate": 0.3});
    let forest = json!({"kind": "random_forest", "trees": 20});
    let with = |learner: &Value, calibration: &str| {
        let mut learner = learner.clone();
        learner["calibration"] = json!(calibration);
        learner
    };
    for (learner, asked) in [
        (&boosted, boosted.clone()),
        (&forest, with(&forest, "platt")),
    ] {
        let (as_is, calibrated) = (project(400, &with(learner, "none")), project(400, &asked));
        as_is.ok(&["run"]);
        let run = calibrated.json(&["run"]);
        assert_eq!(run["outcome"], "promote", "{run:#}");
        assert_eq!(calibration(&as_is), Value::Null);
        let found = calibration(&calibrated);
        let report = &found["report"];
        assert_eq!(
            (&report["method"], &report["of"], &report["rows"]),
            (&json!("platt"), &json!("out_of_fold"), &json!(400)),
            "{found:#}"
        );
        let is_boosted = learner["kind"] == "boosted_trees";
        let error = |when: &str| number(&report[when]["value"]);
        assert!(
            !is_boosted || error("after") < error("before") / 2.0,
            "{report:#}"
        );
        // What is answered is the curve of what the same model answers without.
        let (slope, intercept) = (
            number(&found["calibrator"]["slope"]),
            number(&found["calibrator"]["intercept"]),
        );
        for (plain, calibrated) in answers(&as_is).into_iter().zip(answers(&calibrated)) {
            let score = if is_boosted {
                (plain / (1.0 - plain)).ln()
            } else {
                plain
            };
            let expected = sigmoid(slope * score + intercept);
            assert!(
                (calibrated - expected).abs() < 1e-9,
                "{plain} became {calibrated}, not {expected}"
            );
        }
        let score: Value = serde_json::from_str(&file(&calibrated, "score.json")).expect("JSON");
        assert_eq!(&score["calibration"], report);
        let told = calibrated.ok(&["gate", "explain"]).shown();
        assert!(
            told.contains("by Platt scaling, fitted on 400 training rows"),
            "{told}"
        );
        let page = file(&calibrated, "report.html");
        assert!(
            page.contains("expected calibration error"),
            "the report says nothing of it"
        );
    }
}

#[test]
fn what_calibrating_makes_no_better_is_left_as_it_is_and_said() {
    let project = project(400, &json!({"kind": "boosted_trees", "rounds": 40}));
    project.ok(&["run"]);
    let found = calibration(&project);
    assert_eq!(
        (&found["report"]["method"], &found["calibrator"]),
        (&Value::Null, &Value::Null),
        "{found:#}"
    );
    let told = project.ok(&["gate", "explain"]).shown();
    assert!(told.contains("not needed: on 400 training rows"), "{told}");
}

/// A file of version 1.
fn file(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.version_file(1, name)).expect("a file of the version")
}

#[test]
fn a_curve_is_answered_by_every_way_out() {
    let forest = |calibration: &str| json!({"kind": "random_forest", "trees": 20, "calibration": calibration});
    let (as_is, curved) = (
        project(1500, &forest("none")),
        project(1500, &forest("auto")),
    );
    as_is.ok(&["run"]);
    curved.ok(&["run"]);
    let found = calibration(&curved);
    assert_eq!(found["report"]["method"], "isotonic", "{found:#}");
    let list = |key: &str| -> Vec<f64> {
        found["calibrator"][key]
            .as_array()
            .expect("a list")
            .iter()
            .map(number)
            .collect()
    };
    let (at, value) = (list("at"), list("value"));
    let said = answers(&curved);
    for (plain, calibrated) in answers(&as_is).into_iter().zip(&said) {
        let expected = match at.iter().position(|it| *it > plain) {
            Some(0) => value[0],
            None => value[value.len() - 1],
            Some(n) => {
                value[n - 1] + (value[n] - value[n - 1]) * (plain - at[n - 1]) / (at[n] - at[n - 1])
            }
        };
        assert!(
            (calibrated - expected).abs() < 1e-9,
            "{plain} became {calibrated}, not {expected}"
        );
    }
    // It can only be told apart as far as the curve rises.
    let mut levels = said.clone();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    assert!(levels.len() < 150, "{}", levels.len());
    let json: Value =
        serde_json::from_str(&curved.ok(&["export", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(json["calibration"], found);
}

#[test]
fn what_is_no_two_classes_says_so_and_logistic_regression_is_left_alone() {
    let plain = project(400, &json!({"kind": "logistic"}));
    plain.ok(&["run"]);
    assert_eq!(calibration(&plain), Value::Null);
    let asked = project(400, &json!({"kind": "logistic", "calibration": "platt"}));
    asked.ok(&["run"]);
    assert_eq!(calibration(&asked)["report"]["method"], "platt");
    let numbers = project(400, &json!({"kind": "random_forest"}));
    numbers.set("target", json!("left"));
    numbers.set("task", json!("regression"));
    numbers.set("positive_class", json!(null));
    numbers.set("metric", json!("rmse"));
    numbers.set(
        "learner",
        json!({"kind": "random_forest", "trees": 5, "calibration": "isotonic"}),
    );
    let done = numbers.unseat(&["run"]);
    let told = done.shown();
    assert!(
        done.code() == 1
            && told.contains("`learner.calibration` is for two classes, and it is a number"),
        "{told}"
    );
}
