//! Scores of both models on the same test rows.

use serde::{Deserialize, Serialize};

use crate::checks::Finding;
use crate::evaluate::calibration::Calibrated;
use crate::evaluate::{Centre, Metric, MetricInterval, Predictions, Scores, Truth};
use crate::explain::Importance;
use crate::gate::{Absent, Beyond, FreshRows};
use crate::live::ranking::{Alike, First};
use crate::model_types::{Sha256, VersionNumber};

/// One model's scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SideScore {
    /// The version.
    pub version: VersionNumber,
    /// Hash of its bundle.
    pub bundle_sha256: Sha256,
    /// One value per metric, beside the version in the JSON.
    #[serde(flatten)]
    pub scores: Scores,
    /// Intervals of the metrics.
    pub intervals: Vec<MetricInterval>,
    /// Number of test rows, of numbers; of classes the confusion matrix has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// `score.json`: everything about a scoring but the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreRecord {
    /// Version of this record's form.
    pub format_version: u32,
    /// Hash of the test rows.
    pub rows_hash: String,
    /// Number of test rows.
    pub rows: u64,
    /// Class names; with two, index 1 is the positive class; none of numbers.
    pub classes: Vec<String>,
    /// Share of each class among the challenger's training rows.
    pub prior: Vec<f64>,
    /// Mean and median of the challenger's training rows, of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<Centre>,
    /// The primary metric.
    pub metric: Metric,
    /// The challenger.
    pub challenger: SideScore,
    /// The champion on the same rows.
    pub champion: Option<SideScore>,
    /// Test rows that are also in the data set learned from.
    pub leaked_rows: u64,
    /// Test rows that are labelled rows of production; `None` where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<FreshRows>,
    /// What was looked for as evidence beyond the test rows and is not there.
    #[serde(default, skip_serializing_if = "Absent::is_nothing")]
    pub absent: Absent,
    /// How the challenger's probabilities were calibrated, where that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibrated>,
    /// What each column is worth to the challenger on these rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
    /// How both models rank the rows; `None` of classes, and in records of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranking: Option<Ranking>,
    /// What the checks found in the test rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

/// How both models rank the test rows, of numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Which rows are the worst ones, that rank first.
    pub first: First,
    /// The challenger beside the truth.
    pub challenger: SideRanking,
    /// The champion beside the truth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<SideRanking>,
    /// How alike challenger and champion rank the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Alike>,
    /// Week by week, oldest first; none without a time column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weeks: Vec<RankedWeek>,
}

/// A model's ranking beside the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SideRanking {
    /// Of the truly worst 10 %, the share that is among the worst 10 % by prediction.
    pub worst_10: Option<f64>,
    /// What of the rows it flags, where it flags any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flagged: Option<Flagged>,
}

/// Test rows that a version flags.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Flagged {
    /// From which prediction on.
    pub from: f64,
    /// How many.
    pub rows: u64,
    /// Which share of them.
    pub share: f64,
}

/// Test rows of a week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedWeek {
    /// Monday, 00:00 UTC.
    pub from: String,
    /// Rows.
    pub rows: u64,
    /// Spearman correlation of truth and challenger; `None` where it is not defined.
    pub challenger: Option<f64>,
    /// Spearman correlation of truth and champion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<f64>,
}

/// A scoring with its rows.
pub struct Scored {
    /// What `score.json` says.
    pub record: ScoreRecord,
    /// True class or number of each row.
    pub truth: Truth,
    /// What the challenger says of them.
    pub challenger: Predictions,
    /// What the champion does.
    pub champion: Option<Predictions>,
    /// `(column, group of each row)` of the guarded slices.
    pub slices: Vec<(String, Vec<String>)>,
    /// What both say of rows beyond the test rows.
    pub beyond: Beyond,
}
