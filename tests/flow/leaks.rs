//! Rows that were learned from judge nothing: neither as test rows nor out of fold.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Value, json};
use unseat::data;

use crate::support::{MODEL, Project};

/// CSV rows whose class is chance.
fn noise(from: u64, to: u64) -> String {
    let mut text = "x,y,z,label\n".to_string();
    for row in from..to {
        // Mixed, so that nothing in a row tells another one.
        let mix = |by: u64| {
            ((row + 1).wrapping_mul(by) ^ (row * row + 7)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33
        };
        let label = mix(0x2545_f491) % 2;
        let _ = writeln!(
            text,
            "{},{},{},{label}",
            mix(3) % 97,
            mix(5) % 89,
            mix(11) % 83
        );
    }
    text
}

fn project(settings: &[(&str, Value)]) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": MODEL, "target": "label",
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "gate": {"replicates": 100, "first": "promote"},
    });
    project.write("config.json", &config.to_string());
    for (path, value) in settings {
        project.set(path, value.clone());
    }
    project.write("in/a.csv", &noise(0, 600));
    project.write("test/test.csv", &noise(5000, 5300));
    project.ok(&["run"]);
    project
}

#[test]
fn test_rows_of_which_most_were_learned_from_are_rejected() {
    let project = project(&[("learner.kind", json!("extra_trees"))]);
    assert_eq!(project.books().champion(), Some(1));
    // Four fifths of the test rows are training rows, on which the challenger is perfect.
    let seen = noise(0, 400);
    let others = noise(5000, 5100);
    let rest: Vec<&str> = others.lines().skip(1).collect();
    project.write("test/test.csv", &format!("{seen}{}\n", rest.join("\n")));
    project.write("in/b.csv", &noise(600, 700));
    let report = project.json(&["run", "--force"]);
    assert_eq!(report["verdict"], "reject", "{report:#}");
    let decision = project.json(&["gate", "explain", "latest"]);
    let rules = decision["rules"].as_array().expect("rules");
    let rule = rules.iter().find(|rule| rule["name"] == "max_leakage");
    let rule = rule.expect("the rule");
    assert_eq!(
        (&rule["outcome"], &rule["value"]),
        (&json!("reject"), &json!(0.8))
    );
    assert_eq!(decision["facts"]["leaked_rows"], 400);
    assert_eq!(project.books().champion(), Some(1));
}

#[test]
fn no_row_is_predicted_out_of_fold_by_a_model_that_learned_from_it() {
    let project = project(&[
        ("learner.kind", json!("extra_trees")),
        ("gate.evidence", json!("two_keys")),
    ]);
    let file = project.version_file(1, "outoffold.parquet");
    let frame = data::read_parquet(&file).expect("reads");
    let halves = |name: &str| -> Vec<i64> {
        let column = frame.column(name).expect("there");
        column
            .i64()
            .expect("whole numbers")
            .into_no_null_iter()
            .collect()
    };
    let rows: Vec<(i64, i64)> = halves("row_high")
        .into_iter()
        .zip(halves("row_low"))
        .collect();
    let hashes: HashSet<(i64, i64)> = rows.iter().copied().collect();
    assert_eq!(hashes.len(), rows.len(), "each row once");
    let positive = frame.column("positive").expect("there");
    let positive = positive.bool().expect("flags").iter().flatten();
    let said = frame.column("probability").expect("there");
    let said = said.f64().expect("numbers").into_no_null_iter();
    let found = apart(positive.zip(said));
    // The classes are random: only a model that has seen the rows can tell them apart.
    assert!(found.abs() < 0.08, "{found}");
    project.ok(&["predict", "in/a.csv", "--output", "known.csv"]);
    let known = project.read("known.csv");
    let mut lines = known.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let at = |name: &str| {
        let found = names.iter().position(|it| *it == name);
        found.unwrap_or_else(|| panic!("{name}: {names:?}"))
    };
    let (label, probability) = (at("label"), at("probability"));
    let learned = apart(lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (
            cells[label] == "1",
            cells[probability].parse().expect("a number"),
        )
    }));
    // As the model itself does, of the rows that it learned from.
    assert!(learned > 0.15, "{learned}");
}

/// By how much the mean probability of the positive rows is above that of the others.
fn apart(rows: impl Iterator<Item = (bool, f64)>) -> f64 {
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for (is_positive, probability) in rows {
        sums[usize::from(is_positive)] += probability;
        counts[usize::from(is_positive)] += 1.0;
    }
    sums[1] / counts[1] - sums[0] / counts[0]
}
