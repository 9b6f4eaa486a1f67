//! Cases that can be computed by hand, and everything that is not a sound set of predictions.

use super::{assert_close, binary};
use crate::evaluate::resample::{binomial, percentile_interval, replicate_rng, row_replicates};
use crate::evaluate::{
    ClassPredictions, IntervalMethod, Metric, Scores, baselines, bootstrap, classification, curves,
    score, threshold,
};

fn all_none(scores: &Scores) -> bool {
    Metric::ALL
        .into_iter()
        .all(|metric| scores.get(metric).is_none())
}

#[test]
fn no_rows_have_no_scores() {
    let scores = score(&[], &binary(&[], &[]));
    assert!(all_none(&scores));
    assert_eq!(scores.confusion, vec![vec![0, 0], vec![0, 0]]);
    assert!(
        bootstrap::intervals(
            &[],
            &binary(&[], &[]),
            0.95,
            100,
            1,
            IntervalMethod::Percentile
        )
        .is_empty()
    );
}

#[test]
fn predictions_that_do_not_fit_have_no_scores() {
    let three = |labels: &[u32], p: &[f64]| ClassPredictions {
        n_classes: 3,
        ..binary(labels, p)
    };
    let misfits = [
        (vec![0, 1], binary(&[0], &[0.1, 0.2])),
        (vec![0, 1], binary(&[0, 1], &[0.1])),
        (vec![0, 2], binary(&[0, 1], &[0.1, 0.9])),
        (vec![0, 1], binary(&[0, 7], &[0.1, 0.9])),
        (vec![0, 1], three(&[0, 1], &[0.1, 0.9])),
        (
            vec![0, 1],
            ClassPredictions {
                n_classes: 1,
                ..binary(&[0, 0], &[1.0, 1.0])
            },
        ),
        (
            vec![0, 1],
            ClassPredictions {
                n_classes: usize::MAX,
                ..binary(&[0, 0], &[1.0, 1.0])
            },
        ),
    ];
    for (truth, predictions) in misfits {
        assert!(predictions.problem_with(&truth).is_some());
        assert!(all_none(&score(&truth, &predictions)), "{predictions:?}");
        assert!(
            bootstrap::intervals(
                &truth,
                &predictions,
                0.95,
                50,
                1,
                IntervalMethod::Percentile
            )
            .is_empty()
        );
        assert!(curves::one_vs_rest(&truth, &predictions, 1).0.is_empty());
    }
}

#[test]
fn a_probability_that_is_no_number_undoes_the_probability_metrics_alone() {
    for faulty in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let predictions = binary(&[0, 1, 1], &[0.2, faulty, 0.9]);
        let scores = score(&[0, 1, 0], &predictions);
        for metric in Metric::ALL {
            assert_eq!(
                scores.get(metric).is_some(),
                metric.reads_labels(),
                "{}",
                metric.name()
            );
        }
        let intervals = bootstrap::intervals(
            &[0, 1, 0],
            &predictions,
            0.95,
            50,
            1,
            IntervalMethod::Percentile,
        );
        assert!(
            intervals
                .iter()
                .all(|interval| interval.metric.reads_labels())
        );
    }
}

#[test]
fn probabilities_outside_0_to_1_can_be_ranked_but_have_no_loss() {
    let scores = score(&[0, 1, 0], &binary(&[0, 1, 1], &[-3.0, 7.5, 1e308]));
    assert_eq!(scores.roc_auc, Some(0.5));
    assert_eq!((scores.log_loss, scores.brier), (None, None));
}

#[test]
fn negative_zero_ties_with_zero() {
    let scores = score(&[0, 1], &binary(&[0, 0], &[0.0, -0.0]));
    assert_eq!((scores.roc_auc, scores.pr_auc), (Some(0.5), Some(0.5)));
}

#[test]
fn label_scores_of_counts_equal_those_of_rows() {
    let (truth, labels) = ([0, 1, 2, 2, 1, 0], [0, 2, 2, 1, 1, 0]);
    let confusion = classification::confusion(&truth, &labels, 3);
    let from_counts = classification::label_scores(&confusion).unwrap();
    let predictions = ClassPredictions {
        n_classes: 3,
        labels: labels.to_vec(),
        probabilities: vec![1.0 / 3.0; 18],
    };
    let from_rows = score(&truth, &predictions);
    for metric in Metric::ALL
        .into_iter()
        .filter(|metric| metric.reads_labels())
    {
        assert_eq!(from_counts.get(metric), from_rows.get(metric));
    }
    assert_eq!(classification::label_scores(&[]), None);
    assert_eq!(
        classification::label_scores(&[vec![0, 0], vec![0, 0]]),
        None
    );
    assert!(
        classification::label_scores(&[vec![1], vec![]]).is_some(),
        "a ragged matrix is read as far as it goes"
    );
    assert!(classification::confusion(&[0], &[0], usize::MAX).is_empty());
    assert!(classification::confusion(&[0], &[0], 0).is_empty());
}

