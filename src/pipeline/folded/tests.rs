//! What folds tell, worked out by hand.

use super::*;

fn fold(rows: &[u32], probabilities: &[f64], rounds: Option<u32>) -> Fold {
    Fold {
        rows: rows.to_vec(),
        answers: Predictions::Classes(ClassPredictions {
            n_classes: 2,
            labels: labels_from(2, probabilities, 0.5),
            probabilities: probabilities.to_vec(),
        }),
        rounds,
    }
}

fn wanted(class: &[u32]) -> Target {
    Target::Classes {
        classes: vec!["no".to_string(), "yes".to_string()],
        class: class.iter().copied().map(Some).collect(),
    }
}

#[test]
fn a_difference_has_the_error_of_the_jackknife_over_its_folds() {
    let standing = |score: f64, without: [f64; 3]| Standing {
        score,
        without: without.to_vec(),
    };
    let first = [standing(0.8, [0.8, 0.9, 0.7]), standing(0.6, [0.6; 3])];
    let second = [standing(0.5, [0.5, 0.3, 0.7]), standing(0.5, [0.5; 3])];
    let (mean, error) = ahead(Metric::F1, &first, &second);
    assert!((mean - 0.2).abs() < 1e-12, "{mean}");
    // Differences 0.3, 0.6, 0 around 0.3: 2/3 · 0.18 = 0.12 of the first draw, none of the second.
    assert!((error - 0.06_f64.sqrt()).abs() < 1e-12, "{error}");
    let (mean, again) = ahead(Metric::LogLoss, &first, &second);
    assert!((mean + 0.2).abs() < 1e-12, "smaller is better: {mean}");
    assert!((again - error).abs() < 1e-12);
}

#[test]
fn each_fold_is_labelled_by_the_threshold_of_the_others() {
    let wanted = wanted(&[0, 1, 0, 1, 0, 1]);
    // The second fold alone would be split at 0.15; by the others it is at about 0.5, and its rows are all negative.
    let repeat = Repeat(vec![
        fold(&[0, 1], &[0.4, 0.6], None),
        fold(&[2, 3], &[0.1, 0.2], None),
        fold(&[4, 5], &[0.3, 0.7], None),
    ]);
    let standing = repeat
        .standing(&wanted, Metric::F1, true)
        .expect("it is defined");
    // Folds 1 and 3 are labelled by a threshold of 0.15 or 0.35 at most, with row 0 or 4 wrong.
    assert!(standing.score < 1.0, "{standing:?}");
    assert_eq!(standing.without.len(), 3);
    let at_half = repeat
        .standing(&wanted, Metric::F1, false)
        .expect("it is defined");
    assert!((at_half.score - 0.8).abs() < 1e-12, "{at_half:?}");
    assert_eq!(at_half.without, [2.0 / 3.0, 1.0, 2.0 / 3.0]);
}

#[test]
fn metrics_of_probabilities_are_means_over_folds_in_which_they_are_defined() {
    let wanted = wanted(&[0, 1, 0, 1, 0, 0]);
    // Two scales: pooled, a negative of the second fold would be above the positive of the first.
    let repeat = Repeat(vec![
        fold(&[0, 1], &[0.1, 0.2], None),
        fold(&[2, 3], &[0.6, 0.9], None),
        fold(&[4, 5], &[0.3, 0.7], None),
    ]);
    let standing = repeat
        .standing(&wanted, Metric::RocAuc, true)
        .expect("it is defined");
    assert!((standing.score - 1.0).abs() < 1e-12, "{standing:?}");
}

#[test]
fn rows_come_in_their_order_and_rounds_as_a_mean() {
    let repeats = [
        Repeat(vec![
            fold(&[1, 4], &[0.1, 0.4], Some(10)),
            fold(&[0, 2], &[0.0, 0.2], Some(21)),
        ]),
        Repeat(vec![fold(&[0, 1], &[0.5, 0.6], Some(14))]),
    ];
    let (rows, answers) = repeats[0].by_row();
    assert_eq!(rows, [0, 1, 2, 4]);
    let said = answers.classes().expect("classes");
    assert_eq!(said.probabilities, [0.0, 0.1, 0.2, 0.4]);
    assert_eq!(rounds(&repeats), Some(15));
    assert_eq!(rounds(&[Repeat(vec![fold(&[0], &[0.5], None)])]), None);
    let (part, scores) = pooled(&repeats, &wanted(&[1, 0, 1, 0, 0]));
    assert_eq!(part, TargetRows::Classes(vec![0, 0, 1, 1, 1, 0], 2));
    assert_eq!(scores, [0.1, 0.4, 0.0, 0.2, 0.5, 0.6]);
}
