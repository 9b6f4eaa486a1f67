//! The metrics by name: which way they run, what they read and what they judge. Formulas are in [`super::classification`] and
//! [`super::regression`].

use serde::{Deserialize, Serialize};

use super::task::Task;

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

    /// How far it fell, as bounds without a unit are meant: the loss, and for RMSE and MAE the loss as a share of what it was.
    pub fn fall(self, before: f64, now: f64) -> f64 {
        let loss = self.gain(before, now);
        if self.is_without_unit() || loss == 0.0 {
            return loss;
        }
        // From nothing to something is infinitely far.
        loss / before.abs()
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
