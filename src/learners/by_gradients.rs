//! Logistic regression of rows that are somewhere else, by loss and gradient over all of them and the curvature of a sample that is here:
//! a pass asks for as many sums as there are parameters, not for as many as there are pairs of them.
//!
//! L-BFGS (Nocedal and Wright, *Numerical Optimization*, algorithm 7.4), whose first guess of the inverse Hessian is that of the sample,
//! times the rows that one of its rows stands for. Where the sample is all rows, its steps are Newton's. The optimum is where the gradient
//! over all rows is 0, whatever the sample, which decides the number of passes only.

use std::collections::VecDeque;

use super::learned::{Error, Learned, rounded};
use super::newton::largest;
use super::sums::{DenseObjective, dot};
use super::{cholesky, logistic, newton};
use crate::config::raw::Learner;
use crate::features::View;
use crate::predictors::{Linear, Link, Predictor};

/// Most parameters, of all classes together, for which curvature is held: 2000² doubles are 32 MB.
pub const MOST_PARAMETERS: usize = newton::MOST_PARAMETERS;
/// Multiplications per look at the curvature, about; rows beyond it are left out.
const MOST_WORK: usize = 4_000_000_000;
/// Fewest rows that curvature comes from, where there are as many.
const FEWEST_ROWS: usize = 5_000;
/// Steps that are remembered.
const MEMORY: usize = 8;
/// A step smaller than this, relative to the size of the parameters, is the last one.
const SMALLEST_STEP: f64 = 1e-9;
/// After a step larger than this, the curvature is looked at again.
const LARGE_STEP: f64 = 1e-3;
/// What sums over very many rows may be wrong by, relative to their size.
const PRECISION: f64 = 1e-13;
/// How often a step is halved.
const HALVINGS: usize = 12;

/// Sums over all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RowGradient {
    /// Σ of the rows' loss.
    pub loss: f64,
    /// `(n_outputs × (n_features + 1))`: per output `Σ g x`, then `Σ g`.
    pub first: Vec<f64>,
}

/// Rows of this machine, of which curvature is learned.
#[derive(Clone, Copy)]
pub struct Nearby<'a> {
    /// The rows.
    pub view: &'a View<'a>,
    /// The class of each.
    pub target: &'a [u32],
    /// How many rows there are elsewhere.
    pub of: u64,
    /// How much a row of each class counts, `(n_classes)`.
    pub class_weight: &'a [f64],
}

/// Every how many-th row of the sample is enough for its curvature.
pub fn stride(rows: usize, n_parameters: usize) -> usize {
    let most = MOST_WORK / n_parameters.pow(2).max(1);
    rows.div_ceil(most.max(FEWEST_ROWS)).max(1)
}

/// Logistic regression of two classes, with one output, or of more, with one for each; see `learners/logistic.rs` for the objective.
/// `pass` sums loss and gradient over all rows at parameters, per output weights and then the bias. Begins at `start`, which
/// has that shape too, or at zero.
///
/// # Errors
/// What a pass says, or where there is nothing finite to continue from.
pub fn logistic<E: From<Error>>(
    start: Option<&Linear>,
    settings: &Learner,
    nearby: Nearby<'_>,
    mut pass: impl FnMut(&[f64]) -> Result<RowGradient, E>,
) -> Result<Learned, E> {
    let n_outputs = match nearby.class_weight.len() {
        2 => 1,
        n => n,
    };
    let width = nearby.view.n_features() + 1;
    let penalty = 1.0 / settings.c.unwrap_or(1.0);
    let scale = nearby.of as f64 / nearby.target.len().max(1) as f64;
    let objective = DenseObjective {
        view: nearby.view,
        target: nearby.target,
        n_outputs,
        // The whole is multiplied by the scale.
        penalty: penalty / scale,
        class_weight: nearby.class_weight,
    };
    let mut evaluate = |parameters: &[f64]| {
        let mut sums = pass(parameters)?;
        for (at, weight) in parameters.iter().enumerate() {
            if at % width != width - 1 {
                sums.loss += 0.5 * penalty * weight * weight;
                sums.first[at] += penalty * weight;
            }
        }
        Ok::<_, E>(sums)
    };
    let mut at = begin(start, n_outputs, width);
    let mut here = evaluate(&at)?;
    if !here.loss.is_finite() {
        at.fill(0.0);
        here = evaluate(&at)?;
    }
    if !here.loss.is_finite() {
        return Err(Error::Solver("the loss is not finite".to_string()).into());
    }
    let mut curvature = Curvature::of(&objective, &at, scale)?;
    let mut steps = Steps::default();
    let mut converged = false;
    let mut last = f64::INFINITY;
    for _ in 0..settings.max_iterations {
        let step = steps.direction(&here.first, &curvature);
        let size = largest(&step) / (1.0 + largest(&at));
        // Half the fall of the loss that this step promises.
        let promised = 0.5 * dot(&here.first, &step);
        let is_noise = promised.abs() <= PRECISION * here.loss.abs();
        if size <= SMALLEST_STEP || (is_noise && size > 0.5 * last) {
            at.iter_mut().zip(&step).for_each(|(p, s)| *p -= s);
            converged = true;
            break;
        }
        last = size;
        let allowed = here.loss + PRECISION * here.loss.abs();
        let Some((next, sums)) = descend(&mut evaluate, &at, &step, allowed)? else {
            // No shorter step lowers the loss: this is the minimum to the precision of the sums.
            converged = true;
            break;
        };
        steps.add(&at, &next, &here.first, &sums.first);
        (at, here) = (next, sums);
        if size > LARGE_STEP {
            curvature = Curvature::of(&objective, &at, scale)?;
        }
    }
    let blocks = at.chunks(width);
    let weights = blocks.clone().flat_map(|block| &block[..width - 1]);
    let linear = Linear {
        link: if n_outputs == 1 {
            Link::Logistic
        } else {
            Link::Softmax
        },
        weights: weights.map(|&weight| rounded(weight)).collect(),
        bias: blocks.map(|block| rounded(block[width - 1])).collect(),
    };
    Ok(Learned {
        predictor: Predictor::Linear(linear),
        notes: if converged {
            Vec::new()
        } else {
            vec![logistic::unfinished(settings.max_iterations)]
        },
    })
}

