//! The status of a project and its models, as records.

use serde::Serialize;

use super::decision::DecisionStatus;
use super::queue::{QueueStatus, ScheduleStatus};
use super::timeline::Entry;
use crate::evaluate::Metric;
use crate::live::Summary;
use crate::model_types::{RunId, VersionNumber};
use crate::registry::ProbationRow;

/// The status of a project.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// When it was requested.
    pub at: String,
    /// All of it in a sentence.
    pub says: String,
    /// Each model.
    pub models: Vec<ModelStatus>,
    /// The queue.
    pub queue: QueueStatus,
    /// The disk that the project is on.
    pub disk: Option<DiskStatus>,
    /// What processes that continue have to say, like a `config.json` that is newer than what they follow.
    pub notices: Vec<String>,
}

/// The disk that the project is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiskStatus {
    /// Bytes that may still be written.
    pub free_bytes: u64,
    /// Bytes of the database.
    pub database_bytes: u64,
}

/// The status of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelStatus {
    /// Its name.
    pub model: String,
    /// All of it in a sentence.
    pub says: String,
    /// What needs attention; empty when all is well.
    pub needs: Vec<String>,
    /// The version in production.
    pub champion: Option<ChampionStatus>,
    /// Its newest score.
    pub score: Option<ScoreStatus>,
    /// The newest data set.
    pub data: Option<DataStatus>,
    /// When the last run ended that neither failed nor was cut off.
    pub last_success: Option<String>,
    /// When the last run failed or was cut off.
    pub last_failure: Option<String>,
    /// How the newest probation goes or went.
    pub probation: Option<ProbationRow>,
    /// When its runs are due.
    pub schedule: ScheduleStatus,
    /// The gate's last decision.
    pub decision: Option<DecisionStatus>,
    /// The newest entries of its timeline, newest first.
    pub timeline: Vec<Entry>,
    /// The newest comparison of each sort of rows with those of training.
    pub drift: Vec<DriftStatus>,
    /// How good the champion's newest answers were; `None` before anything was answered.
    pub live: Option<Summary>,
}

/// The version in production.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChampionStatus {
    /// Its number.
    pub version: VersionNumber,
    /// Since when.
    pub since: String,
    /// For how long, in seconds.
    pub age_seconds: f64,
    /// Whether runs may not move it.
    pub pinned: bool,
}

/// A score of the champion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreStatus {
    /// The metric.
    pub metric: Metric,
    /// Its value.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// Test rows.
    pub rows: Option<u64>,
    /// When they were scored.
    pub at: String,
}

/// A data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataStatus {
    /// The run that made it.
    pub run: RunId,
    /// Its rows.
    pub rows: i64,
    /// When it was recorded.
    pub at: String,
    /// How long ago, in seconds.
    pub age_seconds: f64,
}

/// Whether some rows are still like those of training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriftStatus {
    /// What sort of rows: `data`, `test` or `requests`.
    pub rows: String,
    /// `ok`, `warn`, `drift` or `unknown`.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// End of the window, or when the rows were read.
    pub at: String,
}
