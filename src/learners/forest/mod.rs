//! Forests of trees that are grown on their own and averaged: `extra_trees` (Geurts, Ernst and Wehenkel 2006: thresholds
//! drawn at random, all rows) and `random_forest` (Breiman 2001: best thresholds, bootstrapped rows), with scikit-learn's
//! defaults. Classes share one forest: a leaf holds the class shares of its rows.
//!
//! The builder is our own: smartcore 0.7 has no extra-trees classifier, keeps its nodes private, and sorts a copy of the
//! matrix for every tree of a forest.
//!
//! Missing numbers go left or right at each split, whichever fits better. Every tree draws from a stream of its own, so
//! the number of threads makes no difference.

mod grow;
mod split;
mod sums;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::columns::Columns;
use super::learned::{Error, Learned};
use super::target::{Target, class_weights};
use crate::config::raw::{Learner, LearnerKind};
use crate::features::View;
use crate::predictors::{Link, MOST_LEVELS, Predictor, Trees};
use grow::{Grower, Grown, Rule};
use sums::Goal;

/// Most nodes of a forest whose `min_leaf_rows` is not set: some 340 MB. Pure leaves stop by themselves; only noise
/// grows beyond that, and gains nothing by it.
const MOST_NODES: usize = 8_000_000;
/// What `min_leaf_rows` is raised to, one after another, until the forest stays within [`MOST_NODES`].
const LEAF_ROWS: [usize; 9] = [1, 2, 3, 5, 8, 13, 21, 34, 55];
/// Shares are kept in steps of 2⁻⁵²: sums of them up to 1 are exact, whatever the order.
const SHARE_STEPS: f64 = (1_u64 << 52) as f64;

/// Fits a forest on all rows of the view.
///
/// # Errors
/// When there are too many features to look at side by side.
pub fn fit(
    view: &View<'_>,
    target: Target<'_>,
    settings: &Learner,
    seed: u64,
) -> Result<Learned, Error> {
    let columns = Columns::of(view, settings.kind.name())?;
    let (goal, centre) = goal(target);
    let row_weight = class_weights(target, settings.class_weight).map_or(Vec::new(), |weight| {
        let Target::Classes(class, _) = target else {
            return Vec::new();
        };
        class.iter().map(|&class| weight[class as usize]).collect()
    });
    let n_trees = settings.trees.unwrap_or(100) as usize;
    let mut rule = rule(&columns, target, settings);
    let grow = |tree: usize, rule: &Rule| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(tree as u64);
        let all = || (0..columns.n_rows() as u32).collect::<Vec<u32>>();
        if settings.kind == LearnerKind::RandomForest {
            let (rows, weight) = bootstrap(columns.n_rows(), &row_weight, &mut random);
            Grower::new(&columns, &goal, rule, &weight, rows, random).grow()
        } else {
            Grower::new(&columns, &goal, rule, &row_weight, all(), random).grow()
        }
    };
    let mut notes = Vec::new();
    if settings.min_leaf_rows.is_none() {
        rule.most_nodes = (MOST_NODES / n_trees.max(1)).max(3);
        for leaf_rows in LEAF_ROWS {
            rule.min_leaf_rows = leaf_rows;
            if grow(0, &rule).is_some() {
                break;
            }
        }
        if rule.min_leaf_rows > 1 {
            notes.push(format!(
                "leaves have at least {} rows, so that the forest stays below {MOST_NODES} nodes; `learner.min_leaf_rows` sets another number",
                rule.min_leaf_rows
            ));
        }
        rule.most_nodes = u32::MAX as usize / n_trees.max(1);
    }
    let grown: Option<Vec<Grown>> = (0..n_trees)
        .into_par_iter()
        .map(|tree| grow(tree, &rule))
        .collect();
    let grown = grown.ok_or(Error::TooManyNodes)?;
    Ok(Learned {
        predictor: Predictor::Trees(assemble(grown, target, centre, columns.n_features())),
        notes,
    })
}

/// What trees are grown towards, and what was taken off numbers so that their squares keep their digits.
fn goal(target: Target<'_>) -> (Goal, f64) {
    match target {
        Target::Classes(class, 2) => (
            Goal::Numbers(class.iter().map(|&class| f64::from(class)).collect()),
            0.0,
        ),
        Target::Classes(class, n_classes) => (Goal::Classes(class.to_vec(), n_classes), 0.0),
        Target::Numbers(numbers) => {
            let n = numbers.len().max(1) as f64;
            let mean = numbers.iter().map(|number| number / n).sum::<f64>();
            let centred = numbers.iter().map(|number| number - mean).collect();
            (Goal::Numbers(centred), mean)
        }
    }
}

