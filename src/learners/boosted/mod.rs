//! Gradient-boosted trees: logistic loss for two classes, softmax loss with a tree per class and round for more, squared loss
//! for numbers.
//!
//! Features become bytes ([`bins`]), the gradients of a round whole numbers ([`packed`]), and their sums per byte histograms
//! ([`histograms`]), of which the smaller child's is added up and the larger one's is what is left of the parent's. Trees grow
//! best split first ([`grow`]). Sums of whole numbers are the same in any order, so the same rows give the same trees bit for
//! bit, on any number of threads.

mod bins;
mod coding;
mod cuts;
mod exp;
mod groups;
mod grow;
mod histograms;
mod loss;
mod margins;
mod packed;
mod partition;
mod rounds;
mod seen;
mod split;
mod table;

#[cfg(test)]
mod tests;

use self::bins::encode;
use self::coding::{Coding, Column};
use self::grow::Size;
use self::loss::Goal;
use self::rounds::{Boost, Boosted, Held, Settings, boost};
use self::seen::Seen;
use self::split::Question;
use super::learned::{Error, Learned, rounded};
use super::standard::Standard;
use super::target::{HeldBack, Target, class_weights};
use crate::config::raw::Learner;
use crate::features::View;
use crate::predictors::{LEAF, Link, Predictor, Trees};
use table::Table;

/// Rounds when the settings name none.
const ROUNDS: u32 = 300;
/// Levels when the settings name none.
const DEPTH: u32 = 6;
/// Leaves of such a tree; also scikit-learn's and LightGBM's number.
const LEAVES: usize = 31;
/// L2 penalty on the values of leaves, in rows of numbers or four times as many of classes; better than 1 and 0 on noisy tables
/// of thousands of rows, and no worse on large ones.
const LAMBDA: f64 = 5.0;
/// Fewer rows held back than this cannot tell when to stop.
const FEWEST_HELD_BACK: usize = 20;

/// Fits on all rows of the view; `held_back` decides when to stop.
///
/// # Errors
/// When there are too many features to look at side by side.
pub fn fit(
    view: &View<'_>,
    target: Target<'_>,
    held_back: Option<&HeldBack<'_>>,
    settings: &Learner,
) -> Result<Learned, Error> {
    let table = Seen::new(view, settings.kind.name())?;
    let held_back = held_back
        .filter(|held| held.target.len() >= FEWEST_HELD_BACK && settings.early_stopping > 0);
    let form = Form::of(target, settings);
    let held_table = match held_back {
        Some(held) => Some(Seen::new(&held.view, settings.kind.name())?),
        None => None,
    };
    let held_table = held_table.as_ref().map(|table| table as &dyn Table);
    let (coding, bins, held_bytes) = encode(&table, held_table);
    let held = held_back.zip(held_bytes).map(|(held, bytes)| Held {
        bytes,
        goal: form.goal(held.target),
    });
    let boosting = boosting(target, settings);
    // Within the pool, so that the many short parallel steps of a round are not handed over from outside one by one.
    let goal = form.goal(target);
    let boosted = rayon::scope(|_| boost(&bins, &coding, goal, held.as_ref(), &boosting));
    let mut notes = Vec::new();
    if boosted.is_stopped {
        notes.push(format!(
            "stopped early: {} rounds were best",
            boosted.rounds.len()
        ));
    }
    let trees = trees(&boosted, &coding, target, &form, view.n_features());
    Ok(Learned {
        predictor: Predictor::Trees(trees),
        notes,
    })
}

/// What the targets of rows are brought into.
struct Form {
    /// Numbers are learned in standard form, so that regularisation means the same whatever their unit.
    standard: Standard,
    /// How much a row of each class counts.
    weight: Vec<f32>,
    /// Which classes there are rows of.
    is_present: Vec<bool>,
}

impl Form {
    fn of(target: Target<'_>, settings: &Learner) -> Self {
        let (standard, is_present) = match target {
            Target::Numbers(numbers) => {
                let Standard { centre, scale } = Standard::of(numbers);
                let standard = Standard {
                    centre: rounded(centre),
                    scale: Some(rounded(scale))
                        .filter(|scale| *scale > 0.0)
                        .unwrap_or(scale),
                };
                (standard, Vec::new())
            }
            Target::Classes(class, n_classes) => {
                let mut present = vec![false; n_classes];
                class
                    .iter()
                    .for_each(|&class| present[class as usize] = true);
                (Standard::NONE, present)
            }
        };
        let weight = class_weights(target, settings.class_weight);
        let weight = weight.unwrap_or_else(|| vec![1.0; is_present.len()]);
        Form {
            standard,
            weight: weight.into_iter().map(|weight| weight as f32).collect(),
            is_present,
        }
    }

