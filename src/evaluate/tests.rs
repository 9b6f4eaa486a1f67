//! Tests of the whole room: scikit-learn's values, properties, edge cases.

mod bca;
mod calibration;
mod cases;
mod decisions;
mod golden;
mod properties;
mod regression;

use super::ClassPredictions;

pub(crate) fn binary(labels: &[u32], probabilities: &[f64]) -> ClassPredictions {
    ClassPredictions {
        n_classes: 2,
        labels: labels.to_vec(),
        probabilities: probabilities.to_vec(),
    }
}

#[track_caller]
pub(crate) fn assert_close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let slack = tolerance * expected.abs().max(1.0);
    assert!(
        (found - expected).abs() <= slack,
        "{what}: found {found}, expected {expected} within {slack}"
    );
}
