//! Metrics of numbers: pinned to `tests/golden/regression.json`, which `tests/golden/regression.py` makes; edge cases; properties.

use std::collections::HashMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::assert_close;
use crate::evaluate::predictions::{intervals, score};
use crate::evaluate::task::Task;
use crate::evaluate::{
    Centre, Interval, IntervalMethod, Metric, Predictions, Scores, Truth, baselines, regression,
};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    bootstrap: Bootstrap,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    truth: Vec<f64>,
    answer: Vec<f64>,
    scores: HashMap<Metric, Option<f64>>,
}

#[derive(Deserialize)]
struct Bootstrap {
    truth: Vec<f64>,
    challenger: Vec<f64>,
    intervals: HashMap<Metric, (f64, f64)>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/regression.json")).unwrap()
}

fn scored(truth: &[f64], answer: &[f64]) -> Scores {
    score(
        &Truth::Numbers(truth.to_vec()),
        &Predictions::Numbers(answer.to_vec()),
    )
}

#[test]
fn every_metric_of_numbers_equals_scikit_learn_and_scipy() {
    for case in golden().cases {
        let found = scored(&case.truth, &case.answer);
        for metric in Metric::OF_NUMBERS {
            let what = format!("{} of {}", metric.name(), case.name);
            match (found.get(metric), case.scores[&metric]) {
                // Far from zero, their mean and ours differ in the last digits of a billion.
                (Some(found), Some(expected)) => assert_close(&what, found, expected, 1e-9),
                (found, expected) => assert_eq!(found, expected, "{what}"),
            }
        }
    }
}

#[test]
fn intervals_of_numbers_agree_with_plain_row_resampling() {
    let golden = golden().bootstrap;
    let (truth, answer) = (golden.truth, golden.challenger);
    let percentiles = IntervalMethod::Percentile;
    let found = regression::intervals(&truth, &answer, 0.95, 6000, 7, percentiles);
    assert_eq!(found.len(), Metric::OF_NUMBERS.len());
    for one in found {
        let (low, high) = golden.intervals[&one.metric];
        let Interval { low: l, high: h } = one.interval;
        // The overlap of 60 rows goes in steps of a twelfth; a quantile may fall on either side of one.
        let slack = match one.metric {
            Metric::WorstOverlap => 1.0 / 12.0 + 1e-9,
            _ => 0.025,
        };
        assert_close(one.metric.name(), l, low, slack);
        assert_close(one.metric.name(), h, high, slack);
    }
}

#[test]
fn what_cannot_be_scored_is_undefined() {
    let none = |scores: &Scores| {
        Metric::OF_NUMBERS
            .iter()
            .all(|&it| scores.get(it).is_none())
    };
    assert!(none(&scored(&[], &[])));
    assert!(none(&scored(&[1.0, 2.0], &[1.0])));
    assert!(none(&scored(&[1.0, 2.0], &[1.0, f64::NAN])));
    assert!(none(&scored(&[1.0, f64::INFINITY], &[1.0, 2.0])));
    let huge = scored(&[1e200, -1e200], &[-1e200, 1e200]);
    assert_eq!(
        (huge.rmse, huge.r2),
        (None, None),
        "squares are beyond numbers"
    );
    assert_eq!(huge.spearman, Some(-1.0));
    assert!(none(&score(
        &Truth::Numbers(vec![1.0]),
        &Predictions::Classes(super::binary(&[1], &[0.7])),
    )));
}

#[test]
fn few_rows_and_scores_that_no_resample_changes_give_no_interval() {
    let found = |rows: usize, miss: &dyn Fn(usize) -> f64, confidence: f64| -> Vec<Metric> {
        let truth: Vec<f64> = (0..rows).map(|row| row as f64).collect();
        let answers = (0..rows).map(|row| row as f64 + miss(row)).collect();
        let (truth, answers) = (Truth::Numbers(truth), Predictions::Numbers(answers));
        let found = intervals(&truth, &answers, confidence, 50, 1);
        assert!(found.iter().all(|it| it.interval.has_width()));
        found.into_iter().map(|found| found.metric).collect()
    };
    let uneven = |row: usize| (row % 3) as f64;
    assert_eq!(found(29, &uneven, 0.9), []);
    assert!(found(30, &uneven, 0.9).contains(&Metric::Mae));
    assert_eq!(found(30, &uneven, 1.5), []);
    // Each row is missed by one: so is every resample.
    let even = found(30, &|_| 1.0, 0.9);
    assert!(even.contains(&Metric::R2) && !even.contains(&Metric::Mae));
}

