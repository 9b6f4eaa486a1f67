//! Permutation importance: how much worse a score gets when one column's cells are shuffled among the rows.
//!
//! `importance = mean over repeats of (score - score with the column permuted)`, signed so that larger means the model leans
//! on the column more, with the standard deviation over the repeats (ddof 0), as `sklearn.inspection.permutation_importance`.
//! Near 0 for a column that does not matter, below 0 where chance was kind. Columns that say the same share what they are
//! worth. Source: Breiman, Random Forests, 2001; Fisher, Rudin and Dominici, 2019.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bundle::{Scorer, Slot};
use crate::evaluate::Metric;

/// What a column is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    /// The column.
    pub column: String,
    /// Mean fall of the score, signed so that larger is worse; `None` where the score is not defined.
    pub mean: Option<f64>,
    /// Standard deviation over the repeats (ddof 0).
    pub deviation: Option<f64>,
}

/// What every column is worth, with how it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The score.
    pub metric: Metric,
    /// Rows that it was measured on.
    pub rows: u64,
    /// How often each column was permuted.
    pub repeats: u32,
    /// Columns that were left out, since there are so many: those with the smallest weights or gains.
    pub left_out: u64,
    /// The columns, the most important first.
    pub columns: Vec<Worth>,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Times that each column is permuted.
    pub repeats: usize,
}

const MOST_ROWS: usize = 2000;
const FEWEST_ROWS: usize = 200;
const MOST_COLUMNS: usize = 100;
const REPEATS: usize = 5;
/// Steps in all, each about a nanosecond or two.
const MOST_STEPS: usize = 100_000_000;

/// How much of `n_rows` and `n_columns` is measured when one row takes `row_steps`: so much that it takes tenths of a second.
pub fn sample_for(n_rows: usize, n_columns: usize, row_steps: usize) -> Sample {
    let columns = n_columns.min(MOST_COLUMNS);
    let per_row = (row_steps.max(1) * columns.max(1) * REPEATS).max(1);
    let rows = (MOST_STEPS / per_row).clamp(FEWEST_ROWS, MOST_ROWS);
    Sample {
        rows: rows.min(n_rows),
        columns,
        repeats: REPEATS,
    }
}

/// Orders to deal cells out by: `repeats` permutations of `n_rows` from a seed.
pub fn orders(n_rows: usize, repeats: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<u32> = (0..n_rows as u32).collect();
    let mut shuffled = || {
        order.shuffle(&mut rng);
        order.clone()
    };
    (0..repeats).map(|_| shuffled()).collect()
}

/// Mean and standard deviation (ddof 0) of `base - score` over the repeats; `None` where a score is missing.
pub fn drop_of(base: Option<f64>, scores: &[Option<f64>]) -> Option<(f64, f64)> {
    let base = base?;
    let drops: Vec<f64> = scores
        .iter()
        .map(|score| score.map(|score| base - score))
        .collect::<Option<_>>()?;
    let n = drops.len().max(1) as f64;
    let mean = drops.iter().sum::<f64>() / n;
    let square = drops.iter().map(|drop| (drop - mean).powi(2)).sum::<f64>();
    Some((mean, (square / n).sqrt()))
}

/// What the columns at `positions` are worth, in that order: `(mean, standard deviation)` of the fall of `score`.
///
/// `slots` is `(n_rows, n_inputs)` row-major; `score` judges `(n_rows, n_outputs)` answers in the order of the rows, larger
/// being better.
pub fn permutation(
    scorer: &Scorer,
    slots: &[Slot],
    positions: &[usize],
    orders: &[Vec<u32>],
    score: impl Fn(Vec<f64>) -> Option<f64> + Sync,
) -> Vec<Option<(f64, f64)>> {
    let base = score(answers(scorer, slots, None));
    let of_column = |&position: &usize| {
        let repeats = orders.iter();
        let scores: Vec<Option<f64>> = repeats
            .map(|order| score(answers(scorer, slots, Some((position, order)))))
            .collect();
        drop_of(base, &scores)
    };
    positions.par_iter().map(of_column).collect()
}

/// Answers of all rows, with one column's cells in another order.
fn answers(scorer: &Scorer, slots: &[Slot], permuted: Option<(usize, &[u32])>) -> Vec<f64> {
    let (width, outputs) = (scorer.n_inputs(), scorer.n_outputs());
    let n_rows = slots.len() / width.max(1);
    let mut answers = vec![0.0; n_rows * outputs];
    let (mut row, mut features) = (Vec::with_capacity(width), Vec::new());
    for (at, answer) in answers.chunks_mut(outputs).enumerate() {
        row.clear();
        row.extend_from_slice(&slots[at * width..(at + 1) * width]);
        if let Some((position, order)) = permuted {
            row[position] = slots[order[at] as usize * width + position].clone();
        }
        scorer.score_slots(&row, &mut features, answer);
    }
    answers
}
