//! A version's score, as it is told.

use serde::Serialize;

use crate::evaluate::{Metric, MetricInterval, Scores};
use crate::model_types::VersionNumber;

/// A version's score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChampionScore {
    /// The model.
    pub model: String,
    /// The version.
    pub version: VersionNumber,
    /// The primary metric.
    pub metric: Metric,
    /// Its value; `None` where it is undefined on these rows.
    pub score: Option<f64>,
    /// How far it may be off.
    pub interval: Option<ScoreInterval>,
    /// All metrics.
    pub scores: Scores,
    /// Intervals of all metrics.
    pub intervals: Vec<MetricInterval>,
    /// Number of test rows.
    pub rows: u64,
    /// Hash of them.
    pub rows_hash: String,
    /// When they were scored.
    pub scored_at: String,
}

/// A two-sided interval and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreInterval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of such intervals that hold the true value.
    pub confidence: f64,
}
