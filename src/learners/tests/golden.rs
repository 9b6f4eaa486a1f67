//! scikit-learn's LogisticRegression on the same rows; see tests/golden/logistic.py.

use serde::Deserialize;

use super::{all, fitted, frame};
use crate::config::raw::{ClassWeight, Learner};
use crate::features::View;
use crate::learners::rows::Rows;
use crate::learners::{logistic, wide};
use crate::predictors::{Linear, Predictor};

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    c: f64,
    balanced: bool,
    numbers: Vec<Vec<Option<f64>>>,
    texts: Vec<Vec<Option<String>>>,
    y: Vec<u32>,
    bias: Vec<f64>,
    weights: Vec<Vec<f64>>,
    rows: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../../tests/golden/logistic.json");
    let goldens: Goldens = serde_json::from_str(text).expect("the goldens parse");
    assert!(goldens.cases.len() >= 20, "{} cases", goldens.cases.len());
    goldens.cases
}

/// Fits a case with a dense matrix of so many cells for linfa.
fn fit(case: &Case, dense_cells: usize) -> (Linear, Vec<Vec<f64>>) {
    let frame = frame(&case.numbers, &case.texts);
    let fitted = fitted(&frame);
    let rows = all(&frame);
    let view = fitted.transformer.view(&frame, &rows).expect("a view");
    let settings = Learner {
        c: Some(case.c),
        class_weight: if case.balanced {
            ClassWeight::Balanced
        } else {
            ClassWeight::None
        },
        ..Learner::default()
    };
    let n_classes = case.weights.len().max(2);
    let learned = logistic::fit_within(&view, &case.y, n_classes, &settings, 7, dense_cells)
        .unwrap_or_else(|error| panic!("{}: {error}", case.name));
    assert_eq!(learned.notes, Vec::<String>::new(), "{}", case.name);
    let Predictor::Linear(linear) = learned.predictor else {
        panic!("a linear predictor")
    };
    let probabilities = probabilities(&view, &linear);
    (linear, probabilities)
}

/// Probabilities straight from the transformed matrix, one per class.
pub fn probabilities(view: &View<'_>, linear: &Linear) -> Vec<Vec<f64>> {
    let width = view.n_features();
    let margin = |features: &[f64], output: usize| {
        let weights = linear.weights_of(output);
        let sum: f64 = features.iter().zip(weights).map(|(x, w)| x * w).sum();
        sum + linear.bias[output]
    };
    view.dense()
        .chunks(width)
        .map(|features| {
            let mut row: Vec<f64> = (0..linear.n_outputs())
                .map(|output| margin(features, output))
                .collect();
            linear.link.apply(&mut row);
            if row.len() == 1 {
                vec![1.0 - row[0], row[0]]
            } else {
                row
            }
        })
        .collect()
}

/// Intercepts of a multinomial model are free by a constant.
fn centred(bias: &[f64]) -> Vec<f64> {
    let mean = if bias.len() > 1 {
        bias.iter().sum::<f64>() / bias.len() as f64
    } else {
        0.0
    };
    bias.iter().map(|value| value - mean).collect()
}

fn assert_near(what: &str, found: f64, wanted: f64) {
    let gap = (found - wanted).abs();
    assert!(
        gap <= 1e-6 * wanted.abs().max(1.0),
        "{what}: {found} is not {wanted}"
    );
}

#[test]
fn coefficients_and_probabilities_are_scikit_learns() {
    for case in cases() {
        let (linear, probabilities) = fit(&case, usize::MAX);
        for (output, wanted) in case.weights.iter().enumerate() {
            let found = linear.weights_of(output);
            assert_eq!(found.len(), wanted.len(), "{}", case.name);
            for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                assert_near(
                    &format!("{}, weight {output}/{at}", case.name),
                    *found,
                    *wanted,
                );
            }
        }
        for (found, wanted) in centred(&linear.bias).iter().zip(&case.bias) {
            assert_near(&format!("{}, bias", case.name), *found, *wanted);
        }
        for (&row, wanted) in case.rows.iter().zip(&case.probabilities) {
            for (found, wanted) in probabilities[row].iter().zip(wanted) {
                let gap = (found - wanted).abs();
                assert!(
                    gap <= 1e-6,
                    "{}, row {row}: {found} is not {wanted}",
                    case.name
                );
            }
        }
    }
}

#[test]
fn the_way_over_sparse_rows_leads_to_the_same_answers() {
    // Weak penalties and copies of features take L-BFGS hundreds of steps, which Newton is there for.
    for case in cases()
        .into_iter()
        .filter(|case| case.c <= 1.0 && case.y.len() <= 300)
    {
        let frame = frame(&case.numbers, &case.texts);
        let fitted = fitted(&frame);
        let rows = all(&frame);
        let view = fitted.transformer.view(&frame, &rows).expect("a view");
        let n_classes = case.weights.len().max(2);
        let mut weight = vec![1.0; n_classes];
        if case.balanced {
            weight.fill(0.0);
            case.y.iter().for_each(|&y| weight[y as usize] += 1.0);
            let each = |rows: &mut f64| *rows = case.y.len() as f64 / (n_classes as f64 * *rows);
            weight.iter_mut().for_each(each);
        }
        let problem = wide::SparseObjective {
            rows: &Rows::of(&view),
            wanted: wide::Wanted::Classes {
                class: &case.y,
                n_outputs: case.weights.len(),
                weight: &weight,
            },
            penalty: 1.0 / case.c,
        };
        let stop = wide::Stop {
            iterations: 400,
            gradient: 1e-9,
            change: 1e-15,
        };
        let (linear, _) = wide::fit(&problem, stop).expect("fits");
        let probabilities = probabilities(&view, &linear);
        for (&row, wanted) in case.rows.iter().zip(&case.probabilities) {
            for (found, wanted) in probabilities[row].iter().zip(wanted) {
                let gap = (found - wanted).abs();
                assert!(
                    gap <= 1e-6,
                    "{}, row {row}: {found} is not {wanted}",
                    case.name
                );
            }
        }
    }
}

#[test]
fn the_sample_that_linfa_starts_from_does_not_decide_the_result() {
    for case in cases() {
        let (_, whole) = fit(&case, usize::MAX);
        let (_, part) = fit(&case, 500);
        for (a, b) in whole.iter().flatten().zip(part.iter().flatten()) {
            assert!((a - b).abs() <= 1e-9, "{}: {a} and {b}", case.name);
        }
    }
}
