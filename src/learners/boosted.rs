//! Gradient-boosted trees with forust-ml: logistic loss for classes, one booster per class where there are more than two;
//! squared loss for numbers. Trees are grown best split first, missing numbers go where they fit better, and the rounds end
//! when rows that were held back are no longer told better.
//!
//! Features are rounded to 32 bits before forust sees them, so that its trees become [`Trees`] exactly.

use forust_ml::gradientbooster::GrowPolicy;
use forust_ml::metric::Metric;
use forust_ml::objective::ObjectiveType;
use forust_ml::{GradientBooster, Matrix};

use super::columns::Columns;
use super::{Error, HeldBack, Learned, Standard, Target, class_weights};
use crate::config::raw::Learner;
use crate::features::View;
use crate::predictors::{LEAF, Link, Predictor, Trees};

/// Rounds when the settings name none.
const ROUNDS: u32 = 300;
/// Levels when the settings name none.
const DEPTH: u32 = 6;
/// Leaves of such a tree; also scikit-learn's and LightGBM's number.
const LEAVES: usize = 31;
/// Where a class that no row has begins: never likely.
const NEVER: f64 = -30.0;
/// Fewer rows held back than this cannot tell when to stop.
const FEWEST_HELD_BACK: usize = 20;

/// Fits on all rows of the view; `held_back` tells when to stop.
///
/// # Errors
/// When there are too many features to look at side by side, or forust cannot go on.
pub fn fit(
    view: &View<'_>,
    target: Target<'_>,
    held_back: Option<&HeldBack<'_>>,
    settings: &Learner,
    seed: u64,
) -> Result<Learned, Error> {
    let rows = widened(view, settings)?;
    let held_back = held_back
        .filter(|held| held.target.len() >= FEWEST_HELD_BACK && settings.early_stopping > 0);
    let held_rows = match held_back {
        Some(held) => Some(widened(&held.view, settings)?),
        None => None,
    };
    let class_weight = class_weights(target, settings.class_weight);
    let mut trees = empty(target, view.n_features());
    let mut notes = Vec::new();
    for output in 0..target.n_outputs() {
        let goal = Goal::of(target, output);
        let Some(goal) = goal else {
            trees.base[output] = NEVER;
            continue;
        };
        let numbers = goal.numbers(target);
        let weight = weights(target, class_weight.as_deref());
        let mut booster = booster(target, settings, seed);
        let held_numbers = held_back.map(|held| goal.numbers(held.target));
        let held_weight = held_back.map(|held| weights(held.target, class_weight.as_deref()));
        let watched = match (&held_rows, &held_numbers, &held_weight) {
            (Some(rows), Some(numbers), Some(weight)) => {
                booster = booster.set_early_stopping_rounds(Some(settings.early_stopping as usize));
                Some(vec![(rows.matrix(), &numbers[..], &weight[..])])
            }
            _ => None,
        };
        booster
            .fit(&rows.matrix(), &numbers, &weight, watched)
            .map_err(|error| Error::Booster(error.to_string()))?;
        let n_trees = append(&mut trees, &booster, output as u32, &goal);
        if held_back.is_some() && n_trees < booster.trees.len() {
            notes.push(match target.n_outputs() {
                1 => format!("stopped early: {n_trees} rounds were best"),
                _ => format!("stopped early for class {output}: {n_trees} rounds were best"),
            });
        }
    }
    Ok(Learned {
        predictor: Predictor::Trees(trees),
        notes,
    })
}

/// All rows as forust takes them.
struct Rows {
    n_rows: usize,
    n_features: usize,
    values: Vec<f64>,
}

impl Rows {
    fn matrix(&self) -> Matrix<'_, f64> {
        Matrix::new(&self.values, self.n_rows, self.n_features)
    }
}

fn widened(view: &View<'_>, settings: &Learner) -> Result<Rows, Error> {
    let columns = Columns::of(view, settings.kind.name())?;
    Ok(Rows {
        n_rows: columns.n_rows(),
        n_features: columns.n_features(),
        values: columns.widened(),
    })
}

/// What one booster learns.
struct Goal {
    /// The class that is told from the others.
    class: u32,
    /// Numbers are learned in standard form, so that regularisation means the same whatever their unit.
    standard: Standard,
}

impl Goal {
    /// `None` for a class that no row has.
    fn of(target: Target<'_>, output: usize) -> Option<Self> {
        match target {
            Target::Classes(class, n_classes) => {
                let wanted = if n_classes == 2 { 1 } else { output as u32 };
                class.contains(&wanted).then_some(Goal {
                    class: wanted,
                    standard: Standard::NONE,
                })
            }
            Target::Numbers(numbers) => Some(Goal {
                class: 0,
                standard: Standard::of(numbers),
            }),
        }
    }