fn begin(start: Option<&Linear>, n_outputs: usize, width: usize) -> Vec<f64> {
    let n_features = width - 1;
    match start {
        Some(linear)
            if linear.bias.len() == n_outputs && linear.weights.len() == n_outputs * n_features =>
        {
            let blocks = (0..n_outputs).flat_map(|output| {
                let block = &linear.weights[output * n_features..(output + 1) * n_features];
                block.iter().chain([&linear.bias[output]])
            });
            blocks.copied().collect()
        }
        _ => vec![0.0; n_outputs * width],
    }
}

fn descend<E>(
    evaluate: &mut impl FnMut(&[f64]) -> Result<RowGradient, E>,
    from: &[f64],
    step: &[f64],
    allowed: f64,
) -> Result<Option<(Vec<f64>, RowGradient)>, E> {
    let mut length = 1.0;
    for _ in 0..HALVINGS {
        let next: Vec<f64> = from.iter().zip(step).map(|(p, s)| p - length * s).collect();
        let sums = evaluate(&next)?;
        if sums.loss <= allowed {
            return Ok(Some((next, sums)));
        }
        length *= 0.5;
    }
    Ok(None)
}

/// The Hessian of the sample, brought to the size of all rows, as its Cholesky factor.
struct Curvature {
    factor: Vec<f64>,
}

impl Curvature {
    fn of(objective: &DenseObjective<'_>, at: &[f64], scale: f64) -> Result<Self, Error> {
        let n = at.len();
        let mut hessian = objective.evaluate(at).hessian;
        hessian.iter_mut().for_each(|entry| *entry *= scale);
        let mut ridge = 0.0;
        for _ in 0..20 {
            let mut factor = hessian.clone();
            (0..n).for_each(|i| factor[i * n + i] += ridge);
            if cholesky::factor(&mut factor, n).is_some() {
                return Ok(Curvature { factor });
            }
            ridge = if ridge == 0.0 { 1e-8 } else { ridge * 10.0 };
        }
        Err(Error::Solver(
            "the Hessian of the sample is not positive definite".to_string(),
        ))
    }
}

/// The last steps and what they changed of the gradient.
#[derive(Default)]
struct Steps(VecDeque<(Vec<f64>, Vec<f64>, f64)>);

impl Steps {
    fn add(&mut self, from: &[f64], to: &[f64], gradient: &[f64], changed: &[f64]) {
        let minus =
            |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
        let (step, change) = (minus(to, from), minus(changed, gradient));
        let along = dot(&step, &change);
        // Rounding may hide the curvature along a tiny step.
        if along > 1e-10 * dot(&step, &step).sqrt() * dot(&change, &change).sqrt() {
            self.0.push_back((step, change, 1.0 / along));
            if self.0.len() > MEMORY {
                self.0.pop_front();
            }
        }
    }

    /// What is taken from the parameters: both loops of algorithm 7.4.
    fn direction(&self, gradient: &[f64], curvature: &Curvature) -> Vec<f64> {
        let mut q = gradient.to_vec();
        let mut shares = Vec::with_capacity(self.0.len());
        for (step, change, rho) in self.0.iter().rev() {
            let share = rho * dot(step, &q);
            q.iter_mut().zip(change).for_each(|(q, y)| *q -= share * y);
            shares.push(share);
        }
        cholesky::substitute(&curvature.factor, &mut q);
        for ((step, change, rho), share) in self.0.iter().zip(shares.iter().rev()) {
            let more = share - rho * dot(change, &q);
            q.iter_mut().zip(step).for_each(|(q, s)| *q += more * s);
        }
        q
    }
}

#[cfg(test)]
mod tests;
