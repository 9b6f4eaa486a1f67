//! What an MLflow body was found to hold.

use crate::serving::served::Field;

/// What a reading of the body found beside rows.
#[derive(Debug, Default)]
pub struct Found {
    /// Columns of a `dataframe_split`.
    pub columns: Option<Vec<Field>>,
    /// Data was before its columns and was passed over.
    pub is_data_left: bool,
    pub(super) has_table: bool,
    pub(super) params: Option<Params>,
}

/// What the caller asks for beside predictions. Others that they may send are ignored, as they are where this protocol
/// comes from.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub struct Params {
    /// Another threshold of P(positive).
    pub threshold: Option<f64>,
    /// `predict` or `predict_proba`.
    pub predict_method: Option<String>,
}
