//! Exported models answer what the program does. The scripts beside this file run where `UNSEAT_ONNX_PYTHON` names an
//! interpreter with what `bench/onnx-requirements.txt` lists; `.ci/run` makes one.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use serde_json::{Value, json};
use unseat::bundle::Bundle;
use unseat::data::{ReadOptions, read_file};
use unseat::export::{self, About};

use crate::support::Project;

/// A project with columns of every kind, cells missing in each, and a target of this many classes.
fn project(n_classes: usize) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "mixed", "target": "left", "metric": "accuracy",
        "input_folder_path": "data", "output_folder_path": "ingested", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "score": {"replicates": 100}, "gate": {"replicates": 200},
    });
    project.write("config.json", &config.to_string());
    for (file, first, rows) in [("data/rows.csv", 0, 400), ("test/rows.csv", 1000, 300)] {
        project.write(file, &rows_of(first, rows, n_classes));
    }
    project.ok(&["run"]);
    project
}

fn rows_of(first: usize, rows: usize, n_classes: usize) -> String {
    let mut text = "label,big,member,plan,left\n".to_string();
    for row in first..first + rows {
        let place = row % 3;
        let age = 18 + row * 37 % 60;
        let class = ((age + 20 * place) * n_classes / 120 + usize::from(row % 17 == 0)) % n_classes;
        let cell = |cell: String, every: usize| match row % every {
            0 => String::new(),
            _ => cell,
        };
        let plan = ["basic", "plus, \"und\"", "große"][place];
        let plan = if row % 29 == 5 { "rare" } else { plan };
        let _ = writeln!(
            text,
            "{},{},{},{},class {class}",
            cell(age.to_string(), 11),
            cell(format!("1e6{}.5", row * 7919 % 5003), 13).replace("1e6", "10000000"),
            cell((row * 13 % 7 < 3).to_string(), 19),
            cell(format!("\"{}\"", plan.replace('"', "\"\"")), 23),
        );
    }
    text
}

/// Prints a note into the tests' output.
fn tell(text: &str) {
    // That stderr is closed cannot be reported.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs a script of this folder; `false` where there is no interpreter for it.
fn check(project: &Project, script: &str, model: &str, predicted: &str) -> bool {
    let Some(python) = std::env::var_os("UNSEAT_ONNX_PYTHON") else {
        tell(&format!(
            "left out: {script} (UNSEAT_ONNX_PYTHON names no interpreter)"
        ));
        return false;
    };
    let script = format!("{}/tests/export/{script}", env!("CARGO_MANIFEST_DIR"));
    let done = Command::new(python)
        .args([script, model.to_string(), predicted.to_string()])
        .current_dir(project.root())
        .output()
        .expect("the interpreter starts");
    let said = String::from_utf8_lossy(&done.stdout);
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}{complaint}");
    tell(&said);
    true
}

fn check_both(project: &Project, predicted: &str) {
    check(project, "onnx_check.py", "model.onnx", predicted);
    check(project, "json_check.py", "model.json", predicted);
}

#[test]
fn exported_linear_models_answer_as_the_program_does() {
    for n_classes in [2, 3] {
        let project = project(n_classes);
        for format in ["onnx", "json"] {
            let file = format!("model.{format}");
            project.ok(&["export", "--format", format, "-o", &file]);
        }
        project.ok(&["predict", "test/rows.csv", "-o", "predicted.csv"]);
        check_both(&project, "predicted.csv");
        let model = project.read_json("model.json");
        assert_eq!(model["classes"].as_array().map(Vec::len), Some(n_classes));
        assert_eq!(model["predictor"]["kind"], "linear");
        let features = model["features"].as_array().map(Vec::len);
        let weights = model["predictor"]["weights"][0].as_array();
        assert_eq!(features, weights.map(Vec::len));
    }
}

