//! Small frames whose features can be written down.

use polars::prelude::Column;

use super::{all, fitted, frame, matrix, numbers, scale_of, texts};
use crate::config::raw::Features;
use crate::features::cell::Cell;
use crate::features::{Dropped, Error, Step, fit};

fn assert_near(found: f64, wanted: f64) {
    let gap = (found - wanted).abs();
    assert!(
        gap <= 1e-12 * wanted.abs().max(1e-300),
        "{found} is not {wanted}"
    );
}

#[test]
fn numbers_are_standardised_with_ddof_0_and_a_missing_one_is_0() {
    let values = [Some(2.0), Some(4.0), None, Some(4.0), Some(6.0)];
    let (mean, scale) = scale_of(&values);
    assert_near(mean, 4.0);
    assert_near(scale, 2.0_f64.sqrt());
    let frame = frame(vec![numbers("x", &values)]);
    let rows = matrix(&fitted(&frame, &Features::default()), &frame);
    let half = 2.0 / 2.0_f64.sqrt();
    for (row, wanted) in rows.iter().zip([-half, 0.0, 0.0, 0.0, half]) {
        assert!((row[0] - wanted).abs() < 1e-15, "{row:?} {wanted}");
    }
}

#[test]
fn the_scale_is_right_at_every_magnitude() {
    // ±s: mean 0 and scale s; and 1, 2, 3 times s: mean 2s and scale s·√(2/3).
    for s in [
        1e-280, 1e-200, 1e-150, 1e-20, 1.0, 1e20, 1e99, 1e101, 1e150, 5e307,
    ] {
        let (mean, scale) = scale_of(&[Some(-s), Some(s)]);
        assert!(mean.abs() <= 1e-12 * s, "{s}: {mean}");
        assert_near(scale, s);
        let (mean, scale) = scale_of(&[Some(s), Some(2.0 * s), Some(3.0 * s)]);
        assert_near(mean, 2.0 * s);
        assert_near(scale, s * (2.0_f64 / 3.0).sqrt());
    }
    let (_, scale) = scale_of(&[Some(f64::MAX), Some(-f64::MAX)]);
    assert_near(scale, f64::MAX);
}

#[test]
fn a_large_mean_does_not_cost_the_scale_its_digits() {
    let values: Vec<Option<f64>> = (0..100).map(|i| Some(1e15 + f64::from(i % 2))).collect();
    let (mean, scale) = scale_of(&values);
    assert_near(mean, 1e15 + 0.5);
    assert_near(scale, 0.5);
    let mut lone: Vec<Option<f64>> = vec![Some(1.0); 999];
    lone.push(Some(1e12));
    let (_, scale) = scale_of(&lone);
    assert!(
        (scale / (1e12 * (0.001 * 0.999_f64).sqrt()) - 1.0).abs() < 1e-9,
        "{scale}"
    );
}

#[test]
fn numbers_at_both_ends_of_the_range_become_small_features() {
    let frame = frame(vec![numbers(
        "x",
        &[Some(f64::MAX), Some(-f64::MAX), Some(-f64::MAX), Some(0.0)],
    )]);
    for row in matrix(&fitted(&frame, &Features::default()), &frame) {
        assert!(row[0].abs() < 2.0, "{row:?}");
    }
}

#[test]
fn a_text_column_has_a_feature_per_category_then_missing_then_other() {
    let training = frame(vec![texts("t", &[Some("b"), Some("a"), None, Some("b")])]);
    let fitted = fitted(&training, &Features::default());
    assert_eq!(
        fitted.transformer.feature_names(),
        ["t=a", "t=b", "t=<missing>", "t=<other>"]
    );
    let seen = frame(vec![texts(
        "t",
        &[Some("a"), Some("b"), None, Some("new"), Some("")],
    )]);
    assert_eq!(
        matrix(&fitted, &seen),
        [
            [1.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0],
            [0.0, 0.0, 0.0, 1.0],
            [0.0, 0.0, 0.0, 1.0],
        ]
    );
}

fn categories_of(values: &[Option<&str>], settings: &Features) -> Vec<String> {
    match &fitted(&frame(vec![texts("t", values)]), settings)
        .transformer
        .inputs[0]
        .step
    {
        Step::OneHot { categories } => categories.clone(),
        _ => panic!("a text column has categories"),
    }
}

#[test]
fn rare_categories_and_those_beyond_the_most_share_other_and_ties_go_by_name() {
    let values: Vec<Option<&str>> = ["c", "a", "b", "c", "a", "b", "d", "c"].map(Some).to_vec();
    let with = |max_categories, min_category_rows| Features {
        max_categories,
        min_category_rows,
        ..Features::default()
    };
    assert_eq!(categories_of(&values, &with(200, 1)), ["a", "b", "c", "d"]);
    assert_eq!(categories_of(&values, &with(200, 2)), ["a", "b", "c"]);
    assert_eq!(categories_of(&values, &with(2, 1)), ["a", "c"]);
    assert_eq!(categories_of(&values, &with(1, 1)), ["c"]);
}

fn dropped(column: Column) -> Dropped {
    let height = column.len();
    let x: Vec<Option<f64>> = (0..height).map(|i| Some(i as f64)).collect();
    let frame = frame(vec![numbers("x", &x), column]);
    let fitted = fitted(
        &frame,
        &Features {
            min_category_rows: 2,
            ..Features::default()
        },
    );
    assert_eq!(fitted.transformer.inputs.len(), 1);
    fitted.dropped[0].clone()
}

