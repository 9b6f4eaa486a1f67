//! The metrics: what each is, computed as scikit-learn computes it.
//!
//! Label metrics come from counts alone ([`label_scores`]), so that a bootstrap can resample counts. Probability metrics
//! come from ranks and per-row losses. Everything is pinned to scikit-learn in `tests/golden/metrics.json`.
//!
//! | metric | formula | range |
//! |---|---|---|
//! | precision of a class | TP / (TP + FP); 0 when nothing was predicted | 0 to 1 |
//! | recall of a class | TP / (TP + FN); 0 when there is nothing to find | 0 to 1 |
//! | F1 of a class | 2 TP / (2 TP + FP + FN); 0 when that is 0 / 0 | 0 to 1 |
//! | macro | plain mean over the classes that occur among true or predicted labels | 0 to 1 |
//! | weighted | mean over classes, weighted by true rows | 0 to 1 |
//! | accuracy | right rows / rows | 0 to 1 |
//! | ROC AUC | share of (positive, negative) pairs ranked right, ties half | 0 to 1 |
//! | PR AUC | average precision: Σ (recall step × precision), one step per distinct probability | 0 to 1 |
//! | log loss | mean of −ln P(true class), P clipped to [ε, 1 − ε] with ε = 2⁻⁵² | 0 to 36.04 |
//! | Brier, two classes | mean of (P(positive) − y)² | 0 to 1 |
//! | Brier, more classes | mean of Σₖ (Pₖ − yₖ)², not halved (scikit-learn ≥ 1.7) | 0 to 2 |
//!
//! Larger is better but for log loss and Brier. With more than two classes ROC AUC and PR AUC are macro one-vs-rest over
//! the classes for which they are defined: a class without test rows is left out (scikit-learn gives NaN, or counts it 0).

use super::{ClassPredictions, Metric, RowScorer, Scores};

/// Scores predictions against the truth.
///
/// Undefined values are `None`, never NaN: everything on no rows or on predictions that do not fit the rows
/// ([`ClassPredictions::problem_with`]); ROC AUC on one class; PR AUC without a positive; every probability metric when a
/// probability is not finite; log loss and Brier when one lies outside 0 to 1. O(n log n) per class.
pub fn score(truth: &[u32], predictions: &ClassPredictions) -> Scores {
    if predictions.problem_with(truth).is_some() {
        return Scores::default();
    }
    let confusion = confusion(truth, &predictions.labels, predictions.n_classes);
    let labels = label_scores(&confusion);
    let get = |metric| labels.and_then(|scores: LabelScores| scores.get(metric));
    let rows =
        RowScorer::new(truth, predictions).map(|scorer| scorer.score_all(&vec![1; truth.len()]));
    let rows = rows.unwrap_or_default();
    Scores {
        f1: get(Metric::F1),
        f1_macro: get(Metric::F1Macro),
        f1_weighted: get(Metric::F1Weighted),
        accuracy: get(Metric::Accuracy),
        precision: get(Metric::Precision),
        recall: get(Metric::Recall),
        roc_auc: rows.roc_auc,
        pr_auc: rows.pr_auc,
        log_loss: rows.log_loss,
        brier: rows.brier,
        confusion,
        ..Scores::default()
    }
}

/// Counts rows as `[true class][predicted class]`, `(n_classes, n_classes)`. Rows with a class outside the list are not
/// counted, nor are rows that only one side has; more than [`MAX_CLASSES`](super::MAX_CLASSES) classes give no matrix.
pub fn confusion(truth: &[u32], labels: &[u32], n_classes: usize) -> Vec<Vec<u64>> {
    if n_classes > super::MAX_CLASSES {
        return Vec::new();
    }
    let mut counts = vec![0u64; n_classes * n_classes];
    for (&actual, &predicted) in truth.iter().zip(labels) {
        let (actual, predicted) = (actual as usize, predicted as usize);
        if actual < n_classes && predicted < n_classes {
            counts[actual * n_classes + predicted] += 1;
        }
    }
    counts
        .chunks(n_classes.max(1))
        .map(<[u64]>::to_vec)
        .collect()
}

