//! Pinned to `tests/golden/gate.json`, which `tests/golden/gate.py` makes with scipy and NumPy.

use std::collections::HashMap;

use serde::Deserialize;

use crate::evaluate::tests::assert_close;
use crate::evaluate::{ClassPredictions, Metric, binomial, replicate_rng, threshold};
use crate::gate::mcnemar;
use crate::gate::paired::{Deltas, deltas};

#[derive(Deserialize)]
struct Golden {
    mcnemar: Vec<McNemar>,
    five_rows: FiveRows,
    binary: Paired<f64>,
    multi: Paired<u32>,
    binomial: Vec<Binomial>,
}

#[derive(Deserialize)]
struct McNemar {
    b: u64,
    c: u64,
    p: f64,
}

#[derive(Deserialize)]
struct FiveRows {
    truth: Vec<u32>,
    champion: Vec<u32>,
    challenger: Vec<u32>,
    stratified: Enumerated,
    unstratified: Enumerated,
}

#[derive(Deserialize)]
struct Enumerated {
    p_better: f64,
    low: f64,
    high: f64,
    values: Vec<f64>,
    shares: Vec<f64>,
}

/// `T` is a probability for two classes, a label for more.
#[derive(Deserialize)]
struct Paired<T> {
    truth: Vec<u32>,
    champion: Vec<T>,
    challenger: Vec<T>,
    deltas: HashMap<Metric, Summary>,
}

#[derive(Deserialize)]
struct Summary {
    low: f64,
    high: f64,
    p_better: f64,
    p_not_worse: f64,
    margin: f64,
}

#[derive(Deserialize)]
struct Binomial {
    n: u64,
    p: f64,
    masses: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/gate.json")).unwrap()
}

fn two_classes(p: &[f64]) -> ClassPredictions {
    ClassPredictions {
        n_classes: 2,
        labels: threshold::labels_from(2, p, 0.5),
        probabilities: p.to_vec(),
    }
}

fn three_classes(labels: &[u32]) -> ClassPredictions {
    let certain = |&label: &u32| (0..3).map(move |class| if class == label { 1.0 } else { 0.0 });
    ClassPredictions {
        n_classes: 3,
        labels: labels.to_vec(),
        probabilities: labels.iter().flat_map(certain).collect(),
    }
}

#[track_caller]
fn check(metric: Metric, found: &Deltas, expected: &Summary) {
    let interval = found.interval(0.95).unwrap();
    // Monte Carlo error of 4 000 replicates; the golden ones are 20 000 and more.
    assert_close(
        &format!("low of {}", metric.name()),
        interval.low,
        expected.low,
        0.008,
    );
    assert_close(
        &format!("high of {}", metric.name()),
        interval.high,
        expected.high,
        0.008,
    );
    assert_close(
        &format!("p_better of {}", metric.name()),
        found.p_better(),
        expected.p_better,
        0.025,
    );
    let p_not_worse = found.share_above(-expected.margin);
    assert_close(
        &format!("p_not_worse of {}", metric.name()),
        p_not_worse,
        expected.p_not_worse,
        0.025,
    );
}

#[test]
fn mcnemar_equals_scipy() {
    for case in golden().mcnemar {
        let found = mcnemar::exact_p(case.b, case.c);
        let what = format!("b {} c {}: {found} against {}", case.b, case.c, case.p);
        assert!(
            (found - case.p).abs() <= 1e-10 * case.p.max(1e-290),
            "{what}"
        );
    }
}

#[test]
fn mcnemar_by_hand() {
    assert_eq!(mcnemar::exact_p(0, 0), 1.0);
    assert_eq!(mcnemar::exact_p(1, 0), 1.0);
    assert_close("5 rows on one side", mcnemar::exact_p(5, 0), 0.0625, 1e-15);
    assert_close("6 rows on one side", mcnemar::exact_p(0, 6), 0.03125, 1e-15);
    assert_eq!(
        mcnemar::discordant(&[1, 0, 0, 1, 1], &[1, 1, 1, 1, 1], &[0, 1, 1, 1, 1]),
        (1, 0)
    );
    assert_eq!(mcnemar::discordant(&[1, 0], &[1], &[]), (0, 0));
}

