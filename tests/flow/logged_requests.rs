//! Logged requests as evidence of a decision, and why there is none.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::Project;

/// Rows of two classes, the same on every machine. Only in `varied` ones does `d` say anything.
fn rows(seed: u64, n: usize, varied: bool) -> Vec<[f64; 4]> {
    let mut state = seed;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let row = |_| {
        let (a, b, d) = (uniform(), uniform(), uniform());
        let p = 1.0 / (1.0 + (-4.0 * (a - 0.5) - 2.0 * (b - 0.5)).exp());
        let y = f64::from(u8::from(uniform() < p));
        [a, b, if varied { d } else { 1.0 }, y]
    };
    (0..n).map(row).collect()
}

fn csv(rows: &[[f64; 4]]) -> String {
    let mut text = "a,b,d,y\n".to_string();
    for [a, b, d, y] in rows {
        let _ = writeln!(text, "{a:.4},{b:.4},{d:.4},{y}");
    }
    text
}

/// A champion that does not read `d`, since it is the same in all its rows, and a challenger that does; `logged` are lines of the
/// prediction log. The decision on the challenger.
fn decision(logged: &[Value]) -> (Project, Value) {
    let project = Project::empty();
    let config = json!({
        "name": "m", "target": "y", "positive_class": "1",
        "input_folder_path": "practicedata", "output_folder_path": "ingesteddata",
        "test_data_path": "testdata", "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "learner": {"kind": "logistic"},
        "gate": {"replicates": 200, "first": "promote", "evidence": "two_keys"},
        "shadow": {"challenger": true},
    });
    project.write("config.json", &config.to_string());
    project.write("practicedata/a.csv", &csv(&rows(1, 200, false)));
    project.write("testdata/rows.csv", &csv(&rows(2, 200, true)));
    project.ok(&["run"]);
    if !logged.is_empty() {
        let lines: String = logged.iter().map(|line| format!("{line}\n")).collect();
        let compressed = zstd::encode_all(lines.as_bytes(), 0).expect("compresses");
        let folder = project.path("predictionlog");
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("m_20260101T000000Z_000001.ndjson.zst");
        std::fs::write(file, compressed).expect("writes");
    }
    project.write("practicedata/a.csv", &csv(&rows(3, 200, true)));
    project.ok(&["run"]);
    let decision = project.json(&["gate", "explain", "2"]);
    (project, decision)
}

fn logged(columns: &[&str]) -> Vec<Value> {
    let lines = rows(4, 120, true).into_iter().map(|[a, b, d, _]| {
        let cells = [("a", a), ("b", b), ("d", d)].into_iter();
        let cells = cells.filter(|(name, _)| columns.contains(name));
        let row: serde_json::Map<String, Value> = cells
            .map(|(name, value)| (name.to_string(), json!(value)))
            .collect();
        json!({"model": "m", "version": 1, "row": row})
    });
    lines.collect()
}

fn explained(project: &Project) -> String {
    project.ok(&["gate", "explain", "2"]).stdout
}

#[test]
fn requests_with_the_columns_of_both_models_are_evidence_though_they_read_other_columns() {
    let (project, decision) = decision(&logged(&["a", "b", "d"]));
    assert_eq!(
        decision["judgement"]["unlabelled_rows"], 120,
        "{decision:#}"
    );
    assert_eq!(decision["facts"]["no_requests"], Value::Null);
    assert_eq!(decision["facts"]["shadow"]["rows"], 120, "{decision:#}");
    assert!(explained(&project).contains("those of 120 rows without labels"));
}

#[test]
fn a_decision_says_why_no_training_row_is_among_its_evidence() {
    let (project, decision) = decision(&logged(&["a", "b", "d"]));
    assert_eq!(decision["facts"]["no_out_of_fold"], Value::Null);
    assert!(
        decision["judgement"]["out_of_fold_rows"].as_u64() > Some(0),
        "{decision:#}"
    );
    let why = "version 3 has no out-of-fold predictions";
    project.ok(&["run", "--force", "--set", "gate.out_of_fold_rows=0"]);
    let again = project.json(&["gate", "explain", "3"]);
    assert_eq!(again["facts"]["no_out_of_fold"], why, "{again:#}");
    let said = project.ok(&["gate", "explain", "3"]).stdout;
    assert!(
        said.contains(&format!("no out-of-fold rows of training count: {why}")),
        "{said}"
    );
}

#[test]
fn a_decision_says_why_no_request_is_among_its_evidence() {
    let reads = "the challenger reads `d`, which no logged request has";
    for (lines, why) in [
        (logged(&["a", "b"]), reads),
        (
            Vec::new(),
            "no request is logged, see `server.prediction_log.sample`",
        ),
    ] {
        let (project, decision) = decision(&lines);
        assert_eq!(decision["judgement"]["unlabelled_rows"], 0);
        assert_eq!(decision["facts"]["no_requests"], why, "{decision:#}");
        assert_eq!(decision["facts"]["shadow"]["why_none"], why);
        let said = explained(&project);
        assert!(
            said.contains(&format!("those of the test rows: {why}")),
            "{said}"
        );
    }
}

#[test]
fn stages_by_hand_keep_why_evidence_is_missing() {
    let (project, _) = decision(&[]);
    project.write("practicedata/a.csv", &csv(&rows(5, 200, true)));
    project.ok(&["ingest"]);
    project.ok(&["train", "--set", "gate.out_of_fold_rows=0"]);
    project.ok(&["score"]);
    project.ok(&["deploy"]);
    let decision = project.json(&["gate", "explain", "3"]);
    let facts = &decision["facts"];
    let why = "no request is logged, see `server.prediction_log.sample`";
    assert_eq!(facts["no_requests"], why, "{decision:#}");
    let why = "version 3 has no out-of-fold predictions";
    assert_eq!(facts["no_out_of_fold"], why, "{decision:#}");
}
