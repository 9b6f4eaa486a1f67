//! Linear models of very many features: loss and gradient only, over sparse rows, minimised by L-BFGS (argmin).
//!
//! What is minimised is `(Σ weight · loss + penalty · |w|² / 2) / n`, the intercepts free. Nothing is ever dense but the
//! parameters: memory is 12 bytes per feature of a row that is not 0, and some twenty vectors of the parameters.

use std::sync::Mutex;

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use rayon::prelude::*;

use super::learned::Error;
use super::rows::{Row, Rows};
use super::sums::loss_of;
use crate::predictors::{Linear, Link};

/// Pairs of steps and gradient changes that L-BFGS remembers.
const MEMORY: usize = 6;
/// Fewest and most parts of the rows, each of which sums a gradient of its own. How many there are follows from the shape of
/// the problem alone, so that the order of additions does not hang on the machine.
const PARTS: (usize, usize) = (4, 16);

/// What is learned of each row.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    /// A class, by logistic loss; with two classes of one output.
    Classes {
        /// Class of each row.
        class: &'a [u32],
        /// 1 for two classes, else their number.
        n_outputs: usize,
        /// Weight of a row of each class.
        weight: &'a [f64],
    },
    /// A number, by half the squared error.
    Numbers(&'a [f64]),
}

impl Wanted<'_> {
    fn n_outputs(&self) -> usize {
        match self {
            Wanted::Classes { n_outputs, .. } => *n_outputs,
            Wanted::Numbers(_) => 1,
        }
    }

    /// Turns the margins of a row into the slope of its loss, and returns the loss.
    #[inline]
    fn slope(&self, row: usize, margins: &mut [f64]) -> f64 {
        match self {
            Wanted::Classes { class, weight, .. } => {
                let (class, weight) = (class[row], weight[class[row] as usize]);
                let loss = weight * loss_of(margins, class);
                if let [margin] = margins {
                    Link::Logistic.apply(std::slice::from_mut(margin));
                    *margin -= f64::from(class);
                } else {
                    Link::Softmax.apply(margins);
                    margins[class as usize] -= 1.0;
                }
                margins.iter_mut().for_each(|slope| *slope *= weight);
                loss
            }
            Wanted::Numbers(numbers) => {
                margins[0] -= numbers[row];
                0.5 * margins[0] * margins[0]
            }
        }
    }
}

/// A model and the rows it is fitted to.
pub struct SparseObjective<'a> {
    /// The rows.
    pub rows: &'a Rows,
    /// What is learned of them.
    pub wanted: Wanted<'a>,
    /// Weight of `|w|² / 2`.
    pub penalty: f64,
}

/// When to stop.
#[derive(Clone, Copy)]
pub struct Stop {
    /// Most iterations.
    pub iterations: u32,
    /// Length of the gradient of the mean loss that counts as none.
    pub gradient: f64,
    /// Change of the mean loss that counts as none.
    pub change: f64,
}

/// Fits from zero: weights and bias per output, and whether it ended before the last iteration.
///
/// # Errors
/// When the loss is not finite at zero.
pub fn fit(problem: &SparseObjective<'_>, stop: Stop) -> Result<(Linear, bool), Error> {
    let start = vec![0.0; problem.n_parameters()];
    let known = LossAndSlope {
        problem,
        last: Mutex::new(None),
        best: Mutex::new(None),
    };
    let (loss, _) = known.at(&start);
    if !loss.is_finite() {
        return Err(Error::Solver("the loss is not finite".to_string()));
    }
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY)
        .with_tolerance_grad(stop.gradient)
        .and_then(|solver| solver.with_tolerance_cost(stop.change))
        .map_err(|error| Error::Solver(error.to_string()))?;
    let run = Executor::new(&known, solver)
        .configure(|state| state.param(start).max_iters(u64::from(stop.iterations)))
        .timer(false)
        .run();
    let converged = match &run {
        Ok(run) => run.state().get_iter() < u64::from(stop.iterations),
        // The line search found no way on: that is where rounding ends.
        Err(_) => true,
    };
    drop(run);
    let best = known.best.into_inner().ok().flatten();
    let (_, parameters) =
        best.ok_or_else(|| Error::Solver("no parameters give a finite loss".to_string()))?;
    Ok((problem.linear(&parameters), converged))
}

/// Loss and slope, computed together and requested one after another.
struct LossAndSlope<'a> {
    problem: &'a SparseObjective<'a>,
    last: Mutex<Option<Evaluated>>,
    best: Mutex<Option<(f64, Vec<f64>)>>,
}

/// A place that was looked at.
struct Evaluated {
    parameters: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
}

