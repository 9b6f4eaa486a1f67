//! What targets are brought into before they are learned, and how trees are boosted by the settings.

use super::loss::Goal;
use super::rounds::Settings;
use super::shape::Size;
use crate::config::raw::{ClassWeight, Learner};
use crate::learners::by_sums::class_weights;
use crate::learners::learned::rounded;
use crate::learners::standard::Standard;
use crate::learners::target::Target;
use crate::predictors::Link;

/// Rounds when the settings name none.
const ROUNDS: u32 = 300;
/// Levels when the settings name none.
const DEPTH: u32 = 6;
/// Leaves of such a tree; also scikit-learn's and LightGBM's number.
const LEAVES: usize = 31;
/// L2 penalty on the values of leaves, in rows of numbers or four times as many of classes; better than 1 and 0 on noisy tables
/// of thousands of rows, and no worse on large ones.
const LAMBDA: f64 = 5.0;

/// What the targets of rows are brought into.
pub struct Form {
    /// Numbers are learned in standard form, so that regularisation means the same whatever their unit.
    pub standard: Standard,
    /// How much a row of each class counts.
    pub weight: Vec<f32>,
    /// Which classes there are rows of.
    is_present: Vec<bool>,
}

impl Form {
    /// That of these rows.
    pub fn of(target: Target<'_>, settings: &Learner) -> Self {
        match target {
            Target::Numbers(numbers) => Form::of_numbers(Standard::of(numbers)),
            Target::Classes(class, n_classes) => {
                let mut rows = vec![0; n_classes];
                class.iter().for_each(|&class| rows[class as usize] += 1);
                Form::of_classes(&rows, settings.class_weight)
            }
        }
    }

    /// That of numbers with this mean and deviation.
    pub fn of_numbers(Standard { centre, scale }: Standard) -> Self {
        let standard = Standard {
            centre: rounded(centre),
            scale: Some(rounded(scale))
                .filter(|scale| *scale > 0.0)
                .unwrap_or(scale),
        };
        Form {
            standard,
            weight: Vec::new(),
            is_present: Vec::new(),
        }
    }

    /// That of classes with so many rows each.
    pub fn of_classes(rows: &[u64], wanted: ClassWeight) -> Self {
        let weight = class_weights(rows, wanted).into_iter();
        Form {
            standard: Standard::NONE,
            weight: weight.map(|weight| weight as f32).collect(),
            is_present: rows.iter().map(|&rows| rows > 0).collect(),
        }
    }

    /// What is learned of rows with this target.
    pub fn goal<'a>(&'a self, target: Target<'a>) -> Goal<'a> {
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

    /// How margins become answers.
    pub fn link(&self) -> Link {
        match self.is_present.len() {
            0 => Link::Identity,
            2 => Link::Logistic,
            _ => Link::Softmax,
        }
    }
}

/// How trees are boosted on so many rows.
pub fn boosting(form: &Form, rows: u64, settings: &Learner) -> Settings {
    let is_class = form.link() != Link::Identity;
    let (depth, leaves) = match settings.max_depth {
        None => (DEPTH, LEAVES),
        Some(depth) => (depth, LEAVES.max(1 << depth.saturating_sub(1).min(16))),
    };
    // A leaf's weight is Σ p (1 - p) of classes, which is a quarter of its rows at most, and its rows of numbers.
    let min_hessian = match (settings.min_leaf_rows, is_class) {
        (Some(rows), true) => f64::from(rows) / 4.0,
        (Some(rows), false) => f64::from(rows),
        (None, true) => 1.0,
        (None, false) => (rows as f64 / 100.0).clamp(3.0, 20.0),
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
