//! The part of `config.json` that says what is looked at before training, and what comes of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What comes of a finding.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is not checked.
    Off,
    /// It is in the version's record, its report and its card.
    Note,
    /// It is also reported while the run continues.
    Warn,
    /// The run ends there as failed; the champion stays.
    Block,
}

impl Severity {
    /// The name used in config, records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Off => "off",
            Severity::Note => "note",
            Severity::Warn => "warn",
            Severity::Block => "block",
        }
    }
}

/// Declares checks with a bound: `key: Type, default severity, default bound, largest bound`.
macro_rules! bounded {
    ($($(#[doc = $looks:literal])* $name:ident, $severity:ident, $bound:literal, $most:literal, $(#[doc = $means:literal])*;)*) => {$(
        $(#[doc = $looks])*
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(#[doc = $looks])*
            pub severity: Severity,
            $(#[doc = $means])*
            pub bound: f64,
        }

        impl Default for $name {
            fn default() -> Self {
                $name { severity: Severity::$severity, bound: $bound }
            }
        }

        impl $name {
            fn problem(&self) -> Option<String> {
                let Self { bound, .. } = self;
                (!(0.0..=$most).contains(bound)).then(|| format!("{bound} is not from 0 to {}", $most))
            }
        }
    )*};
}

bounded! {
    /// Rows that the rules of `schema` keep out of the data set.
    RejectedRows, Warn, 0.01, 1.0,
    /// Share of the rows read above which it is reported.
    ;
    /// Missing cells of a column.
    MissingCells, Warn, 0.5, 1.0,
    /// Share of the rows above which it is reported.
    ;
    /// A column that alone predicts the target, and so may have been written down after what is to be predicted.
    Leak, Warn, 0.99, 1.0,
    /// Reported from this value on: ROC AUC (mean over the classes) where classes are predicted, |Spearman| or R² where a number is.
    ;
    /// Rows with the same features and another class.
    ConflictingLabels, Note, 0.01, 1.0,
    /// Share of the rows above which it is reported.
    ;
    /// Test rows that are in the data set, too. Checked when the test rows are read, before the gate.
    TestOverlap, Warn, 0.01, 1.0,
    /// Share of the test rows above which it is reported.
    ;
    /// Texts in the test data that the training rows do not have. Checked when the test rows are read, before the gate.
    TestCategories, Warn, 0.05, 1.0,
    /// Share of the test rows with a value in the column above which it is reported.
    ;
    /// Texts in the data set that the champion was not trained on.
    NewCategories, Warn, 0.05, 1.0,
    /// Share of the rows with a value in the column above which it is reported.
    ;
    /// Cells outside the range that the champion's data had, or missing where it had no gaps.
    OutsideRules, Warn, 0.05, 1.0,
    /// Share of the rows above which it is reported.
    ;
    /// Too few rows of a class.
    RareClass, Warn, 10.0, 1e9,
    /// Rows below which it is reported.
    ;
    /// Cells of the target that hold a text which `ingest.null_values` counts as missing, such as `None`.
    TargetNulls, Warn, 0.01, 1.0,
    /// Share of the rows above which it is reported.
    ;
}

/// Declares checks without a bound: `key, default severity`.
macro_rules! unbounded {
    ($($(#[doc = $looks:literal])* $name:ident, $severity:ident;)*) => {$(
        /// A check without a bound.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(#[doc = $looks])*
            pub severity: Severity,
        }

        impl Default for $name {
            fn default() -> Self {
                $name { severity: Severity::$severity }
            }
        }
    )*};
}

unbounded! {
    /// Columns with one value in every row.
    ConstantColumns, Note;
    /// Columns with the same content as another one.
    DuplicateColumns, Note;
    /// Numbers far from all others of their column that may stand for a missing value, such as `-999`.
    SentinelValues, Warn;
    /// Classes that differ in case, blanks or form only, such as `Yes` and `yes`, or `0` beside `no`.
    TargetSpelling, Warn;
    /// A target that is of another kind in one file than in another.
    TargetKinds, Warn;
    /// Classes that are numbers which do not read as such, or numbers but for a few.
    TargetNumbers, Warn;
    /// Classes that look like a marker of a missing label, such as `?` or `unknown`.
    TargetMarkers, Warn;
    /// Classes of one row.
    TargetSingleRows, Warn;
    /// Lines of files that are not rows (titles, headers again), or a header that may be a row.
    FileLayout, Warn;
    /// Cells that are not of the kind of their column: marks in a column of numbers, text because of a few cells.
    FileCells, Warn;
    /// Rows of totals or units.
    FileRows, Warn;
    /// Files and columns that are not written in UTF-8 with decimal points.
    FileForms, Note;
    /// Test labels that are not a class of the data set.
    TestLabels, Warn;
}

/// What is looked at before a training is trusted. A finding never changes a row or a column.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Checks {
    /// Rows that the rules of `schema` keep out.
    pub rejected_rows: RejectedRows,
    /// Missing cells of a column.
    pub missing: MissingCells,
    /// Columns with one value.
    pub constant: ConstantColumns,
    /// Columns with the same content.
    pub duplicate_columns: DuplicateColumns,
    /// Numbers that may stand for a missing value.
    pub sentinel_values: SentinelValues,
    /// Columns that alone predict the target.
    pub leak: Leak,
    /// Rows with the same features and another class.
    pub conflicting_labels: ConflictingLabels,
    /// Test rows that are in the data set.
    pub test_overlap: TestOverlap,
    /// Texts that only the test data has.
    pub test_categories: TestCategories,
    /// Texts that the champion was not trained on.
    pub new_categories: NewCategories,
    /// Cells outside what the champion's data held.
    pub outside_rules: OutsideRules,
    /// Classes of few rows.
    pub rare_class: RareClass,
    /// Classes that differ in spelling only.
    pub target_spelling: TargetSpelling,
    /// A target of several kinds.
    pub target_kinds: TargetKinds,
    /// Classes that are numbers.
    pub target_numbers: TargetNumbers,
    /// Classes that look like missing labels.
    pub target_markers: TargetMarkers,
    /// Classes of one row.
    pub target_single_rows: TargetSingleRows,
    /// Labels that count as missing.
    pub target_nulls: TargetNulls,
    /// Lines of files that are not rows.
    pub file_layout: FileLayout,
    /// Cells that are not of the kind of their column.
    pub file_cells: FileCells,
    /// Rows of totals or units.
    pub file_rows: FileRows,
    /// How files and numbers are written.
    pub file_forms: FileForms,
    /// Test labels that are not a class of the data set.
    pub test_labels: TestLabels,
}

impl Checks {
    /// Tells every bound that makes no sense, under its key within these settings.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        let problems = [
            ("rejected_rows.bound", self.rejected_rows.problem()),
            ("missing.bound", self.missing.problem()),
            ("leak.bound", self.leak.problem()),
            (
                "conflicting_labels.bound",
                self.conflicting_labels.problem(),
            ),
            ("test_overlap.bound", self.test_overlap.problem()),
            ("test_categories.bound", self.test_categories.problem()),
            ("new_categories.bound", self.new_categories.problem()),
            ("outside_rules.bound", self.outside_rules.problem()),
            ("rare_class.bound", self.rare_class.problem()),
            ("target_nulls.bound", self.target_nulls.problem()),
        ];
        for (key, problem) in problems {
            if let Some(reason) = problem {
                say(key, reason);
            }
        }
    }
}