#[test]
fn scores_know_what_they_are_of() {
    assert_eq!(scored(&[1.0, 2.0], &[1.0, 3.0]).task(), Task::Regression);
    let classes = score(
        &Truth::Classes(vec![0, 1]),
        &Predictions::Classes(super::binary(&[0, 1], &[0.1, 0.9])),
    );
    assert_eq!(classes.task(), Task::Classification);
    assert_eq!(Scores::default().task(), Task::Classification);
}

#[test]
fn the_centre_is_of_the_numbers_and_overflows_to_none() {
    let centre = Centre::of(&[4.0, 1.0, 10.0]).unwrap();
    assert_eq!((centre.mean, centre.median), (5.0, 4.0));
    assert_eq!(Centre::of(&[1.0, 2.0, 3.0, 100.0]).unwrap().median, 2.5);
    assert_eq!(Centre::of(&[f64::MAX, f64::MAX]).unwrap().mean, f64::MAX);
    assert_eq!(Centre::of(&[]), None);
    assert_eq!(Centre::of(&[f64::NAN]), None);
}

#[test]
fn the_baselines_of_numbers_are_mean_and_median_and_rank_nothing() {
    let truth = Truth::Numbers(vec![1.0, 2.0, 9.0]);
    let centre = Centre {
        mean: 4.0,
        median: 2.0,
    };
    let found = baselines::scored(&truth, &[], Some(&centre));
    let names: Vec<&str> = found.iter().map(|found| found.0.as_str()).collect();
    assert_eq!(names, ["always_mean", "always_median"]);
    assert_eq!(found[0].1.r2, Some(0.0));
    assert_eq!(found[1].1.mae, Some(8.0 / 3.0));
    assert_eq!(found[0].1.spearman, Some(0.0));
    assert_close(
        "overlap",
        found[0].1.worst_overlap.unwrap(),
        1.0 / 3.0,
        1e-12,
    );
    assert!(baselines::scored(&truth, &[], None).is_empty());
}

fn any_numbers() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let number = prop_oneof![4 => -50i32..50, 1 => Just(3)].prop_map(f64::from);
    (1usize..50).prop_flat_map(move |n| {
        (
            prop::collection::vec(number.clone(), n),
            prop::collection::vec(number.clone(), n),
        )
    })
}

proptest! {
    #[test]
    fn metrics_of_numbers_lie_in_their_range((truth, answer) in any_numbers()) {
        let found = scored(&truth, &answer);
        prop_assert!(found.r2.is_none_or(|it| it <= 1.0));
        prop_assert!(found.rmse.unwrap() >= found.mae.unwrap() - 1e-12);
        prop_assert!(found.spearman.is_none_or(|it| (-1.0..=1.0).contains(&it)));
        prop_assert!(found.worst_overlap.is_none_or(|it| (0.0..=1.0).contains(&it)));
        let itself = scored(&truth, &truth);
        prop_assert_eq!((itself.rmse, itself.mae), (Some(0.0), Some(0.0)));
        prop_assert!(itself.worst_overlap.is_none_or(|it| (it - 1.0).abs() < 1e-12));
    }

    #[test]
    fn metrics_of_numbers_do_not_depend_on_the_order_of_rows((truth, answer) in any_numbers(), turn in 0usize..50) {
        let order: Vec<usize> = (0..truth.len()).rev().map(|row| (row + turn) % truth.len()).collect();
        let (truth, answer) = (Truth::Numbers(truth), Predictions::Numbers(answer));
        let (a, b) = (score(&truth, &answer), score(&truth.select(&order), &answer.select(&order)));
        for metric in Metric::OF_NUMBERS {
            match (a.get(metric), b.get(metric)) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-9 * a.abs().max(1.0), "{}", metric.name()),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn whatever_numbers_come_in_no_nan_comes_out(
        truth in prop::collection::vec(prop::num::f64::ANY, 0..9),
        answer in prop::collection::vec(prop::num::f64::ANY, 0..9),
    ) {
        let (truth, answer) = (Truth::Numbers(truth), Predictions::Numbers(answer));
        let found = score(&truth, &answer);
        for metric in Metric::OF_NUMBERS {
            prop_assert!(found.get(metric).is_none_or(f64::is_finite));
        }
        for found in intervals(&truth, &answer, 0.9, 5, 1) {
            prop_assert!(found.interval.low <= found.interval.high);
        }
    }
}
