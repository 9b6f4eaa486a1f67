//! Tables and properties of the split.

use proptest::prelude::*;

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

#[test]
fn every_class_of_three_rows_or_more_is_on_both_sides() {
    for (members, share, wanted) in [
        (1, 0.9, 0),
        (2, 0.1, 0),
        (2, 0.5, 1),
        (2, 0.9, 1),
        (3, 0.01, 1),
        (3, 0.9, 2),
        (10, 0.2, 2),
        (10, 0.25, 3),
    ] {
        let rows: Vec<u32> = (0..members).collect();
        let parts = at_random(&rows, &vec![0; rows.len()], share, 1);
        assert_eq!(
            parts.validation.len(),
            wanted,
            "{members} rows, share {share}"
        );
    }
}

#[test]
fn rows_of_one_instant_or_of_no_time_are_all_learned_from() {
    let rows = [0, 1, 2];
    for times in [[Some(7); 3], [None; 3]] {
        let parts = by_time(&rows, &times, 0.2);
        assert_eq!((parts.train, parts.validation), (rows.to_vec(), vec![]));
    }
}

#[test]
fn a_first_instant_that_is_almost_everything_is_learned_from() {
    let times = [Some(1), Some(1), Some(1), Some(1), Some(2)];
    let parts = by_time(&[0, 1, 2, 3, 4], &times, 0.4);
    assert_eq!((parts.train, parts.validation), (vec![0, 1, 2, 3], vec![4]));
}

#[test]
fn an_entity_that_is_almost_everybody_is_learned_from() {
    let rows: Vec<u32> = (0..100).collect();
    let groups: Vec<u128> = rows.iter().map(|row| u128::from(*row >= 90)).collect();
    for seed in 0..20 {
        let parts = by_group(&rows, &groups, 0.2, seed);
        assert_eq!(parts.validation, (90..100).collect::<Vec<u32>>());
    }
    let alone = by_group(&rows, &[5; 100], 0.2, 1);
    assert_eq!((alone.train, alone.validation), (rows, vec![]));
}

proptest! {
    #[test]
    fn both_parts_together_are_the_rows_and_something_is_learned_from(
        labels in prop::collection::vec((0_u32..4, prop::option::of(0_i64..20), 0_u128..6), 1..80),
        share in 0.01..0.9_f64,
        seed: u64,
    ) {
        let rows: Vec<u32> = (0..labels.len() as u32).collect();
        let class: Vec<u32> = labels.iter().map(|label| label.0).collect();
        let times: Vec<Option<i64>> = labels.iter().map(|label| label.1).collect();
        let groups: Vec<u128> = labels.iter().map(|label| label.2).collect();
        let random = at_random(&rows, &class, share, seed);
        let timely = by_time(&rows, &times, share);
        let grouped = by_group(&rows, &groups, share, seed);
        for parts in [&random, &timely, &grouped] {
            prop_assert_eq!(whole(parts), rows.clone());
            prop_assert!(!parts.train.is_empty());
            prop_assert!(parts.train.is_sorted() && parts.validation.is_sorted());
        }
        prop_assert_eq!(&random, &at_random(&rows, &class, share, seed));
        prop_assert_eq!(&grouped, &by_group(&rows, &groups, share, seed));
        let latest_learned = timely.train.iter().filter_map(|&row| times[row as usize]).max();
        for &row in &timely.validation {
            prop_assert!(times[row as usize].is_some());
            prop_assert!(latest_learned.is_none() || times[row as usize] > latest_learned);
        }
        for &row in &grouped.validation {
            prop_assert!(grouped.train.iter().all(|&other| groups[other as usize] != groups[row as usize]));
        }
        // Within half the largest group, the share is what was requested at most.
        let wanted = (rows.len() as f64 * share).round() as usize;
        let largest = (0..6).map(|group| groups.iter().filter(|&&it| it == group).count()).max().unwrap_or(0);
        prop_assert!(2 * grouped.validation.len() <= 2 * wanted + largest);
    }
}
