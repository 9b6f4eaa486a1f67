//! Data that breaks solvers: what is learned is finite, or the error says why; nothing panics.

use polars::prelude::DataFrame;

use super::{all, fitted, frame, noise};
use crate::config::raw::Learner;
use crate::learners::fit;
use crate::learners::learned::Learned;
use crate::learners::target::Target;
use crate::predictors::{Linear, Predictor};

fn learn(frame: &DataFrame, class: &[u32], n_classes: usize, c: f64) -> Learned {
    let fitted = fitted(frame);
    let rows = all(frame);
    let view = fitted.transformer.view(frame, &rows).expect("a view");
    let settings = Learner {
        c: Some(c),
        ..Learner::default()
    };
    let learned = fit(
        &view,
        Target::Classes(class, n_classes),
        None,
        &settings,
        42,
    )
    .expect("learns");
    assert!(linear(&learned).is_sound(view.n_features()), "{learned:?}");
    learned
}

fn linear(learned: &Learned) -> &Linear {
    let Predictor::Linear(linear) = &learned.predictor else {
        panic!("a linear predictor")
    };
    linear
}

fn numbers(values: impl IntoIterator<Item = f64>) -> Vec<Option<f64>> {
    values.into_iter().map(Some).collect()
}

fn alternating(n: usize, n_classes: u32) -> Vec<u32> {
    (0..n as u32).map(|row| row % n_classes).collect()
}

#[test]
fn perfectly_separable_rows_give_finite_weights_at_any_strength() {
    for n_classes in [2_u32, 3] {
        let class: Vec<u32> = (0..90).map(|row| (row / 30).min(n_classes - 1)).collect();
        let x = numbers((0..90).map(|row| f64::from(row / 30) * 100.0 + f64::from(row % 30)));
        for c in [1e-9, 1.0, 1e6, 1e9] {
            let learned = learn(
                &frame(std::slice::from_ref(&x), &[]),
                &class,
                n_classes as usize,
                c,
            );
            if c >= 1e6 && n_classes == 2 {
                assert!(linear(&learned).weights[0].abs() > 1.0, "{learned:?}");
            }
        }
    }
}

#[test]
fn a_feature_that_never_varies_gets_no_weight() {
    let mut random = noise(1);
    let x = numbers((0..60).map(|_| random()));
    let mut late = vec![Some(0.5); 60];
    late.extend(numbers([0.0, 1.0, 3.0]));
    let x: Vec<_> = x.into_iter().chain(vec![Some(0.0); 3]).collect();
    let frame = frame(&[x, late], &[]);
    let fitted = fitted(&frame);
    let rows: Vec<u32> = (0..60).collect();
    let view = fitted.transformer.view(&frame, &rows).expect("a view");
    let learned = fit(
        &view,
        Target::Classes(&alternating(60, 2), 2),
        None,
        &Learner::default(),
        42,
    )
    .expect("learns");
    assert!(linear(&learned).is_sound(2));
    assert!(
        linear(&learned)
            .weights
            .iter()
            .all(|weight| weight.abs() < 5.0),
        "{learned:?}"
    );
}

#[test]
fn a_class_that_no_training_row_has_is_never_likely() {
    let mut random = noise(2);
    let x = numbers((0..60).map(|_| random()));
    let learned = learn(&frame(&[x], &[]), &alternating(60, 2), 3, 1.0);
    let bias = &linear(&learned).bias;
    assert!(
        bias[2] < bias[0] - 10.0 && bias[2] < bias[1] - 10.0,
        "{bias:?}"
    );
}

#[test]
fn numbers_at_the_ends_of_the_range_are_learned_from() {
    let scales = [1e308, 1.7e308, 1e200, 1e150, 1e-150, 1e-200, 1e-280];
    for scale in scales {
        let x = numbers((0..40).map(|row| scale * if row % 2 == 0 { 1.0 } else { -1.0 }));
        for n_classes in [2, 3] {
            let class = alternating(40, n_classes);
            let learned = learn(
                &frame(std::slice::from_ref(&x), &[]),
                &class,
                n_classes as usize,
                1.0,
            );
            let strongest = linear(&learned)
                .weights
                .iter()
                .fold(0.0_f64, |most, w| most.max(w.abs()));
            if n_classes == 2 {
                assert!(strongest > 1.0, "{scale}: {learned:?}");
            }
        }
    }
}

#[test]
fn scales_that_differ_by_hundreds_of_digits_stand_side_by_side() {
    let mut random = noise(5);
    let mut column = |scale: f64| numbers((0..80).map(|_| random() * scale));
    let frame = frame(&[column(1e-250), column(1.0), column(1e300)], &[]);
    for n_classes in [2, 4] {
        learn(&frame, &alternating(80, n_classes), n_classes as usize, 1.0);
    }
}

#[test]
fn a_lone_row_far_away_does_not_break_the_fit() {
    let x = numbers((0..50).map(|row| if row == 7 { 1e300 } else { f64::from(row) }));
    learn(&frame(&[x], &[]), &alternating(50, 2), 2, 1.0);
}

#[test]
fn two_rows_are_enough() {
    let learned = learn(&frame(&[numbers([0.0, 1.0])], &[]), &[0, 1], 2, 1.0);
    assert!(linear(&learned).weights[0] > 0.0);
}

#[test]
fn more_features_than_rows_and_copies_of_a_feature_are_no_obstacle() {
    let mut random = noise(9);
    let x = numbers((0..12).map(|_| random()));
    let columns = vec![x; 30];
    let learned = learn(&frame(&columns, &[]), &alternating(12, 2), 2, 1.0);
    let weights = &linear(&learned).weights;
    let spread = weights
        .iter()
        .fold(0.0_f64, |most, w| most.max((w - weights[0]).abs()));
    assert!(spread < 1e-9, "copies share the weight: {weights:?}");
}

#[test]
fn one_row_in_a_hundred_is_learned_without_losing_its_share() {
    let mut random = noise(11);
    let x = numbers((0..1000).map(|_| random()));
    let class: Vec<u32> = (0..1000).map(|row| u32::from(row % 100 == 0)).collect();
    let frame = frame(&[x], &[]);
    let learned = learn(&frame, &class, 2, 1.0);
    let fitted = fitted(&frame);
    let rows = all(&frame);
    let view = fitted.transformer.view(&frame, &rows).expect("a view");
    let answers = super::golden::probabilities(&view, linear(&learned));
    let mean = answers.iter().map(|row| row[1]).sum::<f64>() / 1000.0;
    // At the optimum the free intercept makes the mean probability the class share.
    assert!((mean - 0.01).abs() < 1e-9, "{mean}");
}
