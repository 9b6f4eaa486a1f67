//! How good predictions are, as numbers: metrics, baselines, curves, intervals.
//!
//! In: the true class or number of each row and what a model said of it. Out: plain values. Everything here is a function
//! of its arguments; randomness comes in as a seed. It must not know where rows come from, which model made the predictions, or
//! what a score is used for.
//!
//! Classes are indices into the model's class list. With two classes, index 1 is the positive class and "probability"
//! means P(positive); with more, a row has one probability per class.

pub mod answers;
pub mod baselines;
pub mod bootstrap;
pub mod curves;
pub mod metrics;
pub mod numbers;
mod resample;
mod rows;
pub mod threshold;

#[cfg(test)]
pub(crate) mod tests;

use serde::{Deserialize, Serialize};

pub use answers::{Answers, Truth};
pub use baselines::Centre;
pub use metrics::score;

pub(crate) use numbers::NumberScorer;
#[cfg(test)]
pub(crate) use resample::binomial;
pub(crate) use resample::{
    Cells, Strata, percentile_interval, replicate_rng, row_replicates, valid_confidence,
};
pub(crate) use rows::RowScorer;

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of a few classes.
    Classification,
    /// A number.
    Regression,
}

/// Most classes that are scored. A confusion matrix has the square of this many cells, and a target with more classes is
/// an identifier rather than a class.
pub const MAX_CLASSES: usize = 4096;

/// What one classifier said about a set of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Number of classes, at least 2.
    pub n_classes: usize,
    /// Chosen class per row, `(n_rows)`.
    pub labels: Vec<u32>,
    /// `(n_rows)` P(positive) for two classes; `(n_rows, n_classes)` row-major for more.
    pub probabilities: Vec<f64>,
}

impl Predictions {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Why these predictions cannot be scored against `truth`, in words; `None` when they can. Shapes and class indices
    /// are looked at, not whether probabilities are finite. Never names a row's values.
    pub fn problem_with(&self, truth: &[u32]) -> Option<String> {
        let (rows, classes) = (truth.len(), self.n_classes);
        if !(2..=MAX_CLASSES).contains(&classes) {
            return Some(format!(
                "{classes} classes, but 2 to {MAX_CLASSES} can be scored"
            ));
        }
        if u32::try_from(rows).is_err() {
            return Some(format!("{rows} rows are more than can be scored at once"));
        }
        if self.labels.len() != rows {
            return Some(format!(
                "{} predicted classes for {rows} rows",
                self.labels.len()
            ));
        }
        let expected = if classes == 2 {
            rows
        } else {
            rows.saturating_mul(classes)
        };
        if self.probabilities.len() != expected {
            return Some(format!(
                "{} probabilities where {expected} belong",
                self.probabilities.len()
            ));
        }
        let unknown = |labels: &[u32]| {
            labels
                .iter()
                .filter(|&&label| label as usize >= classes)
                .count()
        };
        match (unknown(truth), unknown(&self.labels)) {
            (0, 0) => None,
            (0, n) => Some(format!(
                "{n} predicted classes are outside the list of {classes}"
            )),
            (n, _) => Some(format!(
                "{n} true classes are outside the list of {classes}"
            )),
        }
    }

    /// Whether every probability is a finite number.
    pub fn is_finite(&self) -> bool {
        self.probabilities.iter().all(|p| p.is_finite())
    }

    /// The same predictions for some of the rows only. Rows beyond the end are left out.
    pub fn select(&self, rows: &[usize]) -> Predictions {
        let width = if self.n_classes == 2 {
            1
        } else {
            self.n_classes
        };
        let known = rows
            .iter()
            .filter(|&&row| row < self.len() && (row + 1) * width <= self.probabilities.len());
        let mut selected = Predictions {
            n_classes: self.n_classes,
            labels: Vec::new(),
            probabilities: Vec::new(),
        };
        for &row in known {
            selected.labels.push(self.labels[row]);
            selected
                .probabilities
                .extend_from_slice(&self.probabilities[row * width..(row + 1) * width]);
        }
        selected
    }

