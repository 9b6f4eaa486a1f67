//! How alike two rankings of the same rows are, altogether and week by week: what matters of numbers by which a share of the rows is
//! referred.
//!
//! | | formula | range | edge cases |
//! |---|---|---|---|
//! | Spearman | Pearson's correlation of the average ranks | −1 to 1, larger is more alike | undefined where either side is constant, or is not finite |
//! | overlap | \|A ∩ B\| / k; A, B: the k rows that rank first on each side, k = ⌈share · n⌉ | 0 to 1, larger is more alike | undefined without rows or where a number is not finite; rows that tie at the edge share the places that are left |
//!
//! Weeks begin on Monday, 00:00 UTC. Pinned to scipy and NumPy in `tests/golden/ranking.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evaluate::{Metric, Predictions, Truth, predictions};

/// Milliseconds of a day and of a week.
const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// 1970 began on a Thursday.
const DAYS_SINCE_MONDAY: i64 = 3;

/// Which rows rank first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum First {
    /// Those with the largest numbers.
    #[default]
    Largest,
    /// Those with the smallest.
    Smallest,
}

/// How alike two rankings are.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Alike {
    /// Spearman correlation.
    pub spearman: Option<f64>,
    /// Overlap of the first 10 %.
    pub worst_10: Option<f64>,
    /// Overlap of the first 20 %.
    pub worst_20: Option<f64>,
}

/// How alike two numbers of each row rank the rows.
pub fn alike(one: &[f64], other: &[f64], first: First) -> Alike {
    Alike {
        spearman: spearman(one, other),
        worst_10: overlap(one, other, 10, first),
        worst_20: overlap(one, other, 5, first),
    }
}

/// Spearman correlation of two numbers of each row.
pub fn spearman(one: &[f64], other: &[f64]) -> Option<f64> {
    let truth = Truth::Numbers(one.to_vec());
    let given = Predictions::Numbers(other.to_vec());
    predictions::score(&truth, &given).get(Metric::Spearman)
}

/// Overlap of the rows that rank first: one of so many rows, rounded up.
pub fn overlap(one: &[f64], other: &[f64], one_of: usize, first: First) -> Option<f64> {
    let is_finite = |numbers: &[f64]| numbers.iter().all(|number| number.is_finite());
    if one.is_empty() || one.len() != other.len() || !is_finite(one) || !is_finite(other) {
        return None;
    }
    let places = one.len().div_ceil(one_of);
    let (one, other) = (parts(one, places, first), parts(other, places, first));
    let shared: f64 = one.iter().zip(&other).map(|(a, b)| a.min(*b)).sum();
    Some((shared / places as f64).min(1.0))
}

/// By how much each row is among the first `places`, 0 to 1.
fn parts(numbers: &[f64], places: usize, first: First) -> Vec<f64> {
    let mut rows: Vec<usize> = (0..numbers.len()).collect();
    rows.sort_unstable_by(|&a, &b| match first {
        First::Largest => numbers[b].total_cmp(&numbers[a]),
        First::Smallest => numbers[a].total_cmp(&numbers[b]),
    });
    let mut parts = vec![0.0; numbers.len()];
    let mut left = places;
    for tied in rows.chunk_by(|&a, &b| numbers[a] == numbers[b]) {
        if left == 0 {
            break;
        }
        let part = (left as f64 / tied.len() as f64).min(1.0);
        tied.iter().for_each(|&row| parts[row] = part);
        left -= tied.len().min(left);
    }
    parts
}

/// Rows by the week that they are in, oldest first: its begin in milliseconds since 1970, and the rows. Rows without a time are in none.
pub fn by_week(times_ms: impl Iterator<Item = Option<i64>>) -> BTreeMap<i64, Vec<usize>> {
    let mut weeks: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (row, at_ms) in times_ms.enumerate() {
        if let Some(at_ms) = at_ms {
            weeks.entry(week_of(at_ms)).or_default().push(row);
        }
    }
    weeks
}

/// Begin of the week that a time is in.
fn week_of(at_ms: i64) -> i64 {
    let shift = DAYS_SINCE_MONDAY * DAY_MS;
    (at_ms + shift).div_euclid(WEEK_MS) * WEEK_MS - shift
}