    fn numbers(&self, target: Target<'_>) -> Vec<f64> {
        match target {
            Target::Classes(class, _) => class
                .iter()
                .map(|&class| f64::from(class == self.class))
                .collect(),
            Target::Numbers(numbers) => self.standard.apply(numbers),
        }
    }
}

fn weights(target: Target<'_>, class_weight: Option<&[f64]>) -> Vec<f64> {
    match (target, class_weight) {
        (Target::Classes(class, _), Some(weight)) => {
            class.iter().map(|&class| weight[class as usize]).collect()
        }
        _ => vec![1.0; target.len()],
    }
}

fn booster(target: Target<'_>, settings: &Learner, seed: u64) -> GradientBooster {
    let is_class = matches!(target, Target::Classes(..));
    let (depth, leaves) = match settings.max_depth {
        None => (DEPTH, LEAVES),
        Some(depth) => (depth, LEAVES.max(1 << depth.saturating_sub(1).min(16))),
    };
    // A leaf's weight is Σ p (1 - p) of classes, which is a quarter of its rows at most, and its rows of numbers.
    let leaf_weight = match (settings.min_leaf_rows, is_class) {
        (Some(rows), true) => f64::from(rows) / 4.0,
        (Some(rows), false) => f64::from(rows),
        (None, true) => 1.0,
        (None, false) => (target.len() as f64 / 100.0).clamp(3.0, 20.0),
    };
    let (objective, metric) = match is_class {
        true => (ObjectiveType::LogLoss, Metric::LogLoss),
        false => (ObjectiveType::SquaredLoss, Metric::RootMeanSquaredError),
    };
    let mut booster = GradientBooster::default()
        .set_objective_type(objective)
        .set_evaluation_metric(Some(metric))
        .set_iterations(settings.rounds.unwrap_or(ROUNDS) as usize)
        .set_learning_rate(settings.learning_rate as f32)
        .set_max_depth(depth as usize)
        .set_max_leaves(leaves)
        .set_min_leaf_weight(leaf_weight as f32)
        .set_initialize_base_score(true)
        .set_missing(f64::NAN)
        .set_create_missing_branch(false)
        .set_parallel(true)
        .set_seed(seed);
    booster.grow_policy = GrowPolicy::LossGuide;
    booster
}

fn empty(target: Target<'_>, n_features: usize) -> Trees {
    Trees {
        link: match target {
            Target::Numbers(_) => Link::Identity,
            Target::Classes(_, 2) => Link::Logistic,
            Target::Classes(..) => Link::OneVsRest,
        },
        base: vec![0.0; target.n_outputs()],
        output: Vec::new(),
        roots: Vec::new(),
        feature: Vec::new(),
        threshold: Vec::new(),
        left: Vec::new(),
        missing_left: Vec::new(),
        cover: Vec::new(),
        values: Vec::new(),
        gain: vec![0.0; n_features],
    }
}

/// Appends a booster's trees, those of the best round and before, and says how many they are.
fn append(trees: &mut Trees, booster: &GradientBooster, output: u32, goal: &Goal) -> usize {
    trees.base[output as usize] = goal.standard.centre + goal.standard.scale * booster.base_score;
    let n_trees = booster.prediction_iteration.unwrap_or(booster.trees.len());
    for tree in &booster.trees[..n_trees] {
        let first = trees.feature.len();
        trees.output.push(output);
        trees.roots.push(first as u32);
        // forust's numbers of the nodes, in the order that they get here: level by level, siblings side by side.
        let mut order = vec![0];
        let mut at = 0;
        while at < order.len() {
            let node = &tree.nodes[order[at]];
            trees.cover.push(node.hessian_sum);
            if node.is_leaf {
                trees.feature.push(LEAF);
                trees.threshold.push(0.0);
                trees.missing_left.push(false);
                trees.left.push(trees.values.len() as u32);
                trees
                    .values
                    .push(goal.standard.scale * f64::from(node.weight_value));
            } else {
                trees.feature.push(node.split_feature as u32);
                trees.threshold.push(rounded_up(node.split_value));
                trees
                    .missing_left
                    .push(node.missing_node == node.left_child);
                trees.left.push((first + order.len()) as u32);
                trees.gain[node.split_feature] += f64::from(node.split_gain.max(0.0));
                order.extend([node.left_child, node.right_child]);
            }
            at += 1;
        }
    }
    n_trees
}