    /// Probability that row `row` is of class `class`. Panics beyond the end, as indexing does.
    pub fn probability(&self, row: usize, class: usize) -> f64 {
        match (self.n_classes, class) {
            (2, 1) => self.probabilities[row],
            (2, _) => 1.0 - self.probabilities[row],
            (n, _) => self.probabilities[row * n + class],
        }
    }
}

/// A metric by its name in the config. Larger is better for all but `log_loss`, `brier`, `rmse` and `mae`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// F1 of the positive class for two classes, macro F1 for more.
    F1,
    /// Mean F1 over classes.
    F1Macro,
    /// Mean F1 over classes, weighted by true rows.
    F1Weighted,
    /// Share of rows predicted right.
    Accuracy,
    /// Precision of the positive class for two classes, macro for more.
    Precision,
    /// Recall of the positive class for two classes, macro for more.
    Recall,
    /// Area under the ROC curve; one-vs-rest macro for more than two classes.
    RocAuc,
    /// Average precision; one-vs-rest macro for more than two classes.
    PrAuc,
    /// Mean negative log likelihood of the true class; smaller is better.
    LogLoss,
    /// Brier score; smaller is better.
    Brier,
    /// Of numbers: share of the variance that is explained.
    R2,
    /// Of numbers: root of the mean squared error; smaller is better.
    Rmse,
    /// Of numbers: mean absolute error; smaller is better.
    Mae,
    /// Of numbers: rank correlation of predicted and true values.
    Spearman,
    /// Of numbers: share of the truly largest fifth of the rows that is in the predicted largest fifth.
    WorstOverlap,
}

impl Metric {
    /// Every metric of classes, in the order in which reports list them.
    pub const ALL: [Metric; 10] = [
        Metric::F1,
        Metric::F1Macro,
        Metric::F1Weighted,
        Metric::Accuracy,
        Metric::Precision,
        Metric::Recall,
        Metric::RocAuc,
        Metric::PrAuc,
        Metric::LogLoss,
        Metric::Brier,
    ];

    /// Every metric of numbers, in the order in which reports list them.
    pub const OF_NUMBERS: [Metric; 5] = [
        Metric::R2,
        Metric::Rmse,
        Metric::Mae,
        Metric::Spearman,
        Metric::WorstOverlap,
    ];

    /// Every metric of a task, in the order in which reports list them.
    pub fn of(task: Task) -> &'static [Metric] {
        match task {
            Task::Classification => &Metric::ALL,
            Task::Regression => &Metric::OF_NUMBERS,
        }
    }

    /// The name used in config, records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Metric::F1 => "f1",
            Metric::F1Macro => "f1_macro",
            Metric::F1Weighted => "f1_weighted",
            Metric::Accuracy => "accuracy",
            Metric::Precision => "precision",
            Metric::Recall => "recall",
            Metric::RocAuc => "roc_auc",
            Metric::PrAuc => "pr_auc",
            Metric::LogLoss => "log_loss",
            Metric::Brier => "brier",
            Metric::R2 => "r2",
            Metric::Rmse => "rmse",
            Metric::Mae => "mae",
            Metric::Spearman => "spearman",
            Metric::WorstOverlap => "worst_overlap",
        }
    }

    /// The name used in sentences and on plots.
    pub fn title(self) -> &'static str {
        match self {
            Metric::F1 => "F1",
            Metric::F1Macro => "macro F1",
            Metric::F1Weighted => "weighted F1",
            Metric::Accuracy => "accuracy",
            Metric::Precision => "precision",
            Metric::Recall => "recall",
            Metric::RocAuc => "ROC AUC",
            Metric::PrAuc => "PR AUC",
            Metric::LogLoss => "log loss",
            Metric::Brier => "Brier score",
            Metric::R2 => "R²",
            Metric::Rmse => "RMSE",
            Metric::Mae => "MAE",
            Metric::Spearman => "Spearman correlation",
            Metric::WorstOverlap => "overlap of the worst 20 %",
        }
    }

    /// `new` minus `old`, signed so that larger is better.
    pub fn gain(self, new: f64, old: f64) -> f64 {
        if self.larger_is_better() {
            new - old
        } else {
            old - new
        }
    }

    /// Whether its values mean the same whatever the unit of the target.
    pub fn is_without_unit(self) -> bool {
        !matches!(self, Metric::Rmse | Metric::Mae)
    }

    /// Whether a larger value is a better one.
    pub fn larger_is_better(self) -> bool {
        !matches!(
            self,
            Metric::LogLoss | Metric::Brier | Metric::Rmse | Metric::Mae
        )
    }

    /// Whether the metric looks only at chosen labels, so that the threshold moves it.
    pub fn reads_labels(self) -> bool {
        !matches!(
            self,
            Metric::RocAuc | Metric::PrAuc | Metric::LogLoss | Metric::Brier
        ) && self.task() == Task::Classification
    }

    /// What it judges.
    pub fn task(self) -> Task {
        match self {
            Metric::R2 | Metric::Rmse | Metric::Mae | Metric::Spearman | Metric::WorstOverlap => {
                Task::Regression
            }
            _ => Task::Classification,
        }
    }
}

