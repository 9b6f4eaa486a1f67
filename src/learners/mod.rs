//! What learns: one file per learner; each fits on a view of training rows and returns a plain predictor.
//!
//! In: features, class indices, parameters, a seed. Out: a [`Predictor`] and what the fit was like. It must not know files,
//! clocks, thresholds or what is done with the predictor.

mod cholesky;
mod logistic;
mod newton;
mod sums;

#[cfg(test)]
mod tests;

use crate::config::raw::{Learner, LearnerKind};
use crate::features::View;
use crate::predictors::Predictor;

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Labels do not fit the rows.
    #[error("learn from {rows} rows with {labels} labels of {n_classes} classes: they do not fit")]
    Shape {
        /// Rows of the view.
        rows: usize,
        /// Labels given.
        labels: usize,
        /// Classes there are said to be.
        n_classes: usize,
    },
    /// Fewer than two classes.
    #[error("learn from rows that are all of one class")]
    OneClass,
    /// The solver broke off.
    #[error("fit the logistic regression: {0}")]
    Solver(String),
}

/// A fitted predictor and what the fit was like.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The predictor, on features as the transformer makes them.
    pub predictor: Predictor,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
}

/// Fits the learner that the settings name on rows whose class index is `target`, `(n_rows)`.
///
/// # Errors
/// When labels do not fit the rows, the rows are of one class, or the solver cannot go on.
pub fn fit(
    view: &View<'_>,
    target: &[u32],
    n_classes: usize,
    settings: &Learner,
    seed: u64,
) -> Result<Learned, Error> {
    let is_class = |&class: &u32| (class as usize) < n_classes;
    if target.len() != view.n_rows() || !target.iter().all(is_class) {
        return Err(Error::Shape {
            rows: view.n_rows(),
            labels: target.len(),
            n_classes,
        });
    }
    let mut present = vec![false; n_classes];
    target
        .iter()
        .for_each(|&class| present[class as usize] = true);
    if present.iter().filter(|&&here| here).count() < 2 {
        return Err(Error::OneClass);
    }
    match settings.kind {
        LearnerKind::Logistic => logistic::fit(view, target, n_classes, settings, seed),
    }
}
