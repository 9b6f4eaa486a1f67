//! What a report is made of: plain values, filled in by the caller.

use crate::checks::Finding;
use crate::evaluate::{Metric, MetricInterval, Scores, Task};
use crate::gate::Decision;
use crate::model_types::Outcome;

/// Everything that the plots, the page and the card say.
#[derive(Debug, Clone)]
pub struct ReportInput {
    /// Name of the model.
    pub model: String,
    /// Version of the challenger.
    pub version: u64,
    /// Id of the run that made it.
    pub run: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Name of the learner.
    pub learner: String,
    /// Settings of the learner: name and value.
    pub params: Vec<(String, String)>,
    /// The column that is predicted.
    pub target: String,
    /// Whether classes or numbers are predicted.
    pub task: Task,
    /// Class names in the order of the confusion matrix; with two, index 1 is the positive class; none of numbers.
    pub classes: Vec<String>,
    /// Name of the positive class, when there are two.
    pub positive: Option<String>,
    /// Probability from which a row is called positive.
    pub threshold: Option<f64>,
    /// How rows are decided on: by which policy the threshold, or the class, was chosen. A part of a sentence.
    pub decided_by: Option<String>,
    /// How the probabilities were calibrated, and what that changed; none where it was not looked at. A part of a sentence.
    pub calibrated: Option<String>,
    /// The primary metric.
    pub metric: Metric,
    /// The fresh version.
    pub challenger: ScoredModel,
    /// The version in production before the gate, scored on the same rows.
    pub champion: Option<ScoredModel>,
    /// The gate's answer; `None` when it was not asked.
    pub decision: Option<Decision>,
    /// ROC curves: `(false positive rate, true positive rate)`. The challenger's come first.
    pub roc: Vec<Curve>,
    /// Precision-recall curves: `(recall, precision)`. The challenger's come first.
    pub precision_recall: Vec<Curve>,
    /// Calibration curves. The challenger's come first.
    pub calibration: Vec<Calibration>,
    /// True and predicted numbers. The challenger's come first; none of classes.
    pub numbers: Vec<NumberPairs>,
    /// Weights of a linear model; empty for others.
    pub coefficients: Vec<Coefficient>,
    /// What each column is worth; `None` where it was not measured.
    pub importance: Option<Importance>,
    /// How both versions rank the test rows; `None` of classes.
    pub ranking: Option<RankingFacts>,
    /// The model's versions, oldest first.
    pub history: Vec<HistoryPoint>,
    /// What is known about the data.
    pub data: DataFacts,
    /// What the checks found in it.
    pub findings: Vec<Finding>,
    /// How the candidates of `auto` did, the chosen one first; none where the learner was named.
    pub leaderboard: Vec<Candidate>,
    /// Duration of each stage in milliseconds.
    pub timings_ms: Vec<(String, f64)>,
    /// Version of this program.
    pub program_version: String,
    /// Seed of everything random.
    pub seed: u64,
}

/// A version with its scores on the test rows.
#[derive(Debug, Clone, Default)]
pub struct ScoredModel {
    /// Its number.
    pub version: u64,
    /// Its scores.
    pub scores: Scores,
    /// Intervals of some of them.
    pub intervals: Vec<MetricInterval>,
}

/// A line in the unit square.
#[derive(Debug, Clone, Default)]
pub struct Curve {
    /// What it is of, e.g. `challenger v2`.
    pub name: String,
    /// Its points in drawing order.
    pub points: Vec<(f64, f64)>,
    /// The area under it, as it stands in the scores.
    pub area: Option<f64>,
}

/// True and predicted numbers of a version.
#[derive(Debug, Clone, Default)]
pub struct NumberPairs {
    /// What it is of, e.g. `challenger v2`.
    pub name: String,
    /// `(true, predicted)` of each row, or of rows spread evenly over them.
    pub points: Vec<(f64, f64)>,
}

/// How often the predicted came true, by predicted probability.
#[derive(Debug, Clone, Default)]
pub struct Calibration {
    /// What it is of.
    pub name: String,
    /// One entry per bin: mean predicted probability, observed share, rows in the bin.
    pub points: Vec<(f64, f64, u64)>,
}

/// The weight of one feature.
#[derive(Debug, Clone, Default)]
pub struct Coefficient {
    /// Name of the feature.
    pub feature: String,
    /// The class whose score it moves, with more than two classes.
    pub class: Option<String>,
    /// Weight on the standardised scale: what one standard deviation adds to the score (log-odds).
    pub weight: f64,
    /// Weight on the column's own scale.
    pub original: Option<f64>,
}

/// Permutation importance: how much the metric falls when a column's cells are shuffled among the test rows.
#[derive(Debug, Clone, Default)]
pub struct Importance {
    /// Test rows that it was measured on.
    pub rows: u64,
    /// How often each column was permuted.
    pub repeats: u32,
    /// Columns that were not measured, since there are so many.
    pub left_out: u64,
    /// Column, mean fall of the metric (positive: it got worse) and its standard deviation; the most important first.
    pub columns: Vec<(String, Option<f64>, Option<f64>)>,
}

