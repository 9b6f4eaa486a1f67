//! What the test rows are checked against: what was learned from.

use std::collections::HashSet;

use polars::prelude::DataFrame;

use super::found::*;
use crate::checks::*;
use crate::config::Checks;

#[test]
fn test_rows_are_held_against_what_was_learned_from() {
    let frame = DataFrame::new(N, plain()).unwrap();
    let known = [Categories {
        column: "c".to_string(),
        texts: HashSet::from(["t0".to_string()]),
    }];
    let inputs = TestInputs {
        frame: &frame,
        overlap: 8,
        labels: &[],
        classes: &[],
        target: "y",
        remarks: &[],
        known: &known,
        settings: &Checks::default(),
        seed: 7,
    };
    let found = look_at_test(&inputs).unwrap();
    let checks: Vec<Check> = found.iter().map(|it| it.check).collect();
    assert_eq!(checks, [Check::TestOverlap, Check::TestCategories]);
    assert_eq!(found[0].value, 0.02);
    assert!(
        found[0].says.starts_with("8 test rows of 400 (2 %)"),
        "{}",
        found[0].says
    );
}

#[test]
fn test_labels_that_no_training_row_has_are_named_with_the_class_that_they_may_be() {
    let frame = DataFrame::new(N, plain()).unwrap();
    let says = |classes: &[&str], labels: &[(&str, u64)]| {
        let classes: Vec<String> = classes.iter().map(|it| it.to_string()).collect();
        let labels: Vec<(String, u64)> =
            labels.iter().map(|(it, n)| (it.to_string(), *n)).collect();
        let inputs = TestInputs {
            frame: &frame,
            overlap: 0,
            labels: &labels,
            classes: &classes,
            target: "left",
            remarks: &[],
            known: &[],
            settings: &Checks::default(),
            seed: 7,
        };
        let found = look_at_test(&inputs).unwrap();
        let of_labels = found.into_iter().find(|it| it.check == Check::TestLabels);
        of_labels.map(|it| it.says)
    };
    assert_eq!(says(&["no", "yes"], &[("yes", 3), ("no", 9)]), None);
    assert_eq!(says(&[], &[("1.5", 3)]), None, "numbers have no classes");
    assert_eq!(
        says(
            &["no", "yes"],
            &[("Yes", 3), ("no", 9), ("NO ", 1), ("maybe", 1)]
        )
        .unwrap(),
        "5 of 14 test rows have a label in `left` that no training row has: `Yes` (3 rows, `yes` in the data set), \
         `NO ` (1 row, `no` in the data set), `maybe` (1 row); where they mean the same, spell them alike"
    );
    // A label in another form: 1 beside yes.
    assert_eq!(
        says(&["no", "yes"], &[("1", 4), ("0", 4)]).unwrap(),
        "8 of 8 test rows have a label in `left` that no training row has: `0` (4 rows, `no` in the data set), \
         `1` (4 rows, `yes` in the data set); where they mean the same, spell them alike"
    );
}
