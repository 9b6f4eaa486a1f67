//! What comes out: both keys, and everything they rest on.

use serde::{Deserialize, Serialize};

use super::evidence::Assumptions;

/// A standard score beyond which a check fails: about one in a hundred, two-sided.
pub const LARGE_Z: f64 = 2.6;
/// A true gain this near to zero is none worth a change: the region of practical equivalence. Benavoli, Corani, Demšar and
/// Zaffalon, "Time for a change", JMLR 2017.
pub const ROPE: f64 = 0.005;

/// How one key came about. All gains are signed so that above zero the challenger is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Gain by the second opinion over the unlabelled rows.
    pub opinion: f64,
    /// Its standard error.
    pub opinion_se: f64,
    /// The part of it that the fit of π̂ leaves; older records lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion_fit_se: Option<f64>,
    /// By how much the opinion moves for each unit by which π̂ is off, all in one direction, where the models differ; older records
    /// lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion_slope: Option<f64>,
    /// What the labels say beyond the second opinion on the same rows.
    pub correction: f64,
    /// Its standard error.
    pub correction_se: f64,
    /// Share of the correction that is trusted, 0..=1; 1 is what the labels alone would say.
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
    /// Number of unlabelled rows used; 0 where the test rows was in.
    pub unlabelled_rows: u64,
    /// Whether there were unlabelled rows that differ from the test rows, so that they were not used.
    pub unlabelled_differ: bool,
    /// Number of out-of-fold rows used.
    pub out_of_fold_rows: u64,
    /// Standard score of the disagreement between test rows and out-of-fold rows; above 2.6 the new rows and the test rows
    /// disagree. `None` without out-of-fold rows.
    pub disagreement: Option<f64>,
    /// What the labels that were requested say; `None` where none were, or too few came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedLabels>,
    /// Standard score of the calibration check on the rows where the models differ.
    pub calibration: f64,
    /// Gain that moving the champion's threshold alone would bring, by the second opinion.
    pub threshold_gain: f64,
    /// The threshold that brings it.
    pub threshold: f64,
    /// Where the gain that the probabilities expect comes from; `None` where they expect none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Origin>,
    /// What was assumed.
    pub assumptions: Assumptions,
    /// Why none of this decides; `None` when it does.
    pub veto: Option<Veto>,
}

/// What labels that were requested say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AskedLabels {
    /// Labels by direction, `[challenger_positive, champion_positive]`.
    pub labels: [u64; 2],
    /// For how many rows without labels each of them stands, by direction.
    pub weights: [f64; 2],
    /// Gain by the second opinion as these labels correct it; no assumption about the probabilities is left in it.
    pub gain: f64,
    /// Its standard error.
    pub gain_se: f64,
}

/// Where a gain comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Mostly from saying yes more or less often, which another threshold of the champion does, too.
    Threshold,
    /// Mostly from putting rows in a better order.
    Ranking,
}

impl Origin {
    /// The name used in records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Threshold => "threshold",
            Origin::Ranking => "ranking",
        }
    }

    /// Of an expected gain, and the gain of the champion's own best threshold. `None` where no gain is expected.
    pub(super) fn of(gain: f64, by_threshold: f64) -> Option<Origin> {
        (gain > 0.0).then_some(if 2.0 * by_threshold >= gain {
            Origin::Threshold
        } else {
            Origin::Ranking
        })
    }
}
