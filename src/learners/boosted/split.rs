//! The best split of a leaf, found in its histogram.
//!
//! The gain of a split is `G_l² / (H_l + λ) + G_r² / (H_r + λ) − G² / (H + λ)`, with sums of gradients `G` and Hessians `H` of
//! both sides and of all (Chen and Guestrin 2016, "XGBoost", equation 7, without the half).

use rayon::prelude::*;

use super::codes::Codes;
use super::coding::{Coding, Column};
use super::packed::Sum;

/// Fewer codes than this are not worth another thread.
const CODES_PER_THREAD: usize = 2048;

/// What a split has to keep, in the units of the packed sums.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// λ: what is added to each sum of Hessians.
    pub lambda: f64,
    /// Least sum of Hessians on a side.
    pub min_hessian: i64,
    /// Least gain.
    pub min_gain: f64,
}

/// How rows are parted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Question {
    /// Is the number in this bin or a lower one? Those go left.
    UpTo(u8),
    /// Is it this feature of the block that is 1? It goes right.
    Is(u8),
}

/// A split and what it gains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// In the units of the packed sums.
    pub gain: f64,
    /// Column of bytes.
    pub column: usize,
    /// Which rows go left.
    pub question: Question,
    /// Whether rows without a number go left.
    pub missing_left: bool,
    /// Sums of the rows that go left.
    pub left: Sum,
}

impl Split {
    /// Which values of the column's byte go left.
    pub fn goes_left(&self, coding: &Coding) -> [bool; 256] {
        let mut left = [false; 256];
        match self.question {
            Question::UpTo(bin) => left[..=bin as usize].fill(true),
            Question::Is(code) => {
                left.fill(true);
                left[code as usize] = false;
            }
        }
        if let Column::Numbers { cuts, .. } = &coding.columns[self.column] {
            left[cuts.len() + 1] = self.missing_left;
        }
        coding.bytes(self.column, &left)
    }
}

/// The best split of rows with this histogram; of equals the first column's, and of those the lowest code's.
pub fn best(
    codes: &Codes,
    coding: &Coding,
    histogram: &[Sum],
    total: Sum,
    rules: &Rules,
) -> Option<Split> {
    let of_column = |at: usize| {
        let search = Search {
            codes: &histogram[codes.of_column(at)],
            total,
            rules,
            best: rules.min_gain + rules.score(total),
            found: None,
        };
        let found = match &coding.columns[at] {
            Column::Numbers { cuts, .. } => search.numbers(cuts.len() + 1),
            Column::Ones { width, .. } => search.ones(*width as usize),
        };
        found.map(|found| Split {
            gain: found.score - rules.score(total),
            column: at,
            question: found.question,
            missing_left: found.missing_left,
            left: found.left,
        })
    };
    let first = |a: Option<Split>, b: Option<Split>| match (a, b) {
        (Some(a), Some(b)) if b.gain > a.gain => Some(b),
        (a, b) => a.or(b),
    };
    let n = codes.n_columns();
    if codes.n_codes() < CODES_PER_THREAD {
        return (0..n).map(of_column).fold(None, first);
    }
    // The parts of a reduction keep their order.
    (0..n).into_par_iter().map(of_column).reduce(|| None, first)
}

impl Rules {
    /// What a side adds to the gain.
    #[inline]
    pub fn score(&self, sum: Sum) -> f64 {
        let gradient = sum.gradient as f64;
        gradient * gradient / (sum.hessian as f64 + self.lambda)
    }
}

/// A split of one column.
struct ColumnSplit {
    score: f64,
    question: Question,
    missing_left: bool,
    left: Sum,
}

struct Search<'a> {
    codes: &'a [Sum],
    total: Sum,
    rules: &'a Rules,
    /// The score of both sides that has to be passed.
    best: f64,
    found: Option<ColumnSplit>,
}

impl Search<'_> {
    #[inline]
    fn look(&mut self, left: Sum, question: Question, missing_left: bool) {
        let right = self.total - left;
        if left.hessian < self.rules.min_hessian || right.hessian < self.rules.min_hessian {
            return;
        }
        let score = self.rules.score(left) + self.rules.score(right);
        if score > self.best {
            self.best = score;
            self.found = Some(ColumnSplit {
                score,
                question,
                missing_left,
                left,
            });
        }
    }

    /// Every place between bins of numbers, missing ones on either side, and missing ones against all numbers.
    fn numbers(mut self, n_bins: usize) -> Option<ColumnSplit> {
        let missing = self.codes.get(n_bins).copied().unwrap_or_default();
        let has_missing = missing.hessian > 0;
        let mut left = Sum::default();
        for bin in 0..n_bins {
            let sum = self.codes[bin];
            if sum.hessian == 0 {
                continue;
            }
            left += sum;
            let is_last = left.hessian + missing.hessian == self.total.hessian;
            if is_last && !has_missing {
                break;
            }
            let right = self.total - left;
            // Where no number is missing, later ones go with the heavier side.
            let heavier_left = left.hessian > right.hessian;
            self.look(
                left,
                Question::UpTo(bin as u8),
                !has_missing && heavier_left,
            );
            if is_last {
                break;
            }
            if has_missing {
                self.look(left + missing, Question::UpTo(bin as u8), true);
            }
        }
        self.found
    }

    /// Each feature of a one-hot block against all others.
    fn ones(mut self, width: usize) -> Option<ColumnSplit> {
        for code in 0..width {
            let sum = self.codes[code];
            if sum.hessian == 0 || sum.hessian == self.total.hessian {
                continue;
            }
            self.look(self.total - sum, Question::Is(code as u8), true);
        }
        self.found
    }
}
