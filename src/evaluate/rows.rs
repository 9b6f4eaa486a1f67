//! The metrics that read probabilities, for rows that each count a whole number of times.
//!
//! Everything that depends on the order of the probabilities is done once, when a [`RowScorer`] is made. Scoring under
//! other weights is then one pass, which is what makes a bootstrap over rows affordable.

use rayon::prelude::*;

use super::{ClassPredictions, Metric};

/// Values of the four probability metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RowScores {
    pub(crate) roc_auc: Option<f64>,
    pub(crate) pr_auc: Option<f64>,
    pub(crate) log_loss: Option<f64>,
    pub(crate) brier: Option<f64>,
}

impl RowScores {
    pub(crate) fn get(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::RocAuc => self.roc_auc,
            Metric::PrAuc => self.pr_auc,
            Metric::LogLoss => self.log_loss,
            Metric::Brier => self.brier,
            _ => None,
        }
    }
}

/// Predictions made ready to be scored under many weightings of their rows.
pub(crate) struct RowScorer {
    /// One ranking for two classes (the positive one), else one per class.
    rankings: Vec<Ranking>,
    /// Log loss and Brier loss of each row; `None` when a probability lies outside 0 to 1.
    losses: Option<Vec<(f64, f64)>>,
}

impl RowScorer {
    /// `None` when the predictions do not fit the rows, there are none, or a probability is not finite.
    pub(crate) fn new(truth: &[u32], predictions: &ClassPredictions) -> Option<RowScorer> {
        if truth.is_empty() || predictions.problem_with(truth).is_some() || !predictions.is_finite()
        {
            return None;
        }
        let first = if predictions.n_classes == 2 { 1 } else { 0 };
        let rankings = (first..predictions.n_classes)
            .into_par_iter()
            .map(|class| Ranking::new(truth, predictions, class))
            .collect();
        let bounded = predictions
            .probabilities
            .iter()
            .all(|p| (0.0..=1.0).contains(p));
        let losses = bounded.then(|| {
            (0..truth.len())
                .map(|row| losses(truth, predictions, row))
                .collect()
        });
        Some(RowScorer { rankings, losses })
    }

    /// The rows of two classes by falling probability of the positive one.
    pub(super) fn places(&self) -> &[Place] {
        self.rankings.first().map_or(&[], |ranking| &ranking.places)
    }

    /// Log loss and Brier loss of each row.
    pub(super) fn losses(&self) -> Option<&[(f64, f64)]> {
        self.losses.as_deref()
    }

    /// All four metrics, row `i` counting `weights[i]` times. One weight per row.
    pub(crate) fn score_all(&self, weights: &[u32]) -> RowScores {
        let (roc_auc, pr_auc) = self.areas(weights);
        let (log_loss, brier) = self.mean_losses(weights);
        RowScores {
            roc_auc,
            pr_auc,
            log_loss,
            brier,
        }
    }

    /// One metric, without the work for the others; `None` for label metrics.
    pub(crate) fn score(&self, metric: Metric, weights: &[u32]) -> Option<f64> {
        let mut scores = RowScores::default();
        if matches!(metric, Metric::RocAuc | Metric::PrAuc) {
            (scores.roc_auc, scores.pr_auc) = self.areas(weights);
        } else {
            (scores.log_loss, scores.brier) = self.mean_losses(weights);
        }
        scores.get(metric)
    }

    fn areas(&self, weights: &[u32]) -> (Option<f64>, Option<f64>) {
        let areas: Vec<_> = self
            .rankings
            .iter()
            .map(|ranking| ranking.areas(weights))
            .collect();
        (
            mean(areas.iter().filter_map(|area| area.0)),
            mean(areas.iter().filter_map(|area| area.1)),
        )
    }

    fn mean_losses(&self, weights: &[u32]) -> (Option<f64>, Option<f64>) {
        let Some(losses) = &self.losses else {
            return (None, None);
        };
        let (mut log, mut brier, mut total) = (0.0, 0.0, 0u64);
        for (&(row_log, row_brier), &weight) in losses.iter().zip(weights) {
            log += row_log * f64::from(weight);
            brier += row_brier * f64::from(weight);
            total += u64::from(weight);
        }
        if total == 0 {
            return (None, None);
        }
        (Some(log / total as f64), Some(brier / total as f64))
    }
}

/// Log loss and Brier loss of one row.
fn losses(truth: &[u32], predictions: &ClassPredictions, row: usize) -> (f64, f64) {
    let actual = truth[row] as usize;
    let clipped = predictions
        .probability(row, actual)
        .clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    let miss = |class: usize| {
        let wanted = if class == actual { 1.0 } else { 0.0 };
        (predictions.probability(row, class) - wanted).powi(2)
    };
    let brier = match predictions.n_classes {
        2 => miss(1),
        n => (0..n).map(miss).sum(),
    };
    (-clipped.ln(), brier)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| (sum / count as f64).min(1.0))
}

/// Rows ordered by falling probability of one class.
struct Ranking {
    places: Vec<Place>,
}

/// A row in a ranking.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) row: u32,
    pub(super) positive: bool,
    /// The next place has a smaller probability.
    pub(super) ends_tie: bool,
}

impl Ranking {
    fn new(truth: &[u32], predictions: &ClassPredictions, class: usize) -> Ranking {
        let mut order: Vec<(f64, u32)> = (0..truth.len())
            .map(|row| (predictions.probability(row, class), row as u32))
            .collect();
        order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let place = |(index, &(p, row)): (usize, &(f64, u32))| Place {
            row,
            positive: truth[row as usize] as usize == class,
            ends_tie: order.get(index + 1).is_none_or(|next| next.0 != p),
        };
        Ranking {
            places: order.iter().enumerate().map(place).collect(),
        }
    }

    /// ROC AUC and average precision, one pass. ROC AUC needs both kinds of rows, average precision a positive one.
    fn areas(&self, weights: &[u32]) -> (Option<f64>, Option<f64>) {
        let (mut positives, mut negatives) = (0u64, 0u64);
        let (mut tied_positives, mut tied_negatives) = (0u64, 0u64);
        // Twice the number of pairs ranked right, so that a tie counts 1 and everything stays whole.
        let (mut doubled_pairs, mut precision_sum) = (0u128, 0.0);
        for place in &self.places {
            let weight = u64::from(weights[place.row as usize]);
            if place.positive {
                tied_positives += weight;
            } else {
                tied_negatives += weight;
            }
            if place.ends_tie {
                doubled_pairs +=
                    u128::from(tied_negatives) * u128::from(2 * positives + tied_positives);
                positives += tied_positives;
                negatives += tied_negatives;
                if tied_positives > 0 {
                    precision_sum +=
                        tied_positives as f64 * (positives as f64 / (positives + negatives) as f64);
                }
                (tied_positives, tied_negatives) = (0, 0);
            }
        }
        let pairs = 2.0 * positives as f64 * negatives as f64;
        let roc = (pairs > 0.0).then(|| doubled_pairs as f64 / pairs);
        let precision = (positives > 0).then(|| (precision_sum / positives as f64).min(1.0));
        (roc, precision)
    }
}
