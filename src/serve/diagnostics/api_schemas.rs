//! The bodies of the answers, as the API document shows them.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::known::{Finding, Freshness, HistoryEntry, Timings};
use super::reported_score::ReportedScore;
use crate::data::ColumnSummary;
use crate::diagnose::{self, ChampionScore, DataSummary, Dependency, ScoreInterval};
use crate::evaluate::{MetricInterval, Scores};

/// The champion's score.
#[derive(Serialize, ToSchema)]
pub struct ScoringAnswer {
    /// The model.
    model: String,
    /// The champion's version.
    version: i64,
    /// The primary metric.
    metric: &'static str,
    /// Its value; null where it is undefined on these rows.
    score: Option<f64>,
    /// How far it may be off: `low`, `high`, `confidence`.
    #[schema(value_type = Option<Object>)]
    interval: Option<ScoreInterval>,
    /// All metrics by name, and the `confusion` matrix.
    #[schema(value_type = Object)]
    scores: Scores,
    /// `metric` and `interval` of every metric that has one.
    #[schema(value_type = Vec<Object>)]
    intervals: Vec<MetricInterval>,
    /// Number of test rows; null when a bundle is served without them.
    rows: Option<u64>,
    /// Hash of the test rows.
    rows_hash: Option<String>,
    /// When these rows were scored.
    scored_at: Option<String>,
    /// Whether this is the score on the test rows as they are now.
    fresh: bool,
    /// Why it is not.
    problem: Option<String>,
}

impl ScoringAnswer {
    /// A score as it is shown.
    pub fn of(told: ReportedScore) -> Self {
        let score: ChampionScore = Arc::unwrap_or_clone(told.score);
        let is_known = score.rows > 0;
        ScoringAnswer {
            model: score.model,
            version: score.version.get(),
            metric: score.metric.name(),
            score: score.score,
            interval: score.interval,
            scores: score.scores,
            intervals: score.intervals,
            rows: is_known.then_some(score.rows),
            rows_hash: is_known.then_some(score.rows_hash),
            scored_at: is_known.then_some(score.scored_at),
            fresh: told.fresh,
            problem: told.problem,
        }
    }
}

/// A data set in numbers.
#[derive(Serialize, ToSchema)]
pub struct SummaryAnswer {
    /// The model.
    model: String,
    /// The run that made the data set; null when a bundle is served without its project.
    run: Option<String>,
    /// Number of rows.
    rows: u64,
    /// The columns, in the order of the files.
    columns: Vec<ColumnStatistics>,
}

impl SummaryAnswer {
    /// A summary as it is shown.
    pub fn of(model: &str, summary: &DataSummary) -> Self {
        SummaryAnswer {
            model: model.to_string(),
            run: summary.run.clone().map(String::from),
            rows: summary.rows,
            columns: summary.columns.iter().map(ColumnStatistics::of).collect(),
        }
    }
}

/// One column in numbers.
#[derive(Serialize, ToSchema)]
struct ColumnStatistics {
    /// Its name.
    name: String,
    /// `integer`, `number`, `boolean` or `text`.
    kind: String,
    /// All rows.
    rows: u64,
    /// Rows without a value.
    missing: u64,
    /// Arithmetic mean; of truth values the share of `true`. Null for text, as all the following.
    mean: Option<f64>,
    /// Middle value.
    median: Option<f64>,
    /// Sample standard deviation (n - 1).
    std: Option<f64>,
    /// Smallest value.
    min: Option<f64>,
    /// Largest value.
    max: Option<f64>,
    /// Different values; 10000 also stands for more.
    distinct: u64,
    /// The most frequent values of a text column, where many rows share them.
    top: Vec<FrequentValue>,
}

/// A value of a text column.
#[derive(Serialize, ToSchema)]
struct FrequentValue {
    /// The value.
    value: String,
    /// Rows that have it.
    count: u64,
}

