//! BCa intervals against scipy's.

use std::collections::HashMap;

use serde::Deserialize;

use super::assert_close;
use crate::evaluate::bca::bca_interval;
use crate::evaluate::bootstrap::Jackknife;
use crate::evaluate::regression::{RegressionScorer, bent, without_each};
use crate::evaluate::threshold::labels_from;
use crate::evaluate::{ClassPredictions, IntervalMethod, Metric, Predictions, Truth, predictions};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    truth: Vec<u32>,
    #[serde(default)]
    probabilities: Vec<f64>,
    #[serde(default)]
    numbers: Vec<f64>,
    #[serde(default)]
    answers: Vec<f64>,
    metrics: HashMap<Metric, Said>,
}

#[derive(Deserialize)]
struct Said {
    score: f64,
    replicates: Vec<f64>,
    interval: (f64, f64),
    many: (f64, f64),
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/bca.json")).expect("a golden")
}

impl Case {
    fn both(&self) -> (Truth, Predictions) {
        if self.truth.is_empty() {
            return (
                Truth::Numbers(self.numbers.clone()),
                Predictions::Numbers(self.answers.clone()),
            );
        }
        let predictions = ClassPredictions {
            n_classes: 2,
            labels: labels_from(2, &self.probabilities, 0.5),
            probabilities: self.probabilities.clone(),
        };
        (
            Truth::Classes(self.truth.clone()),
            Predictions::Classes(predictions),
        )
    }
}

/// A score and its acceleration.
fn bent_of(truth: &Truth, given: &Predictions, metric: Metric) -> Option<(f64, f64)> {
    match (truth, given) {
        (Truth::Classes(truth), Predictions::Classes(given)) => {
            Jackknife::new(truth, given).of(metric)
        }
        (Truth::Numbers(truth), Predictions::Numbers(given)) => {
            let scorer = RegressionScorer::new(truth, given)?;
            let score = scorer.score(metric, &vec![1; truth.len()])?;
            Some((score, bent(&without_each(&scorer, truth.len()), metric)?))
        }
        _ => None,
    }
}

/// The same replicates give the same interval: score, bias, acceleration and percentiles.
#[test]
fn the_formula_is_scipys_to_the_last_digits() {
    for case in golden().cases {
        let (truth, given) = case.both();
        for (metric, said) in &case.metrics {
            let (score, bent) = bent_of(&truth, &given, *metric).expect("it is defined");
            assert_close(&case.name, score, said.score, 1e-12);
            // A replicate that is the score but for a last digit is on neither side of scipy's own.
            let found =
                bca_interval(&said.replicates, said.score, bent, 0.9).expect("it is defined");
            let name = format!("{}: {}", case.name, metric.name());
            assert_close(&name, found.low, said.interval.0, 1e-9);
            assert_close(&name, found.high, said.interval.1, 1e-9);
        }
    }
}

/// With replicates of its own it comes to the same but for chance.
#[test]
fn few_rows_have_the_intervals_that_scipy_gives_them() {
    for case in golden().cases {
        let (truth, given) = case.both();
        let found = predictions::intervals(&truth, &given, 0.95, 8000, 3);
        for (metric, said) in &case.metrics {
            let it = found
                .iter()
                .find(|it| it.metric == *metric)
                .expect("it is there");
            assert_eq!(it.method, IntervalMethod::Bca, "{}", metric.name());
            let name = format!("{}: {}", case.name, metric.name());
            // Scores of labels go in steps of a row or two.
            let steps = if metric.reads_labels() { 0.02 } else { 0.0 };
            let within = steps + 0.06 * (said.many.1 - said.many.0);
            assert_close(&name, it.interval.low, said.many.0, within);
            assert_close(&name, it.interval.high, said.many.1, within);
        }
    }
}

#[test]
fn where_it_is_not_defined_there_is_none() {
    assert_eq!(bca_interval(&[], 0.5, 0.0, 0.9), None);
    assert_eq!(bca_interval(&[0.1, 0.2], 0.5, 0.0, 0.9), None, "all below");
    assert_eq!(bca_interval(&[0.6, 0.7], 0.5, 0.0, 0.9), None, "all above");
    assert_eq!(bca_interval(&[0.4, 0.6], 0.5, 0.0, 1.0), None);
    assert_eq!(
        bca_interval(&[0.4, 0.6], 0.5, 1.0, 0.9),
        None,
        "turned around"
    );
    let plain = bca_interval(&[0.4, 0.6], 0.5, 0.0, 0.5).expect("an interval");
    assert_close("low", plain.low, 0.45, 1e-12);
    assert_close("high", plain.high, 0.55, 1e-12);
}

#[test]
fn many_rows_keep_their_percentiles_and_old_records_name_none() {
    let truth: Vec<u32> = (0..1000).map(|row| u32::from(row % 3 == 0)).collect();
    let p = truth
        .iter()
        .zip(0_i32..)
        .map(|(&class, row)| 0.3 * f64::from(class) + f64::from(row % 97) / 200.0);
    let probabilities: Vec<f64> = p.collect();
    let given = Predictions::Classes(ClassPredictions {
        n_classes: 2,
        labels: labels_from(2, &probabilities, 0.5),
        probabilities,
    });
    let found = predictions::intervals(&Truth::Classes(truth), &given, 0.95, 100, 3);
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|it| it.method == IntervalMethod::Percentile)
    );
    let written = serde_json::to_string(&found[0]).expect("JSON");
    assert!(!written.contains("method"), "{written}");
}
