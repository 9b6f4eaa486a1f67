//! Models as scikit-learn's and LightGBM's converters write them, held against what onnxruntime answered to the same rows:
//! `tests/import/make.py` writes both.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Column, Given, Imported, Task, onnx};
use crate::bundle::Bundle;
use crate::data::Kind;
use crate::features::Cell;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/models")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.onnx"))).expect("is there")
}

fn expected() -> Value {
    let text = std::fs::read(folder().join("expected.json")).expect("is there");
    serde_json::from_slice(&text).expect("is JSON")
}

fn columns() -> Vec<Column> {
    let kinds = [
        ("age", Kind::Integer),
        ("income", Kind::Number),
        ("plan", Kind::Text),
        ("region", Kind::Integer),
    ];
    let column = |(name, kind): (&str, Kind)| Column {
        name: name.to_string(),
        kind,
    };
    kinds.into_iter().map(column).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

/// The project's classes of a file, in the project's order.
fn classes(name: &str) -> Vec<String> {
    match name {
        "logistic_codes" => names(&["0", "1"]),
        name if name.ends_with("tiers") || name == "logistic_double" => {
            names(&["bronze", "gold", "silver"])
        }
        _ => names(&["no", "yes"]),
    }
}

/// Takes a file in; the columns are given where it has a table of numbers.
fn taken(name: &str, task: Task, read: &[String]) -> Result<Imported, super::Error> {
    let columns = columns();
    let order = (read.len() == 3).then_some(read);
    onnx(
        &file(name),
        &Given {
            columns: &columns,
            left_out: &[],
            target: "target",
            task,
            order,
            classes: None,
        },
    )
}

fn task(name: &str, classes: Vec<String>) -> Task {
    match name {
        "linear" | "ridge" | "ridge_double" => Task::Number,
        name if name.ends_with("_numbers") => Task::Number,
        _ => Task::Classes {
            names: classes,
            is_flag: false,
        },
    }
}

/// A bundle that answers; what it was made of does not matter here.
fn bundle(imported: &Imported, classes: &[String]) -> Bundle {
    let written = json!({
        "target": "target", "classes": classes, "prior": vec![0.5; classes.len()], "metric": "f1",
        "threshold": imported.threshold, "transformer": imported.transformer, "predictor": imported.predictor,
        "dropped": [], "learner": {}, "seed": 1,
        "data": {"rows_hash": "", "config_hash": "", "train_rows": 0, "validation_rows": 0},
        "profile": [], "golden": {"rows": []},
    });
    serde_json::from_value(written).expect("is a bundle")
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Missing,
        Value::String(text) => Cell::Text(text.clone()),
        Value::Number(number) if number.is_i64() => Cell::Integer(number.as_i64().expect("whole")),
        number => Cell::Number(number.as_f64().expect("a number")),
    }
}

/// Every row that onnxruntime answered with a number, in the order of the transformer's inputs.
fn rows(expected: &Value, imported: &Imported) -> Vec<Vec<Cell>> {
    let place = |name: &String| {
        columns()
            .iter()
            .position(|it| it.name == *name)
            .expect("a column")
    };
    let inputs = imported.transformer.inputs.iter();
    let places: Vec<usize> = inputs.map(|input| place(&input.name)).collect();
    let rows = expected["rows"].as_array().expect("rows");
    let row = |row: &Value| places.iter().map(|&at| cell(&row[at])).collect();
    rows.iter().map(row).collect()
}

#[test]
fn what_onnxruntime_answers_is_answered() {
    let expected = expected();
    let models = expected["models"].as_object().expect("models");
    let mut n_checked = 0;
    for (name, answers) in models.iter().filter(|(name, _)| *name != "vectors") {
        let read: Vec<String> = serde_json::from_value(answers["columns"].clone()).expect("names");
        let is_number = answers.get("numbers").is_some();
        let classes = if is_number { Vec::new() } else { classes(name) };
        let imported = taken(name, task(name, classes.clone()), &read);
        let imported = imported.unwrap_or_else(|error| panic!("{name}: {error}"));
        let bundle = bundle(&imported, &classes);
        assert!(bundle.transformer.is_sound(), "{name}");
        assert!(
            bundle.predictor.is_sound(bundle.transformer.n_features()),
            "{name}"
        );
        let scorer = bundle.scorer();
        for (at, cells) in rows(&expected, &imported).iter().enumerate() {
            let says = scorer.score_row(cells);
            if is_number {
                let Some(wanted) = answers["numbers"][at].as_f64() else {
                    continue;
                };
                let apart = (says[0] - wanted).abs() / wanted.abs().max(1.0);
                assert!(apart < 1e-5, "{name}, row {at}: {} for {wanted}", says[0]);
                n_checked += 1;
                continue;
            }
            let wanted: Option<Vec<f64>> = answers["probabilities"][at]
                .as_array()
                .expect("a row")
                .iter()
                .map(Value::as_f64)
                .collect();
            let Some(wanted) = wanted else { continue };
            // The file's classes are in alphabetical order, as the project's are.
            let found = match says.as_slice() {
                [yes] => vec![1.0 - yes, *yes],
                many => many.to_vec(),
            };
            for (found, wanted) in found.iter().zip(&wanted) {
                assert!(
                    (found - wanted).abs() < 1e-5,
                    "{name}, row {at}: {found} for {wanted}"
                );
            }
            let label = &classes[scorer.label(&says, bundle.threshold) as usize];
            assert_eq!(
                label,
                answers["labels"][at].as_str().expect("a label"),
                "{name}, row {at}"
            );
            n_checked += 1;
        }
    }
    // 20 models of 60 rows; some rows have a cell for which a model has no number.
    assert!(n_checked > 1000, "{n_checked}");
}

