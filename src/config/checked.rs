//! The configuration after every check: only valid values, and the checks that need more than one key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::checks::Checks;
use super::columns::check_columns;
use super::features::Encode;
use super::folders::check_folders;
use super::health::Health;
pub use super::names::{is_name, plain_name};
use super::notify::Notify;
use super::policy::First;
use super::policy::{Policy, not_at_least_zero};
use super::probation::Probation;
use super::raw::{
    DataFormat, Derive, Features, Ingest, Learner, RawConfig, Score, Split, SplitKind,
};
use super::related::{Related, with_related};
use super::retention::Retention;
use super::schedule::{Jobs, Schedule};
use super::server::Server;
use super::task::{asked_of_learner, check_task, usual_metric};
use crate::data::rules::ColumnRule;
use crate::evaluate::{Metric, Task};

/// Something wrong at one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Key path, `gate.confidence`.
    pub path: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Problem {
    /// A problem at a key path.
    pub fn at(path: &str, reason: String) -> Self {
        let path = if path.is_empty() {
            "(the whole file)"
        } else {
            path
        };
        Problem {
            path: path.to_string(),
            reason,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// A whole project, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of `config.json`; every path is relative to it.
    pub project: PathBuf,
    /// The registry's database.
    pub database_url: String,
    /// How they are served.
    pub server: Server,
    /// How jobs are worked on.
    pub jobs: Jobs,
    /// Who is told what happened.
    pub notify: Notify,
    /// The models, by name.
    pub models: BTreeMap<String, ModelConfig>,
    /// Names of those that were created by request.
    pub created: BTreeSet<String>,
    /// What such a model takes from the project.
    pub inherited: serde_json::Map<String, serde_json::Value>,
}

impl Config {
    /// The path of the embedded database.
    pub fn database_path(&self) -> PathBuf {
        let path = self
            .database_url
            .strip_prefix("sqlite://")
            .unwrap_or(&self.database_url);
        below(&self.project, path)
    }
}

/// A path below the project's folder, without a leading `./` that nobody wrote.
pub(super) fn below(project: &Path, path: &str) -> PathBuf {
    let joined = project.join(path);
    match joined.strip_prefix(".") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_path_buf(),
        _ => joined,
    }
}

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
    pub input_folder: PathBuf,
    /// Dated data sets.
    pub output_folder: PathBuf,
    /// Test data.
    pub test_folder: PathBuf,
    /// Versions.
    pub model_folder: PathBuf,
    /// The champion's copy.
    pub deployment_folder: PathBuf,
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
    /// Where the server writes its prediction log.
    #[serde(skip)]
    pub prediction_log: PathBuf,
    /// When it is stale.
    pub health: Health,
    /// How a promoted version is watched.
    pub probation: Probation,
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
            self.split,
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

/// Bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Turns one model's settings into checked ones, adding every problem to `problems` under `prefix`.
pub fn check(
    raw: RawConfig,
    project: &Path,
    prefix: &str,
    problems: &mut Vec<Problem>,
) -> ModelConfig {
    let mut say =
        |path: &str, reason: String| problems.push(Problem::at(&format!("{prefix}{path}"), reason));
    let raw = with_related(raw, &mut say);
    if !is_name(&raw.name) {
        say(
            "name",
            "use letters, digits, `_`, `-` and `.`, beginning with a letter or digit".to_string(),
        );
    }
    check_folders(&raw, project, &mut say);
    check_numbers(&raw, &mut say);
    check_columns(&raw, &mut say);
    check_task(&raw, &mut say);
    if let Some(decision) = &raw.learner.decision {
        decision.check(&mut |key, reason| say(&format!("learner.decision.{key}"), reason));
    }
    let window = match (raw.ingest.window.days, raw.ingest.window.rows) {
        (None, None) => Window::Unbounded,
        (Some(days), None) => Window::Days(days),
        (None, Some(rows)) => Window::Rows(rows),
        (Some(_), Some(_)) => {
            say(
                "ingest.window",
                "give `days` or `rows`, not both".to_string(),
            );
            Window::Unbounded
        }
    };
    if window != Window::Unbounded && raw.ingest.keep == super::raw::Keep::Folder {
        say(
            "ingest.window",
            "only `ingest.keep: accumulate` has a window".to_string(),
        );
    }
    let task = raw
        .task
        .or(asked_of_learner(&raw.learner))
        .or(raw.metric.map(Metric::task));
    ModelConfig {
        project: project.to_path_buf(),
        input_folder: below(project, &raw.input_folder_path),
        output_folder: below(project, &raw.output_folder_path),
        test_folder: below(project, &raw.test_data_path),
        model_folder: below(project, &raw.output_model_path),
        deployment_folder: below(project, &raw.prod_deployment_path),
        name: raw.name,
        target: raw.target,
        positive_class: raw.positive_class.map(|label| label.spelled()),
        drop: raw.drop,
        keys: raw.keys,
        time_column: raw.time_column,
        schema: raw.schema,
        ingest: raw.ingest,
        window,
        checks: raw.checks,
        derive: raw.derive,
        related: raw.related,
        features: raw.features,
        learner: raw.learner,
        split: raw.split,
        metric: raw.metric.unwrap_or_else(|| usual_metric(task)),
        metric_given: raw.metric,
        task,
        score: raw.score,
        gate: raw.gate,
        schedule: raw.schedule,
        retention: raw.retention,
        prediction_log: PathBuf::new(),
        health: raw.health,
        probation: raw.probation,
    }
}

fn check_numbers(raw: &RawConfig, say: &mut impl FnMut(&str, String)) {
    let mut within = |key: &str, value: f64, low: f64, high: f64| {
        if !(value > low && value <= high) {
            say(
                key,
                format!("{value} is not above {low} and at most {high}"),
            );
        }
    };
    within("learner.c", raw.learner.c.unwrap_or(1.0), 0.0, 1e9);
    within("learner.learning_rate", raw.learner.learning_rate, 0.0, 1.0);
    if let Some(share) = raw.learner.feature_share {
        within("learner.feature_share", share, 0.0, 1.0);
    }
    within("split.validation", raw.split.validation, 0.0, 0.9);
    within("score.confidence", raw.score.confidence, 0.5, 0.9999);
    if let Some(reason) = not_at_least_zero(raw.score.max_fall) {
        say("score.max_fall", reason);
    }
    for (key, value, most) in [
        ("learner.alpha", raw.learner.alpha, 1e9),
        ("learner.l1_ratio", raw.learner.l1_ratio, 1.0),
        ("learner.max_seconds", raw.learner.max_seconds, 1e9),
    ] {
        if !(0.0..=most).contains(&value) {
            say(key, format!("{value} is not from 0 to {most}"));
        }
    }
    raw.schedule.check(say);
    raw.ingest
        .check(&mut |key, reason| say(&format!("ingest.{key}"), reason));
    raw.features
        .check(&mut |key, reason| say(&format!("features.{key}"), reason));
    raw.gate
        .check(&mut |key, reason| say(&format!("gate.{key}"), reason));
    raw.retention
        .check(&mut |key, reason| say(&format!("retention.{key}"), reason));
    raw.checks
        .check(&mut |key, reason| say(&format!("checks.{key}"), reason));
    raw.health
        .check(&mut |key, reason| say(&format!("health.{key}"), reason));
    raw.probation
        .check(&mut |key, reason| say(&format!("probation.{key}"), reason));
    if raw.score.replicates < 100 {
        let reason = format!("{} is less than 100", raw.score.replicates);
        say("score.replicates", reason);
    }
    raw.learner
        .check_counts(&mut |key, reason| say(&format!("learner.{key}"), reason));
}
