//! Rows, statistics, coefficients, verdicts and labels are those of this machine.

use std::fs;

use serde_json::{Value, json};
use unseat::bundle::Bundle;
use unseat::features::Step;
use unseat::predictors::Predictor;

use super::data::{by_engine, project};
use super::sail::Sail;
use crate::support::Project;

/// Two runs, the second by an engine with these settings; their bundles.
pub struct Both {
    pub here: Project,
    pub there: Project,
    pub reports: [Value; 2],
    pub bundles: [Bundle; 2],
}

impl Both {
    /// None where there is no server.
    pub fn of(target: &str, more: &Value, engine: &Value) -> Option<Both> {
        Both::by(project(target, more), engine)
    }

    /// The same of a project.
    pub fn by(here: Project, engine: &Value) -> Option<Both> {
        let url = Sail::shared()?;
        let there = by_engine(&here, &url, engine);
        let reports = [&here, &there].map(|project| project.json(&["run"]));
        let bundles = [&here, &there].map(bundle);
        Some(Both {
            here,
            there,
            reports,
            bundles,
        })
    }
}

/// The bundle of the newest version.
pub fn bundle(project: &Project) -> Bundle {
    let versions = fs::read_dir(project.path("models/customers")).expect("versions");
    let folder = versions
        .flatten()
        .map(|entry| entry.path())
        .max()
        .expect("one");
    let bytes = fs::read(folder.join("trainedmodel.json")).expect("a bundle");
    unseat::bundle::decode(&bytes).expect("it is sound")
}

/// Two numbers that are one but for the last digits.
#[track_caller]
fn assert_near(a: f64, b: f64, digits: f64, what: &str) {
    let size = a.abs().max(b.abs()).max(f64::MIN_POSITIVE);
    assert!((a - b).abs() <= digits * size, "{what}: {a} and {b}");
}

/// The steps are the same to 1e-12.
pub fn assert_same_steps([here, there]: &[Bundle; 2]) {
    let (inputs, others) = (&here.transformer.inputs, &there.transformer.inputs);
    assert_eq!(inputs.len(), others.len());
    for (a, b) in inputs.iter().zip(others) {
        assert_eq!((&a.name, a.kind), (&b.name, b.kind));
        match (a.step.number(), b.step.number()) {
            (Some(a_numbers), Some(b_numbers)) => {
                assert_near(a_numbers.0, b_numbers.0, 1e-12, &a.name);
                assert_near(a_numbers.1, b_numbers.1, 1e-12, &a.name);
                assert_eq!(a_numbers.3, b_numbers.3, "{}", a.name);
                // Trees leave gaps.
                let are_gaps = a_numbers.2.is_nan() && b_numbers.2.is_nan();
                let is_near = (a_numbers.2 - b_numbers.2).abs() <= 1e-12;
                assert!(are_gaps || is_near, "{}", a.name);
                continue;
            }
            (None, None) => {}
            _ => panic!("{}: {:?} and {:?}", a.name, a.step, b.step),
        }
        if !matches!(a.step, Step::TargetMean { .. }) {
            assert_eq!(a.step, b.step, "{}", a.name);
            continue;
        }
        assert_eq!(a.step.categories(), b.step.categories(), "{}", a.name);
        let [means, others] = [a, b].map(|it| it.step.table().expect("means"));
        assert_eq!(means.len(), others.len(), "{}", a.name);
        let size = means.iter().fold(0.0_f64, |size, it| size.max(it.abs()));
        for (mean, other) in means.iter().zip(&others) {
            let is_near = (mean - other).abs() <= 1e-12 * size;
            assert!(is_near, "{}: {mean} and {other}", a.name);
        }
    }
}

