//! What makes the columns of the inputs out of those of the data, row by row: nothing here looks at two rows.

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::Error;

/// Columns made of columns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Prepare {}

impl Prepare {
    /// Whether the inputs are columns of the data.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Whether it can be done.
    pub fn is_sound(&self) -> bool {
        true
    }

    /// The frame with the columns that are made.
    ///
    /// # Errors
    /// All missing columns at once.
    pub fn apply(&self, frame: &DataFrame) -> Result<DataFrame, Error> {
        Ok(frame.clone())
    }
}
