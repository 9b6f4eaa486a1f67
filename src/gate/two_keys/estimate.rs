//! What one calibration makes of the rows: the gain by the labels, the gain by the second opinion, and how far they agree.

use super::calibration::{Calibration, inputs};
use super::evidence::Assumptions;
use super::ratio::{Linearised, Part, linearised};
use super::rows::Rows;

/// An estimate and its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) variance: f64,
}

/// Both models on the same rows with the same truth: the gain, and the influence of each row on it.
struct Paired {
    gain: f64,
    influence: Vec<f64>,
    slope: Vec<f64>,
}

fn paired(parts: &[Part], rows: &Rows<'_>, truth: &[f64]) -> Option<Paired> {
    let new = linearised(parts, rows.challenger_labels, truth)?;
    let old = linearised(parts, rows.champion_labels, truth)?;
    let difference = |of: fn(&Linearised) -> &Vec<f64>| -> Vec<f64> {
        of(&new).iter().zip(of(&old)).map(|(a, b)| a - b).collect()
    };
    Some(Paired {
        gain: new.value - old.value,
        influence: difference(|it| &it.influence),
        slope: difference(|it| &it.slope),
    })
}

/// Mean square about the mean, divided by the number of values: the variance of their mean.
pub(super) fn variance_of_mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    values.map(|value| (value - mean).powi(2)).sum::<f64>() / (n * n)
}

/// The difference of the metric on labelled rows and its variance by the influence function.
pub(super) fn by_labels(parts: &[Part], rows: &Rows<'_>, truth: &[f64]) -> Option<Estimate> {
    let paired = paired(parts, rows, truth)?;
    Some(Estimate {
        value: paired.gain,
        variance: variance_of_mean(paired.influence.iter().copied()),
    })
}

/// π̂ of each row.
pub(super) fn probabilities(calibration: &Calibration, rows: &Rows<'_>) -> Vec<f64> {
    rows.inputs().map(|x| calibration.probability(&x)).collect()
}

/// The gain by the second opinion over (unlabelled) rows: F_π(challenger) − F_π(champion), the paired form of
/// confidence-based performance estimation.
///
/// Its variance has three terms: the calibration's (delta method, g'Vg), that of drawing the rows, and the structural one
/// (`structure` · [`Assumptions::reach`])², a misfit of π̂ on the rows that decide: of the mean over rows of |slope| where the labels
/// differ. Without assumptions there is no third term.
pub(super) fn by_opinion(
    parts: &[Part],
    rows: &Rows<'_>,
    calibration: &Calibration,
    assumed: Option<&Assumptions>,
) -> Option<Opinion> {
    let pi = probabilities(calibration, rows);
    let paired = paired(parts, rows, &pi)?;
    let n = pi.len() as f64;
    let mut gradient = [0.0; 3];
    for ((x, &p), &slope) in rows.inputs().zip(&pi).zip(&paired.slope) {
        let weight = slope * p * (1.0 - p) / n;
        for (sum, x) in gradient.iter_mut().zip(x) {
            *sum += weight * x;
        }
    }
    let labels = rows.challenger_labels.iter().zip(rows.champion_labels);
    let scale = labels
        .zip(&paired.slope)
        .filter(|((new, old), _)| new != old)
        .map(|(_, slope)| slope.abs())
        .sum::<f64>()
        / n;
    let of_calibration = calibration.variance_along(&gradient);
    let of_rows = variance_of_mean(paired.influence.iter().copied());
    Some(Opinion {
        gain: paired.gain,
        of_calibration,
        of_rows,
        of_structure: assumed.map_or(0.0, |it| (it.structure * it.reach(scale)).powi(2)),
        slope: scale,
    })
}

/// See [`by_opinion`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Opinion {
    pub(super) gain: f64,
    pub(super) of_calibration: f64,
    pub(super) of_rows: f64,
    pub(super) of_structure: f64,
    /// Mean over the rows of |slope| where the labels differ.
    pub(super) slope: f64,
}

impl Opinion {
    pub(super) fn variance(&self) -> f64 {
        self.of_calibration + self.of_rows + self.of_structure
    }
}

/// What the labels of a block say beyond the second opinion on the same rows: d − [F_π(b) − F_π(a)], with the variance of
/// ψ(y) − ψ(π̂).
pub(super) fn rectifier(
    parts: &[Part],
    rows: &Rows<'_>,
    truth: &[f64],
    calibration: &Calibration,
) -> Option<Estimate> {
    let pi = probabilities(calibration, rows);
    let (real, believed) = (paired(parts, rows, truth)?, paired(parts, rows, &pi)?);
    let differences = real.influence.iter().zip(&believed.influence);
    Some(Estimate {
        value: real.gain - believed.gain,
        variance: variance_of_mean(differences.map(|(a, b)| a - b)),
    })
}

/// Whether the second opinion is calibrated where it matters: Σ(y − π̂) / √Σ π̂(1 − π̂) over the rows on which the labels
/// differ, about standard normal if it is. 0 where no row differs.
pub(super) fn calibration_z(rows: &Rows<'_>, truth: &[f64], calibration: &Calibration) -> f64 {
    let labels = rows.challenger_labels.iter().zip(rows.champion_labels);
    let differing = labels
        .zip(rows.inputs().zip(truth))
        .filter(|((new, old), _)| new != old);
    let (mut sum, mut variance) = (0.0, 0.0);
    for (_, (x, y)) in differing {
        let p = calibration.probability(&x);
        sum += y - p;
        variance += p * (1.0 - p);
    }
    if variance > 0.0 {
        sum / variance.sqrt()
    } else {
        0.0
    }
}

impl Rows<'_> {
    /// What π̂ reads of each row.
    pub(super) fn inputs(&self) -> impl Iterator<Item = [f64; 3]> + Clone + '_ {
        let logits = self.champion_logits.iter().zip(self.challenger_logits);
        logits.map(|(&a, &b)| inputs(a, b))
    }
}
