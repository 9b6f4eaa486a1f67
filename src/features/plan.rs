//! How features are to be made.

use super::Derived;
use crate::config::features::Features;
use crate::config::raw::LearnerKind;
use crate::data::TimeSettings;

/// What the features are for, since learners differ in what they take best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Weighted sums: numbers scaled and without gaps, a feature per category.
    Linear,
    /// Splits on single features: numbers as they are, many categories as few numbers.
    Trees,
    /// As linear, with the words of every text.
    Texts,
}

impl Purpose {
    /// What a learner takes best.
    pub fn of(learner: LearnerKind) -> Self {
        match learner {
            LearnerKind::Text => Purpose::Texts,
            kind if kind.is_trees() => Purpose::Trees,
            _ => Purpose::Linear,
        }
    }
}

/// The target of each training row, for steps that look at it.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    /// Class indices and the number of classes.
    Classes(&'a [u32], usize),
    /// Finite numbers.
    Numbers(&'a [f64]),
}

impl Goal<'_> {
    /// Numbers that tell of it: a share per class, of the positive one only where there are two.
    pub fn width(&self) -> usize {
        match self {
            Goal::Classes(_, n_classes) if *n_classes > 2 => *n_classes,
            _ => 1,
        }
    }

    /// One of them, for a row.
    pub fn value(&self, row: usize, output: usize) -> f64 {
        match self {
            Goal::Classes(class, 2) => f64::from(class[row] == 1),
            Goal::Classes(class, _) => f64::from(class[row] as usize == output),
            Goal::Numbers(numbers) => numbers[row],
        }
    }
}

/// How to fit.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Columns that are left out without a word, since the user named them: target, `drop`, `keys`, time.
    pub excluded: &'a [String],
    /// The settings.
    pub settings: &'a Features,
    /// What the features are for.
    pub purpose: Purpose,
    /// The target of the rows, in their order; without it there are no target means.
    pub goal: Option<Goal<'a>>,
    /// Decides the folds of target means.
    pub seed: u64,
    /// Columns that are computed; the frame has them.
    pub derived: &'a [Derived],
    /// Columns that are times to what computes them.
    pub times: &'a [String],
    /// How times are read, as far as the settings say.
    pub reading: &'a TimeSettings,
}
