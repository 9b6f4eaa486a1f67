//! Trees against scikit-learn, and what only our own keep: missing numbers, bounds, chance.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::grow::{Grower, Grown, Rule};
use super::sums::Goal;
use super::*;
use crate::predictors::LEAF;

#[derive(Deserialize)]
struct Goldens {
    grown: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    min_leaf_rows: usize,
    max_depth: usize,
    x: Vec<Vec<Option<f32>>>,
    y: Vec<f64>,
    answers: Vec<Vec<f64>>,
    nodes: usize,
    importance: Vec<f64>,
}

fn columns(rows: &[Vec<Option<f32>>]) -> Columns {
    let n_features = rows[0].len();
    let column = |feature: usize| rows.iter().map(move |row| row[feature].unwrap_or(f32::NAN));
    Columns::from_values(rows.len(), (0..n_features).flat_map(column).collect())
}

fn rule(n_candidates: usize) -> Rule {
    Rule {
        n_candidates,
        min_leaf_rows: 1,
        max_depth: usize::MAX,
        draws_thresholds: false,
        most_nodes: usize::MAX,
    }
}

fn grow(columns: &Columns, goal: &Goal, rule: &Rule, seed: u64) -> Option<Grown> {
    let rows = (0..columns.n_rows() as u32).collect();
    let random = ChaCha8Rng::seed_from_u64(seed);
    Grower::new(columns, goal, rule, &[], rows, random).grow()
}

/// The row of values that a row ends in.
fn leaf(tree: &Grown, value: impl Fn(usize) -> f32) -> usize {
    let mut node = 0;
    while tree.feature[node] != LEAF {
        let value = value(tree.feature[node] as usize);
        let goes_left = if value.is_nan() {
            tree.missing_left[node]
        } else {
            value < tree.threshold[node]
        };
        node = tree.left[node] as usize + usize::from(!goes_left);
    }
    tree.left[node] as usize
}

#[test]
fn a_tree_over_all_features_is_scikit_learns() {
    let text = include_str!("../../../tests/golden/trees.json");
    let goldens: Goldens = serde_json::from_str(text).expect("the goldens parse");
    assert_eq!(goldens.grown.len(), 12);
    for case in goldens.grown {
        let columns = columns(&case.x);
        let class = || case.y.iter().map(|&y| y as u32).collect();
        let goal = match case.classes {
            0 | 2 => Goal::Numbers(case.y.clone()),
            n => Goal::Classes(class(), n),
        };
        let rule = Rule {
            min_leaf_rows: case.min_leaf_rows,
            max_depth: case.max_depth,
            ..rule(columns.n_features())
        };
        let tree = grow(&columns, &goal, &rule, 1).expect("a tree");
        assert_eq!(tree.feature.len(), case.nodes, "{}", case.name);
        let width = goal.width();
        for (row, wanted) in case.answers.iter().enumerate() {
            let at = leaf(&tree, |feature| columns.column(feature)[row]);
            let found = &tree.values[at * width..(at + 1) * width];
            // Two classes are told by the share of the second.
            let wanted = if case.classes == 2 {
                &wanted[1..]
            } else {
                wanted
            };
            for (found, wanted) in found.iter().zip(wanted) {
                let gap = (found - wanted).abs();
                assert!(
                    gap < 1e-9,
                    "{}, row {row}: {found} is not {wanted}",
                    case.name
                );
            }
        }
        let total: f64 = tree.gain.iter().sum();
        for (gain, wanted) in tree.gain.iter().zip(&case.importance) {
            let gap = (gain / total - wanted).abs();
            assert!(
                gap < 1e-6,
                "{}: gain {gain} of {total}, not {wanted}",
                case.name
            );
        }
    }
}

#[test]
fn that_a_number_is_missing_can_be_all_that_counts() {
    let rows: Vec<Vec<Option<f32>>> = (0..60)
        .map(|row| vec![Some(row as f32).filter(|_| row % 3 != 0), Some(1.0)])
        .collect();
    let columns = columns(&rows);
    let goal = Goal::Numbers((0..60).map(|row| f64::from(row % 3 == 0)).collect());
    let best = grow(&columns, &goal, &rule(2), 3).expect("a tree");
    assert_eq!(best.feature, [0, LEAF, LEAF], "one split tells all");
    assert!(
        !best.missing_left[0] && best.threshold[0] > 59.0,
        "{best:?}"
    );
    for seed in 0..20 {
        let drawn = Rule {
            draws_thresholds: true,
            ..rule(2)
        };
        let tree = grow(&columns, &goal, &drawn, seed).expect("a tree");
        for (row, number) in rows.iter().enumerate() {
            let at = leaf(&tree, |feature| number[feature].unwrap_or(f32::NAN));
            assert_eq!(
                tree.values[at],
                f64::from(row % 3 == 0),
                "seed {seed}, row {row}"
            );
        }
    }
}

