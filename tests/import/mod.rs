//! A model of another program, from its file to a champion that answers. What each file says of a row is held against
//! onnxruntime in `src/import/tests.rs`; here it goes through the program.

use std::fmt::Write as _;

use serde_json::{Value, json};
use unseat::model_types::RunId;

use crate::support::Project;

/// A project with the columns of `make.py`'s models, and one that they do not read.
fn project(target: &str) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "customers", "target": target, "metric": if target == "spend" { "r2" } else { "accuracy" },
        "drop": if target == "spend" { json!(["left"]) } else { json!(["spend"]) },
        "input_folder_path": "data", "output_folder_path": "ingested", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "score": {"replicates": 100}, "gate": {"replicates": 200},
    });
    project.write("config.json", &config.to_string());
    for (file, first, rows) in [("data/rows.csv", 0, 500), ("test/rows.csv", 1000, 400)] {
        project.write(file, &rows_of(first, rows));
    }
    project
}

/// Rows much like those that the models learned from.
fn rows_of(first: usize, rows: usize) -> String {
    let mut text = "extra,age,income,plan,region,spend,left\n".to_string();
    for row in first..first + rows {
        let (age, region) = (18 + row * 37 % 62, 1 + row * 11 % 4);
        let plan = ["basic", "plus", "pro", "basic"][row * 7 % 4];
        let income = if row % 11 == 3 {
            String::new()
        } else {
            format!("{}.5", 9000 + row * 7919 % 50_003)
        };
        let noise = (row * 31 % 17) as f64 / 17.0 - 0.5;
        let mut score = (age as f64 - 45.0) / 20.0 + noise;
        score += match plan {
            "pro" => 1.5,
            "basic" => -0.5,
            _ => 0.0,
        };
        score += if region == 2 { 0.8 } else { 0.0 };
        let left = if score > 0.3 { "yes" } else { "no" };
        let _ = writeln!(
            text,
            "{},{age},{income},{plan},{region},{:.2},{left}",
            row % 5,
            score * 100.0
        );
    }
    text
}

/// Puts a file of the models into the project.
fn put(project: &Project, name: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/models");
    std::fs::copy(folder.join(name), project.path(name)).expect("copies");
}

