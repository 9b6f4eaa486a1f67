//! Least squares for numbers, the intercept free, as scikit-learn states them:
//! - `linear`: minimise `|y - Xw - b|²`;
//! - `ridge`: `|y - Xw - b|² + alpha |w|²`;
//! - `elastic_net`: `|y - Xw - b|² / (2n) + alpha (l1_ratio |w|₁ + (1 - l1_ratio) |w|² / 2)`.
//!
//! One pass sums means, the Gram matrix `G = X'X` and `X'y` of centred rows. With `G = RᵀR`, `|y - Xw|²` and
//! `|R⁻ᵀX'y - Rw|²` differ by a constant, so linfa solves the same objective on a matrix of `p` rows, however many rows
//! there are. Beyond [`MOST_FEATURES`], and for texts, `linear` and `ridge` go over sparse rows instead (see `wide`).

use linfa::prelude::*;
use linfa_elasticnet::ElasticNet;
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2};

use super::learned::{Error, Learned, rounded};
use super::moments::Moments;
use super::rows::{Rows, has_sparse};
use super::standard::Standard;
use super::{cholesky, wide};
use crate::config::raw::{Learner, LearnerKind};
use crate::features::View;
use crate::predictors::{Linear, Link, Predictor};

/// Largest number of features for which the Gram matrix is formed: 2000² doubles are 32 MB.
pub const MOST_FEATURES: usize = 2000;
/// A diagonal entry smaller than this share of `Σ x²` is rounding: the feature does not vary.
const NO_VARIANCE: f64 = 1e-13;
/// A pivot smaller than this, of a matrix whose diagonal is 1, shows that a feature is a sum of others.
const SMALLEST_PIVOT: f64 = 1e-9;
/// Added to the diagonal then: of all solutions it picks one that is near the shortest.
const JITTER: f64 = 1e-9;
/// Penalty per row in place of none where the Gram matrix is not formed.
const NEARLY_NONE: f64 = 1e-9;

/// Fits on all rows of the view.
///
/// # Errors
/// `elastic_net` on more features than it can take, or a solution that is not finite.
pub fn fit(view: &View<'_>, numbers: &[f64], settings: &Learner) -> Result<Learned, Error> {
    let standard = Standard::of(numbers);
    let y = standard.apply(numbers);
    let mut notes = Vec::new();
    let fitted = if view.n_features() > MOST_FEATURES || has_sparse(view) {
        let (linear, converged) = fit_wide(view, &y, settings)?;
        if !converged {
            notes.push(format!(
                "the solver stopped after {} iterations before it converged",
                settings.max_iterations
            ));
        }
        linear
    } else {
        fit_narrow(&Moments::of(view, &y), view.n_rows(), settings, standard)?
    };
    in_units_of_the_target(&fitted, standard, view.n_features(), notes)
}

/// The weights for the target as it is.
fn in_units_of_the_target(
    fitted: &Linear,
    standard: Standard,
    n_features: usize,
    notes: Vec<String>,
) -> Result<Learned, Error> {
    let back = |number: f64| standard.scale * rounded(number);
    let linear = Linear {
        link: Link::Identity,
        bias: vec![standard.centre + back(fitted.bias[0])],
        weights: fitted.weights.iter().map(|&weight| back(weight)).collect(),
    };
    if !linear.is_sound(n_features) {
        return Err(Error::Solver("the weights are not finite".to_string()));
    }
    Ok(Learned {
        predictor: Predictor::Linear(linear),
        notes,
    })
}

/// Fits on moments that were summed elsewhere, of a target in its standard form.
///
/// # Errors
/// As [`fit`].
pub(super) fn fit_moments(
    moments: &Moments,
    n_rows: usize,
    settings: &Learner,
    standard: Standard,
) -> Result<Learned, Error> {
    let fitted = fit_narrow(moments, n_rows, settings, standard)?;
    in_units_of_the_target(&fitted, standard, moments.mean.len(), Vec::new())
}

fn fit_wide(view: &View<'_>, y: &[f64], settings: &Learner) -> Result<(Linear, bool), Error> {
    let penalty = match settings.kind {
        LearnerKind::Ridge => settings.alpha,
        LearnerKind::Linear => 0.0,
        _ => {
            return Err(Error::Unable {
                learner: settings.kind.name(),
                what: "numbers from texts or more than 2000 features",
            });
        }
    };
    let rows = Rows::of(view);
    let problem = wide::SparseObjective {
        rows: &rows,
        wanted: wide::Wanted::Numbers(y),
        penalty: penalty.max(NEARLY_NONE * y.len() as f64),
    };
    let stop = wide::Stop {
        iterations: settings.max_iterations,
        gradient: 1e-8,
        change: 1e-12,
    };
    wide::fit(&problem, stop)
}