#[test]
fn features_that_do_not_vary_are_passed_over_until_one_does() {
    // Only the last of 50 features varies; with one candidate a split, every tree must find it all the same.
    let rows: Vec<Vec<Option<f32>>> = (0..40)
        .map(|row| {
            let mut features = vec![Some(7.0); 50];
            features[49] = Some(row as f32);
            features
        })
        .collect();
    let columns = columns(&rows);
    let goal = Goal::Classes((0..40).map(|row| row / 10).collect(), 4);
    for draws_thresholds in [false, true] {
        for seed in 0..10 {
            let rule = Rule {
                draws_thresholds,
                ..rule(1)
            };
            let tree = grow(&columns, &goal, &rule, seed).expect("a tree");
            let leaves = tree
                .feature
                .iter()
                .filter(|&&feature| feature == LEAF)
                .count();
            assert!(leaves >= 4, "seed {seed}: {leaves} leaves");
            assert_eq!(
                tree.values.len(),
                16,
                "pure leaves of a class share their values"
            );
            assert_eq!(tree.gain[..49], [0.0; 49]);
        }
    }
}

#[test]
fn thresholds_stay_numbers_at_the_ends_of_the_range() {
    let extremes = [
        f32::MIN,
        -1e38,
        -f32::MIN_POSITIVE,
        0.0,
        1e-45,
        1e38,
        f32::MAX.next_down(),
    ];
    let rows: Vec<Vec<Option<f32>>> = extremes.iter().map(|&value| vec![Some(value)]).collect();
    let columns = columns(&rows);
    let goal = Goal::Numbers((0..7).map(f64::from).collect());
    for draws_thresholds in [false, true] {
        for seed in 0..50 {
            let rule = Rule {
                draws_thresholds,
                ..rule(1)
            };
            let tree = grow(&columns, &goal, &rule, seed).expect("a tree");
            assert!(tree.threshold.iter().all(|threshold| threshold.is_finite()));
            for (row, &value) in extremes.iter().enumerate() {
                assert_eq!(
                    tree.values[leaf(&tree, |_| value)],
                    row as f64,
                    "seed {seed}"
                );
            }
        }
    }
}

#[test]
fn leaves_paths_and_nodes_stay_within_their_bounds() {
    let mut random = crate::learners::tests::noise(4);
    let rows: Vec<Vec<Option<f32>>> = (0..500)
        .map(|_| (0..3).map(|_| Some(random() as f32)).collect())
        .collect();
    let columns = columns(&rows);
    let goal = Goal::Numbers((0..500).map(|_| random()).collect());
    for draws_thresholds in [false, true] {
        let bounded = Rule {
            min_leaf_rows: 7,
            max_depth: 5,
            draws_thresholds,
            ..rule(2)
        };
        let tree = grow(&columns, &goal, &bounded, 8).expect("a tree");
        let fewest = tree
            .cover
            .iter()
            .fold(f32::MAX, |least, cover| least.min(*cover));
        assert!(fewest >= 7.0, "{fewest}");
        assert!(
            tree.feature.len() < 64,
            "five levels hold 63 nodes: {}",
            tree.feature.len()
        );
        let small = Rule {
            most_nodes: 100,
            draws_thresholds,
            ..rule(2)
        };
        assert_eq!(
            grow(&columns, &goal, &small, 8),
            None,
            "given up beyond 100 nodes"
        );
    }
}

#[test]
fn shares_of_sure_leaves_never_add_up_to_more_than_one() {
    for n_trees in [1.0, 3.0, 7.0, 10.0, 100.0, 300.0, 1000.0] {
        let one = one_of(1.0, n_trees, Target::Classes(&[], 2));
        let sum = (0..n_trees as usize).fold(0.0, |sum, _| sum + one);
        assert!(sum <= 1.0 && sum > 1.0 - 1e-12, "{n_trees}: {sum}");
    }
}
