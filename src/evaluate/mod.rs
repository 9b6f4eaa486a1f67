//! How good predictions are, as numbers: metrics, baselines, curves, intervals.
//!
//! In: the true class or number of each row and what a model said of it. Out: plain values. Everything here is a function
//! of its arguments; randomness comes in as a seed. It must not know where rows come from, which model made the predictions, or
//! what a score is used for.
//!
//! Classes are indices into the model's class list. With two classes, index 1 is the positive class and "probability"
//! means P(positive); with more, a row has one probability per class.

pub mod baselines;
mod bca;
mod blocks;
pub mod bootstrap;
pub mod calibration;
pub mod classification;
pub mod curves;
mod metric;
pub mod predictions;
pub mod regression;
mod resample;
mod rows;
mod task;
pub mod threshold;

#[cfg(test)]
pub(crate) mod tests;

use serde::{Deserialize, Serialize};

pub use baselines::Centre;
pub use bca::BCA_ROWS;
pub use classification::score;
pub use metric::Metric;
pub use predictions::{Predictions, Truth};

#[cfg(feature = "train")]
pub(crate) use regression::RegressionScorer;
#[cfg(test)]
pub(crate) use resample::binomial;
pub(crate) use resample::{
    ConfusionCells, Strata, percentile_interval, replicate_rng, row_replicates, valid_confidence,
};
pub(crate) use rows::RowScorer;
pub use task::Task;

/// Most classes that are scored. A confusion matrix has the square of this many cells, and a target with more classes is
/// an identifier rather than a class.
pub const MAX_CLASSES: usize = 4096;

/// What one classifier said about a set of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassPredictions {
    /// Number of classes, at least 2.
    pub n_classes: usize,
    /// Chosen class per row, `(n_rows)`.
    pub labels: Vec<u32>,
    /// `(n_rows)` P(positive) for two classes; `(n_rows, n_classes)` row-major for more.
    pub probabilities: Vec<f64>,
}

impl ClassPredictions {
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
    pub fn select(&self, rows: &[usize]) -> ClassPredictions {
        let width = if self.n_classes == 2 {
            1
        } else {
            self.n_classes
        };
        let known = rows
            .iter()
            .filter(|&&row| row < self.len() && (row + 1) * width <= self.probabilities.len());
        let mut selected = ClassPredictions {
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
        if self.confusion.is_empty() && has_number {
            Task::Regression
        } else {
            Task::Classification
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

impl Interval {
    /// Whether its ends are apart.
    pub fn has_width(&self) -> bool {
        self.high > self.low
    }
}

/// How an interval was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Percentiles of the replicates.
    #[default]
    Percentile,
    /// Bias-corrected and accelerated percentiles.
    Bca,
}

impl IntervalMethod {
    /// Whether it is the one that records of before do not name.
    pub fn is_default(&self) -> bool {
        *self == IntervalMethod::default()
    }
}

/// The interval of one metric, as listed in a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricInterval {
    /// Which metric.
    pub metric: Metric,
    /// Its interval.
    pub interval: Interval,
    /// How it was made; records of before have percentiles.
    #[serde(default, skip_serializing_if = "IntervalMethod::is_default")]
    pub method: IntervalMethod,
}
