//! What models say of rows that they were fitted without, and what follows from it: how good a learner is, how sure that is, how
//! many rounds it takes and which threshold is best.

use rayon::prelude::*;

use super::dataset::take;
use super::error::Error;
use super::split::Parts;
use super::target::{Target, TargetRows};
use super::trainer::{Trainer, as_long};
use crate::config::{Learner, LearnerKind};
use crate::evaluate::threshold::{self, labels_from};
use crate::evaluate::{self, ClassPredictions, Metric, Predictions, Truth};

/// What a model says of the rows of a fold, which it was fitted without.
pub struct Fold {
    /// The rows that were held back, ascending.
    pub rows: Vec<u32>,
    /// Of each, what it says.
    pub answers: Predictions,
    /// Rounds that were right for them, of learners that stop early. That much the fold does tell its own model.
    pub rounds: Option<u32>,
}

/// The folds of one draw: no row is in two of them.
pub struct Repeat(pub Vec<Fold>);

impl Repeat {
    /// Fits a learner once for each fold.
    ///
    /// # Errors
    /// When a fold cannot be learned from.
    pub fn fit(making: &Trainer<'_>, learner: &Learner, folds: &[Parts]) -> Result<Repeat, Error> {
        let fits = folds.par_iter().map(|fold| fold_of(making, learner, fold));
        Ok(Repeat(fits.collect::<Result<_, Error>>()?))
    }

    /// The held-back rows, ascending, and what was said of each.
    pub fn by_row(&self) -> (Vec<u32>, Predictions) {
        let rows: Vec<u32> = self.0.iter().flat_map(|fold| fold.rows.clone()).collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_unstable_by_key(|&at| rows[at]);
        let answers = joined(self.0.iter().map(|fold| &fold.answers)).select(&order);
        (order.into_iter().map(|at| rows[at]).collect(), answers)
    }

    /// How good the learner is on the rows of this draw. `None` where the metric is undefined on them.
    pub fn standing(&self, wanted: &Target, metric: Metric, is_tuned: bool) -> Option<Standing> {
        let mut folds: Vec<(Truth, Predictions)> = self
            .0
            .iter()
            .map(|fold| (truth_of(wanted, &fold.rows), fold.answers.clone()))
            .collect();
        if is_tuned && metric.reads_labels() {
            label_by_the_others(&mut folds, metric);
        }
        let all: Vec<&(Truth, Predictions)> = folds.iter().collect();
        let score = score_of(&all, metric)?;
        let without = (0..folds.len()).map(|left_out| {
            let others = folds.iter().enumerate().filter(|(at, _)| *at != left_out);
            let others: Vec<_> = others.map(|(_, fold)| fold).collect();
            score_of(&others, metric).unwrap_or(score)
        });
        Some(Standing {
            without: without.collect(),
            score,
        })
    }
}

/// What a model says of the rows of a fold that was fitted without them.
fn fold_of(making: &Trainer<'_>, learner: &Learner, fold: &Parts) -> Result<Fold, Error> {
    let made = making.fit(learner, fold)?;
    let held_back = take(making.material.frame, &fold.validation)?;
    let is_stopped = learner.kind == LearnerKind::BoostedTrees;
    let long = as_long(learner, &made.bundle.predictor);
    Ok(Fold {
        rows: fold.validation.clone(),
        answers: made.bundle.scorer().answer_frame(&held_back)?,
        rounds: long.rounds.filter(|_| is_stopped),
    })
}

/// A score on all folds of a draw, and on all but one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// On all.
    pub score: f64,
    /// On all but each.
    pub without: Vec<f64>,
}

/// By how much the first is better than the second, and the standard error of that: means over the draws. The error of a draw is
/// the jackknife's over its folds, √((k − 1)/k · Σ (d₍ᵢ₎ − mean d)²), dᵢ being the difference without fold i: the same rows decide on both
/// sides, so what is hard for both does not count. Drawing again makes the difference steadier and leaves the error of the
/// rows themselves, which more draws cannot lessen. Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, 11.
pub fn ahead(metric: Metric, first: &[Standing], second: &[Standing]) -> (f64, f64) {
    let (mut mean, mut variance) = (0.0, 0.0);
    let draws = first.len().min(second.len());
    for (a, b) in first.iter().zip(second) {
        mean += metric.gain(a.score, b.score);
        let without = a.without.iter().zip(&b.without);
        let without: Vec<f64> = without.map(|(a, b)| metric.gain(*a, *b)).collect();
        let k = without.len() as f64;
        let middle = without.iter().sum::<f64>() / k;
        let square: f64 = without.iter().map(|d| (d - middle).powi(2)).sum();
        variance += (k - 1.0) / k * square;
    }
    let n = draws as f64;
    (mean / n, (variance / n).sqrt())
}

