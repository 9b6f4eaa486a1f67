//! The metrics of predicted numbers, and their intervals.
//!
//! | metric | formula | range |
//! |---|---|---|
//! | R² | 1 − Σ(y − ŷ)² / Σ(y − mean y)² | −∞ to 1 |
//! | RMSE | √(mean of (y − ŷ)²), in the target's unit | 0 and more |
//! | MAE | mean of \|y − ŷ\|, in the target's unit | 0 and more |
//! | Spearman | Pearson's correlation of the average ranks of y and ŷ | −1 to 1 |
//! | overlap of the worst 20 % | \|W ∩ Ŵ\| / k; W: the k rows with the largest y, Ŵ: with the largest ŷ; k = ⌈n / 5⌉ | 0 to 1 |
//!
//! Larger is better but for RMSE and MAE. R² is undefined on a constant truth (scikit-learn says 0 or 1 there), the
//! overlap too, Spearman where either side is constant. Rows that tie at the edge of the worst fifth share the places that
//! are left: each is in it by a part, and a row counts by the smaller of its two parts; so nothing depends on the order of
//! rows, a constant prediction has 0.2 and a perfect one 1. Without such ties it is the plain overlap of two sets.
//!
//! Pinned to scikit-learn and scipy in `tests/golden/regression.json`. Everything is computed for rows that each count a whole
//! number of times; orders are found once, so a bootstrap replicate is a few passes.

use rayon::prelude::*;

use super::bca::{Without, acceleration, bca_interval};
use super::bootstrap::of_metric;
use super::{
    IntervalMethod, Metric, MetricInterval, Scores, Strata, replicate_rng, row_replicates,
    valid_confidence,
};

/// The share of rows that counts as the worst, as one of so many.
const WORST_ONE_OF: u64 = 5;

/// Numbers made ready to be scored under many weightings of their rows.
pub(crate) struct RegressionScorer<'a> {
    truth: &'a [f64],
    answers: &'a [f64],
    by_truth: Order,
    by_answer: Order,
}

impl<'a> RegressionScorer<'a> {
    /// `None` when lengths differ, there are no rows, or a number on either side is not finite.
    pub(crate) fn new(truth: &'a [f64], answers: &'a [f64]) -> Option<Self> {
        let is_finite = |numbers: &[f64]| numbers.iter().all(|number| number.is_finite());
        let fits = truth.len() == answers.len() && u32::try_from(truth.len()).is_ok();
        if truth.is_empty() || !fits || !is_finite(truth) || !is_finite(answers) {
            return None;
        }
        Some(RegressionScorer {
            truth,
            answers,
            by_truth: Order::of(truth),
            by_answer: Order::of(answers),
        })
    }

    /// Every metric, row `i` counting `weights[i]` times. One weight per row.
    pub(crate) fn score_all(&self, weights: &[u32]) -> Scores {
        let get = |metric| self.score(metric, weights);
        Scores {
            r2: get(Metric::R2),
            rmse: get(Metric::Rmse),
            mae: get(Metric::Mae),
            spearman: get(Metric::Spearman),
            worst_overlap: get(Metric::WorstOverlap),
            ..Scores::default()
        }
    }

    /// One metric; `None` where it is undefined, and for metrics of classes.
    pub(crate) fn score(&self, metric: Metric, weights: &[u32]) -> Option<f64> {
        let value = match metric {
            Metric::R2 => self.r2(weights),
            Metric::Rmse => self.mean_of(weights, |error| error * error).map(f64::sqrt),
            Metric::Mae => self.mean_of(weights, f64::abs),
            Metric::Spearman => self.spearman(weights),
            Metric::WorstOverlap => self.worst_overlap(weights),
            _ => None,
        };
        // The square of an error of 1e200 is not a number any more.
        value.filter(|value| value.is_finite())
    }

