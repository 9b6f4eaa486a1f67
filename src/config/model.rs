//! The settings of one model after every check.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::checks::Checks;
use super::drift::Drift;
use super::engine::Engine;
use super::features::Encode;
use super::health::Health;
use super::labels::Labels;
use super::policy::{First, Policy};
use super::probation::Probation;
use super::raw::{DataFormat, Derive, Features, Ingest, Learner};
use super::related::Related;
use super::retention::Retention;
use super::retrain::Retrain;
use super::schedule::Schedule;
use super::sections::{FOLD_ROWS, Score, Split, SplitKind};
use super::shadow::Shadow;
use super::stores::Stores;
use crate::data::rules::ColumnRule;
use crate::evaluate::{Metric, Task};
use crate::model_types::Location;
use crate::text::hex;

/// How far back `accumulate` reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// All of it.
    Unbounded,
    /// Days before the newest row.
    Days(u32),
    /// The last rows.
    Rows(u64),
}

/// One model's settings, checked.
#[derive(Debug, Clone, Serialize)]
pub struct ModelConfig {
    /// The model's name.
    pub name: String,
    /// The folder of `config.json`.
    pub project: PathBuf,
    /// Source files.
    pub input_folder: Location,
    /// Dated data sets.
    pub output_folder: Location,
    /// Test data.
    pub test_folder: Location,
    /// Versions.
    pub model_folder: Location,
    /// The champion's copy.
    pub deployment_folder: Location,
    /// Column to predict; `None` is the last one.
    pub target: Option<String>,
    /// The positive class as data sets spell it.
    pub positive_class: Option<String>,
    /// Columns never learned from.
    pub drop: Vec<String>,
    /// Entity columns.
    pub keys: Vec<String>,
    /// Time column.
    pub time_column: Option<String>,
    /// Kinds and rules of columns.
    pub schema: BTreeMap<String, ColumnRule>,
    /// What ingest takes in.
    pub ingest: Ingest,
    /// How far back `accumulate` reaches.
    pub window: Window,
    /// What is looked at before training.
    pub checks: Checks,
    /// Columns that are computed.
    pub derive: Vec<Derive>,
    /// Several tables that become one.
    pub related: Option<Related>,
    /// Columns to features.
    pub features: Features,
    /// The learner.
    pub learner: Learner,
    /// Where the work is done.
    pub engine: Engine,
    /// The split.
    pub split: Split,
    /// What is predicted, where the settings say so.
    pub task: Option<Task>,
    /// The metric that the settings name.
    pub metric_given: Option<Metric>,
    /// The metric: as named, else the usual one of the task that the settings tell of.
    pub metric: Metric,
    /// How scores are reported.
    pub score: Score,
    /// The gate's policy.
    pub gate: Policy,
    /// When runs are due.
    pub schedule: Schedule,
    /// What is kept.
    pub retention: Retention,
    /// The request that created it, as the list of models shows it.
    #[serde(skip)]
    pub asked: Option<serde_json::Map<String, serde_json::Value>>,
    /// Where folders of it may be.
    #[serde(skip)]
    pub stores: Stores,
    /// Where the server writes its prediction log.
    #[serde(skip)]
    pub prediction_log: Location,
    /// Tags that a worker must have for its runs, where it says so itself.
    pub tags: Option<Vec<String>>,
    /// When it is stale.
    pub health: Health,
    /// How a promoted version is watched.
    pub probation: Probation,
    /// When rows count as unlike those of training.
    pub drift: Drift,
    /// What is kept of answers.
    pub labels: Labels,
    /// Requests that a challenger answers offline.
    pub shadow: Shadow,
    /// What starts a run, apart from the schedule.
    pub retrain: Retrain,
}

impl ModelConfig {
    /// The columns that are never learned from: the target, and what the settings take out.
    pub fn excluded(&self, target: &str) -> Vec<String> {
        std::iter::once(target.to_string())
            .chain(self.drop.iter().cloned())
            .chain(self.keys.iter().cloned())
            .chain(self.time_column.iter().cloned())
            .collect()
    }

    /// How rows are put on a side: as configured, else by what the settings know of the rows.
    pub fn split_kind(&self) -> SplitKind {
        let inferred = match (self.keys.is_empty(), &self.time_column) {
            (false, _) => SplitKind::Group,
            (true, Some(_)) => SplitKind::Time,
            (true, None) => SplitKind::Random,
        };
        self.split.kind.unwrap_or(inferred)
    }

    /// Hash of every setting that can change what is trained or decided. Folders are not among them: the same data and
    /// settings are the same work wherever they stand.
    pub fn fingerprint(&self) -> String {
        // Settings that leave it as it is keep the hash they had before there was one.
        let mut gate = serde_json::json!(self.gate);
        if let (First::Hold, Some(keys)) = (self.gate.first, gate.as_object_mut()) {
            keys.remove("first");
        }
        let mut split = serde_json::json!(self.split);
        if let (FOLD_ROWS, Some(keys)) = (self.split.fold_rows, split.as_object_mut()) {
            keys.remove("fold_rows");
        }
        let parts = serde_json::json!([
            self.target,
            self.positive_class,
            self.drop,
            self.keys,
            self.time_column,
            self.schema,
            self.ingest.keep,
            self.ingest.null_values,
            self.window,
            self.derive,
            self.features,
            self.learner,
            split,
            self.task,
            self.metric_given,
            self.score,
            gate,
        ]);
        let mut parts = parts.to_string();
        // Added behind, so that settings without it keep the hash they had.
        if let Some(related) = &self.related {
            parts += &serde_json::json!(related).to_string();
        }
        parts += &self.ingest.not_default().unwrap_or_default();
        parts += &self.labels.not_default().unwrap_or_default();
        parts += &self.engine.not_default().unwrap_or_default();
        hex(&Sha256::digest(parts.as_bytes()))
    }

    /// Columns that are times to derived ones: those that become parts of a time, and the rows' own.
    pub fn times(&self) -> Vec<String> {
        let columns = self.features.columns.iter();
        let dates = columns.filter(|(_, own)| own.encode == Some(Encode::Date));
        let dates = dates.map(|(name, _)| name);
        let own = self.time_column.iter();
        let own = own.filter(|name| !self.features.columns.contains_key(*name));
        dates.chain(own).cloned().collect()
    }

    /// File ending of the dated data sets.
    pub fn data_extension(&self) -> &'static str {
        match self.ingest.format {
            DataFormat::Parquet => "parquet",
            DataFormat::Csv => "csv",
        }
    }
}
