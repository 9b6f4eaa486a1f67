//! A model that rows are shown to.

use polars::prelude::DataFrame;

use crate::bundle::Bundle;
use crate::data::Schema;
use crate::evaluate::{ClassPredictions, Predictions};
use crate::model_types::VersionNumber;

/// Rows of a block, or without labels, that are used at the most.
pub const MOST_ROWS: usize = 20_000;

/// A model that rows are shown to.
pub(super) struct Side<'a> {
    pub(super) version: VersionNumber,
    pub(super) bundle: &'a Bundle,
}

/// A model's answers of two classes, where it can read the rows.
pub(super) fn answers(bundle: &Bundle, frame: &DataFrame) -> Option<ClassPredictions> {
    match bundle.scorer().answer_frame(frame) {
        Ok(Predictions::Classes(predictions)) => Some(predictions),
        Ok(Predictions::Numbers(_)) | Err(_) => None,
    }
}

/// The columns that a row's hash goes over, as one text.
pub fn columns_of(frame: &DataFrame) -> String {
    Schema::of(frame).names().join("\u{1f}")
}
