//! What a check is called and what it found.

use serde::{Deserialize, Serialize};

use crate::config::checks::Severity;

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
    /// Numbers that may stand for a missing value.
    SentinelValues,
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
    /// Lines of files that are not rows.
    FileLayout,
    /// Cells that are not of the kind of their column.
    FileCells,
    /// Rows of totals or units.
    FileRows,
    /// How files and numbers are written.
    FileForms,
    /// Test labels that are not a class of the data set.
    TestLabels,
}

impl Check {
    /// The name used in config, records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Check::RejectedRows => "rejected_rows",
            Check::Missing => "missing",
            Check::Constant => "constant",
            Check::DuplicateColumns => "duplicate_columns",
            Check::SentinelValues => "sentinel_values",
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
            Check::FileLayout => "file_layout",
            Check::FileCells => "file_cells",
            Check::FileRows => "file_rows",
            Check::FileForms => "file_forms",
            Check::TestLabels => "test_labels",
        }
    }

    /// Whether it makes a first version doubtful, which [`crate::gate`] then holds: what is said of the target and of
    /// the test rows' labels, and a column that gives it away.
    pub fn is_doubt(self) -> bool {
        match self {
            Check::Leak
            | Check::TargetSpelling
            | Check::TargetKinds
            | Check::TargetNumbers
            | Check::TargetMarkers
            | Check::TargetSingleRows
            | Check::TargetNulls
            | Check::TestLabels => true,
            Check::RejectedRows
            | Check::Missing
            | Check::Constant
            | Check::DuplicateColumns
            | Check::SentinelValues
            | Check::ConflictingLabels
            | Check::TestOverlap
            | Check::TestCategories
            | Check::NewCategories
            | Check::OutsideRules
            | Check::RareClass
            | Check::FileLayout
            | Check::FileCells
            | Check::FileRows
            | Check::FileForms => false,
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