/// The smallest 32-bit number that is not below: what a 32-bit number is less than one of them, it is less than the other.
fn rounded_up(threshold: f64) -> f32 {
    let near = threshold as f32;
    let up = match f64::from(near) < threshold {
        true => near.next_up(),
        false => near,
    };
    // forust tells "any number" by the largest one of 64 bits.
    up.min(f32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learners::tests::noise;

    /// Random rows with gaps, and what forust itself says of them.
    #[test]
    fn the_converted_trees_say_what_forusts_own_say() {
        let (n, p) = (600, 4);
        let mut random = noise(17);
        let values: Vec<f64> = (0..n * p)
            .map(|_| match random() * 10.0 {
                x if x > 7.0 => f64::NAN,
                x => f64::from(x as f32),
            })
            .collect();
        let rows = Rows {
            n_rows: n,
            n_features: p,
            values,
        };
        let cell = |row: usize, feature: usize| rows.values[feature * n + row];
        let signal: Vec<f64> = (0..n)
            .map(|row| if cell(row, 0).is_nan() { 2.0 } else { cell(row, 0) } + cell(row, 1).max(0.0))
            .collect();
        let class: Vec<u32> = signal.iter().map(|x| u32::from(*x > 1.0)).collect();
        let numbers: Vec<f64> = signal.iter().map(|x| 1e4 + 300.0 * x).collect();
        for target in [Target::Classes(&class, 2), Target::Numbers(&numbers)] {
            let goal = Goal::of(target, 0).expect("a goal");
            let settings = Learner {
                rounds: Some(40),
                ..Learner::default()
            };
            let mut booster = booster(target, &settings, 1);
            let weight = weights(target, None);
            booster
                .fit(&rows.matrix(), &goal.numbers(target), &weight, None)
                .expect("fits");
            let mut trees = empty(target, p);
            append(&mut trees, &booster, 0, &goal);
            assert!(trees.is_sound(p), "{trees:?}");
            let theirs = booster.predict(&rows.matrix(), false);
            for (row, theirs) in theirs.iter().enumerate() {
                let features: Vec<f32> = (0..p).map(|feature| cell(row, feature) as f32).collect();
                let mut margin = trees.base.clone();
                trees.add(&features, &mut margin);
                let theirs = goal.standard.centre + goal.standard.scale * theirs;
                let gap = (margin[0] - theirs).abs();
                assert!(
                    gap <= 1e-11 * theirs.abs().max(1.0),
                    "row {row}: {margin:?}, {theirs}"
                );
            }
        }
    }

    #[test]
    fn rounding_up_keeps_every_comparison() {
        let mut random = noise(5);
        for _ in 0..2000 {
            let threshold = random() * 1e3;
            let found = rounded_up(threshold);
            for value in [found.next_down(), found, found.next_up(), random() as f32] {
                assert_eq!(
                    f64::from(value) < threshold,
                    value < found,
                    "{value} {threshold}"
                );
            }
        }
        assert_eq!(rounded_up(f64::MAX), f32::MAX);
    }

    #[test]
    fn it_stops_when_held_back_rows_are_told_no_better() {
        let mut random = noise(23);
        let x: Vec<Option<f64>> = (0..600).map(|_| Some(random())).collect();
        let class: Vec<u32> = x
            .iter()
            .map(|x| u32::from(x.unwrap_or(0.0) + random() > 0.0))
            .collect();
        let frame = crate::learners::tests::frame(&[x], &[]);
        let transformer = crate::learners::tests::fitted(&frame).transformer;
        let (train, held): (Vec<u32>, Vec<u32>) = (0..600).partition(|row| row % 3 > 0);
        let part =
            |rows: &[u32]| -> Vec<u32> { rows.iter().map(|&row| class[row as usize]).collect() };
        let (train_class, held_class) = (part(&train), part(&held));
        let view = transformer.view(&frame, &train).expect("a view");
        let held_back = HeldBack {
            view: transformer.view(&frame, &held).expect("a view"),
            target: Target::Classes(&held_class, 2),
        };
        let settings = Learner {
            rounds: Some(200),
            early_stopping: 5,
            ..Learner::default()
        };
        let rounds = |held_back| {
            let target = Target::Classes(&train_class, 2);
            let learned = fit(&view, target, held_back, &settings, 1).expect("learns");
            let Predictor::Trees(trees) = learned.predictor else {
                panic!("trees")
            };
            (trees.roots.len(), learned.notes.len())
        };
        assert_eq!(rounds(None), (200, 0));
        let (stopped, notes) = rounds(Some(&held_back));
        assert!(stopped < 100 && notes == 1, "{stopped} rounds");
    }
}
