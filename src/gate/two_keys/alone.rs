//! What one model's score is on rows without labels, by its calibrated probabilities.

use super::calibration::{fit, inputs, logit};
use super::estimate::variance_of_mean;
use super::ratio::{linearised, parts_of};
use crate::evaluate::Metric;

/// A model's probabilities and labels of some rows.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// P(positive), `(n_rows)`.
    pub probabilities: &'a [f64],
    /// Whether each row was called positive, `(n_rows)`.
    pub labels: &'a [bool],
}

/// A score that was estimated, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimated {
    /// The metric.
    pub value: f64,
    /// Its standard error: calibration, the draw of the rows, and a systematic misfit.
    pub standard_error: f64,
}

/// The score of a model on rows without labels: confidence-based performance estimation, F_π = Σ num(π̂) / Σ den(π̂).
///
/// π̂ is the probability of the positive class after calibration on `trusted` rows whose truth is known: logistic
/// recalibration, drawn to the model's own probabilities by a ridge. Its assumption: where the model says the same, the
/// truth is as often positive as on the trusted rows. It cannot see that the label has come to mean something else.
/// Variance: g'Vg of the calibration, Var ψ / n of the rows, and (`structure` · mean |slope|)² for a misfit in one direction.
/// `None` for metrics that are not means of ratios of counts, without rows, or where the calibration does not converge.
pub fn estimate_alone(
    metric: Metric,
    trusted: Side<'_>,
    truth: &[bool],
    rows: Side<'_>,
    structure: f64,
) -> Option<Estimated> {
    let parts = parts_of(metric)?;
    let fits = trusted.probabilities.len() == truth.len()
        && rows.probabilities.len() == rows.labels.len()
        && !truth.is_empty()
        && !rows.labels.is_empty();
    if !fits {
        return None;
    }
    let read = |p: &f64| inputs(logit(*p), logit(*p));
    let x: Vec<[f64; 3]> = trusted.probabilities.iter().map(read).collect();
    let y: Vec<f64> = truth.iter().map(|&it| f64::from(u8::from(it))).collect();
    let calibration = fit(&x, &y)?;
    let x: Vec<[f64; 3]> = rows.probabilities.iter().map(read).collect();
    let pi: Vec<f64> = x.iter().map(|x| calibration.probability(x)).collect();
    let score = linearised(&parts, rows.labels, &pi)?;
    let n = pi.len() as f64;
    let mut gradient = [0.0; 3];
    for ((x, p), slope) in x.iter().zip(&pi).zip(&score.slope) {
        let weight = slope * p * (1.0 - p) / n;
        for (sum, x) in gradient.iter_mut().zip(x) {
            *sum += weight * x;
        }
    }
    let scale = score.slope.iter().map(|slope| slope.abs()).sum::<f64>() / n;
    let variance = calibration.variance_along(&gradient)
        + variance_of_mean(score.influence.iter().copied())
        + (structure * scale).powi(2);
    Some(Estimated {
        value: score.value,
        standard_error: variance.max(0.0).sqrt(),
    })
}
