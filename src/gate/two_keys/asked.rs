//! What labels that were requested say: a design-based correction of the second opinion.
//!
//! Rows on which both models agree move a difference of the models hardly at all, so only rows on which they differ are
//! drawn, at random within each direction. The correction is the stratified mean of what the labels say beyond π̂ (Cochran,
//! *Sampling Techniques*, 1977, chapter 5, as a difference estimator): it needs no model to be right.

use super::calibration::Calibration;
use super::estimate::{Estimate, by_opinion, probabilities};
use super::evidence::{Asked, Direction};
use super::judgement::AskedLabels;
use super::ratio::{Part, linearised};
use super::rows::Rows;

/// Fewest labels of a direction; of one label nobody knows how far it is from the others.
const FEWEST: usize = 2;

/// What labels that were requested say.
pub(super) struct Found {
    /// What they say beyond the second opinion.
    pub(super) correction: Estimate,
    /// The same for the record.
    pub(super) told: AskedLabels,
}

/// By how much the gain changes when the true class of a row of each direction goes from 0 to 1, times the number of rows.
/// `over` are the rows without labels, `pi` the probability of the positive class of each.
pub(super) fn slopes(parts: &[Part], over: &Rows<'_>, pi: &[f64]) -> Option<[f64; 2]> {
    let new = linearised(parts, over.challenger_labels, pi)?.slope_of;
    let old = linearised(parts, over.champion_labels, pi)?.slope_of;
    Some([new[1] - old[0], new[0] - old[1]])
}

/// r = Σ_h W_h·slope_h·mean_h(y − π̂), W_h = N_h / N, with variance Σ_h (W_h·slope_h)²·S_h²/m_h.
///
/// There is no correction for a finite population: the gain is meant on rows to come, not on those that were logged.
///
/// S_h² is the variance of y − π̂ among the labels of a direction, and at least what π̂ itself says, mean π̂(1 − π̂): a few
/// labels may agree by chance. `None` while a direction with rows has fewer than two labels.
pub(super) fn by_asked(
    parts: &[Part],
    over: &Rows<'_>,
    calibration: &Calibration,
    asked: &Asked,
) -> Option<Found> {
    let pi = probabilities(calibration, over);
    let slopes = slopes(parts, over, &pi)?;
    let drawn = asked.labelled.both.rows();
    let believed = probabilities(calibration, &drawn);
    let truth = asked.labelled.truth();
    let mut correction = Estimate {
        value: 0.0,
        variance: 0.0,
    };
    let (mut labels, mut weights) = ([0; 2], [0.0; 2]);
    for (at, direction) in Direction::ALL.into_iter().enumerate() {
        let of_direction = |row: &usize| {
            Direction::of(drawn.champion_labels[*row], drawn.challenger_labels[*row])
                == Some(direction)
        };
        let rows: Vec<usize> = (0..truth.len()).filter(of_direction).collect();
        let (count, m) = (asked.strata[at] as f64, rows.len() as f64);
        labels[at] = rows.len() as u64;
        if asked.strata[at] == 0 {
            continue;
        }
        if rows.len() < FEWEST.min(asked.strata[at] as usize) {
            return None;
        }
        weights[at] = count / m;
        let mean = rows
            .iter()
            .map(|&row| truth[row] - believed[row])
            .sum::<f64>()
            / m;
        let expected = rows
            .iter()
            .map(|&row| believed[row] * (1.0 - believed[row]));
        let expected = expected.sum::<f64>() / m;
        let squares = rows
            .iter()
            .map(|&row| (truth[row] - believed[row] - mean).powi(2))
            .sum::<f64>();
        let spread = if m > 1.0 { squares / (m - 1.0) } else { 0.0 };
        let scale = count / asked.population as f64 * slopes[at];
        correction.value += scale * mean;
        correction.variance += scale * scale * spread.max(expected) / m;
    }
    let opinion = by_opinion(parts, over, calibration, None)?;
    Some(Found {
        correction,
        told: AskedLabels {
            labels,
            weights,
            gain: opinion.gain + correction.value,
            gain_se: (correction.variance + opinion.of_rows).sqrt(),
        },
    })
}
