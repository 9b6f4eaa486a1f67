//! Folds: ways to hold rows back so that each is judged by a model that was fitted without it. Functions of their arguments: the
//! same rows and seed give the same folds, in whatever order the rows stand.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::error::Error;
use super::split::Parts;
use super::target::{Target, TargetRows};
use crate::config::{ModelConfig, SplitKind};
use crate::data;

/// Number of folds.
pub const FOLDS: usize = 5;
/// Fewer rows than these say nothing in folds.
pub const FEWEST: usize = 40;
/// Where rows have times: the share of them that is always learned from, the earliest.
const ALWAYS_LEARNED: f64 = 0.5;

/// What folds are drawn from.
pub struct Drawing<'a> {
    /// The settings.
    pub config: &'a ModelConfig,
    /// The data set.
    pub frame: &'a DataFrame,
    /// Hash of each of its rows.
    pub hashes: &'a [u128],
    /// The target of its rows.
    pub wanted: &'a Target,
    /// Its labelled rows, ascending.
    pub rows: &'a [u32],
}

impl Drawing<'_> {
    /// The folds of the draw `repeat`, from 0. At random: every row is held back once, each class (and each number) spread evenly.
    /// By group: whole groups are, in folds of about the same size. By time there is one draw only: the later half of the rows is
    /// held back, a tenth of all rows at a time, and models learn from what came before (a rolling origin: Tashman, "Out-of-sample tests
    /// of forecasting accuracy", International Journal of Forecasting 16, 2000). `None` where the rows cannot be held back so: too
    /// few, all of one instant or group, or a fold that leaves one class only to learn from.
    ///
    /// # Errors
    /// When keys or times cannot be read.
    pub fn draw(&self, repeat: u64) -> Result<Option<Vec<Parts>>, Error> {
        if self.rows.len() < FEWEST {
            return Ok(None);
        }
        let config = self.config;
        let folds = match (config.split_kind(), &config.time_column) {
            (SplitKind::Time, Some(_)) if repeat > 0 => return Ok(None),
            (SplitKind::Time, Some(column)) => {
                let times = data::timestamps(self.frame, column, &config.ingest.times(), true)?;
                rolling(self.rows, &times)
            }
            _ if !config.keys.is_empty() => {
                let keys: Vec<&str> = config.keys.iter().map(String::as_str).collect();
                let groups = data::row_hashes(self.frame, &keys)?;
                by_group(self.rows, &groups, self.seed(repeat))
            }
            _ => {
                let strata = match self.wanted.part(self.rows) {
                    TargetRows::Classes(class, _) => class,
                    TargetRows::Numbers(numbers) => fifths(&numbers),
                };
                dealt(self.rows, self.hashes, &strata, self.seed(repeat))
            }
        };
        let is_usable = |fold: &Parts| match self.wanted.part(&fold.train) {
            TargetRows::Classes(class, _) => class.iter().any(|other| *other != class[0]),
            TargetRows::Numbers(numbers) => !numbers.is_empty(),
        };
        Ok((folds.len() > 1 && folds.iter().all(is_usable)).then_some(folds))
    }

    fn seed(&self, repeat: u64) -> u64 {
        self.config.split.seed.wrapping_add(repeat)
    }
}

/// A place in an order that hangs on the seed and the hash alone.
fn shuffled(hash: u128, seed: u64) -> u64 {
    xxh3_64_with_seed(&hash.to_le_bytes(), seed)
}

/// The rows of each stratum one after another to the folds in turns.
fn dealt(rows: &[u32], hashes: &[u128], strata: &[u32], seed: u64) -> Vec<Parts> {
    let mut order: Vec<(u32, u64, u32)> = rows
        .iter()
        .zip(strata)
        .map(|(&row, &stratum)| (stratum, shuffled(hashes[row as usize], seed), row))
        .collect();
    order.sort_unstable();
    let fold_of = order.into_iter().zip((0..FOLDS).cycle());
    let fold_of: BTreeMap<u32, usize> = fold_of.map(|((_, _, row), fold)| (row, fold)).collect();
    parted(rows, |row| fold_of[&row])
}

/// Whole groups in turns, each to the fold that has the fewest rows by then.
fn by_group(rows: &[u32], groups: &[u128], seed: u64) -> Vec<Parts> {
    let mut sizes: BTreeMap<u128, usize> = BTreeMap::new();
    for &row in rows {
        *sizes.entry(groups[row as usize]).or_default() += 1;
    }
    let mut order: Vec<(u128, usize)> = sizes.into_iter().collect();
    order.sort_by_key(|&(group, _)| (shuffled(group, seed), group));
    let mut held = [0_usize; FOLDS];
    let mut fold_of: BTreeMap<u128, usize> = BTreeMap::new();
    for (group, size) in order {
        let emptiest = (0..FOLDS).min_by_key(|&fold| held[fold]).unwrap_or(0);
        held[emptiest] += size;
        fold_of.insert(group, emptiest);
    }
    parted(rows, |row| fold_of[&groups[row as usize]])
}

fn parted(rows: &[u32], fold_of: impl Fn(u32) -> usize) -> Vec<Parts> {
    let parts = (0..FOLDS).map(|fold| {
        let (validation, train) = rows.iter().partition(|&&row| fold_of(row) == fold);
        Parts { train, validation }
    });
    parts.filter(|fold| !fold.validation.is_empty()).collect()
}

/// The later half in pieces, each with all that came before it; rows of one instant stay together, and rows without a time are
/// learned from.
fn rolling(rows: &[u32], times: &[Option<i64>]) -> Vec<Parts> {
    let mut known: Vec<i64> = rows.iter().filter_map(|&row| times[row as usize]).collect();
    known.sort_unstable();
    let share = |fold: usize| ALWAYS_LEARNED + (1.0 - ALWAYS_LEARNED) * fold as f64 / FOLDS as f64;
    let at = |fold: usize| {
        let place = (known.len() as f64 * share(fold)).round() as usize;
        known.get(place).copied()
    };
    let pieces = (0..FOLDS).filter_map(|fold| at(fold).map(|begin| (begin, at(fold + 1))));
    let parts = pieces.map(|(begin, end)| {
        let time = |row: u32| times[row as usize];
        let held = |row: &u32| {
            time(*row).is_some_and(|time| time >= begin && end.is_none_or(|end| time < end))
        };
        let before = |row: &u32| time(*row).is_none_or(|time| time < begin);
        Parts {
            train: rows.iter().copied().filter(before).collect(),
            validation: rows.iter().copied().filter(held).collect(),
        }
    });
    let is_whole = |fold: &Parts| !fold.validation.is_empty() && !fold.train.is_empty();
    parts.filter(is_whole).collect()
}

/// The fifth of the sorted numbers that each is in.
fn fifths(numbers: &[f64]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let mut fifths = vec![0; numbers.len()];
    for (place, at) in order.into_iter().enumerate() {
        fifths[at] = (place * FOLDS / numbers.len()) as u32;
    }
    fifths
}

#[cfg(test)]
mod tests;
