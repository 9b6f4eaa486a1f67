//! `auto`: a stated list of candidates is compared on rows that were held back, by the model's own metric, and the best one
//! is trained as if it had been named.
//!
//! Small data is held back several times over, since one small part says little; large data is compared on a part of its
//! rows first, and only the better half of the candidates continues to more rows. Everything is drawn by the seed and bounded
//! by a number of fits, so that the same data, settings and seed choose the same candidate; only a limit in seconds, where one
//! is set, makes the choice depend on the machine.

use std::time::Instant;

use super::candidates::{Candidate, candidates};
use super::error::Error;
use super::fit::{Fit, Material};
use super::split::{Parts, split};
use super::target::TargetRows;
use crate::bundle::Entry;
use crate::config::SplitKind;
use crate::config::learner::Learner;
use crate::evaluate::Metric;

/// Rows that the first comparison is made on at most.
const FIRST_ROWS: usize = 20_000;
/// How many times more rows the next comparison has.
const MORE_ROWS: usize = 5;
/// Rows held back over all repetitions, about; and the most repetitions.
const HELD_ROWS: usize = 2_000;
const MOST_REPEATS: usize = 8;

/// The winner's settings and how all did, the best first.
pub struct Chosen {
    /// Settings to train with.
    pub learner: Learner,
    /// The leaderboard.
    pub entries: Vec<Entry>,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
}

/// How good a fit of a candidate is on the held-back rows of a fold; `None` where that is undefined.
pub type Score<'s> = dyn Fn(&Candidate, &Parts, Fit) -> Result<Option<f64>, Error> + 's;

/// A candidate under way.
struct Running {
    candidate: Candidate,
    /// Scores of the last comparison, one per repetition, larger is better.
    gains: Vec<f64>,
    entry: Entry,
}

/// Compares the candidates; `score` says how good a fit is on held-back rows.
///
/// # Errors
/// When the rows cannot be split, or not one candidate could be fitted.
pub fn choose(
    material: &Material<'_>,
    parts: &Parts,
    metric: Metric,
    score: &Score<'_>,
) -> Result<Chosen, Error> {
    let began = Instant::now();
    let settings = &material.config.learner;
    let mut field: Vec<Running> = candidates(material).into_iter().map(Running::new).collect();
    let mut out: Vec<Running> = Vec::new();
    let mut left = settings.max_fits;
    let mut notes = Vec::new();
    let mut is_over = false;
    for rows in rungs(parts.train.len()) {
        let folds = folds(material, parts, rows)?;
        for running in &mut field {
            let is_late =
                settings.max_seconds > 0.0 && began.elapsed().as_secs_f64() > settings.max_seconds;
            if is_late || left < folds.len() as u32 {
                is_over = true;
                break;
            }
            left -= folds.len() as u32;
            running.compare(material, &folds, metric, score);
        }
        // One that was not reached in this comparison keeps what it had in the one before.
        let reached = field.iter().filter(|it| it.entry.rows >= rows as u64);
        if is_over && reached.count() < 2 && rows != rungs(parts.train.len())[0] {
            break;
        }
        sort(&mut field);
        if is_over {
            break;
        }
        let keep = if rows == parts.train.len() {
            field.len()
        } else {
            field.len().div_ceil(2).max(2).min(field.len())
        };
        out.splice(0..0, field.drain(keep..));
    }
    if is_over {
        notes.push(format!(
            "`auto` stopped before every candidate was compared (`learner.max_fits` {}, `learner.max_seconds` {})",
            settings.max_fits, settings.max_seconds
        ));
    }
    field.append(&mut out);
    let Some(winner) = simplest_of_the_best(&field) else {
        let why = field.iter().find_map(|it| it.entry.failure.clone());
        return Err(Error::NoCandidate {
            why: why.unwrap_or_else(|| "none was tried".to_string()),
        });
    };
    let winner = field.remove(winner);
    let learner = winner.candidate.learner.clone();
    field.insert(0, winner);
    Ok(Chosen {
        learner,
        entries: field.into_iter().map(|it| it.entry).collect(),
        notes,
    })
}

impl Running {
    fn new(candidate: Candidate) -> Self {
        Running {
            entry: Entry::untried(candidate.name.clone()),
            candidate,
            gains: Vec::new(),
        }
    }

