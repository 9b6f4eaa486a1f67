//! Models, versions, runs and changes as they are shown. Times are RFC 3339 in UTC.

use crate::model_types::{Outcome, Sha256, VersionNumber};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::rfc3339;
use crate::registry::{Action, Operation, RunRow, RunState, VersionRow, VersionState};
use crate::serve::probation::View as Probation;

/// The version in production.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChampionView {
    /// Its number.
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    /// Since when; nothing where that is not known.
    pub since: Option<String>,
    /// Whether runs may not move it.
    pub pinned: bool,
}

/// A model. `key`, `sort`, `data` and `status` are what clients of an older service read.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelView {
    /// Always `model`.
    pub key: &'static str,
    /// The model's name.
    pub sort: String,
    /// The settings that it is made by.
    #[schema(value_type = Object)]
    pub data: Value,
    /// `active` once it has a champion, before that `started`.
    pub status: &'static str,
    /// The model's name.
    pub name: String,
    /// The version in production.
    pub champion: Option<ChampionView>,
    /// The version that this server answers with.
    #[schema(value_type = Option<i64>)]
    pub served: Option<VersionNumber>,
    /// What is wrong with following the champion, when something is.
    pub alarm: Option<&'static str>,
    /// The primary metric.
    pub metric: Option<&'static str>,
    /// The column that it predicts; nothing where it is the last one of the data and no version is loaded yet.
    pub target: Option<String>,
    /// The champion's newest score by the metric.
    pub score: Option<f64>,
    /// How the newest probation goes or went; nothing before the first.
    pub probation: Option<Probation>,
    /// Number of versions with their files.
    pub versions: usize,
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionView {
    /// The model.
    pub model: String,
    /// Its number.
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    /// `ready`, `building`, `abandoned` or `removed`.
    #[schema(value_type = String)]
    pub state: VersionState,
    /// The gate's verdict.
    #[schema(value_type = Option<String>)]
    pub verdict: Option<Outcome>,
    /// When its number was taken.
    pub created: Option<String>,
    /// The run that made it.
    pub run: Option<String>,
    /// Whether it is in production.
    pub is_champion: bool,
    /// Its newest score by the model's metric.
    pub score: Option<f64>,
    /// Its newest scores by every metric, with intervals.
    #[schema(value_type = Option<Object>)]
    pub scores: Option<Value>,
    /// Checksum of its bundle.
    #[schema(value_type = Option<String>)]
    pub bundle_sha256: Option<Sha256>,
    /// Hash of what decides its predictions.
    pub model_hash: Option<String>,
    /// Hash of the source files that it was trained on.
    pub data_hash: Option<String>,
    /// Hash of the settings that it was trained by.
    pub config_hash: Option<String>,
}

impl VersionView {
    /// A stored version; `scores` is its newest scoring.
    pub fn of(
        row: VersionRow,
        champion: Option<VersionNumber>,
        metric: &str,
        scores: Option<Value>,
    ) -> Self {
        VersionView {
            is_champion: champion == Some(row.number),
            score: scores.as_ref().and_then(|scores| scores[metric].as_f64()),
            scores,
            model: row.model,
            version: row.number,
            state: row.state,
            verdict: row.verdict,
            created: Some(rfc3339(row.created_ms)),
            run: Some(row.run.into()),
            bundle_sha256: row.bundle_sha256,
            model_hash: row.model_hash,
            data_hash: row.data_hash,
            config_hash: row.config_hash,
        }
    }
}

/// A version with all that is stored of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionDetail {
    /// The version.
    #[serde(flatten)]
    pub version: VersionView,
    /// What training recorded.
    #[schema(value_type = Option<Object>)]
    pub record: Option<Value>,
    /// The gate's decision with its reasons.
    #[schema(value_type = Option<Object>)]
    pub decision: Option<Value>,
    /// The scoring that the decision rests on, champion included.
    #[schema(value_type = Option<Object>)]
    pub scoring: Option<Value>,
    /// Where its files are, as far as they were made.
    pub files: Vec<String>,
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunView {
    /// Its id; sorts by time.
    pub id: String,
    /// The model.
    pub model: String,
    /// What started it: `cli`, `api` …
    pub trigger: String,
    /// `running`, `done`, `failed` or `interrupted`.
    #[schema(value_type = String)]
    pub state: RunState,
    /// The stage that it is in or ended in.
    pub stage: String,
    /// What came of it.
    #[schema(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
    /// The version that it made.
    #[schema(value_type = Option<i64>)]
    pub version: Option<VersionNumber>,
    /// When it started.
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

impl RunView {
    /// A stored run, and its whole record.
    pub fn of(row: RunRow) -> (Self, Option<Value>) {
        let view = RunView {
            id: row.id.into(),
            model: row.model,
            trigger: row.trigger,
            state: row.state,
            stage: row.stage,
            outcome: row.outcome,
            version: row.version,
            started: rfc3339(row.started_ms),
            ended: row.ended_ms.map(rfc3339),
            duration_ms: row.ended_ms.map(|ended| ended - row.started_ms),
            error: row.error,
        };
        (view, row.record)
    }
}

/// A run with all that is stored of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDetail {
    /// The run.
    #[serde(flatten)]
    pub run: RunView,
    /// What it came to, whole.
    #[schema(value_type = Option<Object>)]
    pub record: Option<Value>,
    /// Where its log is, when it has one.
    pub log: Option<String>,
}

/// A run that is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Started {
    /// Its id.
    pub run: String,
    /// The model.
    pub model: String,
    /// Id of the job that it is.
    pub job: String,
}

/// A move of the champion.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moved {
    /// The model.
    pub model: String,
    /// `promote` or `rollback`.
    #[schema(value_type = String)]
    pub action: Action,
    /// The champion now.
    #[schema(value_type = Option<i64>)]
    pub version: Option<VersionNumber>,
    /// The champion before.
    #[schema(value_type = Option<i64>)]
    pub previous: Option<VersionNumber>,
    /// Why.
    pub reason: String,
    /// Who requested it.
    pub by: String,
    /// When.
    pub at: String,
    /// The version that this server answers with now.
    #[schema(value_type = Option<i64>)]
    pub served: Option<VersionNumber>,
}

impl Moved {
    /// A recorded operation.
    pub fn of(model: &str, operation: Operation, served: Option<VersionNumber>) -> Self {
        Moved {
            model: model.to_string(),
            action: operation.action,
            version: operation.version,
            previous: operation.previous,
            reason: operation.reason,
            by: operation.actor,
            at: rfc3339(operation.at_ms),
            served,
        }
    }
}

/// A version whose files are gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Removed {
    /// The model.
    pub model: String,
    /// Its number, which is not used again.
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    /// Always `removed`.
    #[schema(value_type = String)]
    pub state: VersionState,
}

/// A version that waited for approval and was rejected.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rejected {
    /// The model.
    pub model: String,
    /// Its number.
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    /// Always `reject`.
    pub verdict: &'static str,
}
