//! Which rows are learned from and which validate: at random within each class, by time, or by entity. Functions of their
//! arguments; the same seed gives the same split.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Error;
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
    match (config.split_kind(), &config.time_column) {
        (SplitKind::Time, Some(column)) => {
            let times = data::parse_timestamps(frame, column)?;
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

/// `share` of each class validates; a class with at least two rows has one on each side where that is possible.
pub fn at_random(rows: &[u32], class: &[u32], share: f64, seed: u64) -> Parts {
    let mut by_class: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (&row, &class) in rows.iter().zip(class) {
        by_class.entry(class).or_default().push(row);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut train, mut validation) = (Vec::new(), Vec::new());
    for members in by_class.values_mut() {
        let most = members.len() - 1;
        let least = usize::from(members.len() >= 3);
        let held = ((members.len() as f64 * share).round() as usize).clamp(least, most.max(least));
        let (picked, rest) = members.partial_shuffle(&mut random, held);
        validation.extend_from_slice(picked);
        train.extend_from_slice(rest);
    }
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
    let (validation, train) = rows
        .iter()
        .partition(|&&row| times[row as usize].is_some_and(|time| time >= cut));
    sorted(train, validation)
}

/// Whole groups validate, drawn in seeded order until `share` of the rows is reached.
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
        let side = if validation.len() < wanted {
            &mut validation
        } else {
            &mut train
        };
        side.extend_from_slice(&members[&group]);
    }
    sorted(train, validation)
}

fn sorted(mut train: Vec<u32>, mut validation: Vec<u32>) -> Parts {
    train.sort_unstable();
    validation.sort_unstable();
    Parts { train, validation }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(parts: &Parts) -> Vec<u32> {
        let mut all = [parts.train.clone(), parts.validation.clone()].concat();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_random_split_keeps_class_shares_and_hangs_on_the_seed_alone() {
        let rows: Vec<u32> = (0..1000).collect();
        let class: Vec<u32> = rows.iter().map(|row| u32::from(row % 10 == 0)).collect();
        let parts = at_random(&rows, &class, 0.2, 7);
        assert_eq!(whole(&parts), rows);
        assert_eq!(parts.validation.len(), 200);
        assert_eq!(
            parts
                .validation
                .iter()
                .filter(|&&row| row % 10 == 0)
                .count(),
            20
        );
        assert_eq!(parts, at_random(&rows, &class, 0.2, 7));
        assert_ne!(parts, at_random(&rows, &class, 0.2, 8));
    }

    #[test]
    fn a_lone_row_of_a_class_is_learned_from() {
        let parts = at_random(&[0, 1, 2, 3, 4], &[0, 0, 0, 0, 1], 0.5, 1);
        assert!(parts.train.contains(&4));
    }

    #[test]
    fn the_latest_rows_validate_and_equal_times_stay_together() {
        let times = [Some(5), Some(1), None, Some(9), Some(9), Some(2)];
        let parts = by_time(&[0, 1, 2, 3, 4, 5], &times, 0.2);
        assert_eq!(parts.validation, [3, 4]);
        assert_eq!(parts.train, [0, 1, 2, 5]);
    }

    #[test]
    fn no_group_is_on_both_sides() {
        let rows: Vec<u32> = (0..100).collect();
        let groups: Vec<u128> = rows.iter().map(|row| u128::from(row / 7)).collect();
        let parts = by_group(&rows, &groups, 0.3, 3);
        assert_eq!(whole(&parts), rows);
        let train: std::collections::HashSet<_> = parts
            .train
            .iter()
            .map(|&row| groups[row as usize])
            .collect();
        assert!(
            parts
                .validation
                .iter()
                .all(|&row| !train.contains(&groups[row as usize]))
        );
        assert!(
            (20..=45).contains(&parts.validation.len()),
            "{}",
            parts.validation.len()
        );
    }
}