    /// Weighted sum over the rows.
    fn sum(&self, weights: &[u32], of: impl Fn(usize) -> f64) -> f64 {
        let rows = weights
            .iter()
            .enumerate()
            .filter(|(_, weight)| **weight > 0);
        rows.map(|(row, &weight)| f64::from(weight) * of(row)).sum()
    }

    fn mean_of(&self, weights: &[u32], of_error: impl Fn(f64) -> f64) -> Option<f64> {
        let n = total(weights);
        let sum = self.sum(weights, |row| of_error(self.truth[row] - self.answers[row]));
        (n > 0).then(|| sum / n as f64)
    }

    fn r2(&self, weights: &[u32]) -> Option<f64> {
        if !self.by_truth.varies(weights) {
            return None;
        }
        let mean = self.sum(weights, |row| self.truth[row]) / total(weights) as f64;
        let square = |distance: f64| distance * distance;
        let missed = self.sum(weights, |row| square(self.truth[row] - self.answers[row]));
        let spread = self.sum(weights, |row| square(self.truth[row] - mean));
        Some(1.0 - missed / spread)
    }

    fn spearman(&self, weights: &[u32]) -> Option<f64> {
        if !self.by_truth.varies(weights) || !self.by_answer.varies(weights) {
            return None;
        }
        let (truth, answers) = (self.by_truth.ranks(weights), self.by_answer.ranks(weights));
        let middle = (total(weights) + 1) as f64 / 2.0;
        let both = self.sum(weights, |row| {
            (truth[row] - middle) * (answers[row] - middle)
        });
        let spread = |ranks: &[f64]| self.sum(weights, |row| (ranks[row] - middle).powi(2));
        Some((both / (spread(&truth) * spread(&answers)).sqrt()).clamp(-1.0, 1.0))
    }

    fn worst_overlap(&self, weights: &[u32]) -> Option<f64> {
        if !self.by_truth.varies(weights) {
            return None;
        }
        let places = total(weights).div_ceil(WORST_ONE_OF);
        let truth = self.by_truth.largest(weights, places);
        let answers = self.by_answer.largest(weights, places);
        let shared = self.sum(weights, |row| truth[row].min(answers[row]));
        Some((shared / places as f64).min(1.0))
    }
}

fn total(weights: &[u32]) -> u64 {
    weights.iter().map(|&weight| u64::from(weight)).sum()
}

/// Rows by rising number, those with the same number together.
struct Order {
    rows: Vec<u32>,
    /// End of each group of equal numbers in `rows`.
    ends: Vec<u32>,
}

impl Order {
    fn of(numbers: &[f64]) -> Order {
        let mut rows: Vec<u32> = (0..numbers.len() as u32).collect();
        let of = |row: u32| numbers[row as usize];
        rows.sort_unstable_by(|&a, &b| of(a).total_cmp(&of(b)).then(a.cmp(&b)));
        let is_last = |at: usize| {
            rows.get(at + 1)
                .is_none_or(|&next| of(next) != of(rows[at]))
        };
        let ends = (0..rows.len()).filter(|&at| is_last(at));
        let ends = ends.map(|at| at as u32 + 1).collect();
        Order { rows, ends }
    }

    /// The groups of equal numbers, smallest first.
    fn groups(&self) -> impl DoubleEndedIterator<Item = &[u32]> {
        (0..self.ends.len()).map(|at| {
            let begin = if at == 0 { 0 } else { self.ends[at - 1] };
            &self.rows[begin as usize..self.ends[at] as usize]
        })
    }

    /// Whether the rows that count hold two different numbers.
    fn varies(&self, weights: &[u32]) -> bool {
        let counts = |group: &&[u32]| group.iter().any(|&row| weights[row as usize] > 0);
        self.groups().filter(counts).nth(1).is_some()
    }

    /// Average rank of each row, from 1.
    fn ranks(&self, weights: &[u32]) -> Vec<f64> {
        let mut ranks = vec![0.0; self.rows.len()];
        let mut before = 0;
        for group in self.groups() {
            let tied: u64 = group
                .iter()
                .map(|&row| u64::from(weights[row as usize]))
                .sum();
            let rank = before as f64 + (tied as f64 + 1.0) / 2.0;
            group.iter().for_each(|&row| ranks[row as usize] = rank);
            before += tied;
        }
        ranks
    }