/// The steps are the same to 1e-12, the weights to 1e-9.
pub fn assert_same_model(bundles: &[Bundle; 2]) {
    let [here, there] = bundles;
    assert_eq!(
        here.data.rows_hash, there.data.rows_hash,
        "the same rows in the same order"
    );
    assert_eq!(here.data.train_rows, there.data.train_rows);
    assert_eq!(
        (&here.classes, &here.dropped),
        (&there.classes, &there.dropped)
    );
    assert_same_steps(bundles);
    let (Predictor::Linear(a), Predictor::Linear(b)) = (&here.predictor, &there.predictor) else {
        panic!("two linear predictors");
    };
    assert_eq!((a.link, a.weights.len()), (b.link, b.weights.len()));
    for (a, b) in a
        .weights
        .iter()
        .chain(&a.bias)
        .zip(b.weights.iter().chain(&b.bias))
    {
        assert!(
            (a - b).abs() <= 1e-9 * a.abs().max(1.0),
            "weights {a} and {b}"
        );
    }
    assert_near(here.threshold, there.threshold, 1e-9, "threshold");
}

/// The version's notes hold a text.
#[track_caller]
pub fn assert_noted(project: &Project, text: &str) {
    let told = project.ok(&["run", "--force"]).stderr;
    assert!(told.contains(text), "{text}: {told}");
}

pub fn labels(project: &Project) -> Vec<String> {
    let told = project.ok(&["predict", "test/rows.csv"]).stdout;
    let head = told.lines().next().expect("a header").to_string();
    let at = head.split(',').position(|name| name == "prediction");
    let at = at.unwrap_or_else(|| panic!("{head}"));
    // Cells of the file hold separators and ends of lines: the predictions are the last columns.
    let from_the_end = head.split(',').count() - at;
    told.lines()
        .skip(1)
        .filter_map(|line| line.rsplit(',').nth(from_the_end - 1).map(str::to_string))
        .collect()
}

#[test]
fn classes_are_learned_as_on_this_machine() {
    let Some(both) = Both::of("left", &json!({}), &json!({})) else {
        return;
    };
    assert_same_model(&both.bundles);
    let [here, there] = &both.reports;
    for key in ["verdict", "outcome"] {
        assert_eq!(here[key], there[key], "{key}");
    }
    for key in ["rows_read", "duplicates", "rows"] {
        assert_eq!(here["data"][key], there["data"][key], "{key}");
    }
    assert!(here["data"]["duplicates"].as_u64() > Some(0), "{here}");
    let data = &there["data"]["engine"];
    assert_eq!(data["rows"], there["data"]["rows"]);
    assert_eq!(labels(&both.here), labels(&both.there));
    assert_noted(&both.there, "learned by the engine from");
    both.there.ok(&["verify"]);
}

#[test]
fn the_last_fit_takes_both_parts_where_the_settings_say_so() {
    let more = json!({
        "split": {"refit": true}, "learner": {"class_weight": "balanced"},
        "features": {"indicator": true, "columns": {"spend": {"impute": "median", "scale": "robust"}}},
    });
    let Some(both) = Both::of("left", &more, &json!({})) else {
        return;
    };
    assert_same_model(&both.bundles);
}

#[test]
fn more_than_two_classes_are_learned_as_on_this_machine() {
    for (more, engine) in [
        (json!({}), json!({})),
        (
            json!({"learner": {"class_weight": "balanced", "c": 3.0}}),
            json!({}),
        ),
    ] {
        let Some(both) = Both::of("tier", &more, &engine) else {
            return;
        };
        assert_eq!(both.bundles[0].classes.len(), 3);
        assert_same_model(&both.bundles);
        assert_eq!(labels(&both.here), labels(&both.there));
        assert_noted(&both.there, "learned by the engine from");
    }
}

