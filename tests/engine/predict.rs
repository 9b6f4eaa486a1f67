//! Predictions by the engine are those of this machine, row by row.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use unseat::data::{ReadOptions, read_file};

use super::data::{by_engine, project};
use super::sail::Sail;
use crate::support::Project;

/// A row's own numbers → what was predicted of it and how sure; `age` and `spend` tell rows apart.
pub type Answers = BTreeMap<String, (String, f64)>;

pub fn answers(project: &Project, files: &[String]) -> Answers {
    answers_of(project, files, "probability")
}

fn answers_of(project: &Project, files: &[String], column: &str) -> Answers {
    let mut answers = Answers::new();
    for file in files {
        let frame = read_file(&project.path(file), &ReadOptions::default()).expect("a frame");
        let text = |name: &str, row: usize| {
            let cell = frame.column(name).expect(name).get(row).expect("a cell");
            cell.to_string().trim_matches('"').to_string()
        };
        for row in 0..frame.height() {
            let mut key = ["age", "spend", "left"]
                .map(|name| text(name, row))
                .join(" ");
            match frame.column("worth") {
                Ok(_) => key += &text("worth", row),
                // Without it, nothing else tells rows without `spend` apart.
                Err(_) if text("spend", row) == "null" => continue,
                Err(_) => {}
            }
            let probability = text(column, row).parse().expect("a number");
            answers.insert(key, (text("prediction", row), probability));
        }
    }
    answers
}