/// One value per metric. `None` where the metric is undefined on these rows (ROC AUC with one class, say).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// F1 of the positive class (two classes) or macro F1.
    pub f1: Option<f64>,
    /// Macro F1.
    pub f1_macro: Option<f64>,
    /// Weighted F1.
    pub f1_weighted: Option<f64>,
    /// Accuracy.
    pub accuracy: Option<f64>,
    /// Precision of the positive class, or macro.
    pub precision: Option<f64>,
    /// Recall of the positive class, or macro.
    pub recall: Option<f64>,
    /// Area under the ROC curve.
    pub roc_auc: Option<f64>,
    /// Average precision.
    pub pr_auc: Option<f64>,
    /// Log loss.
    pub log_loss: Option<f64>,
    /// Brier score.
    pub brier: Option<f64>,
    /// Share of the variance explained; of numbers, as are the next four.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
    /// Root of the mean squared error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rmse: Option<f64>,
    /// Mean absolute error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mae: Option<f64>,
    /// Rank correlation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spearman: Option<f64>,
    /// Overlap of the worst 20 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_overlap: Option<f64>,
    /// Rows counted as `confusion[true class][predicted class]`.
    pub confusion: Vec<Vec<u64>>,
}

impl Scores {
    /// What was scored: classes leave a confusion matrix.
    pub fn task(&self) -> Task {
        let has_number = Metric::OF_NUMBERS.iter().any(|&it| self.get(it).is_some());
        match self.confusion.is_empty() && has_number {
            true => Task::Regression,
            false => Task::Classification,
        }
    }

    /// The value of one metric.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::F1 => self.f1,
            Metric::F1Macro => self.f1_macro,
            Metric::F1Weighted => self.f1_weighted,
            Metric::Accuracy => self.accuracy,
            Metric::Precision => self.precision,
            Metric::Recall => self.recall,
            Metric::RocAuc => self.roc_auc,
            Metric::PrAuc => self.pr_auc,
            Metric::LogLoss => self.log_loss,
            Metric::Brier => self.brier,
            Metric::R2 => self.r2,
            Metric::Rmse => self.rmse,
            Metric::Mae => self.mae,
            Metric::Spearman => self.spearman,
            Metric::WorstOverlap => self.worst_overlap,
        }
    }
}

/// A two-sided percentile interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The interval of one metric, as listed in a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricInterval {
    /// Which metric.
    pub metric: Metric,
    /// Its interval.
    pub interval: Interval,
}
