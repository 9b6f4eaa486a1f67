//! Two keys: how surely the challenger is truly better, from labels *and* from what both models' calibrated probabilities
//! say of rows without labels.
//!
//! A difference of a label metric on a few hundred labelled rows says little: only the rows on which the models differ speak,
//! and each by one coin. Both models' probabilities, calibrated on those same rows and averaged over thousands of rows
//! without labels, say how many of those rows each would gain; the labels then only correct that calibration. A challenger
//! goes in when the probability of a true gain is high by *all* evidence (first key) and also by the test rows *alone*
//! (second key). docs/gate.md explains every number.
//!
//! A function of its arguments. It knows no policy: the caller compares the numbers with its bounds.

mod alone;
mod calibration;
mod estimate;
mod ratio;
mod rows;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use crate::evaluate::{Metric, Predictions};
pub use alone::{Estimated, Side, estimate_alone};
use calibration::{Calibration, fit, logit};
use estimate::{Estimate, by_labels, by_opinion, calibration_z, rectifier};
use ratio::{Part, best_cut, parts_of};
use rows::Rows;

/// What is assumed before a decision is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Assumptions {
    /// By how much π̂ may be off, all in one direction, on the rows where the models differ.
    pub structure: f64,
    /// Mean of the true gains of challengers over champions.
    pub prior_mean: f64,
    /// Their standard deviation.
    pub prior_sd: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Assumptions {
            structure: 0.03,
            prior_mean: 0.0,
            prior_sd: 0.015,
        }
    }
}

/// The logits and labels of both models on some rows, each `(n_rows)`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Both {
    /// Log odds of the positive class by the champion.
    pub champion_logits: Vec<f64>,
    /// Log odds of the positive class by the challenger.
    pub challenger_logits: Vec<f64>,
    /// Whether the champion labels the row positive.
    pub champion_labels: Vec<bool>,
    /// Whether the challenger does.
    pub challenger_labels: Vec<bool>,
}

impl Both {
    /// Both models' predictions of two classes on the same rows; `None` when they are no such predictions, or hold a
    /// number that is not finite.
    pub fn of(champion: &Predictions, challenger: &Predictions) -> Option<Both> {
        let is_usable = |side: &Predictions| {
            let n = side.labels.len();
            let probabilities = &side.probabilities;
            side.n_classes == 2
                && probabilities.len() == n
                && probabilities.iter().all(|p| p.is_finite())
        };
        let logits = |side: &Predictions| side.probabilities.iter().map(|&p| logit(p)).collect();
        let labels = |side: &Predictions| side.labels.iter().map(|&label| label == 1).collect();
        let fits = champion.labels.len() == challenger.labels.len();
        (fits && is_usable(champion) && is_usable(challenger)).then(|| Both {
            champion_logits: logits(champion),
            challenger_logits: logits(challenger),
            champion_labels: labels(champion),
            challenger_labels: labels(challenger),
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.champion_labels.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.champion_labels.is_empty()
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            champion_logits: &self.champion_logits,
            challenger_logits: &self.challenger_logits,
            champion_labels: &self.champion_labels,
            challenger_labels: &self.challenger_labels,
        }
    }
}

/// Rows with their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// What both models say.
    pub both: Both,
    /// Whether each row is truly positive, `(n_rows)`.
    pub positive: Vec<bool>,
}

impl Labelled {
    fn truth(&self) -> Vec<f64> {
        let number = |&positive: &bool| f64::from(u8::from(positive));
        self.positive.iter().map(number).collect()
    }
}

/// The evidence on two models.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The metric decided on.
    pub metric: Metric,
    /// The test rows: seen by neither model.
    pub trusted: &'a Labelled,
    /// Training rows of one model that the other never saw, predicted out of fold by the one; none where none were kept.
    pub out_of_fold: &'a [Labelled],
    /// Rows without labels; without any the test rows stand in for them.
    pub unlabelled: Option<&'a Both>,
    /// What is assumed.
    pub assumptions: Assumptions,
}

/// How one key came about. All gains are signed so that above zero the challenger is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Gain by the second opinion over the unlabelled rows.
    pub opinion: f64,
    /// Its standard error.
    pub opinion_se: f64,
    /// What the labels say beyond the second opinion on the same rows.
    pub correction: f64,
    /// Its standard error.
    pub correction_se: f64,
    /// Share of the correction that is believed, 0..=1; 1 is what the labels alone would say.
    pub correction_weight: f64,
    /// Expected true gain.
    pub gain: f64,
    /// Its standard deviation.
    pub gain_sd: f64,
    /// Probability that the true gain is above zero.
    pub probability: f64,
    /// Probability that the true gain is within the rope around zero.
    pub equivalent: f64,
    /// Expected loss, in the metric, if the challenger went in: E[max(0, −gain)].
    pub expected_loss: f64,
}

