//! Which rows are learned from and which validate: at random within each class, by time, or by entity. Functions of their
//! arguments; the same seed gives the same split.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::error::Error;
use crate::config::{ModelConfig, SplitKind};
use crate::data;

/// Row indices of the two parts, each ascending. Together they are the given rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Learned from.
    pub train: Vec<u32>,
    /// Held back to choose the threshold on.
    pub validation: Vec<u32>,
}

/// Splits the labelled rows of a frame; `class` is the class of each of `rows`.
pub fn split(
    config: &ModelConfig,
    frame: &DataFrame,
    rows: &[u32],
    class: &[u32],
) -> Result<Parts, Error> {
    let share = config.split.validation;
    let seed = config.split.seed;
    if share == 0.0 {
        return Ok(sorted(rows.to_vec(), Vec::new()));
    }
    match (config.split_kind(), &config.time_column) {
        (SplitKind::Time, Some(column)) => {
            let times = data::timestamps(frame, column, &config.ingest.times(), true)?;
            Ok(by_time(rows, &times, share))
        }
        (SplitKind::Group, _) => {
            let keys: Vec<&str> = config.keys.iter().map(String::as_str).collect();
            let groups = data::row_hashes(frame, &keys)?;
            Ok(by_group(rows, &groups, share, seed))
        }
        _ => Ok(at_random(rows, class, share, seed)),
    }
}

/// `share` of each class validates; a class with at least three rows has one on each side, and a lone row is learned
/// from.
pub fn at_random(rows: &[u32], class: &[u32], share: f64, seed: u64) -> Parts {
    let mut by_class: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (&row, &class) in rows.iter().zip(class) {
        by_class.entry(class).or_default().push(row);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let n = rows.iter().max().map_or(0, |&row| row as usize + 1);
    let mut is_held = vec![false; n];
    for members in by_class.values_mut() {
        let most = members.len() - 1;
        let least = usize::from(members.len() >= 3);
        let held = ((members.len() as f64 * share).round() as usize).clamp(least, most.max(least));
        let (picked, _) = members.partial_shuffle(&mut random, held);
        picked.iter().for_each(|&row| is_held[row as usize] = true);
    }
    let (validation, train) = rows.iter().partition(|&&row| is_held[row as usize]);
    sorted(train, validation)
}

/// The latest `share` of rows validates; rows without a time are learned from. Rows of one instant stay together.
pub fn by_time(rows: &[u32], times: &[Option<i64>], share: f64) -> Parts {
    let mut known: Vec<i64> = rows.iter().filter_map(|&row| times[row as usize]).collect();
    known.sort_unstable();
    let held = (known.len() as f64 * share).round() as usize;
    let Some(&cut) = known
        .len()
        .checked_sub(held.max(1))
        .and_then(|at| known.get(at))
    else {
        return sorted(rows.to_vec(), Vec::new());
    };
    let is_earlier = |&row: &u32| times[row as usize].is_none_or(|time| time < cut);
    let has_earlier = rows.iter().any(is_earlier);
    let (validation, train) = rows.iter().partition(|&&row| {
        // When the cut is the first instant of all, its rows are learned from: something has to be.
        times[row as usize].is_some_and(|time| time > cut || (time == cut && has_earlier))
    });
    sorted(train, validation)
}

/// Whole groups validate, drawn in seeded order while that brings their rows nearer to `share`; a group that is too large
/// for that is learned from, and never do all groups validate.
pub fn by_group(rows: &[u32], groups: &[u128], share: f64, seed: u64) -> Parts {
    let mut members: BTreeMap<u128, Vec<u32>> = BTreeMap::new();
    for &row in rows {
        members.entry(groups[row as usize]).or_default().push(row);
    }
    let mut order: Vec<u128> = members.keys().copied().collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let wanted = (rows.len() as f64 * share).round() as usize;
    let (mut train, mut validation) = (Vec::new(), Vec::new());
    for group in order {
        let group = &members[&group];
        let after = validation.len() + group.len();
        let is_nearer = after + validation.len() <= 2 * wanted && after < rows.len();
        let side = if is_nearer {
            &mut validation
        } else {
            &mut train
        };
        side.extend_from_slice(group);
    }
    sorted(train, validation)
}

fn sorted(mut train: Vec<u32>, mut validation: Vec<u32>) -> Parts {
    for part in [&mut train, &mut validation] {
        if !part.is_sorted() {
            part.sort_unstable();
        }
    }
    Parts { train, validation }
}

#[cfg(test)]
mod tests;