#[test]
fn an_imported_model_is_promoted_served_explained_exported_and_rolled_back() {
    let project = project("left");
    project.ok(&[
        "run",
        "--set",
        "learner.kind=baseline",
        "--set",
        "gate.first=promote",
    ]);
    put(&project, "forest.onnx");
    let would = project.json(&["import", "forest.onnx", "--dry-run"]);
    assert_eq!(would["classes"], json!(["no", "yes"]));
    assert_eq!(would["columns"].as_array().map(Vec::len), Some(4));
    assert_eq!(
        project.json(&["versions", "list"]).as_array().map(Vec::len),
        Some(1)
    );

    let report = project.json(&["import", "forest.onnx", "--name", "sklearn"]);
    assert_eq!(
        (&report["outcome"], &report["learner"]),
        (&json!("promote"), &json!("imported"))
    );
    assert_eq!(report["version"], 2);
    let shown = project.json(&["versions", "show", "sklearn"]);
    let origin = &shown["imported"];
    assert_eq!(
        (&origin["file"], &origin["operator"]),
        (&json!("forest.onnx"), &json!("TreeEnsembleClassifier"))
    );
    assert!(
        origin["producer"]
            .as_str()
            .is_some_and(|it| it.starts_with("skl2onnx")),
        "{origin}"
    );
    assert_eq!(
        (&shown["learner"], &shown["version"]["record"]["imported"]),
        (&Value::Null, origin)
    );
    let notes = shown["version"]["record"]["notes"].to_string();
    assert!(notes.contains("imported, not trained here"), "{notes}");

    // Both exports of it, and the ONNX one back: the same answers.
    project.ok(&["predict", "test/rows.csv", "-o", "one.csv"]);
    project.ok(&["export", "--format", "json", "-o", "model.json"]);
    assert_eq!(project.read_json("model.json")["imported"], *origin);
    project.ok(&["export", "--format", "onnx", "-o", "onnx.onnx"]);
    for (version, steps) in [
        (
            "3",
            ["import", "hist.onnx", "--columns", "age,income,region"],
        ),
        ("4", ["import", "again.onnx", "--gate", "not_worse"]),
    ] {
        put(&project, "hist.onnx");
        let report = project.json(&steps);
        assert_eq!(report["version"].to_string(), version, "{report}");
        project.ok(&[
            "export",
            "--format",
            "onnx",
            "-o",
            "again.onnx",
            "--version",
            version,
        ]);
    }
    project.ok(&[
        "predict",
        "test/rows.csv",
        "-o",
        "one.csv",
        "--version",
        "3",
    ]);
    project.ok(&[
        "predict",
        "test/rows.csv",
        "-o",
        "two.csv",
        "--version",
        "4",
    ]);
    for (one, two) in project
        .read("one.csv")
        .lines()
        .zip(project.read("two.csv").lines())
        .skip(1)
    {
        let (one, two): (Vec<&str>, Vec<&str>) =
            (one.split(',').collect(), two.split(',').collect());
        let number = |cells: &[&str]| {
            cells
                .last()
                .and_then(|cell| cell.parse::<f64>().ok())
                .expect("a number")
        };
        assert!(
            (number(&one) - number(&two)).abs() < 1e-12,
            "{one:?} {two:?}"
        );
        assert_eq!(one[..one.len() - 1], two[..two.len() - 1]);
    }
    let row = r#"{"age": 70, "income": null, "plan": "pro", "region": 2}"#;
    project.write("row.json", row);
    let explained = project.ok(&["explain", "--row", "row.json"]);
    assert!(explained.stdout.contains("age"), "{explained}");

    let same = project.json(&["import", "forest.onnx"]);
    assert_eq!(same["outcome"], "nothing_new");
    assert!(
        same["reasons"][0]
            .as_str()
            .is_some_and(|it| it.starts_with("version 2 came of the same file")),
        "{same}"
    );
    // A run trains as it would have without an import, though data and settings were seen with it.
    let trained = project.json(&["run", "--set", "learner.kind=logistic"]);
    assert_eq!(trained["learner"], "logistic");
    project.ok(&["rollback", "--reason", "test"]);
}

#[test]
fn numbers_are_imported_and_rows_without_one_are_refused_where_the_file_has_none() {
    let project = project("spend");
    project.write(
        "config.json",
        &project
            .read("config.json")
            .replace("\"drop\"", "\"task\":\"regression\",\"drop\""),
    );
    put(&project, "ridge.onnx");
    // Nothing was ingested yet: the input folder is read first.
    let report = project.json(&["import", "ridge.onnx"]);
    assert_eq!(report["version"], 1, "{report}");
    put(&project, "linear.onnx");
    let done = project.unseat(&["import", "linear.onnx", "--columns", "age,income,region"]);
    assert!(
        done.stderr.contains("put an imputer before the model"),
        "{done}"
    );
    // The same columns without a gap: the version refuses rows that have one.
    let without = |name: &str| {
        let text = project.read(name);
        let lines = text.lines().filter(|line| !line.contains(",,"));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    };
    let (data, test) = (without("data/rows.csv"), without("test/rows.csv"));
    project.write("data/rows.csv", &data);
    project.write("test/rows.csv", &test);
    project.ok(&["ingest"]);
    let report = project.json(&["import", "linear.onnx", "--columns", "age,income,region"]);
    assert_eq!(report["version"], 2, "{report}");
    project.write("gap.csv", "age,income,region\n30,,2\n");
    let done = project.unseat(&["predict", "gap.csv", "--version", "2"]);
    assert!(
        done.code() != 0 && done.stderr.contains("`income`"),
        "{done}"
    );
}

#[test]
fn a_run_under_way_keeps_an_import_out() {
    let project = project("left");
    project.ok(&["ingest"]);
    put(&project, "logistic.onnx");
    let held = project.registry(async |registry| {
        let lock = registry
            .take_lock("customers", &RunId::new("19990101T000000Z-000000000"), 0)
            .await;
        lock.is_ok()
    });
    assert!(held);
    let done = project.unseat(&["import", "logistic.onnx", "--detailed-exit-code"]);
    assert_eq!(done.code(), 13, "{done}");
}