#[test]
fn columns_that_cannot_help_are_dropped_with_the_reason() {
    let ids: Vec<String> = (0..12).map(|i| format!("id-{i}")).collect();
    let ids: Vec<Option<&str>> = ids.iter().map(|id| Some(id.as_str())).collect();
    let cases = [
        (
            numbers("c", &[Some(3.0); 12]),
            "constant: one value in every row that has one",
        ),
        (
            numbers("c", &[None, Some(3.0), Some(3.0)]),
            "constant: one value in every row that has one",
        ),
        (numbers("c", &[None; 3]), "without a value in any row"),
        (
            numbers("c", &[Some(f64::NAN), Some(f64::INFINITY), None]),
            "without a value in any row",
        ),
        (
            numbers("c", &[Some(5e-324), Some(1e-323)]),
            "constant within the precision of numbers",
        ),
        (
            texts("c", &[Some("a"); 3]),
            "constant: one value in every row",
        ),
        (texts("c", &[None; 3]), "without a value in any row"),
        (
            texts("c", &ids),
            "identifier-like: 12 distinct texts in 12 rows",
        ),
        (
            texts("c", &[Some("a"), Some("b"), Some("c")]),
            "none of its 3 texts is in 2 rows or more",
        ),
    ];
    for (column, reason) in cases {
        assert_eq!(
            dropped(column),
            Dropped {
                column: "c".to_string(),
                reason: reason.to_string(),
            }
        );
    }
}

#[test]
fn a_text_that_is_there_or_not_is_kept() {
    assert_eq!(
        categories_of(&[Some("yes"), None, Some("yes")], &Features::default()),
        ["yes"]
    );
}

#[test]
fn nothing_to_learn_from_says_why_for_each_column() {
    let frame = frame(vec![
        texts("a", &[Some("x"), Some("x")]),
        numbers("y", &[Some(0.0), Some(1.0)]),
    ]);
    let excluded = vec!["y".to_string()];
    match fit(&frame, &all(&frame), &excluded, &Features::default()) {
        Err(Error::NothingToLearnFrom(why)) => {
            assert_eq!(why, "`a` is constant: one value in every row");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_given_rows_are_looked_at() {
    let frame = frame(vec![
        numbers("x", &[Some(1.0), Some(3.0), Some(1e9)]),
        texts("t", &[Some("a"), Some("b"), Some("c")]),
    ]);
    let fitted = fit(&frame, &[0, 1], &[], &Features::default()).expect("fits");
    assert_eq!(
        fitted.transformer.inputs[0].step,
        Step::Scale {
            mean: 2.0,
            scale: 1.0
        }
    );
    assert_eq!(
        fitted.transformer.inputs[1].step,
        Step::OneHot {
            categories: vec!["a".to_string(), "b".to_string()]
        }
    );
}

#[test]
fn whole_numbers_fractions_and_truth_values_of_the_same_worth_give_the_same_features() {
    let flags = [true, false, true, true, false];
    let columns = [
        Column::new("x".into(), flags.to_vec()),
        Column::new("x".into(), flags.map(i64::from).to_vec()),
        Column::new("x".into(), flags.map(f64::from).to_vec()),
    ];
    let made: Vec<_> = columns
        .into_iter()
        .map(|column| {
            let frame = frame(vec![column]);
            let fitted = fitted(&frame, &Features::default());
            (
                fitted.transformer.inputs[0].step.clone(),
                matrix(&fitted, &frame),
            )
        })
        .collect();
    assert_eq!(made[0], made[1]);
    assert_eq!(made[1], made[2]);
}

#[test]
fn every_missing_column_is_named_at_once() {
    let training = frame(vec![
        numbers("x", &[Some(0.0), Some(1.0)]),
        texts("t", &[Some("a"), Some("b")]),
    ]);
    let fitted = fitted(&training, &Features::default());
    let other = frame(vec![numbers("z", &[Some(0.0)])]);
    match fitted.transformer.view(&other, &[0]).err() {
        Some(Error::MissingColumns(names)) => assert_eq!(names, ["x", "t"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cell_is_written_and_read_as_the_json_that_it_is() {
    let cells = [
        (Cell::Missing, "null"),
        (Cell::Boolean(true), "true"),
        (Cell::Integer(9_007_199_254_740_993), "9007199254740993"),
        (Cell::Number(1.0), "1.0"),
        (Cell::Number(1e300), "1e+300"),
        (Cell::Text("1".to_string()), "\"1\""),
    ];
    for (cell, text) in cells {
        assert_eq!(serde_json::to_string(&cell).expect("writes"), text);
        assert_eq!(serde_json::from_str::<Cell>(text).expect("reads"), cell);
    }
}

#[test]
fn a_transformer_whose_parts_contradict_one_another_is_unsound() {
    let training = frame(vec![
        numbers("x", &[Some(0.0), Some(1.0)]),
        texts("t", &[Some("a"), Some("b")]),
    ]);
    let sound = fitted(&training, &Features::default()).transformer;
    assert!(sound.is_sound());
    let mut swapped = sound.clone();
    swapped.inputs.reverse();
    let mut twice = sound.clone();
    twice.inputs[1].name = "x".to_string();
    let mut flat = sound.clone();
    flat.inputs[0].step = Step::Scale {
        mean: 0.0,
        scale: 0.0,
    };
    let mut doubled = sound.clone();
    doubled.inputs[1].step = Step::OneHot {
        categories: vec!["a".to_string(), "a".to_string()],
    };
    let mut crossed = sound.clone();
    crossed.inputs[1].step = sound.inputs[0].step.clone();
    for unsound in [swapped, twice, flat, doubled, crossed] {
        assert!(!unsound.is_sound(), "{unsound:?}");
    }
}