/// All 108 stratified resamples of the reference system's five rows, counted in Python and again here.
#[test]
fn five_rows_equal_enumeration() {
    let five = golden().five_rows;
    let (positives, negatives) = ([0usize, 3, 4], [1usize, 2]);
    let f1 = |rows: &[usize], labels: &[u32]| {
        let right = rows
            .iter()
            .filter(|&&row| five.truth[row] == 1 && labels[row] == 1)
            .count() as f64;
        let wrong = rows
            .iter()
            .filter(|&&row| five.truth[row] != labels[row])
            .count() as f64;
        2.0 * right / (2.0 * right + wrong)
    };
    let mut counts = vec![0.0; five.stratified.values.len()];
    for draw in 0..108usize {
        let mut rows: Vec<usize> = [draw % 3, draw / 3 % 3, draw / 9 % 3]
            .map(|pick| positives[pick])
            .to_vec();
        rows.extend([draw / 27 % 2, draw / 54].map(|pick| negatives[pick]));
        let delta = f1(&rows, &five.challenger) - f1(&rows, &five.champion);
        let place = five
            .stratified
            .values
            .iter()
            .position(|value| (value - delta).abs() < 1e-9)
            .unwrap();
        counts[place] += 1.0 / 108.0;
    }
    for (found, expected) in counts.iter().zip(&five.stratified.shares) {
        assert_close("share", *found, *expected, 1e-9);
    }
    assert_close(
        "P(better), stratified",
        five.stratified.p_better,
        19.0 / 27.0,
        1e-12,
    );
    // What the study of the reference system found without strata, for the record.
    assert_close(
        "P(better), unstratified",
        five.unstratified.p_better,
        0.67232,
        1e-12,
    );
    assert_close(
        "high end, unstratified",
        five.unstratified.high,
        4.0 / 7.0,
        1e-12,
    );

    let (new, old) = (
        super::labelled(&five.challenger),
        super::labelled(&five.champion),
    );
    let found = deltas(Metric::F1, &five.truth, &new, &old, 20_000, 42).unwrap();
    assert_close(
        "P(better), drawn",
        found.p_better(),
        five.stratified.p_better,
        0.012,
    );
    let interval = found.interval(0.95).unwrap();
    assert_close("low", interval.low, five.stratified.low, 1e-12);
    assert_close("high", interval.high, five.stratified.high, 1e-12);
}

#[test]
fn paired_bootstrap_of_two_classes_equals_numpy() {
    let case = golden().binary;
    let (new, old) = (two_classes(&case.challenger), two_classes(&case.champion));
    for (&metric, expected) in &case.deltas {
        check(
            metric,
            &deltas(metric, &case.truth, &new, &old, 4000, 11).unwrap(),
            expected,
        );
    }
}

#[test]
fn paired_bootstrap_of_three_classes_equals_numpy() {
    let case = golden().multi;
    let (new, old) = (
        three_classes(&case.challenger),
        three_classes(&case.champion),
    );
    for (&metric, expected) in &case.deltas {
        check(
            metric,
            &deltas(metric, &case.truth, &new, &old, 4000, 11).unwrap(),
            expected,
        );
    }
}

#[test]
fn binomial_draws_follow_scipys_masses() {
    for (stream, case) in golden().binomial.iter().enumerate() {
        let (mut rng, draws) = (replicate_rng(5, stream as u32), 40_000);
        let mut seen = vec![0.0; case.masses.len()];
        for _ in 0..draws {
            seen[binomial(&mut rng, case.n, case.p) as usize] += 1.0 / f64::from(draws);
        }
        for (k, (seen, mass)) in seen.iter().zip(&case.masses).enumerate() {
            let error = (mass * (1.0 - mass) / f64::from(draws)).sqrt();
            assert!(
                (seen - mass).abs() <= 4.5 * error + 1e-4,
                "n {} p {} k {k}: {seen} {mass}",
                case.n,
                case.p
            );
        }
    }
}

#[test]
fn a_difference_that_is_undefined_has_no_replicates() {
    let five = golden().five_rows;
    let (new, old) = (
        super::labelled(&five.challenger),
        super::labelled(&five.champion),
    );
    assert_eq!(deltas(Metric::F1, &five.truth, &new, &old, 0, 1), None);
    assert_eq!(deltas(Metric::F1, &five.truth[1..], &new, &old, 9, 1), None);
    assert_eq!(deltas(Metric::RocAuc, &[1; 5], &new, &old, 9, 1), None);
    assert_eq!(
        deltas(
            Metric::F1,
            &[],
            &super::labelled(&[]),
            &super::labelled(&[]),
            9,
            1
        ),
        None
    );
    let faulty = ClassPredictions {
        probabilities: vec![f64::NAN; 5],
        ..new.clone()
    };
    assert_eq!(
        deltas(Metric::LogLoss, &five.truth, &faulty, &old, 9, 1),
        None
    );
    let same = deltas(Metric::F1, &five.truth, &new, &new, 50, 1).unwrap();
    assert_eq!(
        (
            same.p_better(),
            same.share_above(-0.01),
            same.share_above(f64::NAN)
        ),
        (0.0, 1.0, 0.0)
    );
    assert_eq!(same.interval(2.0), None);
}
