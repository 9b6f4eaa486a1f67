//! scikit-learn's LinearRegression, Ridge and ElasticNet on the same rows; see tests/golden/linear.py.

use serde::Deserialize;

use super::{all, answers, fitted, frame, noise};
use crate::config::raw::{Learner, LearnerKind};
use crate::learners::learned::Error;
use crate::learners::rows::Rows;
use crate::learners::target::Target;
use crate::learners::{fit, linear, wide};
use crate::predictors::Predictor;

#[derive(Deserialize)]
struct Goldens {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    numbers: Vec<Vec<Option<f64>>>,
    texts: Vec<Vec<Option<String>>>,
    y: Vec<f64>,
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    kind: LearnerKind,
    alpha: f64,
    l1_ratio: f64,
    is_unique: bool,
    bias: f64,
    weights: Vec<f64>,
    answers: Vec<f64>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../../tests/golden/linear.json");
    let goldens: Goldens = serde_json::from_str(text).expect("the goldens parse");
    goldens.cases
}

#[test]
fn weights_and_answers_are_scikit_learns() {
    for case in cases() {
        let frame = frame(&case.numbers, &case.texts);
        let transformer = fitted(&frame).transformer;
        let rows = all(&frame);
        let view = transformer.view(&frame, &rows).expect("a view");
        let size = case.y.iter().fold(1.0_f64, |most, y| most.max(y.abs()));
        for model in &case.models {
            let name = format!(
                "{}, {:?} {} {}",
                case.name, model.kind, model.alpha, model.l1_ratio
            );
            let settings = Learner {
                kind: model.kind,
                alpha: model.alpha,
                l1_ratio: model.l1_ratio,
                ..Learner::default()
            };
            let learned = fit(&view, Target::Numbers(&case.y), None, &settings, 1).expect(&name);
            let Predictor::Linear(found) = &learned.predictor else {
                panic!("a linear predictor")
            };
            let near = |found: f64, wanted: f64| (found - wanted).abs() <= 1e-6 * size;
            if model.is_unique {
                for (found, wanted) in found.weights.iter().zip(&model.weights) {
                    assert!(
                        near(*found, *wanted),
                        "{name}: weight {found} is not {wanted}"
                    );
                }
                assert!(near(found.bias[0], model.bias), "{name}: {:?}", found.bias);
            }
            let answers = answers(&view, &learned.predictor, 0);
            for (found, wanted) in answers.iter().zip(&model.answers) {
                assert!(near(found[0], *wanted), "{name}: {found:?} is not {wanted}");
            }
        }
    }
}

#[test]
fn ridge_over_sparse_rows_leads_to_the_same_weights() {
    for case in cases() {
        let frame = frame(&case.numbers, &case.texts);
        let transformer = fitted(&frame).transformer;
        let rows = all(&frame);
        let view = transformer.view(&frame, &rows).expect("a view");
        let models = case.models.iter();
        for model in models.filter(|model| model.kind == LearnerKind::Ridge) {
            let problem = wide::SparseObjective {
                rows: &Rows::of(&view),
                wanted: wide::Wanted::Numbers(&case.y),
                penalty: model.alpha,
            };
            let stop = wide::Stop {
                iterations: 400,
                gradient: 1e-9,
                change: 1e-15,
            };
            let (found, _) = wide::fit(&problem, stop).expect("fits");
            let size = case.y.iter().fold(1.0_f64, |most, y| most.max(y.abs()));
            for (found, wanted) in found.weights.iter().zip(&model.weights) {
                let gap = (found - wanted).abs();
                assert!(gap <= 1e-6 * size, "{}: {found} is not {wanted}", case.name);
            }
        }
    }
}

#[test]
fn columns_that_are_copies_or_sums_of_others_are_no_obstacle() {
    let mut random = noise(31);
    let column = |random: &mut dyn FnMut() -> f64| -> Vec<Option<f64>> {
        (0..50).map(|_| Some(random())).collect()
    };
    let (a, b) = (column(&mut random), column(&mut random));
    let sum = a
        .iter()
        .zip(&b)
        .map(|(a, b)| Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)));
    let y: Vec<f64> = a.iter().map(|a| 3.0 * a.unwrap_or(0.0) + 1.0).collect();
    let frame = frame(&[a.clone(), b.clone(), sum.collect(), a], &[]);
    let transformer = fitted(&frame).transformer;
    let rows = all(&frame);
    let view = transformer.view(&frame, &rows).expect("a view");
    for kind in [
        LearnerKind::Linear,
        LearnerKind::Ridge,
        LearnerKind::ElasticNet,
    ] {
        let settings = Learner {
            kind,
            alpha: 1e-6,
            ..Learner::default()
        };
        let learned = fit(&view, Target::Numbers(&y), None, &settings, 1).expect("learns");
        for (found, wanted) in answers(&view, &learned.predictor, 0).iter().zip(&y) {
            assert!(
                (found[0] - wanted).abs() < 1e-4,
                "{kind:?}: {found:?} and {wanted}"
            );
        }
    }
}

#[test]
fn targets_at_the_ends_of_the_range_are_learned() {
    let mut random = noise(33);
    let x: Vec<Option<f64>> = (0..60).map(|_| Some(random())).collect();
    let frame = frame(std::slice::from_ref(&x), &[]);
    let transformer = fitted(&frame).transformer;
    let rows = all(&frame);
    let view = transformer.view(&frame, &rows).expect("a view");
    for scale in [1e-250, 1e-20, 1e20, 1e250] {
        let y: Vec<f64> = x.iter().map(|x| scale * (2.0 + x.unwrap_or(0.0))).collect();
        for kind in [LearnerKind::Linear, LearnerKind::Ridge] {
            let settings = Learner {
                kind,
                alpha: 1e-9,
                ..Learner::default()
            };
            let learned = fit(&view, Target::Numbers(&y), None, &settings, 1).expect("learns");
            for (found, wanted) in answers(&view, &learned.predictor, 0).iter().zip(&y) {
                let gap = (found[0] - wanted).abs() / scale;
                assert!(gap < 1e-6, "{kind:?} {scale}: {found:?} and {wanted}");
            }
        }
    }
}

#[test]
fn thousands_of_categories_are_learned_by_ridge_and_rejected_by_elastic_net() {
    let (frame, category) = super::many_categories(4100, 2050);
    let y: Vec<f64> = category
        .iter()
        .map(|&category| f64::from(category % 7))
        .collect();
    let transformer = super::one_hot(2050);
    let rows = all(&frame);
    let view = transformer.view(&frame, &rows).expect("a view");
    assert!(view.n_features() > linear::MOST_FEATURES);
    let learn = |kind| {
        let settings = Learner {
            kind,
            alpha: 0.1,
            ..Learner::default()
        };
        fit(&view, Target::Numbers(&y), None, &settings, 1)
    };
    let learned = learn(LearnerKind::Ridge).expect("learns");
    assert_eq!(learned.notes, Vec::<String>::new());
    let Predictor::Linear(found) = learned.predictor else {
        panic!("a linear predictor")
    };
    let wrong = (0..rows.len()).filter(|&row| {
        let feature = category[row] as usize;
        (found.bias[0] + found.weights[feature] - y[row]).abs() > 0.5
    });
    assert_eq!(wrong.count(), 0);
    assert!(matches!(
        learn(LearnerKind::ElasticNet),
        Err(Error::Unable { .. })
    ));
}
