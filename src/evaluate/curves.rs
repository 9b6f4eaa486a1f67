//! Curves for plots: ROC, precision over recall, calibration. One class against the rest.
//!
//! `truth` is 1 for the positive class and anything else for the rest; [`one_vs_rest`] makes both arguments for any class.
//! Rows without a partner (lengths that differ) and rows whose probability is not finite are left out.

use serde::{Deserialize, Serialize};

use super::ClassPredictions;

/// Most points of a curve (and a few more for corners).
const MAX_POINTS: usize = 500;

/// One bin of a calibration curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Mean predicted probability of the rows in the bin.
    pub mean_predicted: f64,
    /// Share of them that are positive.
    pub observed: f64,
    /// Number of rows in the bin, above 0.
    pub rows: u64,
}

/// Truth as 0 and 1 and the probability of one class, for the curves. Empty when the predictions do not fit the rows.
pub fn one_vs_rest(
    truth: &[u32],
    predictions: &ClassPredictions,
    class: usize,
) -> (Vec<u32>, Vec<f64>) {
    if predictions.problem_with(truth).is_some() || class >= predictions.n_classes {
        return (Vec::new(), Vec::new());
    }
    let is_class = truth
        .iter()
        .map(|&actual| u32::from(actual as usize == class))
        .collect();
    let p = (0..truth.len())
        .map(|row| predictions.probability(row, class))
        .collect();
    (is_class, p)
}

/// The ROC curve as (false positive rate, true positive rate), from (0, 0) to (1, 1), both rising.
///
/// One point per distinct probability, without those on a straight line between their neighbours, thinned to about 500.
/// Empty when one class only is there. Source: Fawcett, "An introduction to ROC analysis", 2006.
pub fn roc(truth: &[u32], p: &[f64]) -> Vec<(f64, f64)> {
    let counts = cumulated(truth, p);
    let Some(&(positives, negatives)) = counts.last().filter(|last| last.0 > 0 && last.1 > 0)
    else {
        return Vec::new();
    };
    let corners = without_collinear(std::iter::once((0, 0)).chain(counts.iter().copied()));
    let rate =
        |&(tp, fp): &(u64, u64)| (fp as f64 / negatives as f64, tp as f64 / positives as f64);
    thin(corners.iter().map(rate).collect(), MAX_POINTS)
}

/// The precision-recall curve as (recall, precision), by rising recall, beginning with (0, 1).
///
/// One point per distinct probability, thinned to about 500. The points are steps: do not interpolate between them when
/// taking an area. Empty when there is no positive row.
pub fn precision_recall(truth: &[u32], p: &[f64]) -> Vec<(f64, f64)> {
    let counts = cumulated(truth, p);
    let Some(&(positives, _)) = counts.last().filter(|last| last.0 > 0) else {
        return Vec::new();
    };
    let point =
        |&(tp, fp): &(u64, u64)| (tp as f64 / positives as f64, tp as f64 / (tp + fp) as f64);
    thin(
        std::iter::once((0.0, 1.0))
            .chain(counts.iter().map(point))
            .collect(),
        MAX_POINTS,
    )
}

/// The calibration curve over `bins` bins of equal width in 0 to 1; a probability on an edge belongs to the lower bin.
/// Empty bins are left out; probabilities outside 0 to 1 go into the outermost bins.
pub fn calibration(truth: &[u32], p: &[f64], bins: usize) -> Vec<CalibrationBin> {
    if bins == 0 {
        return Vec::new();
    }
    let width = 1.0 / bins as f64;
    let edges: Vec<f64> = (1..bins).map(|edge| edge as f64 * width).collect();
    let mut sums = vec![(0.0, 0u64, 0u64); bins];
    for (probability, positive) in usable(truth, p) {
        let bin = &mut sums[edges.partition_point(|&edge| edge < probability)];
        bin.0 += probability;
        bin.1 += u64::from(positive);
        bin.2 += 1;
    }
    let filled = sums.into_iter().filter(|&(_, _, rows)| rows > 0);
    filled
        .map(|(sum, positives, rows)| CalibrationBin {
            mean_predicted: sum / rows as f64,
            observed: positives as f64 / rows as f64,
            rows,
        })
        .collect()
}

fn usable<'a>(truth: &'a [u32], p: &'a [f64]) -> impl Iterator<Item = (f64, bool)> + 'a {
    p.iter()
        .zip(truth)
        .filter(|(p, _)| p.is_finite())
        .map(|(&p, &class)| (p, class == 1))
}

/// (true positives, false positives) after each distinct probability, from the largest down.
fn cumulated(truth: &[u32], p: &[f64]) -> Vec<(u64, u64)> {
    let mut rows: Vec<(f64, bool)> = usable(truth, p).collect();
    rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let (mut tp, mut fp) = (0, 0);
    let mut counts = Vec::new();
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let positives = tied.iter().filter(|row| row.1).count() as u64;
        tp += positives;
        fp += tied.len() as u64 - positives;
        counts.push((tp, fp));
    }
    counts
}

/// Drops points on a straight line between their neighbours; exact, because counts are whole numbers.
fn without_collinear(points: impl Iterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut kept: Vec<(u64, u64)> = Vec::new();
    for point in points {
        if let [.., a, b] = kept[..] {
            let turn = |x: u64, y: u64| u128::from(x) * u128::from(y);
            if turn(b.0 - a.0, point.1 - b.1) == turn(b.1 - a.1, point.0 - b.0) {
                kept.pop();
            }
        }
        kept.push(point);
    }
    kept
}

/// Leaves out points that lie close to the last kept one. A longer step is always one between two neighbours of the full
/// curve, so corners stay where they are; what is left out is nearer than the step, which begins at 1 / 250 of the plot
/// and grows only as far as the limit needs.
fn thin(points: Vec<(f64, f64)>, limit: usize) -> Vec<(f64, f64)> {
    let mut thinned = points.clone();
    let mut step = 2.0 / limit as f64;
    while thinned.len() > limit && step < 1.0 {
        thinned = thin_by(&points, step);
        step *= 1.5;
    }
    thinned
}

fn thin_by(points: &[(f64, f64)], step: f64) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    let mut last: Option<(f64, f64)> = None;
    for (index, &point) in points.iter().enumerate() {
        let far = |from: (f64, f64), to: (f64, f64)| {
            (from.0 - to.0).abs().max((from.1 - to.1).abs()) > step
        };
        let keep = match (last, points.get(index + 1)) {
            (Some(last), Some(&next)) => far(last, next),
            _ => true,
        };
        if keep {
            kept.push(point);
            last = Some(point);
        }
    }
    kept
}
