//! The file as it is written: every key, its default and what it means. The JSON Schema is printed from here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::OnBadFile;
use crate::data::rules::ColumnRule;
use crate::evaluate::{Metric, Task};

use super::checks::Checks;
use super::decision::Decide;
pub use super::features::{Derive, Features};
use super::health::Health;
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

/// Which rows make the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// What stands in the input folder now.
    #[default]
    Folder,
    /// What stands there now and everything seen before.
    Accumulate,
}

/// The form of the dated data sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataFormat {
    /// Parquet.
    #[default]
    Parquet,
    /// Comma-separated text.
    Csv,
}

/// What ingest takes in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// Which rows make the data set.
    pub keep: Keep,
    /// How far back `accumulate` reaches.
    pub window: RawWindow,
    /// What happens to a file that cannot be read or does not fit the others: leave it out and say so, or stop.
    pub on_bad_file: OnBadFile,
    /// Cells that mean "missing", besides cells of nothing but spaces.
    pub null_values: Vec<String>,
    /// Form of `finaldata_<stamp>`.
    pub format: DataFormat,
}

impl Default for Ingest {
    fn default() -> Self {
        Ingest {
            keep: Keep::Folder,
            window: RawWindow::default(),
            on_bad_file: OnBadFile::Quarantine,
            null_values: crate::data::ReadOptions::default().null_values,
            format: DataFormat::Parquet,
        }
    }
}

/// How far back `accumulate` reaches; at most one of the two.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawWindow {
    /// Rows whose `time_column` is within so many days of the newest row.
    pub days: Option<u32>,
    /// The last so many rows.
    pub rows: Option<u64>,
}

/// What learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LearnerKind {
    /// L2-regularised logistic regression, binary or multinomial.
    #[default]
    Logistic,
    /// Least squares, for numbers.
    Linear,
    /// L2-regularised least squares, for numbers.
    Ridge,
    /// L1- and L2-regularised least squares, for numbers.
    ElasticNet,
    /// Gradient-boosted trees.
    BoostedTrees,
    /// Extremely randomised trees.
    ExtraTrees,
    /// Random forest.
    RandomForest,
    /// Multinomial logistic regression on n-grams of the text columns.
    Text,
    /// Class shares or the mean of the training rows, whatever the row says.
    Baseline,
    /// The best of a stated set of the others, compared on rows that were held back.
    Auto,
}

impl LearnerKind {
    /// The name used in config and reports.
    pub fn name(self) -> &'static str {
        match self {
            LearnerKind::Logistic => "logistic",
            LearnerKind::Linear => "linear",
            LearnerKind::Ridge => "ridge",
            LearnerKind::ElasticNet => "elastic_net",
            LearnerKind::BoostedTrees => "boosted_trees",
            LearnerKind::ExtraTrees => "extra_trees",
            LearnerKind::RandomForest => "random_forest",
            LearnerKind::Text => "text",
            LearnerKind::Baseline => "baseline",
            LearnerKind::Auto => "auto",
        }
    }

    /// Whether it splits on features one by one, so that neither scale nor order-preserving changes matter to it.
    pub fn is_trees(self) -> bool {
        matches!(
            self,
            LearnerKind::BoostedTrees | LearnerKind::ExtraTrees | LearnerKind::RandomForest
        )
    }

    /// The only task it can do, where it is one.
    pub fn task(self) -> Option<Task> {
        match self {
            LearnerKind::Logistic | LearnerKind::Text => Some(Task::Classification),
            LearnerKind::Linear | LearnerKind::Ridge | LearnerKind::ElasticNet => {
                Some(Task::Regression)
            }
            _ => None,
        }
    }
}

/// How much a row of each class counts while learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// As much as any other.
    #[default]
    None,
    /// So much that all classes weigh the same: rows / (classes × rows of the class).
    Balanced,
}

/// The learner and its parameters. Those that the learner does not have are left alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Learner {
    /// Which learner.
    pub kind: LearnerKind,
    /// `logistic`, `text`: inverse of the regularisation strength, as in scikit-learn: larger fits closer. Default: 1; 10 where
    /// texts are read word by word.
    pub c: Option<f64>,
    /// `logistic`, `text`: most iterations of the solver.
    pub max_iterations: u32,
    /// Whether the decision threshold of a two-class model is tuned for the metric on the validation part; else 0.5. The old
    /// spelling of `decision`, which goes before it.
    pub tune_threshold: bool,
    /// The policy by which rows are decided on; it stays when versions change, and each version's threshold is chosen by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decide>,
    /// How much a row of each class counts while learning.
    pub class_weight: ClassWeight,
    /// `ridge`, `elastic_net`: strength of the regularisation, as in scikit-learn.
    pub alpha: f64,
    /// `elastic_net`: share of L1 in it, from 0 to 1.
    pub l1_ratio: f64,
    /// `boosted_trees`: most rounds. Default: 300.
    pub rounds: Option<u32>,
    /// `boosted_trees`: rounds without a better loss on the validation part after which it stops; 0 never stops early.
    pub early_stopping: u32,
    /// `boosted_trees`: share of each tree that counts.
    pub learning_rate: f64,
    /// `extra_trees`, `random_forest`: number of trees. Default: 100.
    pub trees: Option<u32>,
    /// Trees: most levels of a tree. Default: 6 for `boosted_trees`, as many as it takes for the others.
    pub max_depth: Option<u32>,
    /// Trees: fewest training rows in a leaf. Default: by learner and number of rows.
    pub min_leaf_rows: Option<u32>,
    /// `extra_trees`, `random_forest`: share of the features that are looked at for each split. Default: √n for classes, all for numbers.
    pub feature_share: Option<f64>,
    /// `auto`: most fits, in the stated order; each fold counts as one.
    pub max_fits: u32,
    /// `auto`: seconds after which no further candidate is begun; 0 sets no limit. With a limit, two runs may choose differently.
    pub max_seconds: f64,
}

impl Default for Learner {
    fn default() -> Self {
        Learner {
            kind: LearnerKind::Logistic,
            c: None,
            max_iterations: 200,
            tune_threshold: true,
            decision: None,
            class_weight: ClassWeight::None,
            alpha: 1.0,
            l1_ratio: 0.5,
            rounds: None,
            early_stopping: 20,
            learning_rate: 0.1,
            trees: None,
            max_depth: None,
            min_leaf_rows: None,
            feature_share: None,
            max_fits: 60,
            max_seconds: 0.0,
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
    /// Whether, once candidate, rounds and threshold were chosen, the model is fitted again on both parts. Default: not for
    /// `logistic`; for the others where there are at most 100,000 rows.
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
