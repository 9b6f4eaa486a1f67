//! How far a score may be off: stratified bootstrap intervals.

use rayon::prelude::*;

use super::classification::Tallies;
use super::rows::RowScores;
use super::{
    ClassPredictions, ConfusionCells, Metric, MetricInterval, RowScorer, Strata,
    percentile_interval, replicate_rng, row_replicates, valid_confidence,
};

/// A two-sided percentile interval for every metric that is defined on these rows, in the order of [`Metric::ALL`].
///
/// Rows are drawn with replacement within each true class, so class shares stay as they are. Label metrics use exactly
/// `replicates` replicates at a cost that hardly depends on the number of rows. Probability metrics use fewer on large
/// test sets: no more than 40 million row draws together, at least 200 replicates (1 000 rows: up to 40 000 replicates;
/// 250 000 rows: 200). The result depends on the arguments alone, not on the number of threads.
///
/// Edge cases: no rows, predictions that do not fit, no replicates or a confidence outside (0, 1) give no intervals; a
/// class with one row does not vary. Percentile intervals of a small test set are narrower than the truth.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13 and 8.
pub fn intervals(
    truth: &[u32],
    predictions: &ClassPredictions,
    confidence: f64,
    replicates: u32,
    seed: u64,
) -> Vec<MetricInterval> {
    if predictions.problem_with(truth).is_some() || !valid_confidence(confidence) {
        return Vec::new();
    }
    let labels = label_replicates(truth, predictions, replicates, seed);
    let rows = row_replicate_scores(truth, predictions, replicates, seed);
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
        percentile_interval(&values, confidence).map(|interval| MetricInterval { metric, interval })
    };
    Metric::ALL.into_iter().filter_map(interval).collect()
}

fn label_replicates(
    truth: &[u32],
    predictions: &ClassPredictions,
    replicates: u32,
    seed: u64,
) -> Vec<super::classification::LabelScores> {
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

fn row_replicate_scores(
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