/// Why the second opinion is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Veto {
    /// The calibrated probabilities do not agree with the labels where the models differ.
    Miscalibrated,
    /// The calibration cannot be fitted, or the metric is undefined on these rows.
    Undefined,
}

/// What the evidence comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// First key: all evidence.
    pub all: Key,
    /// Second key: the test rows alone (with the unlabelled rows).
    pub trusted: Key,
    /// Plain difference of the metric on the test rows.
    pub labels: f64,
    /// Its standard error by the influence function.
    pub labels_se: f64,
    /// Number of unlabelled rows used; 0 where the test rows stood in.
    pub unlabelled_rows: u64,
    /// Whether unlabelled rows were at hand but differ from the test rows, so that they were not used.
    pub unlabelled_differ: bool,
    /// Number of out-of-fold rows used.
    pub out_of_fold_rows: u64,
    /// Standard score of the disagreement between test rows and out-of-fold rows; above 2.6 the new rows and the test rows
    /// disagree. `None` without out-of-fold rows.
    pub disagreement: Option<f64>,
    /// Standard score of the calibration check on the rows where the models differ.
    pub calibration: f64,
    /// Gain that moving the champion's threshold alone would bring, by the second opinion.
    pub threshold_gain: f64,
    /// The threshold that brings it.
    pub threshold: f64,
    /// What was assumed.
    pub assumptions: Assumptions,
    /// Why none of this decides; `None` when it does.
    pub veto: Option<Veto>,
}

/// A standard score beyond which a check fails: about one in a hundred, two-sided.
pub const LARGE_Z: f64 = 2.6;
/// A true gain this near to zero is none worth a change: the region of practical equivalence. Benavoli, Corani, Demšar and
/// Zaffalon, "Time for a change", JMLR 2017.
pub const ROPE: f64 = 0.005;

/// Judges the evidence. `None` for metrics that are no mean of ratios of label counts (ranking, probabilities, numbers),
/// and where the metric is undefined on the test rows.
pub fn judge(evidence: &Evidence<'_>) -> Option<Judgement> {
    let parts = parts_of(evidence.metric)?;
    let trusted = evidence.trusted;
    let truth = trusted.truth();
    let labels = by_labels(&parts, &trusted.both.rows(), &truth)?;

    let of_trusted = calibrated(std::iter::once(trusted))?;
    let differ = evidence
        .unlabelled
        .is_some_and(|other| differs(&trusted.both, other));
    let unlabelled = evidence.unlabelled.filter(|_| !differ);
    let over = unlabelled.unwrap_or(&trusted.both).rows();
    let (second, _) = key(
        &parts,
        evidence,
        &of_trusted,
        over,
        std::slice::from_ref(trusted),
    )?;

    let mut blocks = vec![trusted.clone()];
    blocks.extend(
        evidence
            .out_of_fold
            .iter()
            .filter(|it| !it.positive.is_empty())
            .cloned(),
    );
    let (first, disagreement) = if blocks.len() > 1 {
        let of_all = calibrated(blocks.iter())?;
        key(&parts, evidence, &of_all, over, &blocks)?
    } else {
        (second, None)
    };

    let z = calibration_z(&trusted.both.rows(), &truth, &of_trusted);
    let pi = estimate::probabilities(&of_trusted, &over);
    let now = ratio::linearised(&parts, over.champion_labels, &pi)?.value;
    let (best, cut) = best_cut(&parts, over.champion_logits, &pi)?;
    Some(Judgement {
        all: first,
        trusted: second,
        labels: labels.value,
        labels_se: labels.variance.sqrt(),
        unlabelled_rows: unlabelled.map_or(0, |it| it.len() as u64),
        unlabelled_differ: differ,
        out_of_fold_rows: blocks[1..].iter().map(|it| it.both.len() as u64).sum(),
        disagreement,
        calibration: z,
        threshold_gain: (best - now).max(0.0),
        threshold: 1.0 / (1.0 + (-cut).exp()),
        assumptions: evidence.assumptions,
        veto: (z.abs() > LARGE_Z).then_some(Veto::Miscalibrated),
    })
}

/// π̂ fitted on all rows of some blocks.
fn calibrated<'a>(blocks: impl Iterator<Item = &'a Labelled>) -> Option<Calibration> {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for block in blocks {
        x.extend(block.both.rows().inputs());
        y.extend(block.truth());
    }
    fit(&x, &y)
}

