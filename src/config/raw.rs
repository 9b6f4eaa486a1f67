//! The file as it is written: every key, its default and what it means. The JSON Schema is printed from here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::rules::ColumnRule;
use crate::evaluate::{Metric, Task};

use super::checks::Checks;
pub use super::features::{Derive, Features};
use super::health::Health;
pub use super::ingest::{DataFormat, Ingest, Keep, RawWindow};
pub use super::learner::{ClassWeight, Learner, LearnerKind};
use super::notify::Notify;
use super::policy::Policy;
use super::probation::Probation;
use super::related::Related;
use super::retention::Retention;
use super::schedule::{Jobs, Schedule};
use super::server::Server;

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
    /// How the data set is split into a training and a validation part.
    #[serde(default)]
    pub split: Split,
    /// Whether the target is a class or a number. Default: as the learner asks; else a number where the target column is one
    /// with fractions or with more values than classes have.
    #[serde(default)]
    pub task: Option<Task>,
    /// What the model is kept good by. `f1` is F1 of the positive class for two classes and macro F1 for more. Default: `f1`
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
    /// How jobs are worked on.
    #[serde(default)]
    pub jobs: Jobs,
    /// When the model counts as stale.
    #[serde(default)]
    pub health: Health,
    /// Who is told what happened, and how.
    #[serde(default)]
    pub notify: Notify,
    /// The registry's database.
    #[serde(default = "default_database_url")]
    pub database_url: String,
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
    "sqlite://unseat.db".to_string()
}

/// A class as it may be written in JSON: text, number or truth value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Label {
    /// A text label.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
}

impl Label {
    /// The label as data sets spell it.
    pub fn spelled(&self) -> String {
        match self {
            Label::Text(text) => text.clone(),
            Label::Integer(number) => number.to_string(),
            Label::Number(number) => number.to_string(),
            Label::Boolean(flag) => flag.to_string(),
        }
    }
}

/// How rows are put on a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// At random within each class, by the seed.
    Random,
    /// The latest rows by `time_column` validate.
    Time,
    /// By `keys`: all rows of one entity are on one side.
    Group,
}

/// How the data set is split into a training and a validation part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// How rows are put on a side. Default: `group` where there are `keys`, else `time` where there is a `time_column`,
    /// else `random`, so that the validation part is as far from the training part as later rows will be.
    pub kind: Option<SplitKind>,
    /// Share of rows in the validation part, in (0, 0.9].
    pub validation: f64,
    /// Seed of the split and of everything else that draws at random in training.
    pub seed: u64,
    /// Whether, once candidate, rounds and threshold were chosen, the model is fitted again on both parts. Default: not where
    /// `logistic` is fitted; with any other learner where there are at most 100,000 rows.
    pub refit: Option<bool>,
}

impl Default for Split {
    fn default() -> Self {
        Split {
            kind: None,
            validation: 0.2,
            seed: 42,
            refit: None,
        }
    }
}

/// How scores are reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Score {
    /// Confidence of the reported intervals, in (0.5, 1).
    pub confidence: f64,
    /// Replicates of the stratified bootstrap behind them.
    pub replicates: u32,
    /// When only the test data changed, a fall of the champion's metric by more than this since its last score (model
    /// drift) starts a training. Of `rmse` and `mae` it is a share of what they were.
    pub max_fall: f64,
}

impl Default for Score {
    fn default() -> Self {
        Score {
            confidence: 0.95,
            replicates: 1000,
            max_fall: 0.05,
        }
    }
}
