//! The fitted transformer: per input column one step, applied the same way to a training chunk and to a served row.
//!
//! Features are laid out with all plain numbers first, then one block per one-hot column, then the n-grams of texts, so
//! that the dense part of a chunk is one matrix, a one-hot column costs one index per row however many categories it has,
//! and a text costs what is in it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::Prepare;
use super::step::{Input, Layout};

/// The fitted steps, in the order of their [`Layout`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transformer {
    /// What makes the columns of the inputs out of those of the data, where they are not the same.
    #[serde(default, skip_serializing_if = "Prepare::is_empty")]
    pub prepare: Prepare,
    /// Columns in feature order.
    pub inputs: Vec<Input>,
}

impl Transformer {
    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.inputs.iter().map(Input::width).sum()
    }

    /// Whether every step fits its column's kind, steps are in order, names and categories are distinct, and every number
    /// can be worked with.
    pub fn is_sound(&self) -> bool {
        let names: HashSet<&str> = self.inputs.iter().map(|it| it.name.as_str()).collect();
        let layouts = self.inputs.iter().map(|it| it.step.layout());
        names.len() == self.inputs.len()
            && layouts.is_sorted()
            && self.inputs.iter().all(|it| it.step.is_sound(it.kind))
            && self.prepare.is_sound()
    }

    /// Number of leading features that are plain numbers.
    pub fn n_dense(&self) -> usize {
        let dense = |input: &&Input| input.step.layout() == Layout::Dense;
        self.inputs.iter().filter(dense).map(Input::width).sum()
    }

    /// Name of every feature, `column` or `column=category`.
    pub fn feature_names(&self) -> Vec<String> {
        let mut names = Vec::with_capacity(self.n_features());
        for input in &self.inputs {
            input.step.feature_names(&input.name, &mut names);
        }
        names
    }
}
