//! What can be wrong with data, looked for before anything is learned from it.
//!
//! In: a data set, its target and the settings. Out: a list of [`Finding`]s, the worst first. Everything is a function of
//! its arguments; where a look at all rows would cost too much, a sample is drawn by the seed, and the finding says so. It
//! must not know runs, versions, files or what is done about a finding, and a finding never holds a cell of the data.

mod bins;
mod columns;
mod identifiers;
mod leak;
mod rank;
mod rows;
mod spelling;
mod target;
mod target_kinds;

#[cfg(test)]
mod tests;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

pub use identifiers::{Rows as IdentifierRows, identifiers};
pub use rows::{Categories, sample};
pub use target::{FileLabels, Labels, NullWord, look_at_target, needs_files};

use crate::config::checks::{Checks, Severity};
use crate::data::ColumnSummary;
use crate::data::rules::Rule;
use crate::features::Error;

/// Which check found it; named like its key in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Rows that the rules keep out.
    RejectedRows,
    /// Missing cells.
    Missing,
    /// One value in every row.
    Constant,
    /// The same content as another column.
    DuplicateColumns,
    /// Alone predicts the target.
    Leak,
    /// Same features, another class.
    ConflictingLabels,
    /// Test rows in the data set.
    TestOverlap,
    /// Texts that only the test data has.
    TestCategories,
    /// Texts that the champion does not know.
    NewCategories,
    /// Outside what the champion's data held.
    OutsideRules,
    /// Few rows of a class.
    RareClass,
    /// Classes that differ in spelling only.
    TargetSpelling,
    /// A target of several kinds.
    TargetKinds,
    /// Classes that are numbers.
    TargetNumbers,
    /// Classes that look like missing labels.
    TargetMarkers,
    /// Classes of one row.
    TargetSingleRows,
    /// Labels that count as missing.
    TargetNulls,
}

impl Check {
    /// The name used in config, records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Check::RejectedRows => "rejected_rows",
            Check::Missing => "missing",
            Check::Constant => "constant",
            Check::DuplicateColumns => "duplicate_columns",
            Check::Leak => "leak",
            Check::ConflictingLabels => "conflicting_labels",
            Check::TestOverlap => "test_overlap",
            Check::TestCategories => "test_categories",
            Check::NewCategories => "new_categories",
            Check::OutsideRules => "outside_rules",
            Check::RareClass => "rare_class",
            Check::TargetSpelling => "target_spelling",
            Check::TargetKinds => "target_kinds",
            Check::TargetNumbers => "target_numbers",
            Check::TargetMarkers => "target_markers",
            Check::TargetSingleRows => "target_single_rows",
            Check::TargetNulls => "target_nulls",
        }
    }

    /// Whether it makes a first version doubtful, which [`crate::gate`] then holds: what is said of the target, and a column
    /// that gives it away.
    pub fn is_doubt(self) -> bool {
        match self {
            Check::Leak
            | Check::TargetSpelling
            | Check::TargetKinds
            | Check::TargetNumbers
            | Check::TargetMarkers
            | Check::TargetSingleRows
            | Check::TargetNulls => true,
            Check::RejectedRows
            | Check::Missing
            | Check::Constant
            | Check::DuplicateColumns
            | Check::ConflictingLabels
            | Check::TestOverlap
            | Check::TestCategories
            | Check::NewCategories
            | Check::OutsideRules
            | Check::RareClass => false,
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which check found it.
    pub check: Check,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// What comes of it; never `off`.
    pub severity: Severity,
    /// What was measured, finite.
    pub value: f64,
    /// The bound it is beyond, where the check has one.
    pub bound: Option<f64>,
    /// The same in one sentence.
    pub says: String,
}

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
    fn rows(&self) -> Vec<u32> {
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

/// Looks at a data set before it is trained on.
///
/// # Errors
/// When a column is of a type that ingest never makes.
pub fn look(inputs: &Inputs<'_>) -> Result<Vec<Finding>, Error> {
    let mut found = Vec::new();
    found.extend(rows::rejected(inputs));
    found.extend(rows::rare_class(inputs));
    found.extend(columns::missing(inputs));
    found.extend(columns::constant(inputs));
    found.extend(columns::duplicates(inputs)?);
    found.extend(columns::outside_rules(inputs)?);
    found.extend(leak::leaks(inputs)?);
    found.extend(rows::conflicts(inputs)?);
    let new = &inputs.settings.new_categories;
    let told = Told {
        check: Check::NewCategories,
        severity: new.severity,
        bound: new.bound,
        rows: "row",
        unknown_to: "the champion was not trained on",
    };
    found.extend(rows::unknown_categories(
        inputs.frame,
        inputs.champion,
        &told,
        inputs.seed,
    )?);
    Ok(worst_first(found))
}

/// Test rows, held against what was learned from.
#[derive(Debug, Clone, Copy)]
pub struct TestInputs<'a> {
    /// The rows.
    pub frame: &'a DataFrame,
    /// How many of them stand in the data set, too.
    pub overlap: u64,
    /// What the version knows of columns of text.
    pub known: &'a [Categories],
    /// What to look for.
    pub settings: &'a Checks,
    /// Seed of every sample.
    pub seed: u64,
}

/// Looks at the test rows before a verdict is built on them.
///
/// # Errors
/// When a column is of a type that ingest never makes.
pub fn look_at_test(inputs: &TestInputs<'_>) -> Result<Vec<Finding>, Error> {
    let settings = inputs.settings;
    let told = Told {
        check: Check::TestCategories,
        severity: settings.test_categories.severity,
        bound: settings.test_categories.bound,
        rows: "test row",
        unknown_to: "no training row has",
    };
    let mut found = Vec::new();
    found.extend(rows::overlap(inputs));
    found.extend(rows::unknown_categories(
        inputs.frame,
        inputs.known,
        &told,
        inputs.seed,
    )?);
    Ok(worst_first(found))
}

/// How texts that are not known are told of.
struct Told {
    check: Check,
    severity: Severity,
    bound: f64,
    rows: &'static str,
    unknown_to: &'static str,
}

/// Sorted by severity; findings alike stay in the order of checks and columns.
pub fn worst_first(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

/// `12.5 %`: a share as people read it, never 0 % or 100 % unless it is.
fn percent(share: f64) -> String {
    let shown = format!("{:.1}", 100.0 * share);
    match shown.as_str() {
        "0.0" if share > 0.0 => "less than 0.1 %".to_string(),
        "100.0" if share < 1.0 => "more than 99.9 %".to_string(),
        _ => format!("{} %", shown.trim_end_matches(".0")),
    }
}

/// `1 row`, `2 rows`.
fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
