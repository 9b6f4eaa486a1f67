//! Labelled rows of production as training rows: served, logged, labelled, learned from, and never on both sides.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fresh::{ROWS, answered, label, learned_of, row, run};
use crate::serve::observe::prediction_log::of_all_kinds;
use crate::support::Project;

fn lines_of(ids: &[String], rows: impl Iterator<Item = usize>, source: &str) -> Vec<String> {
    rows.map(|at| format!("{},{},2026-04-01T00:00:00Z,{source}", ids[at], row(at).1))
        .collect()
}

#[test]
fn labelled_rows_are_learned_from_and_none_of_them_judges() {
    let project = of_all_kinds(&["no", "yes"]);
    project.set_all([
        ("labels", json!({"train": true, "test_share": 0.3})),
        ("ingest", json!({"keep": "accumulate", "format": "csv"})),
    ]);
    let before = run(&project);
    assert_eq!(before["data"]["production"], Value::Null, "{before:#}");
    // One row more, of the test data, and one of the input.
    let of_file = |folder: &str| {
        let text = project.read(&format!("{folder}/rows.csv"));
        let cells: Vec<&str> = text.lines().nth(1).expect("a row").split(',').collect();
        json!({
            "visits": cells[0].parse::<i64>().expect("a number"), "amount": cells[1].parse::<f64>().expect("a number"),
            "member": cells[2] == "true", "color": cells[3],
        })
    };
    let mut rows: Vec<Value> = (0..ROWS).map(|at| row(at).0).collect();
    rows.extend([of_file("testdata"), of_file("practicedata")]);
    let ids = answered(&project, &rows);
    let mut lines = lines_of(&ids, 0..ROWS, "crm");
    lines.extend([ROWS, ROWS + 1].map(|at| format!("{},no,2026-04-01T00:00:00Z,crm", ids[at])));
    label(&project, &lines);

    let first = project.json(&["run"]);
    assert_eq!(first["version"], 3, "labels alone are news: {first:#}");
    let fresh = &first["fresh"];
    let count = |value: &Value| value.as_u64().expect("a count");
    let (test, to_learn) = (count(&fresh["rows"]), count(&fresh["to_learn"]));
    assert!((25..=75).contains(&test), "{fresh:#}");
    assert_eq!(
        test + to_learn + count(&fresh["learned"]),
        ROWS as u64 + 2,
        "{fresh:#}"
    );
    let production = &first["data"]["production"];
    let n = count(&production["rows"]);
    let left = count(&production["in_files"]) + count(&production["in_test"]);
    assert_eq!(n + left, to_learn, "{production:#}");
    assert_eq!(production["by_version"]["1"], n, "{production:#}");
    assert!(production["answered"][0].is_string(), "{production:#}");
    let learned = learned_of(&project, &first);
    assert_eq!(learned.len() as u64, n, "{production:#}");
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(decision["facts"]["leaked_rows"], 0, "{decision:#}");
    assert_eq!(decision["facts"]["fresh"]["rows"], test, "{decision:#}");
    assert_eq!(decision["rows"], 300 + test);

    // The same labels again are no news; another label is, and counts in the place of the one before.
    let again = project.json(&["run"]);
    assert_eq!(again["outcome"], "nothing_new", "{again:#}");
    let at = (0..ROWS)
        .find(|at| learned.contains(&row(*at).2))
        .expect("one that was learned from");
    let other = if row(at).1 == "no" { "yes" } else { "no" };
    label(
        &project,
        &[format!("{},{other},2026-04-02T00:00:00Z,crm", ids[at])],
    );
    let second = project.json(&["run"]);
    assert_eq!(second["version"], 4, "{second:#}");
    assert_eq!(second["data"]["production"]["rows"], n, "{second:#}");
    let now = learned_of(&project, &second);
    let gone: BTreeSet<&String> = learned.difference(&now).collect();
    assert_eq!(gone, BTreeSet::from([&row(at).2]));

    // Without the setting, what `accumulate` keeps is of the files alone.
    project.set("labels", json!({"test_share": 0.3}));
    let without = run(&project);
    assert_eq!(without["data"]["production"], Value::Null, "{without:#}");
    assert_eq!(learned_of(&project, &without), BTreeSet::new());
}

#[test]
fn the_newest_labelled_rows_are_learned_from_and_rows_that_break_a_rule_are_not() {
    let project = of_all_kinds(&["no", "yes"]);
    project.set_all([
        ("labels", json!({"train": true, "train_rows": 40})),
        (
            "schema",
            json!({"visits": {"kind": "integer", "max": 14, "on_violation": "error"}}),
        ),
    ]);
    let mut rows: Vec<Value> = (0..ROWS).map(|at| row(at).0).collect();
    rows[ROWS - 1]["visits"] = json!(14_000);
    let ids = answered(&project, &rows[..60]);
    label(&project, &lines_of(&ids, 0..60, "crm"));
    let first = run(&project);
    assert_eq!(first["fresh"]["to_learn"], 40, "{first:#}");
    assert_eq!(first["data"]["production"]["rows"], 40, "{first:#}");
    let ids = answered(&project, &rows[ROWS - 1..]);
    label(
        &project,
        &[format!("{},yes,2026-04-01T00:00:00Z,crm", ids[0])],
    );
    let second = run(&project);
    let production = &second["data"]["production"];
    assert_eq!(
        (&production["rows"], &production["left_out"]),
        (&json!(39), &json!(1)),
        "{production:#}"
    );
    let done = project.unseat(&["config", "check"]);
    assert_eq!(done.code(), 0, "{done}");
    project.set("server.prediction_log.sample", 0.0);
    let done = project.ok(&["config", "check"]);
    assert!(
        done.shown()
            .contains("`labels.train` finds no row to learn from"),
        "{done}"
    );
}

#[test]
fn a_column_that_requests_do_not_have_yet_leaves_their_rows_out() {
    let project: Project = of_all_kinds(&["no", "yes"]);
    project.set("labels", json!({"train": true}));
    let rows: Vec<Value> = (0..ROWS).map(|at| row(at).0).collect();
    let ids = answered(&project, &rows);
    label(&project, &lines_of(&ids, 0..ROWS, "crm"));
    for folder in ["practicedata", "testdata"] {
        let name = format!("{folder}/rows.csv");
        let text = project.read(&name);
        let lines = text.lines().enumerate().map(|(at, line)| match at {
            0 => format!("age,{line}\n"),
            at => format!("{},{line}\n", 20 + at % 50),
        });
        project.write(&name, &lines.collect::<String>());
    }
    let report = project.json(&["run"]);
    let data = &report["data"];
    assert_eq!(data["production"]["rows"], 0, "{data:#}");
    assert_eq!(data["production"]["left_out"], ROWS as u64, "{data:#}");
    let notes = data["notes"].to_string();
    assert!(notes.contains("`age` is new in the files"), "{notes}");
}
