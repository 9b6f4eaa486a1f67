//! `unseat explain`: what columns are worth, and why a row is predicted so.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::Project;

#[test]
fn what_the_columns_are_worth_is_measured_when_a_version_is_scored() {
    let project = Project::promoted();
    let told = project.json(&["explain"]);
    assert_eq!(
        (&told["model"], &told["version"]),
        (&json!("attrition"), &json!(1))
    );
    let importance = &told["importance"];
    assert_eq!(
        importance,
        &project.read_json("models/attrition/v1_20260301T000100Z/score.json")["importance"]
    );
    assert_eq!(
        (&importance["rows"], &importance["repeats"]),
        (&json!(200), &json!(5))
    );
    let falls: Vec<f64> = importance["columns"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["mean"].as_f64())
        .collect();
    assert!(
        falls.len() == 3 && falls[0] > 0.0 && falls.is_sorted_by(|a, b| a >= b),
        "{falls:?}"
    );
    let weights = told["coefficients"].as_array().expect("a list");
    assert_eq!(weights.len(), 3, "{told}");
    let words = project.ok(&["explain"]).stdout;
    assert!(
        words.contains("permutation importance") && words.contains("per unit"),
        "{words}"
    );
    // Without a project there are no test rows.
    let done = project.ok(&["explain", "--bundle", "production_deployment"]);
    assert!(done.stderr.contains("was not measured"), "{done}");
    let report = project.read("models/attrition/v1_20260301T000100Z/report.html");
    assert!(report.contains("Permutation importance"));
}

#[test]
fn a_row_is_explained_from_a_file_and_from_stdin() {
    let project = Project::promoted();
    let row =
        json!({"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": null});
    project.write("row.json", &format!("{row:#}"));
    let told = project.json(&["explain", "--row", "row.json"]);
    let rows = told["rows"].as_array().expect("a list");
    assert_eq!(rows.len(), 1);
    let of = |key: &str| rows[0][key].clone();
    let columns = of("contributions")["columns"]
        .as_object()
        .cloned()
        .expect("an object");
    let sum: f64 = columns.values().filter_map(Value::as_f64).sum();
    let margin = of("contributions")["bias"].as_f64().expect("a number") + sum;
    let p = of("probability").as_f64().expect("a number");
    assert!((margin - (p / (1.0 - p)).ln()).abs() < 1e-9, "{told}");
    assert!(
        of("flips").as_array().is_some_and(|it| !it.is_empty()),
        "{told}"
    );

    let mut command = project.command(&["explain", "--row", "-", "--json"]);
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("is piped");
    stdin
        .write_all(row.to_string().as_bytes())
        .expect("it reads");
    drop(stdin);
    let done = project.finish(child, &["explain", "--row", "-"]);
    assert_eq!(done.json()["rows"], told["rows"], "{done}");
    let words = project.ok(&["explain", "--row", "row.json"]).stdout;
    assert!(
        words.contains("contribution") && words.contains("counterfactual"),
        "{words}"
    );

    project.write("short.json", r#"{"lastmonth_activity": 78}"#);
    let done = project.unseat(&["explain", "--row", "short.json"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("lastyear_activity"), "{done}");
}
