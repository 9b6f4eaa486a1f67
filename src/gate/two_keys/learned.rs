//! The constants of two keys, learned from past decisions on the same model.
//!
//! Three numbers are assumed before a decision is looked at: by how much π̂ may be off where the models differ (`structure`), and how
//! large true gains are (`prior_mean`, `prior_sd`). Every decision says something about them, too: how far the test rows' labels were
//! from the opinion, beyond what chance explains, and how large the gain was. All three begin at a start that counts as much as ten
//! decisions, and each decision counts as much as it is sure.

use serde::{Deserialize, Serialize};

use super::evidence::Assumptions;
use super::judgement::{Judgement, Veto};

/// For how many decisions the start counts.
const START_WORTH: f64 = 10.0;
/// No less is learned of `structure` and `prior_sd`, so that however many nights of nothing cannot shut the gate for good.
const FLOOR: f64 = 0.01;
/// 80 % of a normal distribution are below this.
const UPPER: f64 = 0.841_621_233_572_914_3;
/// The prior's mean is at most this share of its standard deviation, either way: history alone turns no key (Φ(½) = 69 %).
const MOST_LEANING: f64 = 0.5;

/// Constants that were learned, and from how much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learned {
    /// The constants.
    pub assumptions: Assumptions,
    /// What `structure` rests on.
    pub structure_from: Basis,
    /// What `prior_mean` and `prior_sd` rest on.
    pub prior_from: Basis,
}

/// Past decisions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// How many.
    pub decisions: u64,
    /// How many fully sure ones they are worth; the start is worth 10.
    pub worth: f64,
}

/// Learns from past judgements on the same model by the same metric. `None` where none of them says anything.
///
/// `structure`: with r the correction of the test rows, s its standard error, g'Vg the variance of the opinion that the fit of π̂ leaves
/// and c the reach of the opinion's slope (`Assumptions::reach`), r² is on average s² − g'Vg + e²c²: π̂ is fitted on those very rows, which takes g'Vg away. So each
/// decision says e² = x = (r² − s² + g'Vg) / c², with the weight ω = (e₀²c² / (v + e₀²c²))², v = s² − g'Vg, that is as sure as x is
/// beside one without noise. e² is the weighted mean of the start and all x, plus z₈₀ √2 e₀² √Σω: its 80 % upper bound by
/// what decisions add. To doubt the probabilities too much costs promotions, too little lets worse ones in.
///
/// `prior_mean`, `prior_sd`: of the estimated gains d before they were drawn to the prior, with variance v, by moments: the weighted
/// mean with ω = τ₀² / (τ₀² + v), and the mean of (d − mean)² − v with ω². No upper bound: neither side is the safe one.
///
/// Source: random-effects moments (DerSimonian and Laird, 1986), weighted by their sampling variance under the start (Hartung,
/// Knapp and Sinha, "Statistical Meta-Analysis", 2008); empirical Bayes (Efron, "Large-Scale Inference", 2010). Pinned to NumPy by
/// `tests/golden/constants.py`.
pub fn learned(past: &[Judgement]) -> Option<Learned> {
    let start = Assumptions::default();
    let (structure, structure_from) = structure(past, &start);
    let (mean, sd, prior_from) = prior(past, start.prior_sd);
    (structure_from.decisions + prior_from.decisions > 0).then_some(Learned {
        assumptions: Assumptions {
            structure,
            coherence: start.coherence,
            prior_mean: mean,
            prior_sd: sd,
        },
        structure_from,
        prior_from,
    })
}

fn structure(past: &[Judgement], start: &Assumptions) -> (f64, Basis) {
    let start_square = start.structure * start.structure;
    let (mut sum, mut worth, mut decisions) = (START_WORTH * start_square, 0.0, 0);
    for judgement in past {
        let key = &judgement.trusted;
        let Some((fit_se, slope)) = key.opinion_fit_se.zip(key.opinion_slope) else {
            continue;
        };
        let chance = key.correction_se.powi(2) - fit_se.powi(2);
        let square = start.reach(slope).powi(2);
        let is_told = square > 0.0 && (chance + key.correction + square).is_finite();
        if !is_told {
            continue;
        }
        let chance = chance.max(0.0);
        let certain = start_square * square;
        let weight = (certain / (chance + certain)).powi(2);
        sum += weight * (key.correction.powi(2) - chance) / square;
        worth += weight;
        decisions += 1;
    }
    sum += UPPER * std::f64::consts::SQRT_2 * start_square * worth.sqrt();
    let square = sum / (START_WORTH + worth);
    let value = if decisions == 0 {
        start.structure
    } else {
        square.max(FLOOR * FLOOR).sqrt()
    };
    (value, Basis { decisions, worth })
}

fn prior(past: &[Judgement], start: f64) -> (f64, f64, Basis) {
    let start_square = start * start;
    let estimates: Vec<(f64, f64)> = past.iter().filter_map(estimate).collect();
    let weight = |variance: f64| start_square / (start_square + variance);
    let worth: f64 = estimates.iter().map(|it| weight(it.1)).sum();
    let sum: f64 = estimates.iter().map(|it| weight(it.1) * it.0).sum();
    let mean = sum / (START_WORTH + worth);
    let (mut square, mut weights) = (START_WORTH * start_square, START_WORTH);
    for (gain, variance) in &estimates {
        let weight = weight(*variance).powi(2);
        square += weight * ((gain - mean).powi(2) - variance);
        weights += weight;
    }
    let from = Basis {
        decisions: estimates.len() as u64,
        worth,
    };
    if estimates.is_empty() {
        return (0.0, start, from);
    }
    let sd = (square / weights).max(FLOOR * FLOOR).sqrt();
    (mean.clamp(-MOST_LEANING * sd, MOST_LEANING * sd), sd, from)
}

/// The estimated gain by all evidence and its variance, before they were drawn to the prior of that decision. `None` where the
/// probabilities were not believed, and where nothing but the prior speaks.
fn estimate(judgement: &Judgement) -> Option<(f64, f64)> {
    let (key, assumed) = (&judgement.all, &judgement.assumptions);
    let (prior, sd) = (assumed.prior_sd.powi(2), key.gain_sd.powi(2));
    let is_told = judgement.veto != Some(Veto::Miscalibrated) && sd < prior && sd > 0.0;
    if !is_told {
        return None;
    }
    let variance = sd * prior / (prior - sd);
    let kept = prior / (prior + variance);
    let gain = (key.gain - (1.0 - kept) * assumed.prior_mean) / kept;
    (gain.is_finite() && variance.is_finite()).then_some((gain, variance))
}
