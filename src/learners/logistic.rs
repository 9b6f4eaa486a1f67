//! L2-regularised logistic regression, binary or multinomial:
//! minimise `Σ weight(y) · loss(y, b + w·x) + |w|² / (2 C)`, the intercept free, as scikit-learn states it.
//!
//! linfa-logistic (L-BFGS) learns from a dense matrix that is bounded in size: all rows of a small set, a seeded sample of
//! a large one. Newton steps over *all* rows then finish from there; they need per-pass sums only, use every core, and
//! converge to the one optimum whatever the start, so the sample decides speed and never the result. Where the Hessian
//! would be too large for that (very many features × classes), and for texts, L-BFGS goes over sparse rows (see `wide`).

use linfa::prelude::*;
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::learned::{Error, Learned, rounded};
use super::rows::{Rows, has_sparse};
use super::sums::DenseObjective;
use super::target::{Target, class_weights};
use super::{newton, wide};
use crate::config::raw::Learner;
use crate::features::View;
use crate::predictors::{Linear, Link, Predictor};

/// Most cells of the dense matrix that linfa is given: 3.2 MB of `f64`, which stays in the second-level cache.
const DENSE_CELLS: usize = 400_000;
/// `c` where texts are read and none was set: rows of tf-idf have length 1, so their weights must be larger.
const C_OF_TEXTS: f64 = 10.0;
/// Fewest rows of the sample, however wide.
const SAMPLE_ROWS: usize = 1_000;

/// Fits on all rows of the view.
pub fn fit(
    view: &View<'_>,
    target: &[u32],
    n_classes: usize,
    settings: &Learner,
    seed: u64,
) -> Result<Learned, Error> {
    fit_within(view, target, n_classes, settings, seed, DENSE_CELLS)
}

/// As [`fit`], with a dense matrix of at most about `dense_cells` for linfa.
pub(super) fn fit_within(
    view: &View<'_>,
    target: &[u32],
    n_classes: usize,
    settings: &Learner,
    seed: u64,
    dense_cells: usize,
) -> Result<Learned, Error> {
    let class_weight = class_weights(Target::Classes(target, n_classes), settings.class_weight)
        .unwrap_or_else(|| vec![1.0; n_classes]);
    let problem = DenseObjective {
        view,
        target,
        n_outputs: if n_classes == 2 { 1 } else { n_classes },
        penalty: 1.0
            / settings
                .c
                .unwrap_or(if has_sparse(view) { C_OF_TEXTS } else { 1.0 }),
        class_weight: &class_weight,
    };
    let mut notes = Vec::new();
    if problem.n_parameters() > newton::MOST_PARAMETERS || has_sparse(view) {
        return fit_wide(&problem, settings);
    }
    let most_rows = (dense_cells / view.n_features().max(1)).max(SAMPLE_ROWS.min(dense_cells));
    let sample = sample(target, n_classes, most_rows, seed);
    let start = match learn_with_linfa(view, target, &sample, &problem, settings) {
        Ok(start) => start,
        Err(reason) => {
            notes.push(format!(
                "linfa-logistic gave no start ({reason}); Newton steps began at zero"
            ));
            vec![0.0; problem.n_parameters()]
        }
    };
    let end = newton::minimise(
        |parameters| Ok::<_, Error>(problem.evaluate(parameters)),
        start,
        settings.max_iterations,
    )?;
    if !end.converged {
        notes.push(unfinished(end.iterations));
    }
    Ok(Learned {
        predictor: Predictor::Linear(linear(&problem, &end.parameters)),
        notes,
    })
}

pub(super) fn unfinished(iterations: u32) -> String {
    format!("the solver stopped after {iterations} iterations before it converged")
}

/// Where the Hessian would be too large, or features are of texts: loss and gradient over sparse rows.
fn fit_wide(problem: &DenseObjective<'_>, settings: &Learner) -> Result<Learned, Error> {
    let rows = Rows::of(problem.view);
    let (linear, converged) = wide::fit(
        &wide::SparseObjective {
            rows: &rows,
            wanted: wide::Wanted::Classes {
                class: problem.target,
                n_outputs: problem.n_outputs,
                weight: problem.class_weight,
            },
            penalty: problem.penalty,
        },
        wide::Stop {
            iterations: settings.max_iterations,
            gradient: 2e-5,
            change: 1e-8,
        },
    )?;
    Ok(Learned {
        predictor: Predictor::Linear(linear),
        notes: if converged {
            Vec::new()
        } else {
            vec![unfinished(settings.max_iterations)]
        },
    })
}

