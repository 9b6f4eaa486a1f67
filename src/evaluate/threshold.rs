//! From probabilities to labels: the best threshold, and applying one. A row is positive when `p >= threshold`.

use super::metrics::Tallies;
use super::{Metric, Predictions};

/// The threshold used where there is nothing to tune.
pub const DEFAULT: f64 = 0.5;

/// A threshold and what it achieves on the rows it was tuned on.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Threshold {
    /// Rows with at least this probability are positive; within 0 to 1.
    pub value: f64,
    /// The tuned metric at that threshold; 0 where nothing was tuned.
    pub score: f64,
}

/// Finds the threshold with the best `metric` for two classes, exactly.
///
/// Candidates are the midpoints between neighbouring distinct probabilities, between 0 and the smallest (all positive)
/// and between the largest and 1 (none positive). Among equally good ones the nearest to 0.5 wins, then the smaller, so
/// the result does not depend on the order of the rows. O(n log n).
///
/// Precision and recall alone are won by extremes (one sure row; everything positive), so F1 is tuned for them and
/// `score` is that F1. Edge cases: a metric that does not read labels, one true class only, no rows, lengths that differ
/// or a probability outside 0 to 1 give 0.5 with score 0.
pub fn best(truth: &[u32], positive_probability: &[f64], metric: Metric) -> Threshold {
    let tuned = match metric {
        Metric::Precision | Metric::Recall => Metric::F1,
        other => other,
    };
    let untuned = Threshold {
        value: DEFAULT,
        score: 0.0,
    };
    let positives = truth.iter().filter(|&&class| class == 1).count();
    let usable = metric.reads_labels()
        && truth.len() == positive_probability.len()
        && positives > 0
        && positives < truth.len()
        && truth.iter().all(|&class| class < 2)
        && positive_probability.iter().all(|p| (0.0..=1.0).contains(p));
    if !usable {
        return untuned;
    }
    let mut rows: Vec<(f64, bool)> = positive_probability
        .iter()
        .zip(truth)
        .map(|(&p, &class)| (p, class == 1))
        .collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));

    let totals = [(rows.len() - positives) as u64, positives as u64];
    let (mut best, mut tallies): (Option<Threshold>, _) = (None, Tallies::new(2));
    let mut consider = |value: f64, below: [u64; 2]| {
        let Some(score) = score_at(tuned, below, totals, &mut tallies) else {
            return;
        };
        if best.is_none_or(|best| beats(value, score, best)) {
            best = Some(Threshold { value, score });
        }
    };
    let (mut below, mut previous) = ([0u64; 2], 0.0);
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        consider(between(previous, tied[0].0), below);
        for &(_, positive) in tied {
            below[usize::from(positive)] += 1;
        }
        previous = tied[0].0;
    }
    // With a probability of exactly 1 no threshold up to 1 makes every row negative.
    if previous < 1.0 {
        consider(between(previous, 1.0), below);
    }
    best.unwrap_or(untuned)
}

/// The metric when the rows counted in `below` (negatives, positives) are predicted negative and the rest positive.
fn score_at(
    metric: Metric,
    below: [u64; 2],
    total: [u64; 2],
    tallies: &mut Tallies,
) -> Option<f64> {
    tallies.clear();
    for class in 0..2 {
        tallies.add(class, 0, below[class]);
        tallies.add(class, 1, total[class] - below[class]);
    }
    tallies.scores()?.get(metric)
}

fn beats(value: f64, score: f64, best: Threshold) -> bool {
    let distance = |threshold: f64| (threshold - DEFAULT).abs();
    score > best.score || (score == best.score && distance(value) < distance(best.value))
}

/// The midpoint, or the upper end where rounding would put it on the lower one.
fn between(low: f64, high: f64) -> f64 {
    let middle = low + (high - low) / 2.0;
    if middle > low { middle } else { high }
}

/// Sets the labels that follow from the probabilities: by `threshold` for two classes, the likeliest class for more.
pub fn apply(predictions: &mut Predictions, threshold: f64) {
    predictions.labels = labels_from(predictions.n_classes, &predictions.probabilities, threshold);
}

/// Labels for probabilities in the shape of [`Predictions::probabilities`].
///
/// Two classes: 1 where `p >= threshold`. More: the class with the largest probability, the first one on a tie. NaN is
/// never positive and never largest; a row of nothing else gets class 0. An incomplete last row is left out.
pub fn labels_from(n_classes: usize, probabilities: &[f64], threshold: f64) -> Vec<u32> {
    let outputs = if n_classes <= 2 { 1 } else { n_classes };
    probabilities
        .chunks_exact(outputs)
        .map(|row| label_of(n_classes, row, threshold))
        .collect()
}

/// The label of one row of [`labels_from`].
#[inline]
pub fn label_of(n_classes: usize, probabilities: &[f64], threshold: f64) -> u32 {
    if n_classes <= 2 {
        u32::from(probabilities[0] >= threshold)
    } else {
        likeliest(probabilities)
    }
}

/// Index of the largest value, the first on a tie, 0 when there is none.
pub(crate) fn likeliest(probabilities: &[f64]) -> u32 {
    let (mut best, mut largest) = (0, f64::NEG_INFINITY);
    for (class, &p) in probabilities.iter().enumerate() {
        if p > largest {
            (best, largest) = (class as u32, p);
        }
    }
    best
}
