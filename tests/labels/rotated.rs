//! Fresh test rows of models whose inputs are made of the columns of requests, and fresh test rows that grow old.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::fresh::{ROWS, answered, label, learned_of, row, run};
use crate::serve::observe::prediction_log::{of_all_kinds, read_all};
use crate::support::Project;

/// Lines that label all answers by what they are.
fn labelled(ids: &[String], truth: impl Fn(usize) -> String) -> Vec<String> {
    let line = |(at, id): (usize, &String)| format!("{id},{},2026-04-01T00:00:00Z,crm", truth(at));
    ids.iter().enumerate().map(line).collect()
}

#[test]
fn the_oldest_rows_judge_no_more_and_are_never_learned_from() {
    let project = of_all_kinds(&["no", "yes"]);
    project.set_all([
        ("labels", json!({"test_share": 1.0, "test_rows": 40})),
        ("ingest", json!({"keep": "accumulate", "format": "csv"})),
    ]);
    let rows: Vec<Value> = (0..ROWS).map(|at| row(at).0).collect();
    let ids = answered(&project, &rows);
    label(&project, &labelled(&ids, |at| row(at).1.to_string()));
    let first = run(&project);
    assert_eq!(first["fresh"]["rows"], 40, "{first:#}");
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(decision["facts"]["fresh"]["rows"], 40, "{decision:#}");
    // All of them come as training data: those that made room stay out, too.
    let mut late = "visits,amount,member,color,outcome\n".to_string();
    for at in 0..ROWS {
        let _ = writeln!(late, "{}", row(at).2);
    }
    project.write("practicedata/late.csv", &late);
    let second = run(&project);
    assert_eq!(second["data"]["rows_set_aside"], ROWS as u64, "{second:#}");
    assert_eq!(learned_of(&project, &second), BTreeSet::new());
    assert_eq!(second["fresh"]["rows"], 40, "{second:#}");
    assert_eq!(second["fresh"]["new"], 0, "{second:#}");
    // Weeks later none is young enough.
    project.set("labels.test_days", 10.0);
    let later = ("UNSEAT_NOW", "2026-03-20T00:00:00Z");
    let third = project.unseat_with(later, &["run", "--force", "--json"]);
    assert!(third.status.success(), "{third}");
    let third = third.json();
    assert_eq!(third["fresh"]["rows"], 0, "{third:#}");
    assert_eq!(learned_of(&project, &third), BTreeSet::new());
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(
        (&decision["rows"], &decision["facts"]["fresh"]),
        (&json!(300), &Value::Null)
    );
    // What is kept of them holds no value.
    let kept =
        project.registry(async |registry| registry.fresh_rows("kinds").await.expect("reads"));
    assert_eq!(kept.len(), ROWS);
    for row in kept {
        let cells = row.cells.expect("what tells it");
        assert!(
            !cells.contains("red") && !cells.contains("green") && row.label.is_none(),
            "{cells}"
        );
    }
}

/// A row of a request, and its line in a file: the target is whether the delay is long, and it has no column in a request.
fn trip(at: usize) -> (Value, String) {
    let delay = at * 37 % 61;
    let (day, distance) = (at % 28 + 1, delay as f64 * 20.0 + at as f64 / 16.0 + 0.03);
    let stops = at * 53 % 7;
    let date = format!("2026-01-{day:02}");
    (
        json!({"date": date, "distance": distance, "stops": stops}),
        format!("{date},{distance},{stops},{delay}"),
    )
}

fn trips(rows: std::ops::Range<usize>) -> String {
    let lines = rows.map(|at| trip(at).1 + "\n");
    std::iter::once("date,distance,stops,delay\n".to_string())
        .chain(lines)
        .collect()
}

#[test]
fn rows_of_a_model_with_derived_and_date_columns_are_test_rows_like_others() {
    let project = Project::empty();
    let config = json!({
        "name": "trips", "target": "late", "drop": ["delay"],
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "derive": [{"name": "per_stop", "sql": "distance / (stops + 1)"}, {"name": "late", "sql": "delay > 30"}],
        "features": {"columns": {"date": {"encode": "date", "parts": ["month", "weekday"]}}},
        "score": {"replicates": 100}, "gate": {"replicates": 200, "first": "promote"},
        "server": {"prediction_log": {"sample": 1.0}},
        "labels": {"test_share": 1.0}, "ingest": {"keep": "accumulate", "format": "csv"},
    });
    project.write("config.json", &config.to_string());
    project.write("in/a.csv", &trips(0..400));
    project.write("test/t.csv", &trips(1000..1300));
    project.ok(&["run"]);
    let rows: Vec<Value> = (5000..5120).map(|at| trip(at).0).collect();
    let ids = answered(&project, &rows);
    // The log has the columns of requests beside those that the model reads.
    let (lines, _) = read_all(&project);
    assert_eq!(lines.len(), 120);
    for (line, sent) in lines.iter().zip(&rows) {
        assert_eq!(line["given"], *sent, "{line:#}");
        assert!(line["row"]["per_stop"].is_number(), "{line:#}");
    }
    let truth = |at: usize| ((5000 + at) * 37 % 61 > 30).to_string();
    label(&project, &labelled(&ids, truth));
    let report = run(&project);
    assert_eq!(report["fresh"]["rows"], 120, "{report:#}");
    let decision = project.json(&["gate", "explain", "latest"]);
    let fresh = &decision["facts"]["fresh"];
    assert_eq!(
        (&fresh["rows"], &fresh["left_out"]),
        (&json!(120), &json!(0)),
        "{decision:#}"
    );
    assert_eq!(decision["rows"], 420, "{decision:#}");
    // The rows are the same whether they come by request or are in the test folder.
    let both = project.copy();
    both.set("labels.test_use", "gather");
    both.write("test/u.csv", &trips(5000..5120));
    let of_files = run(&both);
    for name in ["f1", "accuracy", "roc_auc", "confusion"] {
        let score = |report: &Value| report["scores"]["challenger"][name].clone();
        assert_eq!(score(&of_files), score(&report), "{name}");
    }
    // Later they come as training data, and are left out.
    project.write("in/late.csv", &trips(5000..5120));
    let second = run(&project);
    assert_eq!(second["data"]["rows_set_aside"], 120, "{second:#}");
    // Rows of several tables cannot be held out, and that is said before anything is done.
    let tables = Project::empty();
    tables.ok(&["init", ".", "--rows", "50", "--sample", "referrals"]);
    tables.set("labels", json!({"test_share": 0.5}));
    let done = tables.unseat(&["config", "check"]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(done.to_string().contains("labels.test_share"), "{done}");
    // Nor does anything come where no row is logged.
    project.set("server.prediction_log.sample", 0.0);
    let checked = project.ok(&["config", "check"]);
    assert!(
        checked
            .stdout
            .contains("note: `labels.test_share` finds no row"),
        "{checked}"
    );
}
