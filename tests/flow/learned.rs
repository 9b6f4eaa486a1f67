//! Constants of two keys that are learned from past decisions: recorded, told and replayed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::Project;

/// Rows whose label follows two columns, the same on every machine.
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
        let p = 1.0 / (1.0 + (-3.0 * (a - 0.5) - 3.0 * (b - 0.5)).exp());
        let _ = writeln!(text, "{a:.4},{b:.4},{}", u8::from(uniform() < p));
    }
    text
}

fn project() -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "m", "target": "y", "positive_class": "1",
        "input_folder_path": "practicedata", "output_folder_path": "ingesteddata",
        "test_data_path": "testdata", "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "learner": {"kind": "logistic"}, "gate": {"replicates": 200, "first": "promote"},
    });
    project.write("config.json", &config.to_string());
    project.write("testdata/rows.csv", &rows(5, 500));
    for night in 1..=4 {
        project.write(&format!("practicedata/{night}.csv"), &rows(10 + night, 80));
        project.ok(&["run"]);
    }
    project
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn decisions_teach_the_next_ones_and_replay_is_exact() {
    let project = project();
    let explained = |version: &str| project.json(&["gate", "explain", version]);
    assert_eq!(explained("1")["facts"]["learned"], Value::Null);
    assert_eq!(explained("2")["facts"]["learned"], Value::Null);
    let fourth = explained("4");
    let learned = &fourth["facts"]["learned"];
    assert_eq!(
        (
            &learned["structure_from"]["decisions"],
            &learned["prior_from"]["decisions"]
        ),
        (&json!(2), &json!(2)),
        "{fourth:#}"
    );
    assert!(number(&learned["prior_from"]["worth"]) > 0.0);
    assert_eq!(fourth["judgement"]["assumptions"], learned["assumptions"]);
    let told = project.ok(&["gate", "explain", "4"]).shown();
    assert!(
        told.contains("learned from 2 past decisions worth"),
        "{told}"
    );
    let told = project.ok(&["gate", "explain", "2"]).shown();
    assert!(told.contains("constants at their start"), "{told}");

    // With nothing but what was stored, each decision comes out as it was, whatever came after it.
    let replayed = project.json(&["gate", "replay"]);
    for row in replayed["replayed"].as_array().expect("decisions") {
        let version = row["version"].to_string();
        let stored = explained(&version);
        assert_eq!(
            row["decision"]["judgement"], stored["judgement"],
            "version {version}"
        );
        assert_eq!(row["now"], stored["verdict"], "version {version}");
    }
}