#[test]
fn a_version_a_folder_and_stdout_give_the_same_bytes() {
    let project = Project::promoted();
    project.ok(&[
        "export",
        "--format",
        "json",
        "-o",
        "a.json",
        "--version",
        "1",
    ]);
    let printed = project.ok(&["export", "--format", "json"]).stdout;
    assert_eq!(project.read("a.json"), printed);
    let folder = ["--bundle", "production_deployment"];
    let of_folder = project.ok(&[&["export", "--format", "json"][..], &folder].concat());
    assert_eq!(of_folder.stdout, printed);
    let told = project.json(&["export", "--format", "onnx", "-o", "a.onnx"]);
    assert_eq!(
        (&told["model"], &told["version"]),
        (&json!("attrition"), &json!(1))
    );
    let bytes = std::fs::metadata(project.path("a.onnx"))
        .expect("is there")
        .len();
    assert_eq!(told["bytes"], bytes);
    let done = project.unseat(&["export", "--format", "onnx", "-o", "nowhere/a.onnx"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("nowhere/a.onnx"), "{done}");
    let done = project.unseat(&["export", "--format", "onnx", "--version", "9"]);
    assert!(done.stderr.contains("there is only 1"), "{done}");
}

/// The project's champion with other numbers in place of its predictor.
fn with_predictor(project: &Project, classes: &[String], predictor: Value) -> Bundle {
    let mut written = project.read_json("production/trainedmodel.json")["bundle"].take();
    written["classes"] = json!(classes);
    written["prior"] = json!(vec![1.0 / classes.len().max(1) as f64; classes.len()]);
    written["threshold"] = json!(0.5);
    written["predictor"] = predictor;
    written["golden"] = json!({"rows": []});
    serde_json::from_value(written).expect("is a bundle")
}

/// Numbers that look like chance and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Full trees of a depth over all features; `width` values per leaf, a leaf alone at the end.
fn trees(n_features: usize, n_trees: usize, outputs: usize, has_own: bool, link: &str) -> Value {
    let mut numbers = Numbers(outputs as u64);
    let width = if has_own { 1 } else { outputs };
    let (mut roots, mut feature, mut threshold) = (Vec::new(), Vec::new(), Vec::new());
    let (mut left, mut missing_left, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for tree in 0..n_trees {
        let depth = if tree + 1 == n_trees { 0 } else { 4 };
        let start = feature.len();
        roots.push(start);
        for node in 0..(1 << (depth + 1)) - 1 {
            let is_leaf = node >= (1 << depth) - 1;
            missing_left.push(numbers.next() < 0.5);
            threshold.push((numbers.next() * 3.0 - 1.5) as f32);
            if is_leaf {
                feature.push(u32::MAX);
                left.push(values.len() / width);
                let here: Vec<f64> = (0..width).map(|_| numbers.next()).collect();
                let sum: f64 = here.iter().sum();
                let share = |value: f64| if has_own { value - 0.5 } else { value / sum };
                values.extend(here.into_iter().map(|it| share(it) / n_trees as f64));
            } else {
                feature.push((numbers.next() * n_features as f64) as u32);
                left.push(start + 2 * node + 1);
            }
        }
    }
    let output: Vec<usize> = (0..n_trees).map(|tree| tree % outputs).collect();
    let n_nodes = feature.len();
    json!({
        "kind": "trees", "link": link, "base": vec![0.0; outputs],
        "output": if has_own { output } else { Vec::new() },
        "roots": roots, "feature": feature, "threshold": threshold, "left": left,
        "missing_left": missing_left, "cover": vec![1.0; n_nodes], "values": values,
        "gain": vec![1.0; n_features],
    })
}

/// Holds a bundle's exports against its scorer, on the test rows.
fn check_bundle(project: &Project, bundle: &Bundle) {
    let kinds = bundle.profile.iter().map(|it| (it.name.clone(), it.kind));
    let options = ReadOptions {
        kinds: kinds.collect(),
        ..ReadOptions::default()
    };
    let frame = read_file(&project.path("test/rows.csv"), &options).expect("reads");
    let predicted = bundle.scorer().score_frame(&frame).expect("scores");
    let (classes, outputs) = (&bundle.classes, bundle.scorer().n_outputs());
    let mut text = String::new();
    for (at, line) in project.read("test/rows.csv").lines().enumerate() {
        let mut added = Vec::new();
        if at == 0 {
            added.push("prediction".to_string());
            match classes.len() {
                2 => added.push("probability".to_string()),
                _ => added.extend(classes.iter().map(|it| format!("probability_{it}"))),
            }
        } else {
            added.push(classes[predicted.labels[at - 1] as usize].clone());
            let shares = &predicted.probabilities[(at - 1) * outputs..at * outputs];
            added.extend(shares.iter().map(f64::to_string));
        }
        let _ = writeln!(text, "{line},{}", added.join(","));
    }
    project.write("predicted.csv", &text);
    let about = About {
        model: "made up",
        version: None,
        program: "test",
    };
    let onnx = export::onnx(bundle, &about).expect("can be said");
    std::fs::write(project.path("model.onnx"), onnx).expect("writes");
    let json = export::json(bundle, &about).expect("can be said");
    std::fs::write(project.path("model.json"), json).expect("writes");
    check_both(project, "predicted.csv");
}

#[test]
fn exported_trees_answer_as_the_scorer_does() {
    let project = project(3);
    let champion = with_predictor(&project, &[], trees(1, 2, 1, true, "identity"));
    let n_features = champion.transformer.n_features();
    let classes: Vec<String> = (0..3).map(|class| format!("class {class}")).collect();
    for (n_classes, has_own, link) in [
        (2, true, "logistic"),
        (2, false, "identity"),
        (3, false, "identity"),
        (3, true, "one_vs_rest"),
        (3, true, "softmax"),
    ] {
        let outputs = if n_classes == 2 { 1 } else { n_classes };
        let mut numbers = trees(n_features, 30, outputs, has_own, link);
        if n_classes == 2 && !has_own {
            // Shares of one class, as pure leaves have: many sums are near the threshold, and onnxruntime adds up in an order
            // of its own, so they are multiples of a power of two and every order gives the same.
            let share = (2_f64.powi(40) / 30.0).round() / 2_f64.powi(40);
            let values = numbers["values"].as_array_mut().expect("a list");
            for (at, value) in values.iter_mut().enumerate() {
                *value = json!((at % 2) as f64 * share);
            }
        }
        check_bundle(
            &project,
            &with_predictor(&project, &classes[..n_classes], numbers),
        );
    }
}

/// The champion with other steps, as `(column, kind, step)`, and a predictor that fits them.
fn with_steps(project: &Project, steps: Value, has_trees: bool) -> Bundle {
    let classes = ["class 0".to_string(), "class 1".to_string()];
    let mut bundle = with_predictor(project, &classes, trees(1, 2, 1, true, "logistic"));
    let inputs = steps.as_array().expect("a list").iter();
    let inputs = inputs.map(|it| json!({"name": it[0], "kind": it[1], "step": it[2]}));
    let written = json!({"inputs": inputs.collect::<Vec<_>>()});
    bundle.transformer = serde_json::from_value(written).expect("is a transformer");
    assert!(bundle.transformer.is_sound());
    let n_features = bundle.transformer.n_features();
    let mut numbers = Numbers(17);
    let weights: Vec<f64> = (0..n_features)
        .map(|_| numbers.next() * 2.0 - 1.0)
        .collect();
    let predictor = if has_trees {
        trees(n_features, 40, 1, true, "logistic")
    } else {
        json!({"kind": "linear", "link": "logistic", "bias": [0.1], "weights": weights})
    };
    bundle.predictor = serde_json::from_value(predictor).expect("is a predictor");
    bundle
}

#[test]
fn every_step_is_exported_as_it_is_scored() {
    let project = project(2);
    let big = json!({"number": {"fill": 1e10, "centre": 1.2e10, "scale": 3e9, "indicator": true}});
    let terms = ["große", "plus", "plus und", "und"];
    let blocks = json!([{
        "of": "words", "range": [1, 2], "sublinear": true, "terms": terms, "buckets": 0, "idf": [1.5, 1.0, 2.0, 1.25],
    }]);
    let steps = json!([
        ["big", "number", big],
        ["member", "boolean", {"ordinal": {"categories": ["0", "1"], "missing": 7.0}}],
        ["label", "integer", {"one_hot": {"categories": ["30", "44", "55"]}}],
        ["plan", "text", {"text": {"blocks": blocks}}],
    ]);
    for has_trees in [false, true] {
        check_bundle(&project, &with_steps(&project, steps.clone(), has_trees));
    }
    let kept = |indicator: bool| json!({"number": {"fill": null, "centre": 0.0, "scale": 1.0, "indicator": indicator}});
    let means = json!({
        "categories": ["basic", "große"], "means": [0.25, 0.5, 0.75], "prior": [0.4],
    });
    let steps = json!([
        ["label", "integer", {"scale": {"mean": 45.0, "scale": 30.0}}],
        ["member", "boolean", kept(true)],
        ["big", "number", kept(false)],
        ["plan", "text", {"target_mean": means}],
    ]);
    check_bundle(&project, &with_steps(&project, steps, true));
    let places = json!({"ordinal": {"categories": ["basic", "große"], "missing": null}});
    let steps = json!([["label", "integer", kept(false)], ["plan", "text", places]]);
    check_bundle(&project, &with_steps(&project, steps, true));
}

#[test]
fn what_has_no_onnx_form_is_said_with_its_column() {
    let project = project(2);
    let characters = json!([{
        "of": "characters", "range": [2, 2], "sublinear": false, "terms": [" g", "gr"], "buckets": 0, "idf": [],
    }]);
    let steps = json!([["plan", "text", {"text": {"blocks": characters}}]]);
    let bundle = with_steps(&project, steps, false);
    let about = About::default();
    let error = export::onnx(&bundle, &about)
        .expect_err("cannot be said")
        .to_string();
    assert!(
        error.contains("`plan`") && error.contains("--format json"),
        "{error}"
    );
    assert!(export::json(&bundle, &about).is_ok());
}
