//! What champion and challenger answer to past requests, as plain records.

use serde::{Deserialize, Serialize};

use crate::model_types::PredictionId;

/// Both models on the newest logged requests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shadow {
    /// Rows that both answered.
    pub rows: u64,
    /// Why there was none; `None` where there were rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_none: Option<String>,
    /// When the first and the last of them was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<[String; 2]>,
    /// Rows that are answered by another class; `None` where numbers are predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flips: Option<u64>,
    /// Mean of how far apart both answers are: probabilities of the champion's class, or numbers.
    pub mean_change: f64,
    /// Microseconds of a row by the champion and by the challenger, each the best of three passes over all rows.
    pub micros_per_row: [f64; 2],
    /// The rows whose answers are farthest apart.
    pub most_changed: Vec<ChangedRow>,
}

/// A row that both models answer differently: its answer's id, and no value of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedRow {
    /// Id of the answer.
    pub id: PredictionId,
    /// When it was asked.
    pub at: String,
    /// The champion's class or number, and the challenger's.
    pub predictions: [String; 2],
    /// Probability of the champion's class by both models; the numbers again where numbers are predicted.
    pub values: [f64; 2],
}
