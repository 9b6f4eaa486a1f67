//! An answer as it is kept.

use crate::model_types::{PredictionId, VersionNumber};

/// What was answered of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The id that the caller got, or gave.
    pub id: PredictionId,
    /// The version that answered.
    pub version: VersionNumber,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The class; none of numbers.
    pub class: Option<String>,
    /// P(positive) of two classes, P(the class) of more; else the number.
    pub value: f64,
}
