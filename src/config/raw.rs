//! The file as it is written: every key, its default and what it means. The JSON Schema is printed from here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::rules::ColumnRule;
use crate::evaluate::{Metric, Task};

use super::checks::Checks;
use super::database::Database;
use super::drift::Drift;
use super::dynamodb::DynamoDb;
use super::engine::Engine;
pub use super::features::{Derive, Features};
use super::health::Health;
pub use super::ingest::{DataFormat, Ingest, Keep, RawWindow};
use super::label::Label;
use super::labels::Labels;
pub use super::learner::{CalibrationKind, ClassWeight, Learner, LearnerKind};
use super::mlflow::Mlflow;
use super::notify::Notify;
use super::policy::Policy;
use super::probation::Probation;
use super::related::Related;
use super::retention::Retention;
use super::retrain::Retrain;
use super::schedule::{Jobs, Schedule};
use super::sections::SplitKind;
use super::sections::{Score, Split};
use super::server::Server;
use super::shadow::Shadow;
use super::stores::Artifacts;

/// The configuration of an unseat project. Paths are relative to the file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    /// Folder with the source files (CSV, `.gz`/`.zst` CSV, JSON, NDJSON, Parquet; nested folders are walked).
    pub input_folder_path: String,
    /// Folder for the dated data sets that ingest writes.
    pub output_folder_path: String,
    /// Folder with the test data; challenger and champion are scored on its rows, which are never trained on.
    pub test_data_path: String,
    /// Folder for versions: `<model>/v<N>_<stamp>/`.
    pub output_model_path: String,
    /// Folder that holds a copy of the champion, always consistent.
    pub prod_deployment_path: String,
    /// Name of the model.
    #[serde(default = "default_name")]
    pub name: String,
    /// Column to predict. Default: the last column.
    #[serde(default)]
    pub target: Option<String>,
    /// The class that F1, precision, recall and `probability` speak of when there are two. Default: the one that reads
    /// like a yes (`1`, `true`, `yes`, …), else the last in sorted order.
    #[serde(default)]
    pub positive_class: Option<Label>,
    /// Columns that are never learned from.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Columns that name the entity of a row (customer, device). They are never learned from; `split.kind: group` keeps
    /// all rows of one entity on one side.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Column with the time of a row. Never learned from; used by `split.kind: time` and by `ingest.window.days`.
    #[serde(default)]
    pub time_column: Option<String>,
    /// What columns hold and may hold: column → kind, where inference would guess wrong, or column → kind and rules.
    #[serde(default)]
    pub schema: BTreeMap<String, ColumnRule>,
    /// What ingest takes in.
    #[serde(default)]
    pub ingest: Ingest,
    /// What is looked at before training, and what comes of it.
    #[serde(default)]
    pub checks: Checks,
    /// Columns that are computed from others by SQL expressions, in order, the target included.
    #[serde(default)]
    pub derive: Vec<Derive>,
    /// Several tables that become one: how the files of the input and the test folder go together.
    #[serde(default)]
    pub related: Option<Related>,
    /// How columns become features.
    #[serde(default)]
    pub features: Features,
    /// What learns.
    #[serde(default)]
    pub learner: Learner,
    /// Where ingest, statistics and training are done: on this machine, or in an engine for data that outgrows it.
    #[serde(default)]
    pub engine: Engine,
    /// How the data set is split into a training and a validation part.
    #[serde(default)]
    pub split: Split,
    /// Whether the target is a class or a number. Default: as the learner asks; else a number where the target column is one
    /// with fractions or with more values than classes have.
    #[serde(default)]
    pub task: Option<Task>,
    /// The primary metric: decisions are made by it. `f1` is F1 of the positive class for two classes and macro F1 for more. Default: `f1`
    /// for classes, `r2` for numbers.
    #[serde(default)]
    pub metric: Option<Metric>,
    /// How scores are reported.
    #[serde(default)]
    pub score: Score,
    /// The policy by which a challenger goes live.
    #[serde(default)]
    pub gate: Policy,
    /// When runs are due.
    #[serde(default)]
    pub schedule: Schedule,
    /// What is kept, and for how long.
    #[serde(default)]
    pub retention: Retention,
    /// How the server watches a version that a run has promoted.
    #[serde(default)]
    pub probation: Probation,
    /// When rows count as unlike those of training, and what is done about it.
    #[serde(default)]
    pub drift: Drift,
    /// What is kept of answers, so that labels which come later can be checked against them.
    #[serde(default)]
    pub labels: Labels,
    /// Requests that a challenger answers offline before the gate decides.
    #[serde(default)]
    pub shadow: Shadow,
    /// What starts a run, apart from the schedule.
    #[serde(default)]
    pub retrain: Retrain,
    /// How jobs are worked on.
    #[serde(default)]
    pub jobs: Jobs,
    /// When the model counts as stale.
    #[serde(default)]
    pub health: Health,
    /// Notifications: who is notified of what, and how.
    #[serde(default)]
    pub notify: Notify,
    /// An MLflow server that receives every version: its scores, files and aliases.
    #[serde(default)]
    pub mlflow: Mlflow,
    /// A table of DynamoDB that has a row for each model that was created by request: `key`, `sort`, `data` and `status`.
    #[serde(default)]
    pub dynamodb: DynamoDb,
    /// The registry's database: `sqlite://FILE`, or `postgres://USER@HOST:5432/DATABASE`, which many machines may share.
    #[serde(default = "default_database_url")]
    pub database_url: String,
    /// How a database server is used.
    #[serde(default)]
    pub database: Database,
    /// URL below which data sets, versions and the champion's copy are kept, so that many machines share them: `s3://BUCKET/PREFIX`,
    /// `gs://…`, `az://…` or `file:///FOLDER`. Default: the folders above. Each of the five folders may also be such a URL itself.
    #[serde(default)]
    pub artifact_url: Option<String>,
    /// Requests to object stores, and the cache of their objects.
    #[serde(default)]
    pub artifacts: Artifacts,
    /// How predictions are served over HTTP.
    #[serde(default)]
    pub server: Server,
    /// Several models in one project: name → the same keys, for which the top level is the default.
    #[serde(default)]
    pub models: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
}

fn default_name() -> String {
    "model".to_string()
}

fn default_database_url() -> String {
    super::database::DEFAULT_URL.to_string()
}

/// Lets `related` fill in what follows from it: the entity is the key to split by, its time the time column, the future the
/// target, and the record's own id is never learned from.
pub(super) fn with_related(mut raw: RawConfig, say: &mut impl FnMut(&str, String)) -> RawConfig {
    let Some(related) = raw.related.clone() else {
        return raw;
    };
    related.check(&mut |key, reason| say(&format!("related.{key}"), reason));
    if raw.ingest.keep == Keep::Accumulate {
        let why = "`accumulate` keeps rows, and `related` needs the records that they were made of; keep those in the folder";
        say("ingest.keep", why.to_string());
    }
    if let Some(entity) = &related.entity {
        if raw.keys.iter().any(|key| key != entity) {
            let why = "with `related` the key is `related.entity`; leave `keys` out";
            say("keys", why.to_string());
        }
        if raw.split.kind.is_some_and(|kind| kind != SplitKind::Group) {
            let why =
                "with `related.entity` the split is `group`, so that no entity is on both sides";
            say("split.kind", why.to_string());
        }
        raw.keys = vec![entity.clone()];
    }
    if !raw.drop.contains(&related.key) {
        raw.drop.push(related.key);
    }
    raw.time_column = raw.time_column.or(related.time);
    raw.target = raw.target.or(related.future.map(|future| future.column));
    raw
}