    fn goal<'a>(&'a self, target: Target<'a>) -> Goal<'a> {
        match target {
            Target::Numbers(numbers) => Goal::Numbers {
                numbers,
                centre: self.standard.centre,
                scale: self.standard.scale,
            },
            Target::Classes(class, _) => Goal::Classes {
                class,
                weight: &self.weight,
                is_present: &self.is_present,
            },
        }
    }
}

fn boosting(target: Target<'_>, settings: &Learner) -> Settings {
    let is_class = matches!(target, Target::Classes(..));
    let (depth, leaves) = match settings.max_depth {
        None => (DEPTH, LEAVES),
        Some(depth) => (depth, LEAVES.max(1 << depth.saturating_sub(1).min(16))),
    };
    // A leaf's weight is Σ p (1 - p) of classes, which is a quarter of its rows at most, and its rows of numbers.
    let min_hessian = match (settings.min_leaf_rows, is_class) {
        (Some(rows), true) => f64::from(rows) / 4.0,
        (Some(rows), false) => f64::from(rows),
        (None, true) => 1.0,
        (None, false) => (target.len() as f64 / 100.0).clamp(3.0, 20.0),
    };
    Settings {
        rounds: settings.rounds.unwrap_or(ROUNDS) as usize,
        patience: settings.early_stopping as usize,
        learning_rate: settings.learning_rate,
        size: Size { leaves, depth },
        lambda: LAMBDA,
        min_hessian,
    }
}

fn trees(
    boosted: &Boosted,
    coding: &Coding,
    target: Target<'_>,
    form: &Form,
    n_features: usize,
) -> Trees {
    let Standard { centre, scale } = form.standard;
    let mut trees = Trees {
        link: match target {
            Target::Numbers(_) => Link::Identity,
            Target::Classes(_, 2) => Link::Logistic,
            Target::Classes(..) => Link::Softmax,
        },
        base: boosted
            .first
            .iter()
            .map(|first| rounded(centre + scale * first))
            .collect(),
        output: Vec::new(),
        roots: Vec::new(),
        feature: Vec::new(),
        threshold: Vec::new(),
        left: Vec::new(),
        missing_left: Vec::new(),
        cover: Vec::new(),
        values: Vec::new(),
        gain: vec![0.0; n_features],
    };
    for boost in boosted.rounds.iter().flatten() {
        append(&mut trees, boost, coding, scale);
    }
    trees
}

fn append(trees: &mut Trees, boost: &Boost, coding: &Coding, scale: f64) {
    let first = trees.feature.len();
    trees.output.push(boost.output as u32);
    trees.roots.push(first as u32);
    for node in &boost.tree.nodes {
        trees
            .cover
            .push((node.sum.hessian as f64 * boost.unit.hessian) as f32);
        let Some(split) = &node.split else {
            trees.feature.push(LEAF);
            trees.threshold.push(0.0);
            trees.missing_left.push(false);
            trees.left.push(trees.values.len() as u32);
            trees
                .values
                .push(scale * f64::from(boost.values[node.left]));
            continue;
        };
        let (feature, threshold) = asked(split.question, &coding.columns[split.column]);
        let gain = split.gain * boost.unit.gradient * boost.unit.gradient / boost.unit.hessian;
        trees.gain[feature as usize] += gain;
        trees.feature.push(feature);
        trees.threshold.push(threshold);
        trees.missing_left.push(split.missing_left);
        trees.left.push((first + node.left) as u32);
    }
}

/// The feature, and the threshold below which it goes left.
fn asked(question: Question, column: &Column) -> (u32, f32) {
    match (question, column) {
        // Beyond the last cut there are missing numbers only.
        (Question::UpTo(bin), Column::Numbers { feature, cuts, .. }) => {
            let cut = cuts.get(bin as usize);
            (*feature, cut.copied().unwrap_or(f32::MAX))
        }
        (Question::Is(code) | Question::UpTo(code), Column::Ones { feature, .. }) => {
            (feature + u32::from(code), 0.5)
        }
        (Question::Is(_), Column::Numbers { feature, .. }) => (*feature, f32::MAX),
    }
}
