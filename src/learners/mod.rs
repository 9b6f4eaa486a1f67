//! What learns: one file per learner; each fits on a view of training rows and returns a plain predictor.
//!
//! In: features, class indices, parameters, a seed. Out: a [`Predictor`] and what the fit was like. It must not know files,
//! clocks, thresholds or what is done with the predictor.

mod baseline;
mod boosted;
mod cholesky;
mod columns;
mod forest;
mod linear;
mod logistic;
mod moments;
mod newton;
mod rows;
mod sums;
mod wide;

#[cfg(test)]
mod tests;

use crate::config::raw::{ClassWeight, Learner, LearnerKind};
use crate::features::View;
use crate::predictors::Predictor;

/// What is learned: the target of each row of the view.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Class indices, `(n_rows)`, and the number of classes.
    Classes(&'a [u32], usize),
    /// Finite numbers, `(n_rows)`.
    Numbers(&'a [f64]),
}

impl Target<'_> {
    /// Rows that have one.
    pub fn len(&self) -> usize {
        match self {
            Target::Classes(class, _) => class.len(),
            Target::Numbers(numbers) => numbers.len(),
        }
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Margins that a predictor of it has: 1 for two classes and for numbers, else one per class.
    pub fn n_outputs(&self) -> usize {
        match self {
            Target::Classes(_, n_classes) if *n_classes > 2 => *n_classes,
            _ => 1,
        }
    }
}

/// Rows that were held back, for a learner that stops when they tell it to.
pub struct HeldBack<'a> {
    /// The rows.
    pub view: View<'a>,
    /// Their target.
    pub target: Target<'a>,
}

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
        /// What it was asked for.
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

/// Fits the learner that the settings name on rows whose target is `target`, `(n_rows)`. `held_back` is what a learner with
/// early stopping looks at; without it, such a learner does all its rounds.
///
/// # Errors
/// When labels do not fit the rows, the rows are of one class, the learner cannot learn such a target, or the solver cannot
/// go on.
pub fn fit(
    view: &View<'_>,
    target: Target<'_>,
    held_back: Option<&HeldBack<'_>>,
    settings: &Learner,
    seed: u64,
) -> Result<Learned, Error> {
    check(view, target)?;
    let unable = |what| {
        Err(Error::Unable {
            learner: settings.kind.name(),
            what,
        })
    };
    match (settings.kind, target) {
        (LearnerKind::Logistic | LearnerKind::Text, Target::Classes(class, n_classes)) => {
            logistic::fit(view, class, n_classes, settings, seed)
        }
        (
            LearnerKind::Linear | LearnerKind::Ridge | LearnerKind::ElasticNet,
            Target::Numbers(numbers),
        ) => linear::fit(view, numbers, settings),
        (LearnerKind::ExtraTrees | LearnerKind::RandomForest, target) => {
            forest::fit(view, target, settings, seed)
        }
        (LearnerKind::BoostedTrees, target) => boosted::fit(view, target, held_back, settings),
        (LearnerKind::Baseline, target) => Ok(baseline::fit(view, target, settings.class_weight)),
        (_, Target::Classes(..)) => unable("classes"),
        (_, Target::Numbers(_)) => unable("numbers"),
    }
}

/// Labels fit the rows, and there is something to learn.
fn check(view: &View<'_>, target: Target<'_>) -> Result<(), Error> {
    let n_classes = match target {
        Target::Classes(_, n_classes) => n_classes,
        Target::Numbers(_) => 0,
    };
    let is_usable = match target {
        Target::Classes(class, n_classes) => {
            class.iter().all(|&class| (class as usize) < n_classes)
        }
        Target::Numbers(numbers) => numbers.iter().all(|number| number.is_finite()),
    };
    if target.len() != view.n_rows() || !is_usable {
        return Err(Error::Shape {
            rows: view.n_rows(),
            labels: target.len(),
            n_classes,
        });
    }
    if let Target::Classes(class, n_classes) = target {
        let mut present = vec![false; n_classes];
        class
            .iter()
            .for_each(|&class| present[class as usize] = true);
        if present.iter().filter(|&&here| here).count() < 2 {
            return Err(Error::OneClass);
        }
    }
    Ok(())
}

/// How much a row of each class counts, where that is not 1: `n / (k · n_c)` when they are balanced, as in scikit-learn. `k`
/// counts the classes that rows have.
fn class_weights(target: Target<'_>, wanted: ClassWeight) -> Option<Vec<f64>> {
    let (Target::Classes(class, n_classes), ClassWeight::Balanced) = (target, wanted) else {
        return None;
    };
    let mut rows = vec![0_u32; n_classes];
    class.iter().for_each(|&class| rows[class as usize] += 1);
    let present = rows.iter().filter(|&&rows| rows > 0).count() as f64;
    let weight = rows.iter().map(|&rows| match rows {
        0 => 1.0,
        rows => class.len() as f64 / (present * f64::from(rows)),
    });
    Some(weight.collect())
}

/// What brings numbers to mean 0 and standard deviation 1.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Standard {
    centre: f64,
    scale: f64,
}

impl Standard {
    /// Leaves numbers as they are.
    const NONE: Standard = Standard {
        centre: 0.0,
        scale: 1.0,
    };

    /// Of these numbers; numbers that are all alike keep their scale.
    fn of(numbers: &[f64]) -> Self {
        let n = numbers.len().max(1) as f64;
        let centre = numbers.iter().map(|number| number / n).sum::<f64>();
        let spread = numbers.iter().map(|number| (number - centre).abs());
        let largest = spread.fold(0.0, f64::max);
        // Divided first: squares of very large numbers are not finite.
        let squares = |number: &f64| ((number - centre) / largest).powi(2);
        let scale = largest * (numbers.iter().map(squares).sum::<f64>() / n).sqrt();
        let is_usable = scale > 0.0 && scale.is_finite();
        Standard {
            centre,
            scale: if is_usable { scale } else { 1.0 },
        }
    }

    fn apply(&self, numbers: &[f64]) -> Vec<f64> {
        numbers
            .iter()
            .map(|number| (number - self.centre) / self.scale)
            .collect()
    }
}

/// A weight with 12 significant digits: that is far more than a fit means, and keeps the last bits of a platform's arithmetic
/// out of the bundle.
fn rounded(number: f64) -> f64 {
    // Below this a weight says nothing at all; it also catches the tiny remains of features that never vary.
    if number.abs() < 1e-14 {
        return 0.0;
    }
    format!("{number:.11e}").parse().unwrap_or(number)
}
