//! Remarks on files that a person should look at before the rows are trusted.

use serde::{Deserialize, Serialize};

/// What a [`Remark`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Lines that are not rows: titles, headers, or a header that may be a row.
    Layout,
    /// Cells that are not of the kind of their column.
    Cells,
    /// Rows that are no observations: totals, units.
    Rows,
    /// How characters and numbers are written, where it is not UTF-8 with decimal points.
    Form,
}

/// One thing that was seen while files were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// What it is about.
    pub about: About,
    /// The column, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Lines, cells or rows that it is about.
    pub n: u64,
    /// It in one sentence with file and line, without a cell.
    pub says: String,
}

impl Remark {
    /// One about files.
    pub(super) fn new(about: About, n: u64, says: String) -> Self {
        Remark {
            about,
            column: None,
            n,
            says,
        }
    }

    /// The same about a column.
    pub(super) fn of(self, column: &str) -> Self {
        Remark {
            column: Some(column.to_string()),
            ..self
        }
    }
}
