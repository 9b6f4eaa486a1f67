//! Test rows in blocks of like probabilities, so that a replicate of a large test set costs as much as one of a small set.
//!
//! A replicate draws how many rows of each class fall into each block, which is multinomial, instead of the rows one by one. Rows
//! of a block count as equally probable; with 512 blocks that moves the area under the ROC curve by about 1e-5,
//! average precision by a few 1e-4.
//! What it moves the score of all rows by is taken off every replicate.

use rand_chacha::ChaCha8Rng;

use super::resample::binomial;
use super::rows::{RowScorer, RowScores};
use super::{ClassPredictions, Metric};

/// Blocks that rows are put into; of equal probabilities all are in one.
const BLOCKS: usize = 512;

/// Rows of one class and one block.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Group {
    rows: u64,
    log_loss: f64,
    brier: f64,
}

/// Predictions of two classes in blocks, by falling probability.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    /// Per block, its rows of the negative and of the positive class; the losses are means.
    groups: Vec<[Group; 2]>,
    /// Rows of each class.
    rows: [u64; 2],
    /// The scores of all rows, and the same of the blocks.
    exact: RowScores,
    coarse: RowScores,
}

impl Blocks {
    /// Puts rows into blocks. `None` of more than two classes, and where there is nothing to score.
    pub(super) fn new(truth: &[u32], predictions: &ClassPredictions) -> Option<Blocks> {
        if predictions.n_classes != 2 {
            return None;
        }
        let scorer = RowScorer::new(truth, predictions)?;
        let losses = scorer.losses();
        let least = truth.len().div_ceil(BLOCKS);
        let mut groups = Vec::with_capacity(BLOCKS);
        let mut block = [Group::default(); 2];
        for place in scorer.places() {
            let group = &mut block[usize::from(place.positive)];
            let (log_loss, brier) = losses.map_or((0.0, 0.0), |losses| losses[place.row as usize]);
            group.rows += 1;
            group.log_loss += log_loss;
            group.brier += brier;
            if place.ends_tie && block[0].rows + block[1].rows >= least as u64 {
                groups.push(std::mem::take(&mut block));
            }
        }
        groups.push(block);
        let mut rows = [0; 2];
        for group in &mut groups {
            for (group, rows) in group.iter_mut().zip(&mut rows) {
                *rows += group.rows;
                let n = group.rows.max(1) as f64;
                group.log_loss /= n;
                group.brier /= n;
            }
        }
        let mut blocks = Blocks {
            groups,
            rows,
            exact: scorer.score_all(&vec![1; truth.len()]),
            coarse: RowScores::default(),
        };
        blocks.coarse = blocks.scores(|class, group| blocks.groups[group][class].rows);
        Some(blocks)
    }

    /// Blocks times classes: what a replicate costs.
    pub(super) fn n_groups(&self) -> usize {
        2 * self.groups.len()
    }

    /// The scores of one replicate: of each class as many rows as it has, with replacement.
    pub(super) fn replicate(&self, rng: &mut ChaCha8Rng) -> RowScores {
        let counts = [0, 1].map(|class| self.draw(class, rng));
        let drawn = self.scores(|class, group| counts[class][group]);
        let moved = |metric: Metric| {
            let value = drawn.get(metric)? + self.exact.get(metric)? - self.coarse.get(metric)?;
            Some(match metric {
                Metric::RocAuc | Metric::PrAuc => value.clamp(0.0, 1.0),
                _ => value.max(0.0),
            })
        };
        RowScores {
            roc_auc: moved(Metric::RocAuc),
            pr_auc: moved(Metric::PrAuc),
            log_loss: moved(Metric::LogLoss),
            brier: moved(Metric::Brier),
        }
    }

    /// How many rows of a class are drawn from each block.
    fn draw(&self, class: usize, rng: &mut ChaCha8Rng) -> Vec<u64> {
        let (mut rows_left, mut draws_left) = (self.rows[class], self.rows[class]);
        let draw = |group: &[Group; 2]| {
            let rows = group[class].rows;
            if rows == 0 {
                return 0;
            }
            let drawn = binomial(rng, draws_left, rows as f64 / rows_left as f64);
            rows_left -= rows;
            draws_left -= drawn;
            drawn
        };
        self.groups.iter().map(draw).collect()
    }

