//! Plain predictors: the closed set of forms that every learner ends as. They are what is saved, what predicts and what
//! is explained, so neither the file format nor the serving speed depends on the library that trained them.

mod linear;

pub use linear::{Linear, Link};

use serde::{Deserialize, Serialize};

/// A fitted model as plain numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Predictor {
    /// Weights, bias and a link.
    Linear(Linear),
}
