//! From probabilities to labels: the best threshold, and applying one. A row is positive when `p >= threshold`.

use super::classification::Tallies;
use super::{ClassPredictions, Metric};

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
    let tuned = tuned_for(metric);
    let untuned = Threshold {
        value: DEFAULT,
        score: 0.0,
    };
    if !metric.reads_labels() {
        return untuned;
    }
    let mut tallies = Tallies::new(2);
    let objective =
        |below: [u64; 2], totals: [u64; 2]| score_at(tuned, below, totals, &mut tallies);
    search(truth, positive_probability, objective).unwrap_or(untuned)
}

/// What is tuned for a metric.
fn tuned_for(metric: Metric) -> Metric {
    match metric {
        Metric::Precision | Metric::Recall => Metric::F1,
        other => other,
    }
}

/// Finds the threshold with the smallest mean cost of mistakes for two classes, exactly, among the candidates of [`best`] and
/// with its ties. `score` is minus the mean cost.
///
/// Edge cases: as [`best`], with the threshold of [`by_odds`] instead of 0.5.
pub fn cheapest(
    truth: &[u32],
    positive_probability: &[f64],
    false_positive: f64,
    false_negative: f64,
) -> Threshold {
    let objective = |below: [u64; 2], totals: [u64; 2]| {
        let (wrong_up, wrong_down) = (totals[0] - below[0], below[1]);
        let cost = false_positive * wrong_up as f64 + false_negative * wrong_down as f64;
        Some(-cost / truth.len() as f64).filter(|cost| cost.is_finite())
    };
    let by_odds = Threshold {
        value: by_odds(false_positive, false_negative),
        score: 0.0,
    };
    search(truth, positive_probability, objective).unwrap_or(by_odds)
}

/// The threshold with the smallest expected cost where probabilities are what they say: FP / (FP + FN); 0.5 where that is
/// none. Source: Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.
pub fn by_odds(false_positive: f64, false_negative: f64) -> f64 {
    let odds = false_positive / (false_positive + false_negative);
    if (0.0..=1.0).contains(&odds) {
        odds
    } else {
        DEFAULT
    }
}

/// The threshold that flags as many rows as it can without flagging more than a share of them: rows with the same
/// probability are flagged together or not at all. It lies midway to the next smaller probability, or above the largest
/// (above 1 where that is 1) when no row can be flagged. `None` without rows or for what is not a probability or share.
pub fn within(positive_probability: &[f64], share: f64) -> Option<f64> {
    let is_usable = positive_probability.iter().all(|p| (0.0..=1.0).contains(p));
    if positive_probability.is_empty() || !is_usable || !(0.0..=1.0).contains(&share) {
        return None;
    }
    let mut sorted = positive_probability.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    // A share of 0.1 of 30 rows is 3 rows, also when the product is a bit less.
    let most = (share * sorted.len() as f64 + 1e-9).floor() as usize;
    let (mut flagged, mut lowest) = (0, None);
    for tied in sorted.chunk_by(|a, b| a == b) {
        if flagged + tied.len() > most {
            return Some(match lowest {
                Some(lowest) => between(tied[0], lowest),
                None if tied[0] < 1.0 => between(tied[0], 1.0),
                None => 1.0_f64.next_up(),
            });
        }
        flagged += tied.len();
        lowest = Some(tied[0]);
    }
    Some(0.0)
}

/// The class with the smallest expected cost: of Σₜ P(t) · cost(t, c), the first on a tie. `costs` is `(n, n)` row-major by
/// true class. What is not a number is never smallest; with nothing else it is class 0.
pub fn cheapest_class(probabilities: &[f64], costs: &[f64]) -> u32 {
    let n = probabilities.len();
    let expected = |class: usize| -> f64 {
        let rows = probabilities.iter().enumerate();
        rows.map(|(truth, p)| p * costs[truth * n + class]).sum()
    };
    let (mut best, mut smallest) = (0, f64::INFINITY);
    for class in 0..n {
        let cost = expected(class);
        if cost < smallest {
            (best, smallest) = (class as u32, cost);
        }
    }
    best
}

/// The best threshold by an objective of how many (negatives, positives) lie below it, and how many there are. `None` for one
/// true class only, no rows, lengths that differ or a probability outside 0 to 1.
fn search(
    truth: &[u32],
    positive_probability: &[f64],
    mut objective: impl FnMut([u64; 2], [u64; 2]) -> Option<f64>,
) -> Option<Threshold> {
    let positives = truth.iter().filter(|&&class| class == 1).count();
    let usable = truth.len() == positive_probability.len()
        && positives > 0
        && positives < truth.len()
        && truth.iter().all(|&class| class < 2)
        && positive_probability.iter().all(|p| (0.0..=1.0).contains(p));
    if !usable {
        return None;
    }
    let mut rows: Vec<(f64, bool)> = positive_probability
        .iter()
        .zip(truth)
        .map(|(&p, &class)| (p, class == 1))
        .collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));

    let totals = [(rows.len() - positives) as u64, positives as u64];
    let mut best: Option<Threshold> = None;
    let mut consider = |value: f64, below: [u64; 2]| {
        let Some(score) = objective(below, totals) else {
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
    best
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
pub fn apply(predictions: &mut ClassPredictions, threshold: f64) {
    predictions.labels = labels_from(predictions.n_classes, &predictions.probabilities, threshold);
}

/// Labels for probabilities in the shape of [`ClassPredictions::probabilities`].
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
    match n_classes {
        // Numbers have no classes; 0 stands for all of them.
        0 => 0,
        1 | 2 => u32::from(probabilities[0] >= threshold),
        _ => likeliest(probabilities),
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
