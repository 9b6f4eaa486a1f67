//! Which labels would settle a decision that the evidence leaves open, and how many.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::asked::slopes;
use super::calibration::fit;
use super::estimate::{by_opinion, probabilities};
use super::evidence::{Direction, Evidence};
use super::judgement::{Judgement, ROPE};
use super::key::posterior;
use super::ratio::parts_of;

/// A chance of a decision that is worth asking for.
const ENOUGH: f64 = 0.8;
/// A probability from which on two models count as equivalent.
pub const EQUIVALENT: f64 = 0.9;
/// Labels that are requested where no number of them gives that chance.
const OTHERWISE: u64 = 200;
/// Fewest labels of a direction that has as many rows.
const FEWEST: u64 = 2;

/// Which labels would settle a decision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Rows without labels that both models answered.
    pub population: u64,
    /// Those on which they differ, by direction: `[challenger_positive, champion_positive]`.
    pub strata: [u64; 2],
    /// Fewest labels with which a decision comes with a chance of 0.8; `None` where even all of them give less.
    pub needed: Option<u64>,
    /// How many of each direction to label.
    pub ask: [u64; 2],
    /// Chance of a decision (promote, reject or equivalent) with these labels, 0..=1.
    pub chance: f64,
    /// Chance with a label of every row on which they differ.
    pub chance_of_all: f64,
}

/// How many labels, and of which rows, would settle a decision.
///
/// What is now believed of the true gain is normal (gain, sd). The labels of m rows would add an estimate of the gain with
/// variance σ²(m): that of a stratified draw with the best allocation (Neyman 1934), and of the rows without labels
/// themselves. The expected gain after them is normal around today's with variance sd² − s², 1/s² = 1/sd² + 1/σ²
/// (preposterior analysis, Raiffa and Schlaifer, *Applied Statistical Decision Theory*, 1961); the chance of a decision is the
/// probability that it then says promote or reject (probability of a gain beyond `first_key` or below 1 − `first_key`) or
/// equivalent. `None` without rows of their own on which the models differ, or where nothing is undecided.
pub fn wanted(evidence: &Evidence<'_>, judgement: &Judgement, first_key: f64) -> Option<Wanted> {
    let plan = plan(evidence, judgement, first_key)?;
    let strata = plan.draw.strata;
    let total: u64 = strata.iter().sum();
    let fewest: u64 = strata.iter().map(|&rows| rows.min(FEWEST)).sum();
    let needed = (fewest..=total).find(|&m| plan.chance(m) >= ENOUGH);
    let asked = needed.unwrap_or(OTHERWISE.min(total));
    Some(Wanted {
        population: plan.population,
        strata,
        needed,
        ask: plan.draw.allocation(asked),
        chance: plan.chance(asked),
        chance_of_all: plan.chance(total),
    })
}

/// What is trusted, and what can be drawn.
pub(super) struct Plan {
    population: u64,
    draw: Draw,
    /// Expected gain and its standard deviation.
    belief: (f64, f64),
    /// So many standard deviations decide.
    z: f64,
}

impl Plan {
    /// Chance of a decision with m labels.
    pub(super) fn chance(&self, m: u64) -> f64 {
        chance(self.belief, self.draw.variance(m), self.z)
    }
}

