//! What checks look at.

use polars::prelude::DataFrame;

use super::finding::Check;
use crate::config::checks::Checks;
use crate::config::checks::Severity;
use crate::data::rules::Rule;
use crate::data::{ColumnSummary, Remark};
use std::collections::HashSet;

/// What is to be predicted of each row of a frame, `(n_rows)`; `None` where a row has none.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Class indices.
    Classes {
        /// Index of each row's class.
        codes: &'a [Option<u32>],
        /// Number of classes.
        n: usize,
    },
    /// Numbers.
    Numbers(&'a [Option<f64>]),
}

impl Target<'_> {
    /// Rows that have a target, ascending.
    pub(super) fn rows(&self) -> Vec<u32> {
        let has = |row: &u32| match self {
            Target::Classes { codes, .. } => codes[*row as usize].is_some(),
            Target::Numbers(numbers) => numbers[*row as usize].is_some(),
        };
        let n = match self {
            Target::Classes { codes, .. } => codes.len(),
            Target::Numbers(numbers) => numbers.len(),
        };
        (0..n as u32).filter(has).collect()
    }
}

/// A data set that is to be trained on.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// Its rows, in one chunk per column.
    pub frame: &'a DataFrame,
    /// Its columns in numbers.
    pub profile: &'a [ColumnSummary],
    /// Columns that are not learned from, the target among them.
    pub excluded: &'a [String],
    /// The target of each row.
    pub target: Target<'a>,
    /// What the champion knows of columns of text; empty without a champion.
    pub champion: &'a [Categories],
    /// The rules that were read off the champion's data; empty without a champion.
    pub rules: &'a [Rule],
    /// Rows that were read, and how many of them the rules kept out.
    pub rejected: (u64, u64),
    /// What to look for.
    pub settings: &'a Checks,
    /// Seed of every sample.
    pub seed: u64,
}

/// Test rows, checked against what was learned from.
#[derive(Debug, Clone, Copy)]
pub struct TestInputs<'a> {
    /// The rows.
    pub frame: &'a DataFrame,
    /// How many of them are in the data set, too.
    pub overlap: u64,
    /// Their labels, and how many rows have each.
    pub labels: &'a [(String, u64)],
    /// The classes of the data set; none where a number is predicted.
    pub classes: &'a [String],
    /// The target.
    pub target: &'a str,
    /// What was seen while their files were read.
    pub remarks: &'a [Remark],
    /// What the version knows of columns of text.
    pub known: &'a [Categories],
    /// What to look for.
    pub settings: &'a Checks,
    /// Seed of every sample.
    pub seed: u64,
}

/// What a version knows of a column of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Categories {
    /// The column.
    pub column: String,
    /// Every text that it was trained on.
    pub texts: HashSet<String>,
}

/// How texts that are not known are told of.
pub(super) struct UnknownTexts {
    pub(super) check: Check,
    pub(super) severity: Severity,
    pub(super) bound: f64,
    pub(super) rows: &'static str,
    pub(super) unknown_to: &'static str,
}