fn rule(columns: &Columns, target: Target<'_>, settings: &Learner) -> Rule {
    let n = columns.n_features() as f64;
    let n_candidates = match (settings.feature_share, target) {
        (Some(share), _) => n * share,
        (None, Target::Classes(..)) => n.sqrt(),
        (None, Target::Numbers(_)) => n,
    };
    Rule {
        n_candidates: (n_candidates as usize).max(1),
        min_leaf_rows: settings.min_leaf_rows.unwrap_or(1) as usize,
        max_depth: settings.max_depth.map_or(MOST_LEVELS, |most| most as usize),
        draws_thresholds: settings.kind == LearnerKind::ExtraTrees,
        most_nodes: u32::MAX as usize / settings.trees.unwrap_or(100).max(1) as usize,
    }
}

/// Draws as many rows as there are, with replacement: the distinct ones, ascending, and the weight of every row.
fn bootstrap(n_rows: usize, weight: &[f64], random: &mut ChaCha8Rng) -> (Vec<u32>, Vec<f64>) {
    let mut times = vec![0.0; n_rows];
    for _ in 0..n_rows {
        times[random.random_range(0..n_rows as u32) as usize] += 1.0;
    }
    let rows = (0..n_rows as u32).filter(|&row| times[row as usize] > 0.0);
    let rows = rows.collect();
    times
        .iter_mut()
        .zip(weight)
        .for_each(|(times, weight)| *times *= weight);
    (rows, times)
}

/// Puts the trees one after another. Each counts equally, so the values are divided by their number.
fn assemble(grown: Vec<Grown>, target: Target<'_>, centre: f64, n_features: usize) -> Trees {
    let n_outputs = target.n_outputs();
    let n_trees = grown.len() as f64;
    let n_nodes = grown.iter().map(|tree| tree.feature.len()).sum();
    let mut trees = Trees {
        link: Link::Identity,
        base: vec![centre; n_outputs],
        output: Vec::new(),
        roots: Vec::with_capacity(grown.len()),
        feature: Vec::with_capacity(n_nodes),
        threshold: Vec::with_capacity(n_nodes),
        left: Vec::with_capacity(n_nodes),
        missing_left: Vec::with_capacity(n_nodes),
        cover: Vec::with_capacity(n_nodes),
        values: Vec::new(),
        gain: vec![0.0; n_features],
    };
    let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
    for tree in grown {
        let first = trees.feature.len() as u32;
        trees.roots.push(first);
        let rows = tree.values.chunks(n_outputs);
        let place: Vec<u32> = rows
            .map(|values| {
                let next = (trees.values.len() / n_outputs) as u32;
                let key = values.iter().map(|value| value.to_bits()).collect();
                let row = *known.entry(key).or_insert(next);
                if row == next {
                    let share = |value: &f64| one_of(*value, n_trees, target);
                    trees.values.extend(values.iter().map(share));
                }
                row
            })
            .collect();
        let left = tree.left.iter().zip(&tree.feature);
        trees.left.extend(left.map(|(&left, &feature)| {
            if feature == crate::predictors::LEAF {
                place[left as usize]
            } else {
                first + left
            }
        }));
        trees.feature.extend(tree.feature);
        trees.threshold.extend(tree.threshold);
        trees.missing_left.extend(tree.missing_left);
        trees.cover.extend(tree.cover);
        let gain = trees.gain.iter_mut().zip(&tree.gain);
        gain.for_each(|(sum, gain)| *sum += gain / n_trees);
    }
    trees
}

/// What one of this many trees adds. Shares of a certain leaf are rounded down, so that they never add up to more than 1.
fn one_of(value: f64, n_trees: f64, target: Target<'_>) -> f64 {
    match target {
        Target::Numbers(_) => value / n_trees,
        Target::Classes(..) if value >= 1.0 => (SHARE_STEPS / n_trees).floor() / SHARE_STEPS,
        Target::Classes(..) => (value / n_trees * SHARE_STEPS).round() / SHARE_STEPS,
    }
}
