//! How far a score may be off: stratified bootstrap intervals.

use rayon::prelude::*;

use super::bca::{Without, acceleration, bca_interval};
use super::blocks::Blocks;
use super::classification::{LabelScores, Tallies};
use super::rows::RowScores;
use super::{
    ClassPredictions, ConfusionCells, IntervalMethod, Metric, MetricInterval, RowScorer, Strata,
    percentile_interval, replicate_rng, row_replicates, valid_confidence,
};

/// Rows from which on probability metrics of two classes are drawn by blocks.
const FEWEST_IN_BLOCKS: usize = 20_000;
/// Most draws of blocks over all replicates, each of about 0.2 µs.
const MOST_GROUP_DRAWS: usize = 400_000;

/// A two-sided interval for every metric that is defined on these rows, in the order of [`Metric::ALL`].
///
/// Rows are drawn with replacement within each true class, so class shares stay as they are. Label metrics use exactly
/// `replicates` replicates at a cost that hardly depends on the number of rows. Probability metrics of two classes from 20 000 rows
/// on use at least 390, drawn from blocks of rows with like probabilities; of more classes they use fewer on large test sets: no more
/// than 40 million row draws together, at least 200 replicates (250 000 rows: 200). The result depends on the arguments alone, not on
/// the number of threads.
///
/// Edge cases: no rows, predictions that do not fit, no replicates or a confidence outside (0, 1) give no intervals; a
/// class with one row does not vary. Where BCa is requested and not defined for a metric, it has its percentiles, and says so.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13 and 8.
pub fn intervals(
    truth: &[u32],
    predictions: &ClassPredictions,
    confidence: f64,
    replicates: u32,
    seed: u64,
    method: IntervalMethod,
) -> Vec<MetricInterval> {
    if predictions.problem_with(truth).is_some() || !valid_confidence(confidence) {
        return Vec::new();
    }
    let labels = label_replicates(truth, predictions, replicates, seed);
    let rows = row_replicate_scores(truth, predictions, replicates, seed);
    let jackknife = (method == IntervalMethod::Bca).then(|| Jackknife::new(truth, predictions));
    let interval = |metric: Metric| {
        let mut values: Vec<f64> = if metric.reads_labels() {
            labels
                .iter()
                .filter_map(|scores| scores.get(metric))
                .collect()
        } else {
            rows.iter()
                .filter_map(|scores| scores.get(metric))
                .collect()
        };
        values.sort_unstable_by(f64::total_cmp);
        let moved = jackknife.as_ref().and_then(|jackknife| {
            let (score, bent) = jackknife.of(metric)?;
            bca_interval(&values, score, bent, confidence)
        });
        of_metric(metric, &values, moved, confidence)
    };
    Metric::ALL.into_iter().filter_map(interval).collect()
}

/// The BCa interval of a metric, where there is one, else its percentiles.
pub(super) fn of_metric(
    metric: Metric,
    sorted: &[f64],
    moved: Option<super::Interval>,
    confidence: f64,
) -> Option<MetricInterval> {
    let method = match moved {
        Some(_) => IntervalMethod::Bca,
        None => IntervalMethod::Percentile,
    };
    let interval = moved.or_else(|| percentile_interval(sorted, confidence))?;
    Some(MetricInterval {
        metric,
        interval,
        method,
    })
}

/// Label scores without one of some rows that are alike, and how many those are.
type ScoresWithout = (Option<LabelScores>, u64);

/// The scores of all rows, and those without each row in turn, by true class.
pub(super) struct Jackknife {
    labels: (Option<LabelScores>, Vec<Vec<ScoresWithout>>),
    rows: (Option<RowScores>, Vec<Vec<Option<RowScores>>>),
}

