//! By hand, and against scikit-learn (`tests/golden/explain.py`).

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::*;
use crate::bundle::{Bundle, Slot};
use crate::evaluate::{ClassPredictions, Metric, score, threshold};
use crate::features::CellRef;

#[derive(Deserialize)]
struct Goldens {
    permutation: Permutation,
    coefficients: Coefficients,
}

#[derive(Deserialize)]
struct Permutation {
    x: Vec<Vec<f64>>,
    y: Vec<u32>,
    bias: f64,
    weights: Vec<f64>,
    orders: Vec<Vec<u32>>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

#[derive(Deserialize)]
struct Coefficients {
    mean: Vec<f64>,
    scale: Vec<f64>,
    weights: Vec<f64>,
    original: Vec<f64>,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../tests/golden/explain.json"))
        .expect("the goldens parse")
}

/// A two-class bundle, written down as its file has it.
fn bundle(inputs: Json, predictor: Json, profile: Json) -> Bundle {
    let written = json!({
        "target": "target", "classes": ["no", "yes"], "prior": [0.5, 0.5], "metric": "f1", "threshold": 0.5,
        "transformer": {"inputs": inputs}, "predictor": predictor, "dropped": [], "learner": {}, "seed": 1,
        "data": {"rows_hash": "", "config_hash": "", "train_rows": 1, "validation_rows": 0},
        "profile": profile, "golden": {"rows": []},
    });
    serde_json::from_value(written).expect("is a bundle")
}

fn number(name: &str, kind: &str, mean: f64, scale: f64) -> Json {
    json!({"name": name, "kind": kind, "step": {"scale": {"mean": mean, "scale": scale}}})
}

fn linear(bias: f64, weights: &[f64]) -> Json {
    json!({"kind": "linear", "link": "logistic", "bias": [bias], "weights": weights})
}

fn slots(bundle: &Bundle, cells: &[CellRef<'_>]) -> Vec<Slot> {
    let scorer = bundle.scorer();
    let cells = cells.iter().enumerate();
    cells.map(|(at, cell)| scorer.read(at, *cell)).collect()
}

#[test]
fn permutation_importance_is_that_of_scikit_learn() {
    let golden = goldens().permutation;
    let columns = (0..3).map(|at| number(&format!("x{at}"), "number", 0.0, 1.0));
    let predictor = linear(golden.bias, &golden.weights);
    let bundle = bundle(columns.collect(), predictor, json!([]));
    let cells: Vec<CellRef<'_>> = golden
        .x
        .iter()
        .flatten()
        .map(|x| CellRef::Number(*x))
        .collect();
    let scorer = bundle.scorer();
    let slots: Vec<Slot> = cells
        .chunks(3)
        .flat_map(|row| self::slots(&bundle, row))
        .collect();
    let accuracy = |probabilities: Vec<f64>| {
        let labels = threshold::labels_from(2, &probabilities, 0.5);
        let answers = ClassPredictions {
            n_classes: 2,
            labels,
            probabilities,
        };
        score(&golden.y, &answers).get(Metric::Accuracy)
    };
    let found = permutation(&scorer, &slots, &[0, 1, 2], &golden.orders, accuracy);
    for (column, found) in found.into_iter().enumerate() {
        let (mean, deviation) = found.expect("accuracy is defined");
        assert!(
            (mean - golden.mean[column]).abs() < 1e-12,
            "{column}: {mean}"
        );
        assert!(
            (deviation - golden.deviation[column]).abs() < 1e-12,
            "{column}: {deviation}"
        );
    }
}

#[test]
fn weights_on_the_original_scale_are_those_of_columns_that_nobody_scaled() {
    let golden = goldens().coefficients;
    let columns = golden.mean.iter().zip(&golden.scale).enumerate();
    let columns =
        columns.map(|(at, (mean, scale))| number(&format!("x{at}"), "number", *mean, *scale));
    let bundle = bundle(columns.collect(), linear(0.0, &golden.weights), json!([]));
    let found = coefficients(&bundle);
    assert_eq!(found.len(), golden.original.len());
    for (found, expected) in found.iter().zip(&golden.original) {
        assert!(
            (found.original - expected).abs() < 1e-6,
            "{found:?} {expected}"
        );
    }
}

#[test]
fn an_undefined_score_has_no_fall() {
    assert_eq!(drop_of(None, &[Some(1.0)]), None);
    assert_eq!(drop_of(Some(1.0), &[Some(1.0), None]), None);
    assert_eq!(
        drop_of(Some(1.0), &[Some(0.5), Some(1.0)]),
        Some((0.25, 0.25))
    );
}

#[test]
fn orders_are_permutations_and_come_from_the_seed() {
    let one = orders(50, 3, 7);
    assert_eq!(one, orders(50, 3, 7));
    assert_ne!(one, orders(50, 3, 8));
    assert_ne!(one[0], one[1]);
    for mut order in one {
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<u32>>());
    }
}

#[test]
fn what_is_measured_is_bounded() {
    let small = sample_for(150, 3, 10);
    assert_eq!((small.rows, small.columns, small.repeats), (150, 3, 5));
    let tall = sample_for(1_000_000, 24, 44);
    assert_eq!((tall.rows, tall.columns), (2000, 24));
    let wide = sample_for(1_000_000, 10_000, 10_000);
    assert_eq!((wide.rows, wide.columns), (200, 100));
}

/// `margin = 0.5 + 2 · (a - 10) / 4 - (n - 5) / 2 + t`, with `t` 1 for "up", -3 for "down", 0 else; `b` adds 0.25.
fn mixed() -> Bundle {
    let inputs = json!([
        number("a", "number", 10.0, 4.0),
        number("n", "integer", 5.0, 2.0),
        number("b", "boolean", 0.0, 4.0),
        {"name": "t", "kind": "text", "step": {"one_hot": {"categories": ["down", "level", "up"]}}},
    ]);
    let weights = [2.0, -1.0, 1.0, -3.0, 0.0, 1.0, 0.0, 0.0];
    let column = |name: &str, kind: &str, min: f64, max: f64| {
        json!({
            "name": name, "kind": kind, "rows": 9, "missing": 0, "distinct": 9, "min": min, "max": max,
            "mean": 0.0, "std": 1.0, "top": [],
        })
    };
    let profile = json!([
        column("a", "number", 8.5, 20.0),
        column("n", "integer", 0.0, 6.0)
    ]);
    bundle(inputs, linear(0.5, &weights), profile)
}

#[test]
fn the_nearest_flip_of_each_column_turns_the_answer_and_no_nearer_one_does() {
    let bundle = mixed();
    let cells = [
        CellRef::Number(10.0),
        CellRef::Integer(5),
        CellRef::Boolean(false),
        CellRef::Text("level"),
    ];
    let slots = slots(&bundle, &cells);
    let found = counterfactuals(&bundle, &bundle.scorer(), &slots, 0.5, true)
        .expect("a linear model of two classes");
    let told: Vec<(&str, &Value, bool)> = found
        .iter()
        .map(|it| (it.column.as_str(), &it.value, it.is_seen))
        .collect();
    // The margin is 0.5 and has to fall: a to 9 (a quarter of a deviation), n to 6 (exactly 0 is still yes, so 7).
    let down = Value::Category("down".to_string());
    let Value::Number(a) = found[0].value else {
        panic!("a number: {found:?}")
    };
    assert!((a - 9.0).abs() < 1e-6 && a < 9.0, "{a}");
    assert!((found[0].distance - 0.25).abs() < 1e-6, "{found:?}");
    let rest = [("n", &Value::Number(7.0), false), ("t", &down, true)];
    assert_eq!(told[1..], rest, "{found:?}");
    assert_eq!((told[0].0, told[0].2), ("a", true));
    assert_eq!(
        (found[1].distance, found[2].distance),
        (1.0, std::f64::consts::SQRT_2)
    );
}

#[test]
fn a_missing_number_stands_where_it_pushes_from() {
    let bundle = mixed();
    let cells = [
        CellRef::Missing,
        CellRef::Missing,
        CellRef::Missing,
        CellRef::Text("down"),
    ];
    let slots = slots(&bundle, &cells);
    let found = counterfactuals(&bundle, &bundle.scorer(), &slots, 0.5, true)
        .expect("a linear model of two classes");
    let of = |column: &str| found.iter().find(|it| it.column == column);
    let a = of("a").expect("a turns it");
    assert!((a.distance - 1.25).abs() < 1e-9, "{a:?}");
    assert_eq!(of("n").map(|it| it.value.clone()), Some(Value::Number(0.0)));
    // Of the categories that turn it, the one with the smallest contribution; a truth value cannot do it alone.
    let t = of("t").map(|it| it.value.clone());
    assert_eq!(t, Some(Value::Category("level".to_string())));
    assert_eq!(of("b"), None);
}

#[test]
fn other_models_and_thresholds_at_the_ends_have_no_counterfactuals() {
    let bundle = mixed();
    let cells = [
        CellRef::Number(10.0),
        CellRef::Integer(5),
        CellRef::Boolean(false),
        CellRef::Text("up"),
    ];
    let slots = slots(&bundle, &cells);
    let none: Vec<Counterfactual> = Vec::new();
    assert_eq!(
        counterfactuals(&bundle, &bundle.scorer(), &slots, 0.0, true),
        Some(none)
    );
    let mut numbers = bundle.clone();
    numbers.classes.clear();
    assert_eq!(
        counterfactuals(&numbers, &bundle.scorer(), &slots, 0.5, true),
        None
    );
}
