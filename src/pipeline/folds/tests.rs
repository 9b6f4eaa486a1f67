//! Folds of each kind: every row once, nothing on both sides, and the same whatever the order of the rows.

use std::collections::BTreeSet;

use super::*;

/// Hashes that look like none of the others.
fn hashes(n: usize) -> Vec<u128> {
    let mixed = |row: usize| u128::from(xxh3_64_with_seed(&row.to_le_bytes(), 1)) << 40;
    (0..n).map(mixed).collect()
}

fn held(folds: &[Parts]) -> Vec<u32> {
    let mut rows: Vec<u32> = folds
        .iter()
        .flat_map(|fold| fold.validation.clone())
        .collect();
    rows.sort_unstable();
    rows
}

fn are_apart(folds: &[Parts]) -> bool {
    folds.iter().all(|fold| {
        let train: BTreeSet<u32> = fold.train.iter().copied().collect();
        fold.validation.iter().all(|row| !train.contains(row))
    })
}

#[test]
fn each_row_is_held_back_once_and_each_class_is_spread_evenly() {
    let rows: Vec<u32> = (0..203).collect();
    let strata: Vec<u32> = rows.iter().map(|row| u32::from(row % 17 == 0)).collect();
    let folds = dealt(&rows, &hashes(203), &strata, 42);
    assert_eq!(folds.len(), FOLDS);
    assert_eq!(held(&folds), rows);
    assert!(are_apart(&folds));
    for fold in &folds {
        let rare = fold.validation.iter().filter(|row| *row % 17 == 0).count();
        assert!((2..=3).contains(&rare), "{rare} of 12");
        assert!((40..=41).contains(&fold.validation.len()));
        assert_eq!(fold.train.len() + fold.validation.len(), 203);
    }
}

#[test]
fn folds_hang_on_the_rows_and_the_seed_alone() {
    let n = 120;
    let (rows, hashes): (Vec<u32>, Vec<u128>) = ((0..n).collect(), hashes(n as usize));
    let strata = vec![0; n as usize];
    let of_hash = |folds: &[Parts], hashes: &[u128]| -> BTreeSet<BTreeSet<u128>> {
        let fold = |fold: &Parts| {
            fold.validation
                .iter()
                .map(|&row| hashes[row as usize])
                .collect()
        };
        folds.iter().map(fold).collect()
    };
    let once = of_hash(&dealt(&rows, &hashes, &strata, 7), &hashes);
    let turned: Vec<u128> = hashes.iter().rev().copied().collect();
    let again = of_hash(&dealt(&rows, &turned, &strata, 7), &turned);
    assert_eq!(once, again, "in another order");
    let other = of_hash(&dealt(&rows, &hashes, &strata, 8), &hashes);
    assert!(once.is_disjoint(&other), "another draw has other folds");
}

#[test]
fn no_group_is_on_both_sides_and_folds_are_of_about_one_size() {
    let rows: Vec<u32> = (0..300).collect();
    let groups: Vec<u128> = rows.iter().map(|row| u128::from(row / 4)).collect();
    let folds = by_group(&rows, &groups, 3);
    assert_eq!(held(&folds), rows);
    for fold in &folds {
        assert_eq!(fold.validation.len(), 60);
        let of = |rows: &[u32]| -> BTreeSet<u32> { rows.iter().map(|row| row / 4).collect() };
        assert!(of(&fold.train).is_disjoint(&of(&fold.validation)));
    }
    let one = by_group(&rows, &vec![5; 300], 3);
    assert_eq!(one.len(), 1, "one group is one fold, and nothing is left");
    assert!(one[0].train.is_empty());
}

#[test]
fn with_times_models_learn_from_what_came_before() {
    let rows: Vec<u32> = (0..100).collect();
    // Two rows an instant, latest first; some have no time.
    let times: Vec<Option<i64>> = rows
        .iter()
        .map(|&row| (row % 25 != 0).then_some(i64::from(99 - row) / 2))
        .collect();
    let folds = rolling(&rows, &times);
    assert_eq!(folds.len(), FOLDS);
    assert!(are_apart(&folds));
    for fold in &folds {
        let time = |row: &u32| times[*row as usize];
        let latest = fold.train.iter().filter_map(time).max();
        let earliest = fold.validation.iter().filter_map(time).min();
        assert!(latest < earliest, "{latest:?} {earliest:?}");
        assert!([0, 25, 50, 75].iter().all(|row| fold.train.contains(row)));
        assert!(fold.train.len() >= 48);
    }
    let held = held(&folds);
    assert!((46..=50).contains(&held.len()), "{}", held.len());
    assert!(held.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(rolling(&rows, &[Some(1); 100]).is_empty(), "all at once");
}

#[test]
fn numbers_are_spread_by_fifths() {
    assert_eq!(fifths(&[5.0, 1.0, 2.0, 9.0, 7.0]), [2, 0, 1, 4, 3]);
}
