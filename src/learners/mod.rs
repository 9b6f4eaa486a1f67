//! What learns: one file per learner; each fits on a view of training rows and returns a plain predictor.
//!
//! In: features, class indices, parameters, a seed. Out: a predictor and what the fit was like. It must not know files,
//! clocks, thresholds or what is done with the predictor.

mod baseline;
mod boosted;
pub mod by_gradients;
pub mod by_histograms;
pub mod by_sums;
mod calibrate;
mod cholesky;
mod columns;
mod forest;
mod learned;
mod linear;
mod logistic;
mod moments;
mod newton;
mod rows;
mod standard;
mod sums;
mod target;
mod wide;

#[cfg(test)]
mod tests;

use crate::config::raw::{Learner, LearnerKind};
use crate::features::View;
pub use calibrate::{isotonic, platt};
pub use learned::{Error, Learned};
pub use target::{HeldBack, Target};

/// Fits the learner that the settings name on rows whose target is `target`, `(n_rows)`. `held_back` is what a learner with
/// early stopping looks at; without it, such a learner does all its rounds.
///
/// # Errors
/// When labels do not fit the rows, the rows are of one class, the learner cannot learn such a target, or the solver cannot
/// continue.
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
