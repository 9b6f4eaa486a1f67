//! Golden rows: made-up rows and the model's answers to them.

use serde::{Deserialize, Serialize};

use crate::features::Cell;

/// Rows with their answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Golden {
    /// The rows.
    pub rows: Vec<GoldenRow>,
}

/// One made-up row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoldenRow {
    /// A cell per input of the transformer.
    pub cells: Vec<Cell>,
    /// What the scorer answered: `[P(positive)]` or one per class.
    pub probabilities: Vec<f64>,
}