/// The metrics that read labels only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelScores {
    /// F1 of the positive class (two classes) or macro F1.
    pub f1: f64,
    /// Macro F1.
    pub f1_macro: f64,
    /// Weighted F1.
    pub f1_weighted: f64,
    /// Accuracy.
    pub accuracy: f64,
    /// Precision of the positive class, or macro.
    pub precision: f64,
    /// Recall of the positive class, or macro.
    pub recall: f64,
}

impl LabelScores {
    /// The value of one metric; `None` for the metrics that read probabilities.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::F1 => Some(self.f1),
            Metric::F1Macro => Some(self.f1_macro),
            Metric::F1Weighted => Some(self.f1_weighted),
            Metric::Accuracy => Some(self.accuracy),
            Metric::Precision => Some(self.precision),
            Metric::Recall => Some(self.recall),
            _ => None,
        }
    }
}

/// The label metrics of a confusion matrix `[true class][predicted class]`; `None` without rows.
pub fn label_scores(confusion: &[Vec<u64>]) -> Option<LabelScores> {
    let mut tallies = Tallies::new(confusion.len());
    for (actual, row) in confusion.iter().enumerate() {
        for (predicted, &count) in row.iter().enumerate().take(confusion.len()) {
            tallies.add(actual, predicted, count);
        }
    }
    tallies.scores()
}

/// What the label metrics need of a confusion matrix: three counts per class.
#[derive(Debug, Clone)]
pub(crate) struct Tallies {
    /// Rows of the class that were predicted as it.
    right: Vec<u64>,
    /// Rows predicted as the class.
    predicted: Vec<u64>,
    /// Rows of the class.
    actual: Vec<u64>,
}

impl Tallies {
    pub(crate) fn new(n_classes: usize) -> Tallies {
        let zeros = vec![0; n_classes];
        Tallies {
            right: zeros.clone(),
            predicted: zeros.clone(),
            actual: zeros,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.right.fill(0);
        self.predicted.fill(0);
        self.actual.fill(0);
    }

    /// Adds rows of class `actual` that were predicted as `predicted`; both must be below the number of classes.
    pub(crate) fn add(&mut self, actual: usize, predicted: usize, count: u64) {
        self.actual[actual] += count;
        self.predicted[predicted] += count;
        if actual == predicted {
            self.right[actual] += count;
        }
    }

    pub(crate) fn scores(&self) -> Option<LabelScores> {
        let rows: u64 = self.actual.iter().sum();
        if rows == 0 {
            return None;
        }
        let (mut f1, mut precision, mut recall, mut weighted, mut present) =
            (0.0, 0.0, 0.0, 0.0, 0u64);
        for class in 0..self.actual.len() {
            let class_f1 = self.f1(class);
            f1 += class_f1;
            precision += self.precision(class);
            recall += self.recall(class);
            weighted += class_f1 * self.actual[class] as f64;
            present += u64::from(self.actual[class] + self.predicted[class] > 0);
        }
        let mean = |sum: f64| (sum / present as f64).min(1.0);
        let right: u64 = self.right.iter().sum();
        let binary = self.actual.len() == 2;
        Some(LabelScores {
            f1: if binary { self.f1(1) } else { mean(f1) },
            f1_macro: mean(f1),
            f1_weighted: (weighted / rows as f64).min(1.0),
            accuracy: right as f64 / rows as f64,
            precision: if binary {
                self.precision(1)
            } else {
                mean(precision)
            },
            recall: if binary { self.recall(1) } else { mean(recall) },
        })
    }

    fn f1(&self, class: usize) -> f64 {
        share(
            2 * self.right[class],
            self.predicted[class] + self.actual[class],
        )
    }

    fn precision(&self, class: usize) -> f64 {
        share(self.right[class], self.predicted[class])
    }

    fn recall(&self, class: usize) -> f64 {
        share(self.right[class], self.actual[class])
    }
}

/// `part / whole`, 0 when the whole is nothing (scikit-learn's `zero_division=0`).
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