#[test]
fn of_very_many_features_loss_and_gradient_are_summed() {
    let Some(url) = Sail::shared() else { return };
    let columns = 420;
    let rows = |first: u64, n: u64| {
        let names: Vec<String> = (0..columns).map(|at| format!("x{at}")).collect();
        let mut text = names.join(",") + ",plan,left\n";
        for row in first..first + n {
            let mix = |at: u64| (row * 1009 + at).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
            let cells: Vec<String> = (0..columns)
                .map(|at| (mix(at) as f64 / 8.0).to_string())
                .collect();
            let left = mix(0) + mix(1) / 2 + mix(columns + 1) / 2 > 1000;
            let plan = ["a", "b", "c"][(mix(columns) % 3) as usize];
            text += &format!(
                "{},{plan},{}\n",
                cells.join(","),
                if left { "yes" } else { "no" }
            );
        }
        text
    };
    let here = project("left", &json!({"drop": []}));
    for file in ["b.csv", "c.csv"] {
        fs::remove_file(here.path(&format!("data/{file}"))).expect("removes");
    }
    here.write("data/a.csv", &rows(0, 900));
    here.write("test/rows.csv", &rows(10_000, 200));
    let there = by_engine(&here, &url, &json!({}));
    let reports = [&here, &there].map(|project| project.json(&["run"]));
    assert_eq!(reports[0]["verdict"], reports[1]["verdict"]);
    let bundles = [&here, &there].map(bundle);
    assert!(bundles[0].transformer.n_features() > 400);
    assert_same_model(&bundles);
    assert_noted(&there, "learned by the engine from");
}

#[test]
fn numbers_are_learned_as_on_this_machine() {
    // Without a penalty, weights of categories that add up to one are not determined: `linear` has numbers alone here.
    for (learner, drop) in [
        ("linear", json!(["left", "plan"])),
        ("ridge", json!(["left"])),
        ("elastic_net", json!(["left"])),
    ] {
        let more = json!({
            "learner": {"kind": learner, "alpha": 0.5}, "split": {"refit": false}, "drop": drop,
        });
        let Some(both) = Both::of("worth", &more, &json!({})) else {
            return;
        };
        assert_same_model(&both.bundles);
    }
}

#[test]
fn of_more_rows_than_the_sample_all_are_learned_from() {
    let Some(both) = Both::of("left", &json!({}), &json!({"sample_rows": 400})) else {
        return;
    };
    let record = &both.reports[1]["data"];
    let (rows, sample) = (
        record["rows"].as_u64(),
        record["engine"]["sample_rows"].as_u64(),
    );
    let (rows, sample) = (rows.expect("rows"), sample.expect("rows of the sample"));
    assert_eq!(both.reports[0]["data"]["rows"], rows);
    assert!((300..500).contains(&sample), "{sample}");
    let there = &both.bundles[1];
    assert_eq!(there.data.train_rows + there.data.validation_rows, rows);
    assert!(
        there.data.validation_rows < sample / 3,
        "{}",
        there.data.validation_rows
    );
    let told = format!("a sample of {sample} of {rows} rows");
    assert_noted(&both.there, &told);
    // What a run made, a stage alone can learn from; this machine alone cannot.
    both.there.ok(&["train"]);
    both.there.set("engine", json!({"kind": "local"}));
    let done = both.there.unseat(&["train"]);
    assert!(!done.status.success(), "{done}");
    assert!(done.stderr.contains("ingest again"), "{done}");
}

#[test]
fn other_learners_learn_from_the_sample_and_say_so() {
    let more = json!({"learner": {"kind": "extra_trees", "trees": 20}});
    let Some(both) = Both::of("left", &more, &json!({"sample_rows": 400})) else {
        return;
    };
    assert_noted(&both.there, "since `extra_trees` needs the rows");
    let version = both.there.json(&["versions"]);
    assert!(
        version.to_string().contains("learned from a sample of"),
        "{version}"
    );
}

#[test]
fn files_that_disagree_are_named() {
    let Some(url) = Sail::shared() else { return };
    let here = project("left", &json!({}));
    // Beyond the head of the file, which this machine reads.
    let mut odd = here.read("data/a.csv");
    let rows = odd.split_once('\n').expect("a header").1.to_string();
    while odd.len() < 300_000 {
        odd.push_str(&rows);
    }
    odd.push_str("old,1,true,basic,yes,1\n");
    here.write("data/d.csv", &odd);
    let there = by_engine(&here, &url, &json!({}));
    let done = there.unseat(&["run"]);
    assert!(!done.status.success(), "{done}");
    assert!(
        done.stderr
            .contains("column `age` is integer in a.csv and text in d.csv"),
        "{done}"
    );
    there.set("schema", json!({"age": "text"}));
    there.ok(&["run"]);
}