#[test]
fn a_positive_class_that_is_the_first_of_the_file_gets_what_is_left() {
    for name in ["logistic", "forest", "boosted", "hist", "light"] {
        let expected = expected();
        let read: Vec<String> =
            serde_json::from_value(expected["models"][name]["columns"].clone()).expect("names");
        let turned = names(&["yes", "no"]);
        let one = taken(name, task(name, classes(name)), &read).expect("has a form");
        let other = taken(name, task(name, turned.clone()), &read).expect("has a form");
        let (one_bundle, other_bundle) = (bundle(&one, &classes(name)), bundle(&other, &turned));
        let (scorer, turned_scorer) = (one_bundle.scorer(), other_bundle.scorer());
        for cells in rows(&expected, &one) {
            let (yes, no) = (scorer.score_row(&cells), turned_scorer.score_row(&cells));
            assert!((yes[0] + no[0] - 1.0).abs() < 1e-6, "{name}");
            let label = &one_bundle.classes[scorer.label(&yes, one.threshold) as usize];
            let same = &turned[turned_scorer.label(&no, other.threshold) as usize];
            assert_eq!(label, same, "{name}");
        }
    }
}

fn refused(name: &str, given: &Given<'_>) -> String {
    onnx(&file(name), given)
        .expect_err("has no form")
        .to_string()
}

#[test]
fn what_does_not_fit_the_project_is_named() {
    let columns = columns();
    let two = || Task::Classes {
        names: names(&["no", "yes"]),
        is_flag: false,
    };
    let given = |task: Task| Given {
        columns: &columns,
        left_out: &[],
        target: "left",
        task,
        order: None,
        classes: None,
    };
    let order = names(&["age", "income", "region"]);
    let ordered = |task: Task| Given {
        order: Some(&order),
        ..given(task)
    };
    let says = refused("vectors", &ordered(two()));
    assert!(
        says.contains("ai.onnx.ml.SVMClassifier") && says.contains("not known here"),
        "{says}"
    );
    let says = refused("logistic", &given(Task::Number));
    assert!(
        says.contains("one of 2 classes") && says.contains("wants a number"),
        "{says}"
    );
    let says = refused("linear", &ordered(two()));
    assert!(says.contains("it predicts a number"), "{says}");
    let says = refused("logistic_codes", &ordered(two()));
    assert!(
        says.contains("the file has `0`, `1`") && says.contains("--classes"),
        "{says}"
    );
    let says = refused("logistic_codes", &given(two()));
    assert!(says.contains("--columns"), "{says}");
    let others = columns[1..].to_vec();
    let fewer = Given {
        columns: &others,
        ..given(two())
    };
    let says = refused("logistic", &fewer);
    assert!(
        says.contains("`age`") && says.contains("no column"),
        "{says}"
    );
    let left_out = names(&["age"]);
    let says = refused(
        "logistic",
        &Given {
            left_out: &left_out,
            ..fewer
        },
    );
    assert!(says.contains("leave out"), "{says}");
    let mapped = names(&["yes", "no"]);
    let with = Given {
        classes: Some(&mapped),
        ..ordered(two())
    };
    let imported = onnx(&file("logistic_codes"), &with).expect("has a form");
    assert_eq!(imported.reads, ["age", "income", "region"]);
}

#[test]
fn bytes_that_are_no_model_are_told() {
    let columns = columns();
    let given = Given {
        columns: &columns,
        left_out: &[],
        target: "left",
        task: Task::Number,
        order: None,
        classes: None,
    };
    let whole = file("forest");
    let parts = [
        &whole[..0],
        &whole[..whole.len() / 2],
        b"PK\x03\x04 a zip",
        b"{\"a\": 1}",
    ];
    for bytes in parts {
        let says = onnx(bytes, &given).expect_err("is none").to_string();
        assert!(says.starts_with("read it as an ONNX model"), "{says}");
    }
    // Any place at which a file is cut off, or changed, is told or harmless, and never a panic.
    let whole = file("boosted");
    for at in (0..whole.len()).step_by(37) {
        let _ = onnx(&whole[..at], &given);
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        let _ = onnx(&changed, &given);
    }
}
