//! Few rows: learner, rounds and threshold are chosen in folds, so that every row has its say about models that never saw it.
//! All three, and the out-of-fold predictions that the gate keeps, come from the same fits.

use std::time::Instant;

use super::calibrate::calibrated;
use super::candidates::{Candidate, candidates};
use super::error::Error;
use super::folded::{Repeat, Standing, ahead, rounds};
use super::folds::Drawing;
use super::trainer::Trainer;
use crate::bundle::{Bundle, Calibration, Entry, Folds};
use crate::config::decision::DecideBy;
use crate::config::{Learner, LearnerKind, SplitKind};
use crate::evaluate::{Predictions, threshold};

/// Rows held back over all draws of the folds, about; and the most draws.
const HELD_ROWS: usize = 6_000;
const MOST_DRAWS: u64 = 4;

/// What folds told.
pub struct InFolds {
    /// The learner's settings; with `auto` those of the candidate that was chosen.
    pub learner: Learner,
    /// What its models say of rows that they were fitted without, by draw.
    pub repeats: Vec<Repeat>,
    /// The leaderboard of `auto`, the chosen one first.
    pub entries: Vec<Entry>,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
    /// Milliseconds of all of it.
    pub ms: f64,
}

impl InFolds {
    /// The settings for the last fit: as many rounds as were right in the folds.
    pub fn as_long(&self) -> Learner {
        Learner {
            rounds: rounds(&self.repeats).or(self.learner.rounds),
            ..self.learner.clone()
        }
    }

    /// The rows that were held back in the first draw, ascending, and what was said of them, as `bundle` calibrates and decides.
    /// Its predictor is not calibrated yet.
    pub fn held_back(
        &self,
        bundle: &Bundle,
        calibration: Option<&Calibration>,
    ) -> (Vec<u32>, Predictions) {
        let empty = || (Vec::new(), Predictions::Numbers(Vec::new()));
        let first = self.repeats.first();
        let (rows, mut answers) = first.map_or_else(empty, Repeat::by_row);
        if let Predictions::Classes(predictions) = &mut answers {
            calibrated(bundle, calibration, &mut predictions.probabilities);
            match &bundle.costs {
                Some(costs) => {
                    let rows = predictions
                        .probabilities
                        .chunks_exact(predictions.n_classes);
                    let cheapest = rows.map(|row| threshold::cheapest_class(row, costs));
                    predictions.labels = cheapest.collect();
                }
                None => threshold::apply(predictions, bundle.threshold),
            }
        }
        (rows, answers)
    }

    /// What the bundle says of it.
    pub fn record(&self) -> Folds {
        let first = self.repeats.first();
        let folds = first.map_or(0, |repeat| repeat.0.len());
        let rows = first.map_or(0, |repeat| repeat.0.iter().map(|it| it.rows.len()).sum());
        Folds {
            folds: folds as u32,
            draws: self.repeats.len() as u32,
            rows: rows as u64,
        }
    }
}

/// Whether the rows are few enough, and there is something to choose for which they have to be held back.
pub fn is_asked(making: &Trainer<'_>, learner: &Learner, rows: usize) -> bool {
    let config = making.material.config;
    let is_binary = making.material.wanted.n_classes() == Some(2);
    let decide = learner.decision.as_ref().map(|decide| decide.by);
    let is_number = making.material.wanted.n_classes().is_none();
    let has_threshold = match decide {
        None => is_binary && learner.tune_threshold,
        Some(DecideBy::Capacity) => is_binary || is_number,
        Some(by) => is_binary && by != DecideBy::Fixed,
    };
    let is_stopped = learner.kind == LearnerKind::BoostedTrees && learner.early_stopping > 0;
    config.split.validation > 0.0
        && rows as u64 <= config.split.fold_rows
        && learner.kind != LearnerKind::Baseline
        && (learner.kind == LearnerKind::Auto || has_threshold || is_stopped)
}

/// Chooses in folds. `None` where the rows cannot be held back so, or the learner cannot learn from all folds but one.
///
/// # Errors
/// When keys or times cannot be read, or not one candidate could be fitted.
pub fn in_folds(
    making: &Trainer<'_>,
    learner: &Learner,
    drawing: &Drawing<'_>,
) -> Result<Option<InFolds>, Error> {
    let began = Instant::now();
    let Some(first) = drawing.draw(0)? else {
        return Ok(None);
    };
    let mut chosen = if learner.kind == LearnerKind::Auto {
        compare(making, drawing, &began)?
    } else {
        let Ok(repeat) = Repeat::fit(making, learner, &first) else {
            return Ok(None);
        };
        InFolds {
            learner: learner.clone(),
            repeats: vec![repeat],
            entries: Vec::new(),
            notes: Vec::new(),
            ms: 0.0,
        }
    };
    chosen.ms = began.elapsed().as_secs_f64() * 1e3;
    Ok(Some(chosen))
}

/// A candidate under way.
struct Running {
    candidate: Candidate,
    repeats: Vec<Repeat>,
    standings: Vec<Standing>,
    entry: Entry,
}