/// Whether the unlabelled rows are of another population than the test rows, by the means of what π̂ reads of them.
fn differs(trusted: &Both, other: &Both) -> bool {
    let moments = |both: &Both, at: usize| {
        let rows = both.rows();
        let values = rows.inputs().map(move |x| x[at]);
        let n = both.len() as f64;
        let mean = values.clone().sum::<f64>() / n;
        let square = values.map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        (mean, square / n)
    };
    (1..3).any(|at| {
        let ((a, va), (b, vb)) = (moments(trusted, at), moments(other, at));
        let z = (a - b) / (va + vb).sqrt();
        other.is_empty() || z.abs() > LARGE_Z
    })
}

/// One key over the unlabelled rows `over`, corrected by labelled `blocks`, the first of which is trusted. Also the
/// standard score of the disagreement between the trusted block and the others.
fn key(
    parts: &[Part],
    evidence: &Evidence<'_>,
    calibration: &Calibration,
    over: Rows<'_>,
    blocks: &[Labelled],
) -> Option<(Key, Option<f64>)> {
    let assumed = evidence.assumptions;
    let opinion = by_opinion(parts, &over, calibration, assumed.structure)?;
    let corrections: Vec<Estimate> = blocks
        .iter()
        .map(|block| rectifier(parts, &block.both.rows(), &block.truth(), calibration))
        .collect::<Option<_>>()?;
    let (correction, disagreement) = pooled(&corrections)?;

    // Shrunken rectifier: weight 1 is prediction-powered inference (unbiased), weight 0 is the second opinion as it is.
    // Angelopoulos et al., Science 2023; Li and Ignatiadis, arXiv 2502.14166.
    let variance = opinion.variance();
    let total = variance + correction.variance;
    let weight = if total > 0.0 { variance / total } else { 0.0 };
    let estimate = Estimate {
        value: opinion.gain + weight * correction.value,
        variance: variance * (1.0 - weight),
    };
    let prior = assumed.prior_sd.powi(2);
    let kept = prior / (prior + estimate.variance);
    let gain = kept * estimate.value + (1.0 - kept) * assumed.prior_mean;
    let sd = (kept * estimate.variance).sqrt();
    let (probability, equivalent, expected_loss) = posterior(gain, sd)?;
    let key = Key {
        opinion: opinion.gain,
        opinion_se: variance.sqrt(),
        correction: correction.value,
        correction_se: correction.variance.sqrt(),
        correction_weight: weight,
        gain,
        gain_sd: sd,
        probability,
        equivalent,
        expected_loss,
    };
    Some((key, disagreement))
}

/// Corrections of several blocks as one. Blocks other than the first count with twice their variance (what is predicted out
/// of fold varies by its fold, Bates, Hastie and Tibshirani, arXiv 2104.00673) plus the part of their disagreement with the
/// first that chance does not explain (random effects: DerSimonian and Laird, 1986): rows that contradict the test rows
/// count the less.
fn pooled(corrections: &[Estimate]) -> Option<(Estimate, Option<f64>)> {
    let (first, others) = corrections.split_first()?;
    if others.is_empty() {
        return Some((*first, None));
    }
    let together = inverse_variance_mean(others.iter().copied());
    let gap = first.value - together.value;
    let chance = first.variance + together.variance;
    let heterogeneity = (gap * gap - chance).max(0.0);
    let widened = others.iter().map(|it| Estimate {
        value: it.value,
        variance: 2.0 * it.variance + heterogeneity,
    });
    let all = inverse_variance_mean(std::iter::once(*first).chain(widened));
    Some((all, Some(gap / chance.sqrt())))
}

fn inverse_variance_mean(estimates: impl Iterator<Item = Estimate>) -> Estimate {
    // A block on which both models agree to the last row has no variance; it says nothing more than a very sure one.
    const LEAST: f64 = 1e-18;
    let (mut sum, mut weights) = (0.0, 0.0);
    for estimate in estimates {
        let weight = 1.0 / estimate.variance.max(LEAST);
        sum += weight * estimate.value;
        weights += weight;
    }
    Estimate {
        value: sum / weights,
        variance: 1.0 / weights,
    }
}

/// P(gain > 0), P(|gain| < rope) and E[max(0, −gain)] of a normal gain. `None` when a number is not finite.
fn posterior(gain: f64, sd: f64) -> Option<(f64, f64, f64)> {
    if !gain.is_finite() || !sd.is_finite() {
        return None;
    }
    if sd <= 0.0 {
        let certain = |holds: bool| f64::from(u8::from(holds));
        return Some((
            certain(gain > 0.0),
            certain(gain.abs() < ROPE),
            (-gain).max(0.0),
        ));
    }
    let standard = Normal::standard();
    let z = gain / sd;
    let within = standard.cdf((ROPE - gain) / sd) - standard.cdf((-ROPE - gain) / sd);
    let loss = sd * standard.pdf(z) - gain * standard.cdf(-z);
    Some((standard.cdf(z), within, loss))
}
