//! The champion's threshold is moved where that is what there is to gain.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::Project;

/// Rows of a rare class, the same on every machine; too few to choose a threshold by are in each training file.
fn rows(seed: u64, n: usize) -> String {
    let mut state = seed;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut text = "a,b,y\n".to_string();
    for _ in 0..n {
        let (a, b) = (uniform(), uniform());
        let p = 1.0 / (1.0 + (-4.0 * (a - 0.5) - 2.0 * (b - 0.5) + 1.2).exp());
        let y = u8::from(uniform() < p);
        let _ = writeln!(text, "{a:.4},{b:.4},{y}");
    }
    text
}

fn project(gate: serde_json::Value) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "m", "target": "y", "positive_class": "1",
        "input_folder_path": "practicedata", "output_folder_path": "ingesteddata",
        "test_data_path": "testdata", "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "learner": {"kind": "logistic"}, "gate": gate,
        // In folds all rows would choose it, and there were nothing to move.
        "split": {"fold_rows": 0},
    });
    project.write("config.json", &config.to_string());
    project.write("practicedata/a.csv", &rows(3, 150));
    project.write("testdata/rows.csv", &rows(5, 3000));
    project
}

#[test]
fn a_threshold_that_stands_too_high_is_moved_and_no_model_is_changed() {
    let gate =
        json!({"first": "promote", "evidence": "two_keys", "retune": true, "replicates": 200});
    let project = project(gate);
    project.ok(&["run"]);
    project.write("practicedata/b.csv", &rows(7, 10));
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "retune", "{report:#}");
    assert_eq!(
        (&report["version"], &report["champion"]),
        (&json!(3), &json!(3))
    );
    let passed_over = project.json(&["gate", "explain", "2"]);
    assert_eq!(passed_over["verdict"], "retune", "{passed_over:#}");
    let moved = project.json(&["gate", "explain", "3"]);
    assert_eq!(moved["verdict"], "promote");
    let threshold = passed_over["retuned"]["threshold"]
        .as_f64()
        .expect("a number");
    assert!(threshold < 0.5, "{threshold}");
    let deployed = project.read("production_deployment/trainedmodel.json");
    assert!(deployed.contains(&format!("\"threshold\":{threshold}")));
    let again = project.json(&["run"]);
    assert_eq!(again["outcome"], "nothing_new");
    // Judged again it is what it was.
    let replayed = project.json(&["gate", "replay"]);
    let now: Vec<_> = replayed["replayed"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| &row["now"])
        .collect();
    assert_eq!(now, ["promote", "retune", "promote"]);
}

#[test]
fn where_it_is_not_asked_for_or_makes_no_sense_nothing_is_moved() {
    let project = project(json!({"first": "promote", "evidence": "two_keys", "replicates": 200}));
    project.ok(&["run"]);
    project.write("practicedata/b.csv", &rows(7, 10));
    let report = project.json(&["run"]);
    assert_ne!(report["outcome"], "retune", "{report:#}");
    assert_ne!(report["champion"], 3);
    project.set("gate.retune", true);
    project.set("learner.decision", json!({"by": "fixed", "threshold": 0.5}));
    let rejected = project.unseat(&["config", "check"]);
    assert_eq!(rejected.code(), 2);
    let why = rejected.shown();
    assert!(
        why.contains("gate.retune") && why.contains("`learner.decision.by` says otherwise"),
        "{why}"
    );
}
