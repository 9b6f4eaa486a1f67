//! What a fit comes to, or why to nothing.

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
    /// The learner does not do that.
    #[error("learn {what} with `{learner}`; set another `learner.kind`")]
    Unable {
        /// The learner.
        learner: &'static str,
        /// What was requested of it.
        what: &'static str,
    },
    /// More cells than can be held side by side.
    #[error(
        "learn {features} features of {rows} rows with `{learner}`: trees look at them side by side, which takes too much memory; encode columns of many categories as `target_mean` or `ordinal`, or take fewer rows"
    )]
    TooWide {
        /// The learner.
        learner: &'static str,
        /// Rows of the view.
        rows: usize,
        /// Features of each.
        features: usize,
    },
    /// A forest beyond what can be counted.
    #[error(
        "grow a forest of so many nodes; set fewer `learner.trees` or more `learner.min_leaf_rows`"
    )]
    TooManyNodes,
    /// Sums over rows that are somewhere else are not of one set of rows.
    #[error(
        "grow trees by sums over rows: the sums of a column are not those of all rows; the rows changed while they were learned from"
    )]
    Histogram,
    /// The solver broke off.
    #[error("fit the linear model: {0}")]
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

/// A weight with 12 significant digits: that is far more than a fit means, and keeps the last bits of a platform's arithmetic
/// out of the bundle.
pub(super) fn rounded(number: f64) -> f64 {
    // Below this a weight says nothing at all; it also catches the tiny remains of features that never vary.
    if number.abs() < 1e-14 {
        return 0.0;
    }
    format!("{number:.11e}").parse().unwrap_or(number)
}