/// The rows that linfa sees, ascending: all of them when they fit, else a seeded sample with the class shares kept and
/// every class present.
fn sample(target: &[u32], n_classes: usize, most: usize, seed: u64) -> Vec<u32> {
    let n_rows = target.len();
    if n_rows <= most {
        return (0..n_rows as u32).collect();
    }
    let mut by_class: Vec<Vec<u32>> = vec![Vec::new(); n_classes];
    for (row, &class) in target.iter().enumerate() {
        by_class[class as usize].push(row as u32);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut chosen = Vec::with_capacity(most + n_classes);
    for rows in &mut by_class {
        let share = (rows.len() as f64 / n_rows as f64 * most as f64).ceil() as usize;
        let (picked, _) = rows.partial_shuffle(&mut random, share);
        chosen.extend_from_slice(picked);
    }
    chosen.sort_unstable();
    chosen
}

fn learn_with_linfa(
    view: &View<'_>,
    target: &[u32],
    sample: &[u32],
    problem: &DenseObjective<'_>,
    settings: &Learner,
) -> Result<Vec<f64>, String> {
    let x = dense(view, sample);
    // The whole penalty, although a sample has only its share of the loss: a start that trusts few rows too much is a
    // worse one than zero.
    let alpha = problem.penalty;
    let tolerance = 1e-4 * sample.len() as f64;
    let iterations = u64::from(settings.max_iterations);
    if problem.n_outputs == 1 {
        let y: Array1<bool> = sample
            .iter()
            .map(|&row| target[row as usize] == 1)
            .collect();
        let model = LogisticRegression::default()
            .alpha(alpha)
            .gradient_tolerance(tolerance)
            .max_iterations(iterations)
            .fit(&Dataset::new(x, y))
            .map_err(|error| error.to_string())?;
        // linfa takes the class it saw less of first as positive; its labels tell which that was.
        let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
        let mut parameters: Vec<f64> = model.params().iter().map(|weight| sign * weight).collect();
        parameters.push(sign * model.intercept());
        finite(parameters)
    } else {
        let y: Array1<usize> = sample
            .iter()
            .map(|&row| target[row as usize] as usize)
            .collect();
        let model = MultiLogisticRegression::default()
            .alpha(alpha)
            .gradient_tolerance(tolerance)
            .max_iterations(iterations)
            .fit(&Dataset::new(x, y))
            .map_err(|error| error.to_string())?;
        let width = view.n_features() + 1;
        let mut parameters = vec![0.0; problem.n_parameters()];
        for (column, &class) in model.classes().iter().enumerate() {
            let block = &mut parameters[class * width..(class + 1) * width];
            for (slot, weight) in block.iter_mut().zip(model.params().column(column)) {
                *slot = *weight;
            }
            block[width - 1] = model.intercept()[column];
        }
        finite(parameters)
    }
}

fn finite(parameters: Vec<f64>) -> Result<Vec<f64>, String> {
    if parameters.iter().all(|number| number.is_finite()) {
        Ok(parameters)
    } else {
        Err("its parameters are not finite".to_string())
    }
}

fn dense(view: &View<'_>, sample: &[u32]) -> Array2<f64> {
    let n_features = view.n_features();
    let values = if sample.len() == view.n_rows() {
        view.dense()
    } else {
        view.dense_of(sample)
    };
    Array2::from_shape_vec((sample.len(), n_features), values)
        .unwrap_or_else(|_| Array2::zeros((sample.len(), n_features)))
}

/// Parameters are per output: weights, then bias.
fn linear(problem: &DenseObjective<'_>, parameters: &[f64]) -> Linear {
    let width = problem.view.n_features() + 1;
    let mut bias = Vec::with_capacity(problem.n_outputs);
    let mut weights = Vec::with_capacity(parameters.len());
    for block in parameters.chunks(width) {
        weights.extend(block[..width - 1].iter().map(|&weight| rounded(weight)));
        bias.push(rounded(block[width - 1]));
    }
    Linear {
        link: if problem.n_outputs == 1 {
            Link::Logistic
        } else {
            Link::Softmax
        },
        bias,
        weights,
    }
}