/// See [`wanted`].
pub(super) fn plan(evidence: &Evidence<'_>, judgement: &Judgement, first_key: f64) -> Option<Plan> {
    let parts = parts_of(evidence.metric)?;
    let unlabelled = evidence
        .unlabelled
        .filter(|_| judgement.unlabelled_rows > 0)?;
    let over = unlabelled.rows();
    let trusted = evidence.trusted;
    let x: Vec<[f64; 3]> = trusted.both.rows().inputs().collect();
    let calibration = fit(&x, &trusted.truth())?;
    let pi = probabilities(&calibration, &over);
    let slopes = slopes(&parts, &over, &pi)?;
    let of_rows = by_opinion(&parts, &over, &calibration, None)?.of_rows;

    let (mut strata, mut spreads) = ([0_u64; 2], [0.0; 2]);
    let labels = over.champion_labels.iter().zip(over.challenger_labels);
    for ((&old, &new), p) in labels.zip(&pi) {
        if let Some(direction) = Direction::of(old, new) {
            strata[direction as usize] += 1;
            spreads[direction as usize] += p * (1.0 - p);
        }
    }
    let population = pi.len() as u64;
    let total: u64 = strata.iter().sum();
    for at in 0..2 {
        // W_h·|slope_h|·S_h
        let count = strata[at] as f64;
        let variance = if count > 0.0 {
            spreads[at] / count
        } else {
            0.0
        };
        spreads[at] = count / population as f64 * slopes[at].abs() * variance.sqrt();
    }
    let draw = Draw {
        strata,
        spreads,
        of_rows,
    };
    let belief = (judgement.all.gain, judgement.all.gain_sd);
    if total == 0 || belief.1 <= 0.0 {
        return None;
    }
    Some(Plan {
        population,
        draw,
        belief,
        z: Normal::standard().inverse_cdf(first_key),
    })
}

/// Rows to draw labels from.
struct Draw {
    strata: [u64; 2],
    /// W_h·|slope_h|·S_h of each direction.
    spreads: [f64; 2],
    /// Variance of the gain by the draw of the rows without labels themselves.
    of_rows: f64,
}

impl Draw {
    /// m labels over both directions so that the variance is least, at least two where there are as many rows.
    fn allocation(&self, m: u64) -> [u64; 2] {
        let sum = self.spreads[0] + self.spreads[1];
        let share = if sum > 0.0 {
            self.spreads[0] / sum
        } else {
            0.5
        };
        let [a, b] = self.strata;
        let m = m.min(a + b);
        let least = a.min(FEWEST).max(m.saturating_sub(b));
        let most = a.min(m.saturating_sub(b.min(FEWEST)));
        let first = ((m as f64 * share).round() as u64).min(most).max(least);
        [first, m.saturating_sub(first).min(b)]
    }

    /// σ²(m).
    fn variance(&self, m: u64) -> f64 {
        let ask = self.allocation(m);
        let parts = ask.iter().zip(self.strata).zip(self.spreads);
        let of_labels = parts.map(|((&m, count), spread)| match (m, count) {
            (_, 0) => 0.0,
            (0, _) => f64::INFINITY,
            (m, _) => spread * spread / m as f64,
        });
        of_labels.sum::<f64>() + self.of_rows
    }
}

/// Chance of a decision when an estimate of the gain with this variance comes on top of `belief` (gain and its standard
/// deviation), and `z` standard deviations decide.
fn chance((gain, sd): (f64, f64), variance: f64, z: f64) -> f64 {
    let after = (1.0 / (1.0 / (sd * sd) + 1.0 / variance.max(f64::MIN_POSITIVE))).sqrt();
    let moves = (sd * sd - after * after).max(0.0).sqrt();
    let undecided_from = equivalent_within(after);
    let undecided_to = (z * after).max(undecided_from);
    let below = |bound: f64| {
        if moves > 0.0 {
            Normal::standard().cdf((bound - gain) / moves)
        } else {
            f64::from(u8::from(bound >= gain))
        }
    };
    let above = below(undecided_to) - below(undecided_from);
    let under = below(-undecided_from) - below(-undecided_to);
    (1.0 - above - under).clamp(0.0, 1.0)
}

/// Up to which expected gain, either way, a belief with this standard deviation says "equivalent"; 0 where none does.
fn equivalent_within(sd: f64) -> f64 {
    let says = |gain: f64| posterior(gain, sd).is_some_and(|(_, within, _)| within >= EQUIVALENT);
    if !says(0.0) {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, ROPE);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if says(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}