/// `auto`: every candidate on one draw of the folds, then the better half on further draws, as far as `max_fits` goes.
fn compare(making: &Trainer<'_>, drawing: &Drawing<'_>, began: &Instant) -> Result<InFolds, Error> {
    let settings = &making.material.config.learner;
    let listed = candidates(making.material).into_iter();
    let mut field: Vec<Running> = listed.map(Running::new).collect();
    let mut left = settings.max_fits;
    let mut is_over = false;
    let mut in_the_running = field.len();
    let draws = (HELD_ROWS / drawing.rows.len().max(1)) as u64;
    for repeat in 0..draws.clamp(1, MOST_DRAWS) {
        let Some(folds) = drawing.draw(repeat)? else {
            break;
        };
        // A further draw is for all that are left, or for none.
        let asked = (folds.len() * in_the_running) as u32;
        if repeat > 0 && left < asked {
            break;
        }
        for running in &mut field[..in_the_running] {
            let late =
                settings.max_seconds > 0.0 && began.elapsed().as_secs_f64() > settings.max_seconds;
            if late || left < folds.len() as u32 {
                is_over = true;
                break;
            }
            left -= folds.len() as u32;
            running.add(making, &folds);
        }
        sort(&mut field, making);
        if is_over {
            break;
        }
        let is_there = |it: &&Running| it.standings.len() as u64 == repeat + 1;
        let there = field.iter().filter(is_there).count();
        in_the_running = there.min(field.len().div_ceil(2).max(2));
        if in_the_running < 2 {
            break;
        }
    }
    let Some(winner) = simplest_of_the_best(&field, making) else {
        let why = field.iter().find_map(|it| it.entry.failure.clone());
        return Err(Error::NoCandidate {
            why: why.unwrap_or_else(|| "none was tried".to_string()),
        });
    };
    let winner = field.remove(winner);
    let mut notes = Vec::new();
    if is_over {
        notes.push(format!(
            "`auto` stopped before every candidate was compared (`learner.max_fits` {}, `learner.max_seconds` {})",
            settings.max_fits, settings.max_seconds
        ));
    }
    for running in &mut field {
        running.entry.behind = behind(&winner, running, making);
    }
    let others = field.into_iter().map(|it| it.entry);
    Ok(InFolds {
        learner: winner.candidate.learner,
        repeats: winner.repeats,
        entries: std::iter::once(winner.entry).chain(others).collect(),
        notes,
        ms: 0.0,
    })
}

impl Running {
    fn new(candidate: Candidate) -> Self {
        Running {
            entry: Entry::untried(candidate.name.clone()),
            candidate,
            repeats: Vec::new(),
            standings: Vec::new(),
        }
    }

    /// Fits and scores on one more draw.
    fn add(&mut self, making: &Trainer<'_>, folds: &[super::split::Parts]) {
        let (material, learner) = (making.material, &self.candidate.learner);
        self.entry.fits += folds.len() as u32;
        let metric = making.metric();
        let repeat = Repeat::fit(making, learner, folds);
        let repeat = repeat.map(|repeat| {
            let standing = repeat.standing(material.wanted, metric, learner.tune_threshold);
            (repeat, standing)
        });
        match repeat {
            Ok((repeat, Some(standing))) if standing.score.is_finite() => {
                self.repeats.push(repeat);
                self.standings.push(standing);
            }
            Ok(_) => {
                // What is undefined on one draw cannot be compared with what is defined on all.
                self.standings.clear();
            }
            Err(error) => {
                self.entry.failure = Some(error.to_string());
                self.standings.clear();
            }
        }
        let scores: Vec<f64> = self.standings.iter().map(|it| it.score).collect();
        let n = scores.len() as f64;
        self.entry.score = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / n);
        let mean = self.entry.score.unwrap_or_default();
        let square: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
        self.entry.deviation = (square / (n - 1.0).max(1.0)).sqrt();
        self.entry.rows = folds.first().map_or(0, |fold| fold.train.len() as u64);
    }
}

/// Those on the most draws first, of them the best; equals keep the stated order, in which the simpler comes first.
fn sort(field: &mut [Running], making: &Trainer<'_>) {
    let metric = making.metric();
    let gain = |it: &Running| {
        let score = it.entry.score.filter(|_| !it.standings.is_empty());
        score.map_or(f64::NEG_INFINITY, |score| metric.gain(score, 0.0))
    };
    field.sort_by(|a, b| {
        let by_draws = b.standings.len().cmp(&a.standings.len());
        by_draws.then(gain(b).total_cmp(&gain(a)))
    });
}

/// How much of a standard error a simpler candidate may be behind.
const CLOSE: f64 = 1.0;

/// Of those compared on the most draws, the first in the stated order that is not behind the best by more than [`CLOSE`] standard
/// errors of the difference (Breiman et al., "Classification and Regression Trees", 1984, section 3.4.3, with paired differences).
fn simplest_of_the_best(field: &[Running], making: &Trainer<'_>) -> Option<usize> {
    let best = field.first().filter(|it| !it.standings.is_empty())?;
    let is_close = |other: &Running| {
        other.standings.len() == best.standings.len() && {
            let (mean, error) = ahead(making.metric(), &best.standings, &other.standings);
            mean <= CLOSE * error
        }
    };
    let close = field.iter().enumerate().filter(|(_, it)| is_close(it));
    close
        .min_by_key(|(_, it)| it.candidate.place)
        .map(|(at, _)| at)
}

/// How far a candidate is behind the chosen one, on the draws that both were in, and the standard error of that.
fn behind(winner: &Running, other: &Running, making: &Trainer<'_>) -> Option<[f64; 2]> {
    let is_known = !winner.standings.is_empty() && !other.standings.is_empty();
    is_known.then(|| {
        let (mean, error) = ahead(making.metric(), &winner.standings, &other.standings);
        [mean, error]
    })
}

/// Whether the folds hold every row back, so that they are out-of-fold predictions of all rows.
pub fn is_of_all_rows(making: &Trainer<'_>) -> bool {
    let config = making.material.config;
    config.split_kind() != SplitKind::Time || config.time_column.is_none()
}