impl LossAndSlope<'_> {
    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        if let Ok(last) = self.last.lock()
            && let Some(seen) = &*last
            && seen.parameters == parameters
        {
            return (seen.loss, seen.gradient.clone());
        }
        let (loss, gradient) = self.problem.evaluate(parameters);
        if let Ok(mut best) = self.best.lock()
            && loss.is_finite()
            && best.as_ref().is_none_or(|(least, _)| loss < *least)
        {
            *best = Some((loss, parameters.to_vec()));
        }
        if let Ok(mut last) = self.last.lock() {
            *last = Some(Evaluated {
                parameters: parameters.to_vec(),
                loss,
                gradient: gradient.clone(),
            });
        }
        (loss, gradient)
    }
}

impl CostFunction for &LossAndSlope<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        Ok(self.at(parameters).0)
    }
}

impl Gradient for &LossAndSlope<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        Ok(self.at(parameters).1)
    }
}

impl SparseObjective<'_> {
    /// `(n_features + 1, n_outputs)` row-major: the weights of a feature stand together, the biases last.
    pub fn n_parameters(&self) -> usize {
        (self.rows.n_features() + 1) * self.wanted.n_outputs()
    }

    /// Mean loss and its gradient, penalty included.
    pub fn evaluate(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let n_rows = self.rows.n_rows();
        // A part must have more to add than its gradient has numbers, or adding the gradients up is most of the work.
        let additions = self.rows.n_entries() * self.wanted.n_outputs();
        let most = (additions / (4 * parameters.len()).max(1)).clamp(PARTS.0, PARTS.1);
        let rows_per_part = n_rows.div_ceil(most).max(64);
        let parts: Vec<(f64, Vec<f64>)> = (0..n_rows.div_ceil(rows_per_part))
            .into_par_iter()
            .map(|part| {
                let start = part * rows_per_part;
                self.part(parameters, start, (start + rows_per_part).min(n_rows))
            })
            .collect();
        let n = n_rows.max(1) as f64;
        let mut total = 0.0;
        let mut gradient = vec![0.0; parameters.len()];
        for (loss, part) in parts {
            total += loss;
            gradient.iter_mut().zip(part).for_each(|(a, b)| *a += b);
        }
        let weights = parameters.len() - self.wanted.n_outputs();
        let mut squares = 0.0;
        for (slope, parameter) in gradient.iter_mut().zip(&parameters[..weights]) {
            *slope += self.penalty * parameter;
            squares += parameter * parameter;
        }
        gradient.iter_mut().for_each(|slope| *slope /= n);
        ((total + 0.5 * self.penalty * squares) / n, gradient)
    }

    fn part(&self, parameters: &[f64], start: usize, end: usize) -> (f64, Vec<f64>) {
        let outputs = self.wanted.n_outputs();
        let bias = parameters.len() - outputs;
        let mut gradient = vec![0.0; parameters.len()];
        let mut margins = vec![0.0; outputs];
        let mut loss = 0.0;
        for at in start..end {
            let row = self.rows.row(at);
            if outputs == 1 {
                loss += self.one_output(parameters, at, row, &mut gradient);
                continue;
            }
            margins.copy_from_slice(&parameters[bias..]);
            for (feature, value) in row.entries() {
                let weights = &parameters[feature * outputs..(feature + 1) * outputs];
                let margins = margins.iter_mut().zip(weights);
                margins.for_each(|(margin, weight)| *margin += value * weight);
            }
            loss += self.wanted.slope(at, &mut margins);
            for (feature, value) in row.entries() {
                let slopes = &mut gradient[feature * outputs..(feature + 1) * outputs];
                let slopes = slopes.iter_mut().zip(&margins);
                slopes.for_each(|(sum, slope)| *sum += value * slope);
            }
            let slopes = gradient[bias..].iter_mut().zip(&margins);
            slopes.for_each(|(sum, slope)| *sum += slope);
        }
        (loss, gradient)
    }

    #[inline]
    fn one_output(&self, parameters: &[f64], at: usize, row: Row<'_>, gradient: &mut [f64]) -> f64 {
        let bias = parameters.len() - 1;
        let push = |(feature, value): (usize, f64)| value * parameters[feature];
        let mut margin = [parameters[bias] + row.entries().map(push).sum::<f64>()];
        let loss = self.wanted.slope(at, &mut margin);
        for (feature, value) in row.entries() {
            gradient[feature] += value * margin[0];
        }
        gradient[bias] += margin[0];
        loss
    }

    fn linear(&self, parameters: &[f64]) -> Linear {
        let outputs = self.wanted.n_outputs();
        let n_features = self.rows.n_features();
        let of = |output: usize| parameters[output..].iter().step_by(outputs);
        let weights = (0..outputs).flat_map(|output| of(output).take(n_features));
        Linear {
            link: match self.wanted {
                Wanted::Numbers(_) => Link::Identity,
                Wanted::Classes { .. } if outputs == 1 => Link::Logistic,
                Wanted::Classes { .. } => Link::Softmax,
            },
            weights: weights
                .map(|&weight| super::learned::rounded(weight))
                .collect(),
            bias: parameters[n_features * outputs..]
                .iter()
                .map(|&bias| super::learned::rounded(bias))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
