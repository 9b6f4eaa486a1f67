//! Least squares for numbers, plain and with L2 regularisation, by the normal equations of the centred features.

use super::{Error, Learned, cholesky};
use crate::config::raw::{Learner, LearnerKind};
use crate::features::View;
use crate::predictors::{Linear, Link, Predictor};

/// Added to the diagonal of plain least squares, per row: features that repeat one another have no single solution.
const NEAR_NOTHING: f64 = 1e-9;

/// Fits `linear`, `ridge` or, without a weight, `baseline` on `(n_rows)` numbers: weights minimise
/// Σ(y − ŷ)² + α Σw², the bias is not regularised.
///
/// # Errors
/// When the equations cannot be solved.
pub fn fit(view: &View<'_>, target: &[f64], settings: &Learner) -> Result<Learned, Error> {
    let (n, rows) = (view.n_features(), target.len() as f64);
    let features = view.dense();
    let mean = target.iter().map(|y| y / rows).sum::<f64>();
    let mut weights = vec![0.0; n];
    let mut means = vec![0.0; n];
    if settings.kind != LearnerKind::Baseline && n > 0 {
        for row in features.chunks_exact(n) {
            means.iter_mut().zip(row).for_each(|(m, x)| *m += x / rows);
        }
        let alpha = match settings.kind {
            LearnerKind::Ridge => settings.alpha,
            _ => NEAR_NOTHING * rows,
        };
        let mut gram = vec![0.0; n * n];
        for (row, y) in features.chunks_exact(n).zip(target) {
            for i in 0..n {
                let x = row[i] - means[i];
                weights[i] += x * (y - mean);
                for j in 0..n {
                    gram[i * n + j] += x * (row[j] - means[j]);
                }
            }
        }
        (0..n).for_each(|i| gram[i * n + i] += alpha);
        cholesky::solve(&mut gram, &mut weights)
            .ok_or_else(|| Error::Solver("the normal equations have no solution".to_string()))?;
    }
    let moved: f64 = weights.iter().zip(&means).map(|(w, m)| w * m).sum();
    Ok(Learned {
        predictor: Predictor::Linear(Linear {
            link: Link::Identity,
            bias: vec![mean - moved],
            weights,
        }),
        notes: Vec::new(),
    })
}
