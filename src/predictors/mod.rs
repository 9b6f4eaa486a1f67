//! Plain predictors: the closed set of forms that every learner ends as. They are what is saved, what predicts and what
//! is explained, so neither the file format nor the serving speed depends on the library that trained them.

mod calibration;
mod compiled;
mod linear;
pub mod packed;
mod shap;
mod trees;

#[cfg(test)]
mod tests;

pub use calibration::{Calibrator, Curve, score as calibration_score};
pub use compiled::CompiledTrees;
pub use linear::{Linear, Link};
pub use trees::{LEAF, MOST_LEVELS, Trees};

use serde::{Deserialize, Serialize};

/// A fitted model as plain numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Predictor {
    /// Weights, bias and a link.
    Linear(Linear),
    /// Flat trees.
    Trees(Trees),
}

impl Predictor {
    /// Numbers that a row is answered with.
    pub fn n_outputs(&self) -> usize {
        match self {
            Predictor::Linear(linear) => linear.n_outputs(),
            Predictor::Trees(trees) => trees.n_outputs(),
        }
    }

    /// How margins become answers.
    pub fn link(&self) -> Link {
        match self {
            Predictor::Linear(linear) => linear.link,
            Predictor::Trees(trees) => trees.link,
        }
    }

    /// Whether shapes agree with the number of features and every number is finite.
    pub fn is_sound(&self, n_features: usize) -> bool {
        match self {
            Predictor::Linear(linear) => linear.is_sound(n_features),
            Predictor::Trees(trees) => trees.is_sound(n_features),
        }
    }
}