#[test]
fn a_threshold_separates_what_can_be_separated() {
    let found = threshold::best(&[0, 0, 1, 1], &[0.1, 0.2, 0.3, 0.9], Metric::F1);
    assert_eq!(found.score, 1.0);
    assert_close("value", found.value, 0.25, 1e-12);
}

#[test]
fn among_equally_good_thresholds_the_nearest_to_a_half_wins_then_the_smaller() {
    // Accuracy is 3/4 at 0.3125 and at 0.6875, which are equally far from 0.5.
    let found = threshold::best(&[0, 1, 0, 1], &[0.25, 0.375, 0.625, 0.75], Metric::Accuracy);
    assert_eq!((found.value, found.score), (0.3125, 0.75));
    let shuffled = threshold::best(&[1, 0, 1, 0], &[0.75, 0.625, 0.375, 0.25], Metric::Accuracy);
    assert_eq!(shuffled, found);
    let nearer = threshold::best(&[0, 1, 0, 1], &[0.25, 0.375, 0.5, 0.625], Metric::Accuracy);
    assert_eq!((nearer.value, nearer.score), (0.5625, 0.75));
}

#[test]
fn a_threshold_between_neighbouring_floats_still_separates() {
    let (low, high) = (0.3_f64, 0.3_f64.next_up());
    let found = threshold::best(&[0, 1], &[low, high], Metric::F1);
    assert_eq!((found.value, found.score), (high, 1.0));
}

#[test]
fn where_nothing_can_be_tuned_the_threshold_is_a_half() {
    let half = |truth: &[u32], p: &[f64], metric| {
        let found = threshold::best(truth, p, metric);
        assert_eq!((found.value, found.score), (0.5, 0.0));
    };
    half(&[0, 1], &[0.1, 0.2], Metric::RocAuc);
    half(&[], &[], Metric::F1);
    half(&[1, 1], &[0.1, 0.2], Metric::F1);
    half(&[0, 0], &[0.1, 0.2], Metric::F1);
    half(&[0, 1], &[0.1], Metric::F1);
    half(&[0, 1], &[0.1, f64::NAN], Metric::F1);
    half(&[0, 2, 1], &[0.1, 0.5, 0.2], Metric::F1);
}

#[test]
fn precision_and_recall_are_tuned_by_f1() {
    let (truth, p) = ([0, 1, 0, 1, 1, 0], [0.1, 0.35, 0.4, 0.45, 0.9, 0.6]);
    let f1 = threshold::best(&truth, &p, Metric::F1);
    assert_eq!(threshold::best(&truth, &p, Metric::Precision), f1);
    assert_eq!(threshold::best(&truth, &p, Metric::Recall), f1);
}

#[test]
fn labels_follow_threshold_or_likeliest_class() {
    assert_eq!(
        threshold::labels_from(2, &[0.5, 0.4999, f64::NAN, 1.0], 0.5),
        [1, 0, 0, 1]
    );
    let rows = [
        0.2,
        0.4,
        0.4,
        f64::NAN,
        f64::NAN,
        f64::NAN,
        f64::NAN,
        0.1,
        0.2,
        9.0,
    ];
    assert_eq!(threshold::labels_from(3, &rows, 0.5), [1, 0, 2]);
    let mut predictions = binary(&[0, 0], &[0.3, 0.8]);
    threshold::apply(&mut predictions, 0.25);
    assert_eq!(predictions.labels, [1, 1]);
}

#[test]
fn baselines_look_at_the_training_prior_alone() {
    let all = baselines::all(&[0.4, 0.6], 3);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["always_majority", "always_positive", "class_prior"]);
    assert_eq!(all[2].1, binary(&[1, 1, 1], &[0.6, 0.6, 0.6]));
    assert_eq!(all[0].1, binary(&[1, 1, 1], &[1.0, 1.0, 1.0]));
    assert_eq!(
        baselines::all(&[0.5, 0.5], 1)[0].1.labels,
        [0],
        "the first class on a tie"
    );

    let three = baselines::all(&[0.2, 0.5, 0.3], 2);
    assert_eq!(three.len(), 2);
    assert_eq!(three[1].1.probabilities, [0.2, 0.5, 0.3, 0.2, 0.5, 0.3]);
    assert!(
        three
            .iter()
            .all(|(_, predictions)| predictions.problem_with(&[0, 2]).is_none())
    );
    assert!(baselines::all(&[1.0], 2).is_empty() && baselines::all(&[], 2).is_empty());
}