/// Folders that a command left half written.
fn unfinished(project: &Project) -> Vec<String> {
    let inside = std::fs::read_dir(project.root()).expect("lists");
    let names = inside.map(|it| {
        it.expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    names.filter(|name| name.ends_with(".unfinished")).collect()
}

#[test]
fn rows_that_the_engine_sees_are_predicted_as_on_this_machine() {
    let Some(url) = Sail::shared() else { return };
    let here = project("left", &json!({}));
    let there = by_engine(&here, &url, &json!({}));
    there.ok(&["run"]);
    there.ok(&["predict", "test/rows.csv", "-o", "local.parquet"]);
    let said = there.json(&["predict", "test", "--engine", "-o", "answers"]);
    assert_eq!(said["rows"], 400, "{said}");
    let classes = &said["classes"];
    let sum = ["no", "yes"].map(|class| classes[class].as_u64().expect("a count"));
    assert_eq!(sum.iter().sum::<u64>(), 400, "{said}");
    assert_eq!(unfinished(&there), [""; 0]);
    let written = there.hashes(&["answers"]).into_keys();
    let written: Vec<String> = written.filter(|name| name.ends_with(".parquet")).collect();
    let (local, engine) = (
        answers(&there, &["local.parquet".to_string()]),
        answers(&there, &written),
    );
    assert_eq!(local.len(), engine.len());
    for (row, (label, probability)) in &local {
        let (other, near) = &engine[row];
        assert_eq!(label, other, "{row}");
        assert!(
            (probability - near).abs() < 1e-12,
            "{row}: {probability} {near}"
        );
    }
    let done = there.unseat(&["predict", "test", "--engine", "-o", "answers"]);
    assert!(
        !done.status.success() && done.stderr.contains("is there already"),
        "{done}"
    );
}

#[test]
fn rows_of_more_than_two_classes_are_predicted_as_on_this_machine() {
    let Some(url) = Sail::shared() else { return };
    let more = json!({"features": {"columns": {"plan": {"encode": "target_mean"}}}});
    let there = by_engine(&project("tier", &more), &url, &json!({}));
    there.ok(&["run"]);
    there.ok(&["predict", "test/rows.csv", "-o", "local.parquet"]);
    let said = there.json(&["predict", "test", "--engine", "-o", "answers"]);
    assert_eq!(said["rows"], 400, "{said}");
    let written = there.hashes(&["answers"]).into_keys();
    let written: Vec<String> = written.filter(|name| name.ends_with(".parquet")).collect();
    for class in ["low", "middle", "high's"] {
        let column = format!("probability_{class}");
        let local = answers_of(&there, &["local.parquet".to_string()], &column);
        let engine = answers_of(&there, &written, &column);
        assert_eq!(local.len(), engine.len());
        for (row, (label, probability)) in &local {
            let (other, near) = &engine[row];
            assert_eq!(label, other, "{row}");
            let gap = (probability - near).abs();
            assert!(gap < 1e-12, "{row}: {probability} {near}");
        }
    }
}

/// Trees, forests and curves of probabilities, of two classes, more, and numbers.
#[test]
fn trees_and_curves_say_what_they_say_on_this_machine() {
    let Some(url) = Sail::shared() else { return };
    let boosted = |more: Value| {
        let mut learner = json!({"kind": "boosted_trees", "rounds": 20});
        for (key, value) in more.as_object().expect("an object") {
            learner[key] = value.clone();
        }
        learner
    };
    let forest = json!({"kind": "extra_trees", "trees": 10, "max_depth": 5});
    let isotonic = json!({"kind": "logistic", "calibration": "isotonic"});
    for (target, learner) in [
        ("left", boosted(json!({"calibration": "isotonic"}))),
        ("left", boosted(json!({"calibration": "platt"}))),
        ("left", forest.clone()),
        ("left", isotonic),
        ("tier", boosted(json!({}))),
        ("tier", forest),
        ("worth", boosted(json!({}))),
    ] {
        let more = json!({"learner": learner});
        let here = project(target, &more);
        // Who learned makes no difference.
        here.ok(&["run"]);
        let there = by_engine(&here, &url, &json!({}));
        there.ok(&["predict", "test/rows.csv", "-o", "local.parquet"]);
        there.ok(&["predict", "test", "--engine", "-o", "answers"]);
        let written = there.hashes(&["answers"]).into_keys();
        let written: Vec<String> = written.filter(|name| name.ends_with(".parquet")).collect();
        let column = match target {
            "left" => "probability",
            "tier" => "probability_high's",
            _ => "prediction",
        };
        let local = answers_of(&there, &["local.parquet".to_string()], column);
        let engine = answers_of(&there, &written, column);
        assert_eq!(local.len(), engine.len(), "{target} {learner}");
        for (row, (label, number)) in &local {
            let (other, near) = &engine[row];
            let gap = (number - near).abs() / number.abs().max(1.0);
            assert!(gap < 1e-12, "{target} {learner}: {row}: {number} {near}");
            if target != "worth" {
                assert_eq!(label, other, "{target} {learner}: {row}");
            }
        }
    }
}

#[test]
fn what_the_engine_cannot_predict_is_told_and_leaves_nothing() {
    let Some(url) = Sail::shared() else { return };
    let more = json!({"features": {"columns": {"plan": {"encode": "text"}}}});
    let here = project("left", &more);
    here.ok(&["run"]);
    let there = by_engine(&here, &url, &json!({}));
    there.set("learner", json!({"kind": "extra_trees", "trees": 5}));
    let done = there.unseat(&["predict", "test", "--engine", "-o", "answers"]);
    assert!(
        !done.status.success() && done.stderr.contains("n-grams"),
        "{done}"
    );
    there.set("features", json!({}));
    there.write(
        "odd/rows.csv",
        "age,spend,member,plan\n1,2,true,basic\nold,2,true,basic\n",
    );
    there.set("learner", json!({"kind": "logistic"}));
    there.ok(&["run", "--force"]);
    let done = there.unseat(&[
        "predict",
        "odd",
        "--engine",
        "--version",
        "2",
        "-o",
        "answers",
    ]);
    assert!(
        !done.status.success() && done.stderr.contains("`age`"),
        "{done}"
    );
    assert!(!there.path("answers").exists());
    assert_eq!(unfinished(&there), [""; 0]);
    let done = there.unseat(&["predict", "nobody.csv", "--engine", "-o", "answers"]);
    assert!(
        !done.status.success() && done.stderr.contains("nobody.csv"),
        "{done}"
    );
    there.ok(&[
        "predict",
        "test/rows.csv",
        "--engine",
        "--version",
        "2",
        "-o",
        "of_one",
    ]);
    assert!(there.path("of_one").exists());
    there.set("engine", json!({"kind": "local"}));
    let done = there.unseat(&["predict", "test", "--engine", "-o", "answers"]);
    assert!(
        !done.status.success() && done.stderr.contains("`engine.kind` is `local`"),
        "{done}"
    );
}
