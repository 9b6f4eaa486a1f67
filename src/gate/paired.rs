//! How surely the challenger is better: a paired bootstrap of the difference.
//!
//! Both models are scored on the *same* drawn rows, so what makes a row hard for both cancels out. Rows are drawn with
//! replacement within each true class. For label metrics the rows are counted once per (true class, champion's label,
//! challenger's label) and the counts are drawn; for probability metrics the rows themselves are, with fewer replicates on
//! large test sets (see [`crate::evaluate::bootstrap::intervals`]). Of numbers, rows are drawn from all rows.

use rayon::prelude::*;

use crate::evaluate::classification::Tallies;
use crate::evaluate::{
    ClassPredictions, ConfusionCells, Interval, Metric, Predictions, RegressionScorer, RowScorer,
    Strata, Truth, percentile_interval, regression, replicate_rng, row_replicates,
};

/// The replicates of a difference, signed so that above zero the challenger is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Deltas {
    sorted: Vec<f64>,
}

impl Deltas {
    /// Number of replicates, at least 1.
    pub fn replicates(&self) -> usize {
        self.sorted.len()
    }

    /// Two-sided percentile interval; `None` when the confidence is not between 0 and 1.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        percentile_interval(&self.sorted, confidence)
    }

    /// The interval whose lower end decides at a confidence c: the largest replicate that at least c of them reach, and from
    /// the other side the smallest. Its lower end is above a bound exactly when [`Deltas::share_above`] that bound is at
    /// least c. `None` when the confidence is not between 0.5 and 1.
    pub fn deciding(&self, confidence: f64) -> Option<Interval> {
        let n = self.sorted.len();
        if !(0.5..1.0).contains(&confidence) || n == 0 {
            return None;
        }
        // As many replicates may lie below as leave a share of c above.
        let enough = |below: &usize| (n - below) as f64 / n as f64 >= confidence;
        let below = (0..n).take_while(enough).last().unwrap_or(0);
        Some(Interval {
            low: self.sorted[below],
            high: self.sorted[n - 1 - below],
        })
    }

    /// Share of replicates above zero; one that is exactly zero speaks for neither and does not count as better.
    pub fn p_better(&self) -> f64 {
        self.share_above(0.0)
    }

    /// Share of replicates above `bound`; `share_above(-margin)` is how surely the challenger is not worse by the margin.
    /// 0 for NaN.
    pub fn share_above(&self, bound: f64) -> f64 {
        let above = self.sorted.iter().filter(|&&delta| delta > bound).count();
        above as f64 / self.sorted.len() as f64
    }
}

/// Draws the difference of `metric` between challenger and champion, of classes or of numbers. `None` when both do not
/// answer what is asked, and as [`deltas`] and [`deltas_of_numbers`] say.
pub fn of_answers(
    metric: Metric,
    truth: &Truth,
    challenger: &Predictions,
    champion: &Predictions,
    replicates: u32,
    seed: u64,
) -> Option<Deltas> {
    match (truth, challenger, champion) {
        (Truth::Classes(truth), Predictions::Classes(new), Predictions::Classes(old)) => {
            deltas(metric, truth, new, old, replicates, seed)
        }
        (Truth::Numbers(truth), Predictions::Numbers(new), Predictions::Numbers(old)) => {
            deltas_of_numbers(metric, truth, new, old, replicates, seed)
        }
        _ => None,
    }
}

/// Draws the difference of a metric of numbers; rows are drawn with replacement from all rows. `None` when it is undefined
/// on these rows, or when no replicates are requested. A replicate on which it is undefined (all rows alike) speaks for
/// nobody: it counts as a difference of zero.
pub fn deltas_of_numbers(
    metric: Metric,
    truth: &[f64],
    challenger: &[f64],
    champion: &[f64],
    replicates: u32,
    seed: u64,
) -> Option<Deltas> {
    let (new, old) = (
        RegressionScorer::new(truth, challenger)?,
        RegressionScorer::new(truth, champion)?,
    );
    let gain = |weights: &[u32]| {
        let gain = metric.gain(new.score(metric, weights)?, old.score(metric, weights)?);
        Some(gain).filter(|gain| gain.is_finite())
    };
    gain(&vec![1; truth.len()])?;
    let mut sorted = regression::drawn(truth.len(), replicates, seed, |weights| {
        gain(weights).unwrap_or(0.0)
    });
    sorted.sort_unstable_by(f64::total_cmp);
    (!sorted.is_empty()).then_some(Deltas { sorted })
}

/// Draws the difference of `metric` between challenger and champion. `None` when it is undefined on these rows, when
/// either model's predictions do not fit them, or when no replicates are requested.
///
/// The result depends on the arguments alone, not on the number of threads. Source: Efron and Tibshirani, "An
/// Introduction to the Bootstrap", 1993; pairing as in Koehn, "Statistical significance tests", EMNLP 2004.
pub fn deltas(
    metric: Metric,
    truth: &[u32],
    challenger: &ClassPredictions,
    champion: &ClassPredictions,
    replicates: u32,
    seed: u64,
) -> Option<Deltas> {
    let fits = |model: &ClassPredictions| model.problem_with(truth).is_none();
    if truth.is_empty() || replicates == 0 || challenger.n_classes != champion.n_classes {
        return None;
    }
    if !fits(challenger) || !fits(champion) {
        return None;
    }
    let drawn = if metric.reads_labels() {
        by_counts(metric, truth, challenger, champion, replicates, seed)
    } else {
        by_rows(metric, truth, challenger, champion, replicates, seed)
    };
    let mut sorted = drawn?;
    sorted.sort_unstable_by(f64::total_cmp);
    Some(Deltas { sorted })
}

fn by_counts(
    metric: Metric,
    truth: &[u32],
    challenger: &ClassPredictions,
    champion: &ClassPredictions,
    replicates: u32,
    seed: u64,
) -> Option<Vec<f64>> {
    let cells = ConfusionCells::new(truth, &champion.labels, &challenger.labels);
    let empty = (
        Tallies::new(challenger.n_classes),
        Tallies::new(challenger.n_classes),
    );
    let replicate = |(new, old): &mut (Tallies, Tallies), replicate: u32| {
        new.clear();
        old.clear();
        cells.draw(&mut replicate_rng(seed, replicate), |class, cell| {
            old.add(class, cell.first, cell.count);
            new.add(class, cell.second, cell.count);
        });
        Some(metric.gain(new.scores()?.get(metric)?, old.scores()?.get(metric)?))
    };
    (0..replicates)
        .into_par_iter()
        .map_init(|| empty.clone(), replicate)
        .collect()
}

fn by_rows(
    metric: Metric,
    truth: &[u32],
    challenger: &ClassPredictions,
    champion: &ClassPredictions,
    replicates: u32,
    seed: u64,
) -> Option<Vec<f64>> {
    let (new, old) = (
        RowScorer::new(truth, challenger)?,
        RowScorer::new(truth, champion)?,
    );
    let strata = Strata::new(truth, challenger.n_classes);
    let replicate = |weights: &mut Vec<u32>, replicate: u32| {
        strata.draw(&mut replicate_rng(seed, replicate), weights);
        Some(metric.gain(new.score(metric, weights)?, old.score(metric, weights)?))
    };
    let replicates = row_replicates(replicates, truth.len());
    (0..replicates)
        .into_par_iter()
        .map_init(|| vec![0; truth.len()], replicate)
        .collect()
}
