//! What must hold for any predictions.

use proptest::prelude::*;

use crate::evaluate::{ClassPredictions, IntervalMethod, Metric, bootstrap, score, threshold};

/// Rows of 2 to 4 classes with coarse probabilities, so that ties are common.
fn rows() -> impl Strategy<Value = (Vec<u32>, ClassPredictions)> {
    (2usize..5, 1usize..60).prop_flat_map(|(n_classes, n)| {
        let class = 0..n_classes as u32;
        let row = prop::collection::vec(0u32..9, n_classes);
        (
            prop::collection::vec(class.clone(), n),
            prop::collection::vec(class, n),
            prop::collection::vec(row, n),
        )
            .prop_map(move |(truth, labels, raw)| {
                (
                    truth,
                    ClassPredictions {
                        n_classes,
                        labels,
                        probabilities: shares(&raw),
                    },
                )
            })
    })
}

fn shares(raw: &[Vec<u32>]) -> Vec<f64> {
    let share = |row: &Vec<u32>| {
        let total = row.iter().sum::<u32>().max(1);
        let all: Vec<f64> = row
            .iter()
            .map(|&part| f64::from(part) / f64::from(total))
            .collect();
        if all.len() == 2 {
            all[1..].to_vec()
        } else {
            all
        }
    };
    raw.iter().flat_map(share).collect()
}

fn largest(metric: Metric) -> f64 {
    match metric {
        Metric::LogLoss => 36.05,
        Metric::Brier => 2.0,
        _ => 1.0,
    }
}

proptest! {
    #[test]
    fn metrics_lie_in_their_range((truth, predictions) in rows()) {
        let scores = score(&truth, &predictions);
        for metric in Metric::ALL {
            if let Some(value) = scores.get(metric) {
                prop_assert!((0.0..=largest(metric)).contains(&value), "{} {value}", metric.name());
            }
        }
        prop_assert!(scores.accuracy.is_some());
        prop_assert_eq!(scores.confusion.iter().flatten().sum::<u64>(), truth.len() as u64);
    }

    #[test]
    fn metrics_do_not_depend_on_the_order_of_rows((truth, predictions) in rows(), turn in 0usize..60) {
        let order: Vec<usize> = (0..truth.len()).rev().map(|row| (row + turn) % truth.len()).collect();
        let shuffled: Vec<u32> = order.iter().map(|&row| truth[row]).collect();
        let (a, b) = (score(&truth, &predictions), score(&shuffled, &predictions.select(&order)));
        for metric in Metric::ALL {
            match (a.get(metric), b.get(metric)) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-12, "{}", metric.name()),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn whatever_comes_in_no_nan_comes_out(
        truth in prop::collection::vec(0u32..4, 0..12),
        labels in prop::collection::vec(0u32..4, 0..12),
        probabilities in prop::collection::vec(prop::num::f64::ANY, 0..40),
        n_classes in 0usize..5,
    ) {
        let predictions = ClassPredictions { n_classes, labels, probabilities };
        let scores = score(&truth, &predictions);
        for metric in Metric::ALL {
            prop_assert!(scores.get(metric).is_none_or(f64::is_finite));
        }
        for found in bootstrap::intervals(&truth, &predictions, 0.9, 5, 1, IntervalMethod::Percentile) {
            prop_assert!(found.interval.low.is_finite() && found.interval.low <= found.interval.high);
        }
    }

    #[test]
    fn a_tuned_threshold_is_never_worse_than_a_half((truth, predictions) in rows()) {
        prop_assume!(predictions.n_classes == 2);
        let (zeros, ones) = (truth.contains(&0), truth.contains(&1));
        let p = &predictions.probabilities;
        let found = threshold::best(&truth, p, Metric::F1);
        prop_assert!((0.0..=1.0).contains(&found.value));
        if zeros && ones {
            let half = ClassPredictions { labels: threshold::labels_from(2, p, 0.5), ..predictions.clone() };
            prop_assert!(found.score >= score(&truth, &half).f1.unwrap());
        }
    }

    #[test]
    fn intervals_are_the_same_for_any_number_of_threads((truth, predictions) in rows(), seed in any::<u64>()) {
        let draw = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bootstrap::intervals(&truth, &predictions, 0.9, 16, seed, IntervalMethod::Percentile))
        };
        prop_assert_eq!(draw(1), draw(3));
    }
}
