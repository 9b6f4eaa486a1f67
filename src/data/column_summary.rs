//! A column as a few numbers.

use serde::{Deserialize, Serialize};

use super::schema::Kind;

/// Up to here `distinct` is exact; a column with more says this number.
pub const DISTINCT_CAP: u64 = 10_000;

/// One column in numbers. Missing cells count in `rows` and `missing` and nowhere else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnSummary {
    /// Name of the column.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// All rows.
    pub rows: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Arithmetic mean; of booleans the share of `true`. `None` for text and for no value, as all the following.
    pub mean: Option<f64>,
    /// Middle value, or the mean of the two middle ones; exact.
    pub median: Option<f64>,
    /// Sample standard deviation (n - 1); `None` also for a single value.
    pub std: Option<f64>,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Different values, exact below [`DISTINCT_CAP`].
    pub distinct: u64,
    /// For text: the most frequent values, most frequent first, ties in alphabetical order. Beyond [`DISTINCT_CAP`] only
    /// the values that came first are counted.
    pub top: Vec<(String, u64)>,
}

impl ColumnSummary {
    /// Takes the frequent values away where they nearly name each row: names of people do not leave with a summary.
    pub fn without_examples(mut self) -> Self {
        if self.distinct * 2 >= self.rows {
            self.top.clear();
        }
        self
    }
}