#[test]
fn curves_of_a_large_set_are_thin_and_keep_their_corners() {
    let n = 20_000;
    let truth: Vec<u32> = (0..n).map(|i| u32::from((i * 7919) % 13 < 4)).collect();
    let p: Vec<f64> = (0..n)
        .map(|i| ((i * 104_729) % 99_991) as f64 / 99_991.0 * (0.7 + 0.3 * f64::from(truth[i])))
        .collect();
    let roc = curves::roc(&truth, &p);
    let area: f64 = roc
        .windows(2)
        .map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0)
        .sum();
    let exact = score(&truth, &binary(&vec![0; n], &p)).roc_auc.unwrap();
    assert!((100..=500).contains(&roc.len()), "{}", roc.len());
    assert_close("area", area, exact, 0.002);
    assert_eq!((roc[0], roc[roc.len() - 1]), ((0.0, 0.0), (1.0, 1.0)));
    assert!(roc.windows(2).all(|w| w[0].0 <= w[1].0 && w[0].1 <= w[1].1));

    let recall = curves::precision_recall(&truth, &p);
    assert!((100..=500).contains(&recall.len()), "{}", recall.len());
    assert!(recall.windows(2).all(|w| w[0].0 <= w[1].0));
}

#[test]
fn curves_of_nothing_are_empty() {
    assert!(curves::roc(&[1, 1], &[0.1, 0.2]).is_empty());
    assert!(curves::roc(&[], &[]).is_empty());
    assert!(curves::precision_recall(&[0, 0], &[0.1, 0.2]).is_empty());
    assert!(curves::calibration(&[0, 1], &[0.1, 0.2], 0).is_empty());
    assert!(curves::calibration(&[0], &[f64::NAN], 4).is_empty());
    assert_eq!(
        curves::calibration(&[1, 0, 1], &[-1.0, 2.0, 0.5], 2).len(),
        2
    );
}

#[test]
fn one_vs_rest_of_two_and_three_classes() {
    let two = curves::one_vs_rest(&[0, 1], &binary(&[0, 1], &[0.25, 0.75]), 0);
    assert_eq!(two, (vec![1, 0], vec![0.75, 0.25]));
    let three = ClassPredictions {
        n_classes: 3,
        labels: vec![2],
        probabilities: vec![0.1, 0.2, 0.7],
    };
    assert_eq!(curves::one_vs_rest(&[2], &three, 2), (vec![1], vec![0.7]));
}

#[test]
fn percentiles_are_interpolated() {
    let interval = percentile_interval(&[0.0, 1.0, 2.0, 3.0, 4.0], 0.5).unwrap();
    assert_eq!((interval.low, interval.high), (1.0, 3.0));
    assert_eq!(percentile_interval(&[], 0.5), None);
    for confidence in [0.0, 1.0, -1.0, 2.0, f64::NAN] {
        assert_eq!(percentile_interval(&[1.0], confidence), None);
    }
}

#[test]
fn large_sets_get_fewer_row_replicates() {
    assert_eq!(row_replicates(2000, 0), 2000);
    assert_eq!(row_replicates(2000, 20_000), 2000);
    assert_eq!(row_replicates(2000, 100_000), 400);
    assert_eq!(row_replicates(2000, 10_000_000), 200);
    assert_eq!(row_replicates(100, 10_000_000), 100);
}

#[test]
fn binomial_draws_stay_in_range_and_have_the_right_mean() {
    let mut rng = replicate_rng(3, 0);
    assert_eq!(
        (
            binomial(&mut rng, 0, 0.5),
            binomial(&mut rng, 9, 0.0),
            binomial(&mut rng, 9, 1.0)
        ),
        (0, 0, 9)
    );
    for (n, p) in [
        (1u64, 0.5),
        (30, 0.001),
        (1000, 0.3),
        (1_000_000, 0.999),
        (50_000_000, 0.5),
    ] {
        let draws: Vec<u64> = (0..400).map(|_| binomial(&mut rng, n, p)).collect();
        assert!(draws.iter().all(|&draw| draw <= n));
        let mean = draws.iter().map(|&draw| draw as f64).sum::<f64>() / 400.0;
        let error = (n as f64 * p * (1.0 - p) / 400.0).sqrt();
        assert!(
            (mean - n as f64 * p).abs() < 4.5 * error,
            "n {n} p {p} mean {mean}"
        );
    }
}
