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
fn a_file_without_the_target_is_predicted_and_one_without_a_feature_is_rejected() {
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

#[test]
fn what_training_did_not_have_and_what_is_no_row_is_said() {
    let project = Project::promoted();
    let header = "corporation,lastmonth_activity,lastyear_activity,number_of_employees,exited";
    let row = project.read("practicedata/dataset1.csv");
    let row = row.lines().nth(1).expect("a row").to_string();
    let mut far: Vec<&str> = row.split(',').collect();
    far[1] = "987654321";
    let far = far.join(",");
    project.write(
        "odd.csv",
        &format!("Report of May\n\n{header}\n{row}\n{header}\n{far}\n"),
    );
    let done = project.ok(&["predict", "odd.csv"]);
    assert_eq!(done.stdout.lines().count(), 3, "{done}");
    for words in [
        "warning: 1 line above the header passed over as titles",
        "warning: 1 record equal to the header left out",
        "warning: numbers outside the range of training: `lastmonth_activity` (1 cell)",
    ] {
        assert!(done.stderr.contains(words), "{done}");
    }
    project.write("plain.csv", &format!("{header}\n{row}\n"));
    assert_eq!(project.ok(&["predict", "plain.csv"]).stderr, "");

    let latin = format!("{header}\n{row}\n").replacen("exited", "\u{e9}xited", 1);
    let bytes: Vec<u8> = latin.chars().map(|it| it as u8).collect();
    std::fs::write(project.path("latin.csv"), bytes).expect("writes");
    let done = project.unseat(&["predict", "latin.csv"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("set `ingest.encoding`"), "{done}");
}

#[test]
fn unknown_categories_are_said_by_column_in_text_and_json() {
    let project = Project::new();
    let rows = |from: u32, to: u32, city: &dyn Fn(u32) -> &'static str| {
        let line = |row: u32| {
            let spend = f64::from(row * 7919 % 401);
            let left = u8::from(spend + f64::from(row * 31 % 97) > 250.0);
            format!("{spend},{},{left}\n", city(row))
        };
        let lines: String = (from..to).map(line).collect();
        format!("spend,city,left\n{lines}")
    };
    let known = |row: u32| ["Belm", "Arlo", "Cind"][row as usize % 3];
    project.write("in/a.csv", &rows(0, 300, &known));
    project.write("test/a.csv", &rows(300, 400, &known));
    project.set("input_folder_path", "in");
    project.set("test_data_path", "test");
    project.set("target", "left");
    project.set("gate", serde_json::json!({"first": "promote"}));
    project.ok(&["run"]);
    let strange = |row: u32| {
        if row.is_multiple_of(10) {
            "Dorn"
        } else {
            known(row)
        }
    };
    project.write("p.csv", &rows(300, 400, &strange));
    let done = project.ok(&["predict", "p.csv", "--quiet"]);
    let words = "texts that training did not have, or too rarely to learn from: `city` (10 cells)";
    assert!(done.stderr.contains(words), "{done}");
    let done = project.ok(&["predict", "p.csv", "--json"]);
    let said: Vec<serde_json::Value> = done
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let expected =
        serde_json::json!({"column": "city", "cells": 10, "warning": "unknown_category"});
    assert_eq!(said[0]["details"][0], expected, "{done}");
    // Blanks around a text are none of it.
    let padded = |row: u32| ["Belm\u{a0}", " Arlo", "Cind "][row as usize % 3];
    project.write("p.csv", &rows(300, 400, &padded));
    assert_eq!(project.ok(&["predict", "p.csv"]).stderr, "");
}