/// How both versions rank the test rows.
#[derive(Debug, Clone, Default)]
pub struct RankingFacts {
    /// What the rows are that rank first: `largest` or `smallest`.
    pub first: &'static str,
    /// Facts with the value of the challenger and of the champion; without a champion nothing stands there.
    pub sides: Vec<(String, String, String)>,
    /// How alike both rank the rows: name and value.
    pub agreement: Vec<(String, Option<f64>)>,
    /// Begin of a week, rows, Spearman correlation with the truth of the challenger and of the champion; oldest first.
    pub weeks: Vec<(String, u64, Option<f64>, Option<f64>)>,
}

/// One version in the model's history.
#[derive(Debug, Clone, Default)]
pub struct HistoryPoint {
    /// Its number.
    pub version: u64,
    /// The metric on its test rows.
    pub value: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// What the gate said.
    pub verdict: Option<Outcome>,
    /// Whether it is the champion now.
    pub champion_now: bool,
    /// Hash of the rows it was scored on; points with different hashes are not compared.
    pub rows_hash: String,
}

/// What is known about the data of this version.
#[derive(Debug, Clone, Default)]
pub struct DataFacts {
    /// Input files.
    pub files: Vec<FileFacts>,
    /// Rows read from all files.
    pub rows_read: u64,
    /// Exact duplicates that were left out.
    pub duplicates: u64,
    /// Rows that were used.
    pub rows_used: u64,
    /// Rows the model was fitted on.
    pub train_rows: u64,
    /// Rows of the validation part, which the threshold was chosen on where there are no folds.
    pub validation_rows: u64,
    /// The rows that learner, rounds and threshold were chosen on in folds, in words.
    pub in_folds: Option<String>,
    /// Rows the scores were made on.
    pub test_rows: u64,
    /// Fingerprint of the data set.
    pub data_fingerprint: String,
    /// Fingerprint of the effective config.
    pub config_fingerprint: String,
    /// Hash of the test rows.
    pub test_rows_hash: String,
    /// Files and lines that were quarantined.
    pub quarantined: Vec<Quarantined>,
    /// Columns of the data set.
    pub columns: Vec<ColumnFacts>,
    /// Rules of its columns: name and what is allowed.
    pub rules: Vec<(String, String)>,
    /// Columns that were not used: name and why.
    pub dropped_columns: Vec<(String, String)>,
    /// Anything else a reader should know, one sentence each.
    pub notes: Vec<String>,
}

/// One input file.
#[derive(Debug, Clone, Default)]
pub struct FileFacts {
    /// Its name, relative to the project.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Rows in it.
    pub rows: u64,
}

/// A file or a line that was quarantined.
#[derive(Debug, Clone, Default)]
pub struct Quarantined {
    /// The file.
    pub file: String,
    /// The line, when it is one line.
    pub line: Option<u64>,
    /// Why.
    pub reason: String,
}

/// One column of the data set.
#[derive(Debug, Clone, Default)]
pub struct ColumnFacts {
    /// Its name.
    pub name: String,
    /// `number`, `category` …
    pub kind: String,
    /// Share of missing values.
    pub missing_share: f64,
    /// Mean, for numbers.
    pub mean: Option<f64>,
    /// Standard deviation, for numbers.
    pub std: Option<f64>,
    /// Smallest value, for numbers.
    pub min: Option<f64>,
    /// Largest value, for numbers.
    pub max: Option<f64>,
    /// Number of distinct values.
    pub distinct: Option<u64>,
    /// What was done with it, or what is odd about it.
    pub note: String,
}

impl ReportInput {
    /// Test rows by true class, `(n_classes)`, out of the challenger's confusion matrix.
    pub fn class_rows(&self) -> Vec<u64> {
        let confusion = &self.challenger.scores.confusion;
        confusion
            .iter()
            .map(|row| row.iter().fold(0, |sum: u64, &n| sum.saturating_add(n)))
            .collect()
    }

    /// Share of the positive class among the test rows; `None` unless there are two classes and some row.
    pub fn prevalence(&self) -> Option<f64> {
        match self.class_rows()[..] {
            [negative, positive] if negative.saturating_add(positive) > 0 => {
                Some(positive as f64 / (negative as f64 + positive as f64))
            }
            _ => None,
        }
    }
}

/// How one candidate of `auto` did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Candidate {
    /// What it is, in words.
    pub name: String,
    /// Its mean score; `None` where it has none.
    pub score: Option<f64>,
    /// Standard deviation over the repetitions.
    pub deviation: f64,
    /// Rows that it learned from at last.
    pub rows: u64,
    /// Fits that were done for it.
    pub fits: u32,
    /// Why it could not be fitted.
    pub failure: Option<String>,
    /// By how much the chosen one was better, and the standard error of that.
    pub behind: Option<[f64; 2]>,
}