impl Jackknife {
    pub(super) fn new(truth: &[u32], predictions: &ClassPredictions) -> Jackknife {
        let n_classes = predictions.n_classes;
        let mut counts = vec![0_u64; n_classes * n_classes];
        for (&class, &label) in truth.iter().zip(&predictions.labels) {
            counts[class as usize * n_classes + label as usize] += 1;
        }
        // Rows with the same class and label are alike.
        let scores_of = |left_out: Option<usize>| {
            let mut tallies = Tallies::new(n_classes);
            for (cell, &count) in counts.iter().enumerate() {
                let count = count - u64::from(left_out == Some(cell));
                tallies.add(cell / n_classes, cell % n_classes, count);
            }
            tallies.scores()
        };
        let cells = |class: usize| class * n_classes..(class + 1) * n_classes;
        let of_class = |class: usize| {
            let cells = cells(class).filter(|&cell| counts[cell] > 0);
            cells
                .map(|cell| (scores_of(Some(cell)), counts[cell]))
                .collect()
        };
        let scorer = RowScorer::new(truth, predictions);
        let strata = (0..n_classes as u32).map(|class| {
            let rows = truth.iter().enumerate();
            rows.filter(|(_, other)| **other == class)
                .map(|(row, _)| row)
                .collect::<Vec<usize>>()
        });
        let without = |rows: Vec<usize>| -> Vec<Option<RowScores>> {
            let score = |weights: &mut Vec<u32>, row: usize| {
                weights[row] = 0;
                let scores = scorer.as_ref().map(|scorer| scorer.score_all(weights));
                weights[row] = 1;
                scores
            };
            rows.into_par_iter()
                .map_init(|| vec![1; truth.len()], score)
                .collect()
        };
        Jackknife {
            labels: (scores_of(None), (0..n_classes).map(of_class).collect()),
            rows: (
                scorer
                    .as_ref()
                    .map(|scorer| scorer.score_all(&vec![1; truth.len()])),
                strata.map(without).collect(),
            ),
        }
    }

    /// A metric on all rows, and its acceleration. `None` where it is undefined without one of them.
    pub(super) fn of(&self, metric: Metric) -> Option<(f64, f64)> {
        let without = |score: Option<f64>, rows: u64| score.map(|score| Without { score, rows });
        if metric.reads_labels() {
            let all = self.labels.0.as_ref()?.get(metric)?;
            let samples = self.labels.1.iter().map(|cells| {
                let cells = cells.iter();
                let scores = cells.map(|(scores, rows)| {
                    without(scores.as_ref().and_then(|it| it.get(metric)), *rows)
                });
                scores.collect::<Option<Vec<Without>>>()
            });
            let samples: Vec<_> = samples.collect::<Option<_>>()?;
            return Some((all, acceleration(&samples)));
        }
        let all = self.rows.0.as_ref()?.get(metric)?;
        let samples = self.rows.1.iter().map(|rows| {
            let rows = rows.iter();
            let scores =
                rows.map(|scores| without(scores.as_ref().and_then(|it| it.get(metric)), 1));
            scores.collect::<Option<Vec<Without>>>()
        });
        let samples: Vec<_> = samples.collect::<Option<_>>()?;
        Some((all, acceleration(&samples)))
    }
}

fn label_replicates(
    truth: &[u32],
    predictions: &ClassPredictions,
    replicates: u32,
    seed: u64,
) -> Vec<LabelScores> {
    let cells = ConfusionCells::new(truth, &predictions.labels, &predictions.labels);
    let tallies = Tallies::new(predictions.n_classes);
    let replicate = |tallies: &mut Tallies, replicate: u32| {
        tallies.clear();
        cells.draw(&mut replicate_rng(seed, replicate), |class, cell| {
            tallies.add(class, cell.first, cell.count);
        });
        tallies.scores()
    };
    (0..replicates)
        .into_par_iter()
        .map_init(|| tallies.clone(), replicate)
        .flatten_iter()
        .collect()
}

/// The probability metrics of replicates: of large sets of two classes by blocks, else by rows.
pub(super) fn row_replicate_scores(
    truth: &[u32],
    predictions: &ClassPredictions,
    replicates: u32,
    seed: u64,
) -> Vec<RowScores> {
    let blocks = (truth.len() >= FEWEST_IN_BLOCKS).then(|| Blocks::new(truth, predictions));
    let Some(blocks) = blocks.flatten() else {
        return scores_by_rows(truth, predictions, replicates, seed);
    };
    let affordable = (MOST_GROUP_DRAWS / blocks.n_groups()) as u32;
    (0..replicates.min(affordable))
        .into_par_iter()
        .map(|replicate| blocks.replicate(&mut replicate_rng(seed, replicate)))
        .collect()
}

pub(super) fn scores_by_rows(
    truth: &[u32],
    predictions: &ClassPredictions,
    replicates: u32,
    seed: u64,
) -> Vec<RowScores> {
    let Some(scorer) = RowScorer::new(truth, predictions) else {
        return Vec::new();
    };
    let strata = Strata::new(truth, predictions.n_classes);
    let replicate = |weights: &mut Vec<u32>, replicate: u32| {
        strata.draw(&mut replicate_rng(seed, replicate), weights);
        scorer.score_all(weights)
    };
    let replicates = row_replicates(replicates, truth.len());
    (0..replicates)
        .into_par_iter()
        .map_init(|| vec![0; truth.len()], replicate)
        .collect()
}