/// The numbers of some rows.
pub fn of_rows(numbers: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| numbers[row]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_rows_are_compared_whatever_their_order() {
        let one: Vec<f64> = (0..20).map(f64::from).collect();
        let other: Vec<f64> = one
            .iter()
            .map(|n| if *n == 19.0 { -1.0 } else { *n })
            .collect();
        assert_eq!(overlap(&one, &one, 10, First::Largest), Some(1.0));
        // 19 and 18 against 18 and 17.
        assert_eq!(overlap(&one, &other, 10, First::Largest), Some(0.5));
        // 0 and 1 against −1 (row 19) and 0.
        assert_eq!(overlap(&one, &other, 10, First::Smallest), Some(0.5));
        assert_eq!(overlap(&one, &other, 5, First::Largest), Some(0.75));
        // A constant shares its places: no lucky hit.
        let constant = vec![1.0; 20];
        let found = overlap(&one, &constant, 10, First::Largest).expect("is defined");
        assert!((found - 0.1).abs() < 1e-12, "{found}");
        assert_eq!(overlap(&[], &[], 10, First::Largest), None);
        assert_eq!(overlap(&[1.0], &[f64::NAN], 10, First::Largest), None);
        assert_eq!(overlap(&[1.0], &[1.0, 2.0], 10, First::Largest), None);
        // Of three rows one is the worst tenth.
        assert_eq!(
            overlap(&[1.0, 2.0, 3.0], &[0.0, 1.0, 5.0], 10, First::Largest),
            Some(1.0)
        );
    }

    /// A case of `tests/golden/ranking.json`.
    #[derive(serde::Deserialize)]
    struct Case {
        truth: Vec<f64>,
        given: Vec<f64>,
        times_ms: Vec<i64>,
        smallest: bool,
        alike: Alike,
        weeks: Vec<(i64, usize, f64)>,
    }

    #[test]
    fn scipy_and_numpy_rank_the_same_altogether_and_week_by_week() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/golden/ranking.json")).expect("JSON");
        let cases: Vec<Case> = serde_json::from_value(golden["cases"].clone()).expect("cases");
        assert!(!cases.is_empty());
        let near = |found: Option<f64>, expected: Option<f64>| {
            let (found, expected) = found.zip(expected).expect("both are defined");
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        };
        for case in cases {
            let first = if case.smallest {
                First::Smallest
            } else {
                First::Largest
            };
            let found = alike(&case.truth, &case.given, first);
            near(found.spearman, case.alike.spearman);
            near(found.worst_10, case.alike.worst_10);
            near(found.worst_20, case.alike.worst_20);
            let weeks = by_week(case.times_ms.iter().map(|at| Some(*at)));
            assert_eq!(weeks.len(), case.weeks.len());
            for ((from, rows), (monday, n, expected)) in weeks.into_iter().zip(case.weeks) {
                assert_eq!((from, rows.len()), (monday, n));
                let (truth, given) = (of_rows(&case.truth, &rows), of_rows(&case.given, &rows));
                near(spearman(&truth, &given), Some(expected));
            }
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        let monday = 1_772_409_600_000; // 2026-03-02T00:00:00Z
        for (at_ms, week) in [
            (monday, monday),
            (monday + WEEK_MS - 1, monday),
            (monday - 1, monday - WEEK_MS),
            (monday + WEEK_MS, monday + WEEK_MS),
            (0, -3 * DAY_MS),
        ] {
            assert_eq!(week_of(at_ms), week, "{at_ms}");
        }
        let times = [Some(monday + 5), None, Some(monday - 5), Some(monday + 6)];
        let weeks = by_week(times.into_iter());
        let expected = BTreeMap::from([(monday - WEEK_MS, vec![2]), (monday, vec![0, 3])]);
        assert_eq!(weeks, expected);
    }

    proptest! {
        #[test]
        fn the_overlap_of_a_fifth_is_the_metric(
            pairs in proptest::collection::vec((-9i32..9, -9i32..9), 2..60),
        ) {
            let one: Vec<f64> = pairs.iter().map(|it| f64::from(it.0)).collect();
            let other: Vec<f64> = pairs.iter().map(|it| f64::from(it.1)).collect();
            let scores = predictions::score(&Truth::Numbers(one.clone()), &Predictions::Numbers(other.clone()));
            if let Some(metric) = scores.get(Metric::WorstOverlap) {
                let found = overlap(&one, &other, 5, First::Largest).expect("is defined");
                prop_assert!((metric - found).abs() < 1e-12);
            }
            let turned = |numbers: &[f64]| -> Vec<f64> { numbers.iter().map(|n| -n).collect() };
            prop_assert_eq!(
                overlap(&one, &other, 10, First::Largest),
                overlap(&turned(&one), &turned(&other), 10, First::Smallest)
            );
        }
    }
}
