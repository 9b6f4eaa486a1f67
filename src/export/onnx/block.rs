//! What a step leaves in the graph, and what no graph can say.

use crate::export::Error;
use crate::features::Input;

/// What a column, or a run of them, becomes in the graph.
pub enum Block {
    /// `(rows, width)` numbers.
    Numbers {
        /// The value.
        value: String,
        /// Number of features.
        width: usize,
        /// Whether they have 32 bits; else 64.
        is_single: bool,
    },
    /// `(rows)` whole numbers: which one of `width` features is 1.
    Place {
        /// The value.
        value: String,
        /// Number of features.
        width: usize,
    },
}

/// Blocks in the order of the features, each with the first feature it holds.
pub type Blocks = Vec<(usize, Block)>;

/// The error for a column that has no ONNX form.
pub fn unsayable(input: &Input, why: &str) -> Error {
    Error::Unsayable {
        column: input.name.clone(),
        why: why.to_string(),
    }
}