impl ColumnStatistics {
    fn of(column: &ColumnSummary) -> Self {
        let top = column.top.iter().map(|(value, count)| FrequentValue {
            value: value.clone(),
            count: *count,
        });
        ColumnStatistics {
            name: column.name.clone(),
            kind: column.kind.to_string(),
            rows: column.rows,
            missing: column.missing,
            mean: column.mean,
            median: column.median,
            std: column.std,
            min: column.min,
            max: column.max,
            distinct: column.distinct,
            top: top.collect(),
        }
    }
}

/// How a model is doing.
#[derive(Serialize, ToSchema)]
pub struct DiagnosticsAnswer {
    /// The model.
    model: String,
    /// What answers predictions; null without a champion.
    pub served: Option<ServedNow>,
    /// Column → share of missing values in the newest data set; null without one.
    #[schema(value_type = Option<Object>)]
    pub missing_values: Option<Map<String, Value>>,
    /// The last runs with timings of their stages, newest first: `run`, `started_at`, `outcome`, `timings_ms`.
    #[schema(value_type = Vec<Object>)]
    pub timings: Vec<Timings>,
    /// How old everything is: `data_set`, `last_run`, `last_training`, `last_promotion`, `champion`, `test_data`, each null
    /// where it is not there; null when a bundle is served without its project.
    #[schema(value_type = Option<Object>)]
    pub freshness: Option<Freshness>,
    /// What the checks found in the data of the newest version: `check`, `column`, `severity`, `value`, `bound`, `says`; null
    /// without a version, or when a bundle is served without its project.
    #[schema(value_type = Option<Vec<Object>>)]
    pub checks: Option<Vec<Finding>>,
    /// The newest comparison of each sort of rows (`data`, `test`, `requests`) with what the champion was trained on: `kind`,
    /// `verdict`, `reason`, `from`, `to`, `rows`; null when a bundle is served without its project.
    #[schema(value_type = Option<Vec<Object>>)]
    pub drift: Option<Vec<HistoryEntry>>,
    /// What is wrong, in sentences; empty when all is well. Settings are checked before the server starts.
    pub problems: Vec<String>,
    /// Version of this program.
    program_version: &'static str,
    /// What this program was built with: `name`, `version`, and whether it names it itself (`direct`). Looked up when it was
    /// built; no registry is queried for newer ones.
    #[schema(value_type = Vec<Object>)]
    dependencies: &'static [Dependency],
}

/// What answers predictions.
#[derive(Serialize, ToSchema)]
pub struct ServedNow {
    /// The version.
    pub version: i64,
    /// Since when it is the champion.
    pub since: Option<String>,
    /// False while the champion cannot be followed, so that another version may be the champion.
    pub is_current: bool,
}

impl DiagnosticsAnswer {
    /// What is the same for all models.
    pub fn new(model: &str) -> Self {
        DiagnosticsAnswer {
            model: model.to_string(),
            served: None,
            missing_values: None,
            timings: Vec::new(),
            freshness: None,
            checks: None,
            drift: None,
            problems: Vec::new(),
            program_version: env!("CARGO_PKG_VERSION"),
            dependencies: diagnose::dependencies(),
        }
    }
}

/// `/score`.
#[derive(Serialize, ToSchema)]
pub struct ScoreAnswer {
    /// The champion's score; null where it is undefined on the test rows.
    pub score: Option<f64>,
}

/// `/summarise`.
#[derive(Serialize, ToSchema)]
pub struct SummariseAnswer {
    /// Means, medians, standard deviations (n - 1); one number per numeric column that is not constant, in the order of the
    /// files.
    pub summary: [Vec<Option<f64>>; 3],
}

/// `/diagnose`.
#[derive(Serialize, ToSchema)]
pub struct DiagnoseAnswer {
    /// Share of missing values per numeric column, in the order of the files.
    pub missing_values: Vec<f64>,
    /// Seconds that training and ingest took when they were done last; null where they never were.
    pub execution_time: [Option<f64>; 2],
    /// The locked dependencies as a table in text.
    pub outdated_dependencies: String,
}
