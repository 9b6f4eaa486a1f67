//! Linear models out of sums over rows that are somewhere else: the same objectives, solved by the same functions, as on rows of this
//! machine. The caller, who has the rows, adds up; nothing here sees one.

use super::learned::{Error, Learned, rounded};
use super::moments::{self, Moments};
use super::standard::Standard;
use super::sums::Sums;
use super::{linear, logistic, newton};
use crate::config::raw::{ClassWeight, Learner};
use crate::features::View;
use crate::predictors::{Linear, Link, Predictor};

/// Most parameters for which products of all pairs of features are requested.
pub const MOST_PARAMETERS: usize = 400;

/// Sums over all rows, features in their order and then a one for the bias, so that `n = n_features + 1`.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSums {
    /// Σ of the rows' loss; 0 for least squares.
    pub loss: f64,
    /// `(n)`: `Σ g x`.
    pub first: Vec<f64>,
    /// `(n, n)` row-major, the lower triangle: `Σ h x xᵀ`.
    pub second: Vec<f64>,
}

/// Logistic regression of two classes; see `learners/logistic.rs` for the objective. `pass` sums, at weights and then
/// the bias, the loss, `g = weight (p - y)` and `h = weight p (1 - p)`. Begins at `start`.
///
/// # Errors
/// What a pass says, or the solver.
pub fn logistic<E: From<Error>>(
    start: &Linear,
    settings: &Learner,
    mut pass: impl FnMut(&[f64]) -> Result<RowSums, E>,
) -> Result<Learned, E> {
    let n = start.weights.len() + 1;
    let penalty = 1.0 / settings.c.unwrap_or(1.0);
    let begin = start.weights.iter().chain(&start.bias[..1]).copied();
    let evaluate = |parameters: &[f64]| {
        let RowSums {
            mut loss,
            first: mut gradient,
            second: mut hessian,
        } = pass(parameters)?;
        for (at, weight) in parameters[..n - 1].iter().enumerate() {
            loss += 0.5 * penalty * weight * weight;
            gradient[at] += penalty * weight;
            hessian[at * n + at] += penalty;
        }
        Ok::<_, E>(Sums {
            loss,
            gradient,
            hessian,
        })
    };
    let end = newton::minimise(evaluate, begin.collect(), settings.max_iterations)?;
    let (weights, bias) = end.parameters.split_at(n - 1);
    let linear = Linear {
        link: Link::Logistic,
        bias: vec![rounded(bias[0])],
        weights: weights.iter().map(|&weight| rounded(weight)).collect(),
    };
    let notes = if end.converged {
        Vec::new()
    } else {
        vec![logistic::unfinished(end.iterations)]
    };
    Ok(Learned {
        predictor: Predictor::Linear(linear),
        notes,
    })
}

/// How much a row of each class counts, by the rows of each.
pub fn class_weights(rows: &[u64], wanted: ClassWeight) -> Vec<f64> {
    let all: u64 = rows.iter().sum();
    let present = rows.iter().filter(|&&rows| rows > 0).count() as f64;
    let weight = |&rows: &u64| match (rows, wanted) {
        (0, _) | (_, ClassWeight::None) => 1.0,
        (rows, ClassWeight::Balanced) => all as f64 / (present * rows as f64),
    };
    rows.iter().map(weight).collect()
}

/// Near the means of a view's features, about which sums lose no digits; 0 for categories.
pub fn shift(view: &View<'_>) -> Vec<f64> {
    moments::shift(view)
}

/// Least squares, as the settings penalise them. In `sums`, `g` is the target brought to mean 0 and deviation 1 by `centre` and
/// `scale`, `h` is 1, and features are taken about `shift`, `(n_features)`.
///
/// # Errors
/// When there is no solution that is finite.
pub fn least_squares(
    sums: &RowSums,
    shift: &[f64],
    (centre, scale): (f64, f64),
    settings: &Learner,
) -> Result<Learned, Error> {
    let (p, n) = (shift.len(), shift.len() + 1);
    let line = |row: usize| &sums.second[row * n..row * n + p];
    let n_rows = sums.second[p * n + p];
    let moments = Moments::of_sums(
        line(p).to_vec(),
        (0..p).flat_map(line).copied().collect(),
        sums.first[..p].to_vec(),
        shift,
        n_rows as usize,
    );
    linear::fit_moments(
        &moments,
        n_rows as usize,
        settings,
        Standard { centre, scale },
    )
}