    /// The scores when each class has so many rows in each block.
    fn scores(&self, count: impl Fn(usize, usize) -> u64) -> RowScores {
        let (mut negatives, mut positives) = (0_u64, 0_u64);
        let (mut doubled_pairs, mut precision) = (0_u128, 0.0);
        let (mut log_loss, mut brier) = (0.0, 0.0);
        for (at, group) in self.groups.iter().enumerate() {
            let (n, p) = (count(0, at), count(1, at));
            doubled_pairs += u128::from(n) * u128::from(2 * positives + p);
            // Positives count at the middle of their block.
            if p > 0 {
                let (above, all) = (
                    positives as f64 + (p as f64 + 1.0) / 2.0,
                    (positives + negatives) as f64 + (p as f64 + 1.0 + n as f64) / 2.0,
                );
                precision += p as f64 * above / all;
            }
            (negatives, positives) = (negatives + n, positives + p);
            for (group, n) in group.iter().zip([n, p]) {
                log_loss += group.log_loss * n as f64;
                brier += group.brier * n as f64;
            }
        }
        let rows = (negatives + positives) as f64;
        let pairs = 2.0 * positives as f64 * negatives as f64;
        let has_losses = self.exact.log_loss.is_some();
        RowScores {
            roc_auc: (pairs > 0.0).then(|| doubled_pairs as f64 / pairs),
            pr_auc: (positives > 0).then(|| precision / positives as f64),
            log_loss: has_losses.then_some(log_loss / rows),
            brier: has_losses.then_some(brier / rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::super::bootstrap::{row_replicate_scores, scores_by_rows};
    use super::super::{percentile_interval, replicate_rng};
    use super::*;

    /// `n` rows of which about a share is positive, with probabilities that are somewhat right.
    fn rows(n: usize, share: f64, digits: f64) -> (Vec<u32>, ClassPredictions) {
        let mut rng = replicate_rng(11, 1);
        let mut uniform = || rand::Rng::random::<f64>(&mut rng);
        let mut row = || {
            let positive = uniform() < share;
            let noise: f64 = (0..6).map(|_| uniform()).sum::<f64>() - 3.0;
            let score = noise + if positive { 0.6 } else { -0.6 };
            let p = 1.0 / (1.0 + (-score).exp());
            (u32::from(positive), (p * digits).round() / digits)
        };
        let (truth, probabilities): (Vec<u32>, Vec<f64>) = (0..n).map(|_| row()).unzip();
        let labels = probabilities.iter().map(|&p| u32::from(p >= 0.5)).collect();
        let predictions = ClassPredictions {
            n_classes: 2,
            labels,
            probabilities,
        };
        (truth, predictions)
    }

    const METRICS: [Metric; 4] = [
        Metric::RocAuc,
        Metric::PrAuc,
        Metric::LogLoss,
        Metric::Brier,
    ];

    fn interval(scores: &[RowScores], metric: Metric) -> (f64, f64) {
        let mut values: Vec<f64> = scores.iter().filter_map(|it| it.get(metric)).collect();
        values.sort_unstable_by(f64::total_cmp);
        let interval = percentile_interval(&values, 0.95).unwrap();
        (interval.low, interval.high)
    }

    #[test]
    fn intervals_are_those_of_rows() {
        for (share, digits) in [(0.3, 1e9), (0.01, 1e9), (0.3, 50.0)] {
            let (truth, predictions) = rows(30_000, share, digits);
            let blocks = Blocks::new(&truth, &predictions).unwrap();
            let by_blocks: Vec<RowScores> = (0..4000_u32)
                .into_par_iter()
                .map(|replicate| blocks.replicate(&mut replicate_rng(1, replicate)))
                .collect();
            let by_rows = scores_by_rows(&truth, &predictions, 4000, 2);
            for metric in METRICS {
                let (a, b) = (interval(&by_blocks, metric), interval(&by_rows, metric));
                let width = b.1 - b.0;
                for (one, other) in [(a.0, b.0), (a.1, b.1)] {
                    assert!(
                        (one - other).abs() < 0.06 * width,
                        "{metric:?} of {share} and {digits}: {a:?} {b:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn blocks_move_the_score_of_all_rows_by_little() {
        let (truth, predictions) = rows(30_000, 0.1, 1e9);
        let blocks = Blocks::new(&truth, &predictions).unwrap();
        for (metric, most) in METRICS.into_iter().zip([2e-5, 5e-4, 1e-12, 1e-12]) {
            let value = |scores: &RowScores| scores.get(metric).unwrap();
            let (exact, coarse) = (value(&blocks.exact), value(&blocks.coarse));
            assert!((exact - coarse).abs() < most, "{metric:?} {exact} {coarse}");
        }
    }

    #[test]
    fn large_sets_are_drawn_by_blocks() {
        let (truth, predictions) = rows(25_000, 0.3, 1e9);
        let by_blocks = row_replicate_scores(&truth, &predictions, 2000, 1);
        assert!(by_blocks.len() > 300, "{}", by_blocks.len());
        let blocks = Blocks::new(&truth, &predictions).unwrap();
        assert_eq!(by_blocks[0], blocks.replicate(&mut replicate_rng(1, 0)));
        let (truth, predictions) = rows(15_000, 0.3, 1e9);
        assert_eq!(
            row_replicate_scores(&truth, &predictions, 300, 1),
            scores_by_rows(&truth, &predictions, 300, 1)
        );
    }
}