/// The rows of all draws with what was said of them, as a threshold is chosen on: true class and P(positive), or both numbers.
pub fn pooled(repeats: &[Repeat], wanted: &Target) -> (TargetRows, Vec<f64>) {
    let folds = || repeats.iter().flat_map(|repeat| &repeat.0);
    let rows: Vec<u32> = folds().flat_map(|fold| fold.rows.clone()).collect();
    let probabilities = folds().flat_map(|fold| match &fold.answers {
        Predictions::Classes(predictions) => predictions.probabilities.clone(),
        Predictions::Numbers(numbers) => numbers.clone(),
    });
    (wanted.part(&rows), probabilities.collect())
}

/// The rounds for a fit on all rows: the mean over the folds.
pub fn rounds(repeats: &[Repeat]) -> Option<u32> {
    let found = repeats.iter().flat_map(|repeat| &repeat.0);
    let found: Vec<f64> = found
        .filter_map(|fold| fold.rounds.map(f64::from))
        .collect();
    let n = found.len();
    (n > 0).then(|| (found.iter().sum::<f64>() / n as f64).round().max(1.0) as u32)
}

/// Labels each fold by the threshold that is best on the other folds, so that no row has a part in its own label.
fn label_by_the_others(folds: &mut [(Truth, Predictions)], metric: Metric) {
    let thresholds: Vec<Option<f64>> = (0..folds.len())
        .map(|left_out| {
            let (mut truth, mut scores) = (Vec::new(), Vec::new());
            for (_, fold) in folds.iter().enumerate().filter(|(at, _)| *at != left_out) {
                let (Truth::Classes(class), Predictions::Classes(predictions)) = fold else {
                    return None;
                };
                if predictions.n_classes != 2 {
                    return None;
                }
                truth.extend_from_slice(class);
                scores.extend_from_slice(&predictions.probabilities);
            }
            Some(threshold::best(&truth, &scores, metric).value)
        })
        .collect();
    for ((_, answers), threshold) in folds.iter_mut().zip(thresholds) {
        if let (Predictions::Classes(predictions), Some(threshold)) = (answers, threshold) {
            predictions.labels = labels_from(2, &predictions.probabilities, threshold);
        }
    }
}

/// Metrics of labels and of numbers on all rows together (Forman and Scholz, "Apples-to-apples in cross-validation studies", SIGKDD
/// Explorations 12, 2010); those of probabilities fold by fold and averaged, since two models' probabilities need not be on one
/// scale.
fn score_of(folds: &[&(Truth, Predictions)], metric: Metric) -> Option<f64> {
    if metric.reads_labels() || metric.task() == evaluate::Task::Regression {
        let truth = all_truth(folds.iter().map(|(truth, _)| truth));
        let answers = joined(folds.iter().map(|(_, answers)| answers));
        return evaluate::predictions::score(&truth, &answers).get(metric);
    }
    let scores = folds
        .iter()
        .filter_map(|(truth, answers)| evaluate::predictions::score(truth, answers).get(metric));
    let scores: Vec<f64> = scores.collect();
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}

fn truth_of(wanted: &Target, rows: &[u32]) -> Truth {
    match wanted.part(rows) {
        TargetRows::Classes(class, _) => Truth::Classes(class),
        TargetRows::Numbers(numbers) => Truth::Numbers(numbers),
    }
}

fn all_truth<'a>(parts: impl Iterator<Item = &'a Truth>) -> Truth {
    let (mut classes, mut numbers) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Truth::Classes(part) => classes.extend_from_slice(part),
            Truth::Numbers(part) => numbers.extend_from_slice(part),
        }
    }
    if numbers.is_empty() {
        Truth::Classes(classes)
    } else {
        Truth::Numbers(numbers)
    }
}

/// Predictions of several folds one after another.
fn joined<'a>(parts: impl Iterator<Item = &'a Predictions>) -> Predictions {
    let mut numbers = Vec::new();
    let mut all: Option<ClassPredictions> = None;
    for part in parts {
        match part {
            Predictions::Numbers(part) => numbers.extend_from_slice(part),
            Predictions::Classes(part) => match &mut all {
                None => all = Some(part.clone()),
                Some(all) => {
                    all.labels.extend_from_slice(&part.labels);
                    all.probabilities.extend_from_slice(&part.probabilities);
                }
            },
        }
    }
    all.map_or(Predictions::Numbers(numbers), Predictions::Classes)
}

#[cfg(test)]
mod tests;
