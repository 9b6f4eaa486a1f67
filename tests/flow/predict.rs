//! What is served is what was scored.

use polars::prelude::DataFrame;
use unseat::data::{ReadOptions, read_file, read_parquet};

use crate::support::Project;

fn numbers(frame: &DataFrame, column: &str) -> Vec<u64> {
    let column = frame.column(column).expect("is there");
    let cells = column.f64().expect("numbers");
    let values = (0..frame.height()).map(|row| cells.get(row));
    values
        .map(|value| value.expect("is there").to_bits())
        .collect()
}

#[test]
fn predicted_probabilities_are_those_that_were_scored_bit_for_bit() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let scored = read_parquet(&project.version_file(2, "predictions.parquet")).expect("reads");
    for (version, column) in [
        ("champion", "challenger_probability"),
        ("1", "champion_probability"),
    ] {
        for form in ["parquet", "csv", "json", "ndjson"] {
            let out = format!("out.{form}");
            project.ok(&[
                "predict",
                "testdata/testdata.csv",
                "-o",
                &out,
                "--version",
                version,
            ]);
            let predicted = read_file(&project.path(&out), &ReadOptions::default()).expect("reads");
            assert_eq!(
                numbers(&predicted, "probability"),
                numbers(&scored, column),
                "{form} by version {version}"
            );
        }
    }
}

#[test]
fn the_columns_of_the_file_are_kept_and_two_are_added() {
    let project = Project::promoted();
    let csv = project.ok(&["predict", "testdata/testdata.csv"]).stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        project
            .read("testdata/testdata.csv")
            .lines()
            .next()
            .expect("a header")
            .to_string()
            + ",prediction,probability"
    );
    assert_eq!(lines.len(), 201);
    let ndjson = project
        .ok(&["predict", "testdata/testdata.csv", "--json"])
        .stdout;
    let first: serde_json::Value =
        serde_json::from_str(ndjson.lines().next().expect("a row")).expect("is JSON");
    assert!(first["probability"].is_number(), "{first}");
    let again = project.unseat_with(("UNSEAT_LOG", "off"), &["predict", "out.csv"]);
    assert_eq!(again.code(), 1, "{again}");
}

#[test]
fn a_file_without_the_target_is_predicted_and_one_without_a_feature_is_refused() {
    let project = Project::promoted();
    let text = project.read("testdata/testdata.csv");
    let cut = |n: usize| -> String {
        let rows = text.lines().map(|line| {
            line.rsplitn(n + 1, ',')
                .last()
                .expect("has cells")
                .to_string()
                + "\n"
        });
        rows.collect()
    };
    project.write("no_target.csv", &cut(1));
    project.write("no_feature.csv", &cut(2));
    project.ok(&["predict", "no_target.csv"]);
    let done = project.unseat(&["predict", "no_feature.csv"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("number_of_employees"), "{done}");
}