/// Weights for the target in its standard form.
fn fit_narrow(
    moments: &Moments,
    n_rows: usize,
    settings: &Learner,
    standard: Standard,
) -> Result<Linear, Error> {
    let p = moments.mean.len();
    // Features that vary, and what brings each to length 1.
    let varies = |&at: &usize| moments.gram[at * p + at] > NO_VARIANCE * moments.squares[at];
    let active: Vec<usize> = (0..p).filter(varies).collect();
    let unit: Vec<f64> = active
        .iter()
        .map(|&at| 1.0 / moments.gram[at * p + at].sqrt())
        .collect();
    let reduced = Reduced {
        gram: active
            .iter()
            .zip(&unit)
            .flat_map(|(&row, a)| {
                let line = active.iter().zip(&unit);
                line.map(move |(&column, b)| moments.gram[row * p + column] * a * b)
            })
            .collect(),
        product: active
            .iter()
            .zip(&unit)
            .map(|(&at, unit)| moments.product[at] * unit)
            .collect(),
        unit,
    };
    let solution = if active.is_empty() {
        Vec::new()
    } else {
        match settings.kind {
            LearnerKind::Ridge if settings.alpha > 0.0 => reduced.ridge(settings.alpha)?,
            LearnerKind::ElasticNet if settings.alpha > 0.0 => {
                reduced.elastic_net(settings, n_rows, standard.scale)?
            }
            _ => reduced.least_squares()?,
        }
    };
    let mut weights = vec![0.0; p];
    for (&at, weight) in active.iter().zip(solution) {
        weights[at] = weight;
    }
    let bias = weights.iter().zip(&moments.mean);
    Ok(Linear {
        link: Link::Identity,
        bias: vec![-bias.map(|(weight, mean)| weight * mean).sum::<f64>()],
        weights,
    })
}

/// The features that vary, each brought to length 1.
struct Reduced {
    /// `(p, p)`, the diagonal is 1.
    gram: Vec<f64>,
    /// `(p)`.
    product: Vec<f64>,
    /// `(p)`: what each feature was multiplied by.
    unit: Vec<f64>,
}

impl Reduced {
    fn ridge(&self, alpha: f64) -> Result<Vec<f64>, Error> {
        let p = self.unit.len();
        for jitter in [0.0, JITTER] {
            let mut matrix = self.gram.clone();
            for (at, unit) in self.unit.iter().enumerate() {
                matrix[at * p + at] += alpha * unit * unit + jitter;
            }
            let mut solution = self.product.clone();
            if cholesky::solve(&mut matrix, &mut solution).is_some() {
                let units = solution.iter_mut().zip(&self.unit);
                units.for_each(|(weight, unit)| *weight *= unit);
                return Ok(solution);
            }
        }
        Err(not_definite())
    }

    /// Lower triangular `L` with `L Lᵀ` the Gram matrix, and `L⁻¹ X'y`.
    fn factor(&self) -> Result<(Array2<f64>, Array1<f64>), Error> {
        let p = self.unit.len();
        for jitter in [0.0, JITTER] {
            let mut matrix = self.gram.clone();
            (0..p).for_each(|at| matrix[at * p + at] += jitter);
            if cholesky::factor(&mut matrix, p).is_none() {
                continue;
            }
            let pivot = |at: usize| matrix[at * p + at].powi(2);
            if jitter == 0.0 && (0..p).any(|at| pivot(at) < SMALLEST_PIVOT) {
                continue;
            }
            let mut right = self.product.clone();
            cholesky::forward(&matrix, &mut right);
            let lower = Array2::from_shape_fn((p, p), |(row, column)| {
                if column <= row {
                    matrix[row * p + column]
                } else {
                    0.0
                }
            });
            return Ok((lower, Array1::from_vec(right)));
        }
        Err(not_definite())
    }

    fn least_squares(&self) -> Result<Vec<f64>, Error> {
        let (lower, right) = self.factor()?;
        let upper = lower.t().as_standard_layout().into_owned();
        let model = LinearRegression::new()
            .with_intercept(false)
            .fit(&Dataset::new(upper, right))
            .map_err(|error| Error::Solver(error.to_string()))?;
        let weights = model.params().iter().zip(&self.unit);
        Ok(weights.map(|(weight, unit)| weight * unit).collect())
    }

    /// linfa divides by the rows it sees, which are `p` here: both sides are scaled by `√(p / n)`. The penalty of the target
    /// in standard form is another one for L1, which grows with the first power only.
    fn elastic_net(
        &self,
        settings: &Learner,
        n_rows: usize,
        scale: f64,
    ) -> Result<Vec<f64>, Error> {
        let (lower, right) = self.factor()?;
        let p = self.unit.len();
        let stretch = (p as f64 / n_rows as f64).sqrt();
        let rows = Array2::from_shape_fn((p, p), |(row, column)| {
            lower[(column, row)] / self.unit[column] * stretch
        });
        let l1 = settings.alpha * settings.l1_ratio / scale;
        let l2 = settings.alpha * (1.0 - settings.l1_ratio);
        let model = ElasticNet::params()
            .with_intercept(false)
            .penalty(l1 + l2)
            .l1_ratio(l1 / (l1 + l2))
            .tolerance(1e-13)
            .max_iterations(20_000)
            .fit(&Dataset::new(rows, right * stretch))
            .map_err(|error| Error::Solver(error.to_string()))?;
        Ok(model.hyperplane().to_vec())
    }
}

fn not_definite() -> Error {
    Error::Solver("the Gram matrix is not positive definite".to_string())
}
