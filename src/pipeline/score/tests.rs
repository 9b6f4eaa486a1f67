//! Predictions over other classes, and per-row predictions there and back.

use proptest::prelude::*;

use super::aligned::{aligned, prior_over, union};
use crate::evaluate::ClassPredictions;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn predictions(n_classes: usize, labels: &[u32], probabilities: &[f64]) -> ClassPredictions {
    ClassPredictions {
        n_classes,
        labels: labels.to_vec(),
        probabilities: probabilities.to_vec(),
    }
}

#[test]
fn the_union_begins_with_the_challengers_classes() {
    type Case<'a> = (&'a [&'a str], Option<&'a [&'a str]>, &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (&["no", "yes"], None, &["no", "yes"]),
        (&["no", "yes"], Some(&["yes", "no"]), &["no", "yes"]),
        (&["a", "c"], Some(&["a", "b", "c"]), &["a", "c", "b"]),
        (&["a", "b"], Some(&["x", "y"]), &["a", "b", "x", "y"]),
    ];
    for (challenger, champion, wanted) in cases {
        let champion = champion.map(names);
        assert_eq!(union(&names(challenger), champion.as_deref()), *wanted);
    }
}

#[test]
fn the_same_classes_change_nothing() {
    let given = predictions(2, &[0, 1], &[0.2, 0.9]);
    let classes = names(&["no", "yes"]);
    assert_eq!(aligned(given.clone(), &classes, &classes), given);
}

#[test]
fn two_classes_that_changed_places_swap_labels_and_probability() {
    let given = predictions(2, &[0, 1], &[0.2, 0.9]);
    let turned = aligned(given, &names(&["yes", "no"]), &names(&["no", "yes"]));
    assert_eq!(turned.labels, [1, 0]);
    for (found, wanted) in turned.probabilities.iter().zip([0.8, 0.1]) {
        assert!((found - wanted).abs() < 1e-15);
    }
}

#[test]
fn two_classes_among_three_leave_the_third_at_zero() {
    let given = predictions(2, &[0, 1], &[0.25, 0.75]);
    let spread = aligned(given, &names(&["a", "c"]), &names(&["c", "b", "a"]));
    assert_eq!(
        spread,
        predictions(3, &[2, 0], &[0.25, 0.0, 0.75, 0.75, 0.0, 0.25])
    );
}

#[test]
fn three_classes_in_another_order_keep_their_probabilities() {
    let given = predictions(3, &[0, 2], &[0.5, 0.3, 0.2, 0.1, 0.2, 0.7]);
    let moved = aligned(given, &names(&["a", "b", "c"]), &names(&["c", "a", "b"]));
    assert_eq!(
        moved,
        predictions(3, &[1, 0], &[0.2, 0.5, 0.3, 0.7, 0.1, 0.2])
    );
}

#[test]
fn a_class_that_a_model_does_not_know_has_no_share() {
    let shares = prior_over(&[0.25, 0.75], &names(&["a", "b"]), &names(&["b", "x", "a"]));
    assert_eq!(shares, [0.75, 0.0, 0.25]);
}

proptest! {
    #[test]
    fn every_class_keeps_its_probability_and_label(
        (n, places, rows) in (2_usize..5).prop_flat_map(|n| {
            let more = 0_usize..3;
            let rows = prop::collection::vec(prop::collection::vec(0.01..1.0_f64, n), 1..6);
            more.prop_flat_map(move |more| Just((0..n + more).collect::<Vec<_>>()).prop_shuffle())
                .prop_flat_map(move |places| (Just(n), Just(places), rows.clone()))
        }),
    ) {
        // Class k of the model is class `places[k]` of the wider list.
        let to: Vec<String> = (0..places.len()).map(|at| format!("c{at}")).collect();
        let from: Vec<String> = places[..n].iter().map(|&at| to[at].clone()).collect();
        let shares: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| row.iter().map(|p| p / row.iter().sum::<f64>()).collect())
            .collect();
        let labels: Vec<u32> = (0..rows.len()).map(|row| (row % n) as u32).collect();
        let probabilities: Vec<f64> = match n {
            2 => shares.iter().map(|row| row[1]).collect(),
            _ => shares.concat(),
        };
        let given = predictions(n, &labels, &probabilities);
        let wide = aligned(given.clone(), &from, &to);
        prop_assert_eq!(wide.n_classes, to.len());
        for row in 0..rows.len() {
            prop_assert_eq!(&to[wide.labels[row] as usize], &from[labels[row] as usize]);
            let mut sum = 0.0;
            for (class, name) in to.iter().enumerate() {
                let wanted = from.iter().position(|other| other == name).map_or(0.0, |at| given.probability(row, at));
                prop_assert!((wide.probability(row, class) - wanted).abs() < 1e-12);
                sum += wide.probability(row, class);
            }
            prop_assert!((sum - 1.0).abs() < 1e-12);
        }
    }
}