    /// Fits and scores on every fold.
    fn compare(
        &mut self,
        material: &Material<'_>,
        folds: &[Parts],
        metric: Metric,
        score: &Score<'_>,
    ) {
        let mut scores = Vec::with_capacity(folds.len());
        for fold in folds {
            self.entry.fits += 1;
            let learner = &self.candidate.learner;
            let scored = material
                .fit(learner, &fold.train, &fold.validation)
                .and_then(|fit| score(&self.candidate, fold, fit));
            match scored {
                Ok(Some(value)) if value.is_finite() => scores.push(value),
                Ok(_) => {}
                Err(error) => {
                    self.entry.failure = Some(error.to_string());
                    break;
                }
            }
        }
        if scores.len() < folds.len() {
            // What is undefined on one fold cannot be compared with what is defined on all.
            (self.gains, self.entry.score) = (Vec::new(), None);
            return;
        }
        let (mean, deviation) = moments(&scores);
        self.entry.score = Some(mean);
        self.entry.deviation = deviation;
        self.entry.rows = folds.first().map_or(0, |fold| fold.train.len() as u64);
        self.gains = scores
            .iter()
            .map(|score| metric.gain(*score, 0.0))
            .collect();
    }

    fn gain(&self) -> f64 {
        if self.gains.is_empty() {
            f64::NEG_INFINITY
        } else {
            moments(&self.gains).0
        }
    }
}

/// Best first; equals keep the stated order, in which the simpler comes first.
fn sort(field: &mut [Running]) {
    field.sort_by(|a, b| {
        let by_rows = b.entry.rows.cmp(&a.entry.rows);
        by_rows.then(b.gain().total_cmp(&a.gain()))
    });
}

/// Of those compared on the most rows, the first in the stated order that is not worse than the best by more than the
/// standard error of the difference over the repetitions (Breiman et al., "Classification and Regression Trees", 1984,
/// section 3.4.3, with paired differences). With one repetition there is no such error, and the best one wins.
fn simplest_of_the_best(field: &[Running]) -> Option<usize> {
    let best = field.first().filter(|it| !it.gains.is_empty())?;
    let is_close = |other: &Running| {
        if other.entry.rows != best.entry.rows || other.gains.len() != best.gains.len() {
            return false;
        }
        let behind: Vec<f64> = best
            .gains
            .iter()
            .zip(&other.gains)
            .map(|(a, b)| a - b)
            .collect();
        let (mean, deviation) = moments(&behind);
        mean <= deviation / (behind.len() as f64).sqrt()
    };
    let close = field.iter().enumerate().filter(|(_, it)| is_close(it));
    close
        .min_by_key(|(_, it)| it.candidate.place)
        .map(|(at, _)| at)
}

/// Mean and standard deviation (ddof 1; 0 for one number).
fn moments(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let square: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    (mean, (square / (n - 1.0).max(1.0)).sqrt())
}

/// How many training rows each comparison has; the last has them all.
fn rungs(n_rows: usize) -> Vec<usize> {
    let mut rungs = Vec::new();
    let mut rows = FIRST_ROWS;
    while rows < n_rows {
        rungs.push(rows);
        rows *= MORE_ROWS;
    }
    rungs.push(n_rows);
    rungs
}

/// What is learned from and held back in one comparison on so many training rows.
fn folds(material: &Material<'_>, parts: &Parts, rows: usize) -> Result<Vec<Parts>, Error> {
    let all = parts.train.len();
    if rows < all {
        let step = all as f64 / rows as f64;
        let pick = |part: &[u32]| -> Vec<u32> {
            let n = (part.len() as f64 / step).ceil() as usize;
            (0..n)
                .filter_map(|at| part.get((at as f64 * step) as usize).copied())
                .collect()
        };
        let train = pick(&parts.train);
        return Ok(vec![Parts {
            train,
            validation: parts.validation.clone(),
        }]);
    }
    let held = parts.validation.len().max(1);
    let repeats = (HELD_ROWS / held).clamp(1, MOST_REPEATS);
    let config = material.config;
    if repeats == 1 || config.split_kind() == SplitKind::Time {
        return Ok(vec![parts.clone()]);
    }
    let mut rows: Vec<u32> = parts
        .train
        .iter()
        .chain(&parts.validation)
        .copied()
        .collect();
    rows.sort_unstable();
    let strata = match material.wanted.part(&rows) {
        TargetRows::Classes(class, _) => class,
        TargetRows::Numbers(numbers) => vec![0; numbers.len()],
    };
    let mut folds = vec![parts.clone()];
    for repeat in 1..repeats as u64 {
        let mut other = config.clone();
        other.split.seed = config.split.seed.wrapping_add(repeat);
        folds.push(split(&other, material.frame, &rows, &strata)?);
    }
    Ok(folds)
}
