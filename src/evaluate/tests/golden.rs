//! Pinned to `tests/golden/metrics.json`, which `tests/golden/metrics.py` makes with scikit-learn.

use std::collections::HashMap;

use serde::Deserialize;

use super::assert_close;
use crate::evaluate::{
    ClassPredictions, IntervalMethod, Metric, bootstrap, curves, score, threshold,
};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    thresholds: Vec<Tuned>,
    bootstrap: Bootstrap,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    n_classes: usize,
    truth: Vec<u32>,
    labels: Vec<u32>,
    probabilities: Vec<f64>,
    scores: HashMap<Metric, Option<f64>>,
    confusion: Vec<Vec<u64>>,
    #[serde(default)]
    roc: Vec<(f64, f64)>,
    #[serde(default)]
    precision_recall: Vec<(f64, f64)>,
    #[serde(default)]
    calibration: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
struct Tuned {
    truth: Vec<u32>,
    probabilities: Vec<f64>,
    best: HashMap<Metric, f64>,
}

#[derive(Deserialize)]
struct Bootstrap {
    case: String,
    intervals: HashMap<Metric, (f64, f64)>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/metrics.json")).unwrap()
}

impl Case {
    fn predictions(&self) -> ClassPredictions {
        ClassPredictions {
            n_classes: self.n_classes,
            labels: self.labels.clone(),
            probabilities: self.probabilities.clone(),
        }
    }
}

#[test]
fn every_metric_equals_scikit_learn() {
    for case in golden().cases {
        let scores = score(&case.truth, &case.predictions());
        assert_eq!(scores.confusion, case.confusion, "{}", case.name);
        for metric in Metric::ALL {
            let what = format!("{} of {}", metric.name(), case.name);
            match (scores.get(metric), case.scores[&metric]) {
                (Some(found), Some(expected)) => assert_close(&what, found, expected, 1e-12),
                (found, expected) => assert_eq!(found, expected, "{what}"),
            }
        }
    }
}

#[test]
fn labels_from_probabilities_equal_numpy() {
    for case in golden().cases {
        let labels = threshold::labels_from(case.n_classes, &case.probabilities, 0.5);
        assert_eq!(labels, case.labels, "{}", case.name);
    }
}

#[test]
fn curves_equal_scikit_learn() {
    for case in golden().cases.iter().filter(|case| !case.roc.is_empty()) {
        let name = &case.name;
        let roc = curves::roc(&case.truth, &case.probabilities);
        // Points on straight lines are left out, so ours are some of theirs, under the same area.
        for point in &roc {
            let there = case
                .roc
                .iter()
                .any(|p| (p.0 - point.0).abs() < 1e-12 && (p.1 - point.1).abs() < 1e-12);
            assert!(there, "{name}: {point:?}");
        }
        let area: f64 = roc
            .windows(2)
            .map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0)
            .sum();
        assert_close(name, area, case.scores[&Metric::RocAuc].unwrap(), 1e-12);

        let found = curves::precision_recall(&case.truth, &case.probabilities);
        assert_eq!(found.len(), case.precision_recall.len(), "{name}");
        for (found, expected) in found.iter().zip(&case.precision_recall) {
            assert_close(name, found.0, expected.0, 1e-12);
            assert_close(name, found.1, expected.1, 1e-12);
        }

        let found = curves::calibration(&case.truth, &case.probabilities, 10);
        assert_eq!(found.len(), case.calibration.len(), "{name}");
        for (bin, expected) in found.iter().zip(&case.calibration) {
            assert_close(name, bin.mean_predicted, expected.0, 1e-12);
            assert_close(name, bin.observed, expected.1, 1e-12);
        }
        assert_eq!(
            found.iter().map(|bin| bin.rows).sum::<u64>(),
            case.truth.len() as u64
        );
    }
}

#[test]
fn best_threshold_equals_brute_force() {
    for case in golden().thresholds {
        for (&metric, &expected) in &case.best {
            let found = threshold::best(&case.truth, &case.probabilities, metric);
            assert_close(metric.name(), found.score, expected, 1e-12);
            let labels = threshold::labels_from(2, &case.probabilities, found.value);
            let reached =
                score(&case.truth, &super::binary(&labels, &case.probabilities)).get(metric);
            assert_eq!(reached, Some(found.score), "{}", metric.name());
        }
    }
}

/// Two independent resamplers agree to Monte Carlo error.
#[test]
fn intervals_agree_with_plain_row_resampling() {
    let golden = golden();
    let case = golden
        .cases
        .iter()
        .find(|case| case.name == golden.bootstrap.case)
        .unwrap();
    let found = bootstrap::intervals(
        &case.truth,
        &case.predictions(),
        0.95,
        4000,
        7,
        IntervalMethod::Percentile,
    );
    assert_eq!(found.len(), Metric::ALL.len());
    for (&metric, &(low, high)) in &golden.bootstrap.intervals {
        let interval = found
            .iter()
            .find(|found| found.metric == metric)
            .unwrap()
            .interval;
        assert_close(metric.name(), interval.low, low, 0.01);
        assert_close(metric.name(), interval.high, high, 0.01);
    }
}
