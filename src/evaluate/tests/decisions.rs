//! Decision policies, pinned to brute force in NumPy: `tests/golden/regression.py`.

use proptest::prelude::*;
use serde::Deserialize;

use super::assert_close;
use crate::evaluate::threshold::{
    best, by_odds, cheapest, cheapest_class, labels_from, likeliest, within,
};
use crate::evaluate::{Metric, score};

#[derive(Deserialize)]
struct Golden {
    costs: Vec<ByCost>,
    capacities: Vec<ByCapacity>,
    matrices: Vec<ByMatrix>,
}

#[derive(Deserialize)]
struct ByCost {
    truth: Vec<u32>,
    probabilities: Vec<f64>,
    false_positive: f64,
    false_negative: f64,
    mean_cost: f64,
}

#[derive(Deserialize)]
struct ByCapacity {
    probabilities: Vec<f64>,
    share: f64,
    flagged: usize,
}

#[derive(Deserialize)]
struct ByMatrix {
    n_classes: usize,
    probabilities: Vec<f64>,
    costs: Vec<Vec<f64>>,
    labels: Vec<u32>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/regression.json")).unwrap()
}

fn flagged(p: &[f64], threshold: f64) -> usize {
    p.iter().filter(|&&p| p >= threshold).count()
}

#[test]
fn the_cheapest_threshold_equals_brute_force() {
    for case in golden().costs {
        let (fp, fn_) = (case.false_positive, case.false_negative);
        let found = cheapest(&case.truth, &case.probabilities, fp, fn_);
        assert_close("cost", -found.score, case.mean_cost, 1e-12);
        let labels = labels_from(2, &case.probabilities, found.value);
        let pairs = case.truth.iter().zip(&labels);
        let cost: f64 = pairs
            .map(|pair| match pair {
                (0, 1) => fp,
                (1, 0) => fn_,
                _ => 0.0,
            })
            .sum();
        let reached = cost / case.truth.len() as f64;
        assert_close("reached", reached, case.mean_cost, 1e-12);
    }
}

#[test]
fn what_cannot_be_tuned_by_cost_goes_by_the_odds() {
    assert_eq!(cheapest(&[1, 1], &[0.4, 0.6], 1.0, 3.0).value, 0.25);
    assert_eq!(cheapest(&[0, 1], &[0.4, 1.6], 1.0, 3.0).value, 0.25);
    assert_eq!(by_odds(1.0, 9.0), 0.1);
    assert_eq!(by_odds(0.0, 0.0), 0.5);
    assert_eq!(by_odds(f64::NAN, 1.0), 0.5);
}

#[test]
fn a_capacity_is_used_as_far_as_it_goes_and_never_beyond() {
    for case in golden().capacities {
        let threshold = within(&case.probabilities, case.share).unwrap();
        let found = flagged(&case.probabilities, threshold);
        assert_eq!(found, case.flagged, "capacity {}", case.share);
    }
    assert_eq!(
        within(&[0.1, 0.9, 0.9], 0.34).map(|t| flagged(&[0.1, 0.9, 0.9], t)),
        Some(0)
    );
    let above = within(&[1.0, 1.0], 0.5).unwrap();
    assert_eq!(flagged(&[1.0, 1.0], above), 0, "not even a sure row");
    assert_eq!(within(&[0.2, 0.8], 1.0), Some(0.0));
    assert_eq!(within(&[], 0.5), None);
    assert_eq!(within(&[0.5], f64::NAN), None);
    assert_eq!(within(&[f64::NAN], 0.5), None);
}

#[test]
fn the_cheapest_class_equals_numpy() {
    for case in golden().matrices {
        let costs: Vec<f64> = case.costs.into_iter().flatten().collect();
        let rows = case.probabilities.chunks(case.n_classes);
        let found: Vec<u32> = rows.map(|row| cheapest_class(row, &costs)).collect();
        assert_eq!(found, case.labels);
    }
    assert_eq!(cheapest_class(&[f64::NAN, 0.5, 0.5], &[0.0; 9]), 0);
}

proptest! {
    #[test]
    fn equal_costs_are_as_good_as_accuracy(
        rows in prop::collection::vec((0u32..2, 0u32..=20), 2..60),
    ) {
        let (truth, p): (Vec<u32>, Vec<f64>) = rows.into_iter().map(|(t, p)| (t, f64::from(p) / 20.0)).unzip();
        prop_assume!(truth.contains(&0) && truth.contains(&1));
        let by_cost = cheapest(&truth, &p, 1.0, 1.0);
        let by_metric = best(&truth, &p, Metric::Accuracy);
        prop_assert!((by_cost.score + 1.0 - by_metric.score).abs() < 1e-12);
        let predictions = super::binary(&labels_from(2, &p, by_cost.value), &p);
        prop_assert!((score(&truth, &predictions).accuracy.unwrap() - by_metric.score).abs() < 1e-12);
    }

    #[test]
    fn costs_of_one_for_every_mistake_give_the_likeliest_class(
        raw in prop::collection::vec(1u32..1000, 3..8),
    ) {
        let sum: u32 = raw.iter().sum();
        let p: Vec<f64> = raw.iter().map(|&p| f64::from(p) / f64::from(sum)).collect();
        let n = p.len();
        let costs: Vec<f64> = (0..n * n).map(|cell| f64::from(cell / n != cell % n)).collect();
        let (found, expected) = (cheapest_class(&p, &costs), likeliest(&p));
        prop_assert!((p[found as usize] - p[expected as usize]).abs() < 1e-12);
    }

    #[test]
    fn a_capacity_flags_no_more_than_its_share(
        p in prop::collection::vec((0u32..=10).prop_map(|p| f64::from(p) / 10.0), 1..50),
        share in 0.0f64..=1.0,
    ) {
        let threshold = within(&p, share).unwrap();
        prop_assert!(flagged(&p, threshold) as f64 <= share * p.len() as f64 + 1e-6);
    }
}
