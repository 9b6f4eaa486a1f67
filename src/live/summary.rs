//! How good the newest answers of a version were, in a line that is kept.

use serde::{Deserialize, Serialize};

use crate::evaluate::{Interval, Metric};
use crate::model_types::VersionNumber;

/// How good the newest answers of a version were: by labels where those have come, and estimated up to now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The version that answered.
    pub version: VersionNumber,
    /// The primary metric.
    pub metric: Metric,
    /// The seven days up to the newest answer that has a label; `None` before the first label.
    pub labelled: Option<LabelledSpan>,
    /// The last seven days; `None` where it cannot be estimated without labels.
    pub estimated: Option<f64>,
    /// How far the estimate may be off.
    pub estimated_interval: Option<Interval>,
    /// Answers of the last seven days.
    pub answers: u64,
}

/// Answers of a time, by labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelledSpan {
    /// Begin, UTC.
    pub from: String,
    /// End, UTC.
    pub to: String,
    /// Answers.
    pub answers: u64,
    /// Of them, with a label that counts.
    pub labels: u64,
    /// The metric; `None` where it is not defined.
    pub score: Option<f64>,
    /// How far it may be off.
    pub interval: Option<Interval>,
    /// The metric less what the probabilities of the same answers say.
    pub difference: Option<f64>,
    /// Median milliseconds between answer and label.
    pub delay_ms: Option<i64>,
}
