//! The split of one node along one feature: at a threshold drawn at random, or at the best of all.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::sums::{Gathered, Sums, score};

/// A way to split a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The feature.
    pub feature: u32,
    /// Rows below it go left.
    pub threshold: f32,
    /// Whether rows without a number go left.
    pub missing_left: bool,
    /// `Σ s² / weight` of both sides together.
    pub score: f64,
}

/// A node's rows along one feature.
pub struct Along<'a> {
    /// The feature.
    pub feature: u32,
    /// Targets, weights and the feature's values.
    pub rows: &'a Gathered,
    /// Sums over all of them.
    pub total: &'a Sums,
    /// Fewest rows on a side.
    pub min_leaf_rows: usize,
    /// Smallest and largest value; NaN where no row has one.
    pub range: (f32, f32),
    /// Whether some row has none.
    pub has_missing: bool,
}

impl<'a> Along<'a> {
    /// `None` where all rows have the same value, or none: there is nothing to split.
    pub fn of(
        feature: u32,
        rows: &'a Gathered,
        total: &'a Sums,
        min_leaf_rows: usize,
    ) -> Option<Self> {
        let (mut low, mut high, mut has_missing) = (f32::INFINITY, f32::NEG_INFINITY, false);
        for &value in &rows.value {
            low = low.min(value);
            high = high.max(value);
            has_missing |= value.is_nan();
        }
        let can_split = low < high || (has_missing && low == high);
        can_split.then_some(Along {
            feature,
            rows,
            total,
            min_leaf_rows,
            range: (low, high),
            has_missing,
        })
    }

    /// A threshold drawn evenly between the smallest and the largest value. Missing numbers go where they fit better.
    pub fn at_random(&self, random: &mut ChaCha8Rng) -> Option<Split> {
        let (low, high) = self.range;
        let drawn: f64 = random.random();
        let between = f64::from(low) + drawn * (f64::from(high) - f64::from(low));
        let threshold = match between as f32 {
            inside if inside > low && inside <= high => inside,
            // All numbers are alike: what tells rows apart is whether there is one.
            _ if low == high => high.next_up(),
            _ => high,
        };
        let width = self.total.of.len();
        let left = self.rows.sum_where(width, |value| value < threshold);
        if !self.has_missing {
            let right = self.total.without(&left);
            return self.split(threshold, &left, &right, left.weight >= right.weight);
        }
        let missing = self.rows.sum_where(width, f32::is_nan);
        let right = self.total.without(&left).without(&missing);
        let on_the_right = self.split(threshold, &left, &right.with(&missing), false);
        let on_the_left = self.split(threshold, &left.with(&missing), &right, true);
        better(on_the_right, on_the_left)
    }

    fn split(
        &self,
        threshold: f32,
        left: &Sums,
        right: &Sums,
        missing_left: bool,
    ) -> Option<Split> {
        let fewest = left.rows.min(right.rows);
        (fewest >= self.min_leaf_rows.max(1)).then(|| Split {
            feature: self.feature,
            threshold,
            missing_left,
            score: left.score() + right.score(),
        })
    }

    /// The threshold, between two neighbouring values, and the place of missing numbers that leave the least impurity.
    /// `sorted` is room that is used again.
    pub fn best(&self, sorted: &mut Vec<u64>) -> Option<Split> {
        sorted.clear();
        let values = self.rows.value.iter().enumerate();
        sorted.extend(
            values
                .filter(|(_, value)| !value.is_nan())
                .map(|(at, &value)| u64::from(ordered(value)) << 32 | at as u64),
        );
        sorted.sort_unstable();
        let width = self.total.of.len();
        let nothing = Sums::zero(width);
        if !self.has_missing {
            return self.scan(sorted, &nothing, false);
        }
        let missing = self.rows.sum_where(width, f32::is_nan);
        let on_the_right = self.scan(sorted, &nothing, false);
        better(on_the_right, self.scan(sorted, &missing, true))
    }

    /// Moves rows from right to left in the order of their values. `begin` is on the left from the start.
    fn scan(&self, sorted: &[u64], begin: &Sums, missing_left: bool) -> Option<Split> {
        let mut left = begin.clone();
        let mut right = self.total.without(begin);
        let squares = |sums: &Sums| sums.of.iter().map(|sum| sum * sum).sum::<f64>();
        let (mut left_squares, mut right_squares) = (squares(&left), squares(&right));
        let value = |at: usize| self.rows.value[(sorted[at] & u64::from(u32::MAX)) as usize];
        let mut best: Option<(f64, usize)> = None;
        // With missing numbers on the right, they may be there alone.
        let last = if self.has_missing && !missing_left {
            sorted.len()
        } else {
            sorted.len().saturating_sub(1)
        };
        for at in 0..last {
            let row = (sorted[at] & u64::from(u32::MAX)) as usize;
            let weight = self.rows.weight[row];
            left.rows += 1;
            right.rows -= 1;
            left.weight += weight;
            right.weight -= weight;
            if self.rows.class.is_empty() {
                left.of[0] += self.rows.number[row];
                right.of[0] -= self.rows.number[row];
                left_squares = left.of[0] * left.of[0];
                right_squares = right.of[0] * right.of[0];
            } else {
                let class = self.rows.class[row] as usize;
                left_squares += weight * (2.0 * left.of[class] + weight);
                right_squares -= weight * (2.0 * right.of[class] - weight);
                left.of[class] += weight;
                right.of[class] -= weight;
            }
            let is_between = at + 1 == sorted.len() || sorted[at] >> 32 != sorted[at + 1] >> 32;
            if !is_between || left.rows.min(right.rows) < self.min_leaf_rows.max(1) {
                continue;
            }
            let found = score(left_squares, left.weight) + score(right_squares, right.weight);
            if best.is_none_or(|(most, _)| found > most) {
                best = Some((found, at));
            }
        }
        let (score, at) = best?;
        let threshold = if at + 1 == sorted.len() {
            value(at).next_up()
        } else {
            between(value(at), value(at + 1))
        };
        let left_rows = begin.rows + at + 1;
        let heavier_left = 2 * left_rows >= self.total.rows;
        Some(Split {
            feature: self.feature,
            threshold,
            missing_left: missing_left || (!self.has_missing && heavier_left),
            score,
        })
    }
}

/// The one with the higher score, the first of equals.
pub fn better(first: Option<Split>, second: Option<Split>) -> Option<Split> {
    match (first, second) {
        (Some(first), Some(second)) if second.score > first.score => Some(second),
        (Some(first), _) => Some(first),
        (None, second) => second,
    }
}

/// A threshold that `low` is below and `high` is not.
fn between(low: f32, high: f32) -> f32 {
    let middle = (0.5 * (f64::from(low) + f64::from(high))) as f32;
    if middle > low && middle <= high {
        middle
    } else {
        high
    }
}

/// Bits that are ordered as the numbers are; both zeros are one.
fn ordered(value: f32) -> u32 {
    let bits = (value + 0.0).to_bits();
    if bits >> 31 == 0 {
        bits | 1 << 31
    } else {
        !bits
    }
}
