//! What comes of rows checked against a reference, as plain records.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::column::Measure;
use super::compare::{Shares, Test};

/// Whether rows are like those that a model was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Alike, and there were rows enough to see it if they were not.
    Ok,
    /// Too few rows to say that they are alike.
    Unknown,
    /// Different, once or where it hardly matters.
    Warn,
    /// Different, and it matters.
    Drift,
}

impl Verdict {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Unknown => "unknown",
            Verdict::Warn => "warn",
            Verdict::Drift => "drift",
        }
    }
}

/// From when on a column has drifted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// Most of the windows in which anything may be found although nothing has changed: a share.
    pub alpha: f64,
    /// PSI⁺ from which on a difference is worth a word.
    pub least_effect: f64,
    /// PSI⁺ from which on one window is enough.
    pub large_effect: f64,
}

/// What comes of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// Its name.
    pub name: String,
    /// What was looked at: `number`, `category`, `length` or `unknown_words` of a text.
    pub kind: Measure,
    /// The test.
    pub test: Option<Test>,
    /// Its statistic: χ², or the distance D.
    pub statistic: Option<f64>,
    /// PSI beyond what chance makes of it at these sizes.
    pub effect: f64,
    /// P(such a statistic | nothing has changed).
    pub p_value: f64,
    /// The same, adjusted for the number of columns.
    pub p_adjusted: f64,
    /// Population stability index.
    pub psi: f64,
    /// How far values moved on average, over the interquartile range.
    pub wasserstein_iqr: Option<f64>,
    /// Jensen–Shannon distance, in 0..=1.
    pub jensen_shannon: Option<f64>,
    /// Total variation distance, in 0..=1.
    pub total_variation: Option<f64>,
    /// Shares of the reference's rows.
    pub reference: Shares,
    /// Shares of the window's rows.
    pub window: Shares,
    /// Share in the model's permutation importance, in 0..=1.
    pub importance: Option<f64>,
    /// Effect × importance: what orders the columns.
    pub severity: Option<f64>,
    /// Whether it was found different in this window, whatever came of it.
    pub is_found: bool,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in words without a value of the data but medians.
    pub reason: String,
}

impl ColumnDrift {
    /// Its key among others of the same window.
    pub fn key(&self) -> String {
        key_of(&self.name, self.kind)
    }
}

/// The key of a column, or of one measure of it, among others of the same window.
pub fn key_of(name: &str, measure: Measure) -> String {
    match measure {
        Measure::Number | Measure::Category => name.to_string(),
        Measure::Length | Measure::UnknownWords => format!("{name}/{}", measure.name()),
    }
}

/// What comes of rows checked against a reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Rows that were compared.
    pub rows: u64,
    /// The verdict over all columns: whether it matters to this model.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
    /// The levels that it was judged by.
    pub levels: Levels,
    /// Each column, the most severe first.
    pub features: Vec<ColumnDrift>,
    /// What the model says of the rows against what it said of rows that it had not learned from.
    pub prediction: Option<ColumnDrift>,
}

impl Drift {
    /// The keys of what was found different, for the next window.
    pub fn found(&self) -> BTreeSet<String> {
        let all = self.features.iter().chain(&self.prediction);
        all.filter(|it| it.is_found).map(ColumnDrift::key).collect()
    }

    /// Columns whose verdict is drift.
    pub fn drifting(&self) -> impl Iterator<Item = &ColumnDrift> {
        let all = self.features.iter().chain(&self.prediction);
        all.filter(|it| it.verdict == Verdict::Drift)
    }
}