    /// By how much each row is among the `places` largest, 0 to 1.
    fn largest(&self, weights: &[u32], places: u64) -> Vec<f64> {
        let mut parts = vec![0.0; self.rows.len()];
        let mut left = places;
        for group in self.groups().rev() {
            let tied: u64 = group
                .iter()
                .map(|&row| u64::from(weights[row as usize]))
                .sum();
            if left == 0 {
                break;
            }
            let part = if tied <= left {
                1.0
            } else {
                left as f64 / tied as f64
            };
            group.iter().for_each(|&row| parts[row as usize] = part);
            left -= tied.min(left);
        }
        parts
    }
}

/// The acceleration of a metric. `None` where it is undefined without one of the rows.
pub(super) fn bent(without: &[Scores], metric: Metric) -> Option<f64> {
    let of = |scores: &Scores| {
        let score = scores.get(metric)?;
        Some(Without { score, rows: 1 })
    };
    let without: Option<Vec<Without>> = without.iter().map(of).collect();
    Some(acceleration(&[without?]))
}

/// The scores without each row in turn.
pub(super) fn without_each(scorer: &RegressionScorer<'_>, n_rows: usize) -> Vec<Scores> {
    let score = |weights: &mut Vec<u32>, row: usize| {
        weights[row] = 0;
        let scores = scorer.score_all(weights);
        weights[row] = 1;
        scores
    };
    (0..n_rows)
        .into_par_iter()
        .map_init(|| vec![1; n_rows], score)
        .collect()
}

/// A two-sided interval for every metric of numbers that is defined on these rows, in the order of
/// [`Metric::OF_NUMBERS`]. Rows are drawn with replacement from all rows, with fewer replicates on large test sets (see
/// [`super::bootstrap::intervals`]); a replicate on which a metric is undefined does not count for it.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993.
pub fn intervals(
    truth: &[f64],
    answers: &[f64],
    confidence: f64,
    replicates: u32,
    seed: u64,
    method: IntervalMethod,
) -> Vec<MetricInterval> {
    let Some(scorer) =
        RegressionScorer::new(truth, answers).filter(|_| valid_confidence(confidence))
    else {
        return Vec::new();
    };
    let drawn = drawn(truth.len(), replicates, seed, |weights| {
        scorer.score_all(weights)
    });
    let defined = scorer.score_all(&vec![1; truth.len()]);
    let without = (method == IntervalMethod::Bca).then(|| without_each(&scorer, truth.len()));
    let interval = |metric: Metric| {
        let mut values: Vec<f64> = drawn
            .iter()
            .filter_map(|scores| scores.get(metric))
            .collect();
        values.sort_unstable_by(f64::total_cmp);
        let moved = without.as_ref().and_then(|without| {
            let bent = bent(without, metric)?;
            bca_interval(&values, defined.get(metric)?, bent, confidence)
        });
        of_metric(metric, &values, moved, confidence)
    };
    let metrics = Metric::OF_NUMBERS.into_iter();
    metrics
        .filter(|&metric| defined.get(metric).is_some())
        .filter_map(interval)
        .collect()
}

/// What `of` says of each replicate of `n_rows` rows, given as the number of times that each row was drawn.
pub(crate) fn drawn<T: Send>(
    n_rows: usize,
    replicates: u32,
    seed: u64,
    of: impl Fn(&[u32]) -> T + Sync,
) -> Vec<T> {
    let strata = Strata::new(&vec![0; n_rows], 1);
    let replicate = |weights: &mut Vec<u32>, replicate: u32| {
        strata.draw(&mut replicate_rng(seed, replicate), weights);
        of(weights)
    };
    (0..row_replicates(replicates, n_rows))
        .into_par_iter()
        .map_init(|| vec![0; n_rows], replicate)
        .collect()
}
