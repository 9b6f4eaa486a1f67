//! Data with one thing wrong: exactly that is found.

use polars::prelude::{Column, DataFrame};
use proptest::prelude::*;

use crate::checks::*;
use crate::config::{Checks, Severity};
use crate::data::rules::Rule;
use crate::data::{About, Remark, summarise};

pub(super) const N: usize = 400;

/// A number that looks drawn, from a row and a stream.
pub(super) fn drawn(row: usize, stream: u64) -> u64 {
    super::super::rows::mixed(stream, row as u64)
}

pub(super) fn share(row: usize, stream: u64) -> f64 {
    (drawn(row, stream) >> 11) as f64 / (1_u64 << 53) as f64
}

pub(super) fn class_of(row: usize) -> u32 {
    u32::from(share(row, 1) < 0.4)
}

/// Two columns of chance and one of four texts.
pub(super) fn plain() -> Vec<Column> {
    let numbers = |stream| {
        (0..N)
            .map(move |row| share(row, stream))
            .collect::<Vec<f64>>()
    };
    let texts: Vec<String> = (0..N)
        .map(|row| format!("t{}", drawn(row, 4) % 4))
        .collect();
    vec![
        Column::new("a".into(), numbers(2)),
        Column::new("b".into(), numbers(3)),
        Column::new("c".into(), texts),
    ]
}

pub(super) fn found_in(
    columns: Vec<Column>,
    target: Target<'_>,
    settings: &Checks,
) -> Vec<Finding> {
    let frame = DataFrame::new(columns[0].len(), columns).unwrap();
    let champion = Categories {
        column: "c".to_string(),
        texts: ["t0", "t1", "t2", "t3"].map(str::to_string).into(),
    };
    look(&Inputs {
        frame: &frame,
        profile: &summarise(&frame),
        excluded: &["key".to_string()],
        target,
        champion: &[champion],
        rules: &[Rule {
            column: "a".to_string(),
            kind: None,
            values: None,
            min: Some(0.0),
            max: Some(1.0),
            nullable: false,
            on_violation: None,
        }],
        rejected: (N as u64, 0),
        settings,
        seed: 7,
    })
    .unwrap()
}

pub(super) fn found_with(more: Column) -> Vec<(Check, Option<String>)> {
    let codes: Vec<Option<u32>> = (0..N).map(|row| Some(class_of(row))).collect();
    let mut columns = plain();
    match columns.iter().position(|it| it.name() == more.name()) {
        Some(at) => columns[at] = more,
        None => columns.push(more),
    }
    let target = Target::Classes {
        codes: &codes,
        n: 2,
    };
    let found = found_in(columns, target, &Checks::default());
    assert!(found.iter().all(|it| it.value.is_finite()));
    found.into_iter().map(|it| (it.check, it.column)).collect()
}

pub(super) fn about(check: Check, column: &str) -> Vec<(Check, Option<String>)> {
    vec![(check, Some(column.to_string()))]
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(found_with(plain().remove(0)), []);
}

#[test]
fn columns_that_are_empty_constant_or_there_twice_are_found() {
    let gaps: Vec<Option<f64>> = (0..N)
        .map(|row| (row % 3 == 0).then(|| share(row, 9)))
        .collect();
    assert_eq!(
        found_with(Column::new("gaps".into(), gaps)),
        about(Check::Missing, "gaps")
    );
    assert_eq!(
        found_with(Column::new("one".into(), vec!["same"; N])),
        about(Check::Constant, "one")
    );
    let again = plain().remove(1).with_name("again".into());
    assert_eq!(found_with(again), about(Check::DuplicateColumns, "again"));
    let texts = plain().remove(2).with_name("texts".into());
    assert_eq!(found_with(texts), about(Check::DuplicateColumns, "texts"));
    // A column that is not learned from may be what it wants.
    assert_eq!(found_with(Column::new("key".into(), vec![1.0; N])), []);
}

#[test]
fn a_column_that_predicts_the_target_alone_is_found() {
    let leak = |values: Vec<Option<f64>>| found_with(Column::new("leak".into(), values));
    let of = |each: &dyn Fn(usize) -> Option<f64>| (0..N).map(each).collect::<Vec<_>>();
    let expected = about(Check::Leak, "leak");
    // By order, either way, and with chance in it.
    let near = |row| Some(share(row, 5) - 1.01 * f64::from(class_of(row)));
    assert_eq!(leak(of(&near)), expected);
    // By what is no order: the class in the middle.
    let middle = |row| {
        Some(match class_of(row) {
            1 => 0.5 + share(row, 5) / 10.0,
            _ if share(row, 6) < 0.5 => share(row, 5) / 10.0,
            _ => 1.0 + share(row, 5) / 10.0,
        })
    };
    assert_eq!(leak(of(&middle)), expected);
    // By being there at all.
    let there = |row| (class_of(row) == 1).then(|| share(row, 5));
    let found = leak(of(&there));
    assert!(found.contains(&expected[0]), "{found:?}");
    // As a text.
    let texts = |row: usize| format!("{}{}", ["no", "yes"][class_of(row) as usize], row % 5);
    let texts: Vec<String> = (0..N).map(texts).collect();
    assert_eq!(found_with(Column::new("leak".into(), texts)), expected);
}

#[test]
fn a_name_of_each_row_predicts_nothing() {
    let names: Vec<String> = (0..N).map(|row| format!("row {row}")).collect();
    assert_eq!(found_with(Column::new("name".into(), names)), []);
    let numbers: Vec<i64> = (0..N as i64).collect();
    assert_eq!(found_with(Column::new("number".into(), numbers)), []);
}

#[test]
fn a_column_that_predicts_a_number_alone_is_found() {
    let truth: Vec<Option<f64>> = (0..N)
        .map(|row| Some(share(row, 2).powi(3) * 50.0))
        .collect();
    let found = found_in(plain(), Target::Numbers(&truth), &Checks::default());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].check, found[0].column.as_deref()),
        (Check::Leak, Some("a"))
    );
    assert!(
        found[0].says.contains("|Spearman| 1.000"),
        "{}",
        found[0].says
    );
    // What is no order is seen by bins.
    let square = |row| Some((share(row, 2) - 0.5).powi(2));
    let truth: Vec<Option<f64>> = (0..N).map(square).collect();
    let settings = Checks {
        leak: crate::config::checks::Leak {
            bound: 0.9,
            ..Default::default()
        },
        ..Checks::default()
    };
    let found = found_in(plain(), Target::Numbers(&truth), &settings);
    assert!(found[0].says.contains("(R² 0.9"), "{}", found[0].says);
}

#[test]
fn rows_that_contradict_one_another_are_counted() {
    let x: Vec<f64> = (0..N).map(|row| (row / 2) as f64).collect();
    // Rows 0 and 1, 2 and 3, … share features; every tenth pair differs in class.
    let codes: Vec<Option<u32>> = (0..N)
        .map(|row| Some(class_of(row / 2) ^ u32::from(row % 20 == 0)))
        .collect();
    let target = Target::Classes {
        codes: &codes,
        n: 2,
    };
    let found = found_in(vec![Column::new("x".into(), x)], target, &Checks::default());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].check, Check::ConflictingLabels);
    assert_eq!(found[0].value, 0.1);
    assert!(
        found[0].says.starts_with("40 rows (10 %)"),
        "{}",
        found[0].says
    );
}

#[test]
fn rare_classes_and_new_texts_are_found() {
    let codes: Vec<Option<u32>> = (0..N)
        .map(|row| {
            if row < 9 {
                Some(2)
            } else {
                Some(class_of(row))
            }
        })
        .collect();
    let target = Target::Classes {
        codes: &codes,
        n: 3,
    };
    let found = found_in(plain(), target, &Checks::default());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].check, found[0].value), (Check::RareClass, 9.0));
    let texts: Vec<String> = (0..N)
        .map(|row| format!("t{}", drawn(row, 4) % 5))
        .collect();
    assert_eq!(
        found_with(Column::new("c".into(), texts)),
        about(Check::NewCategories, "c")
    );
}

#[test]
fn cells_outside_what_the_champion_saw_are_counted() {
    let beyond = |row: usize| match row {
        0..10 => None,
        10..20 => Some(1.5),
        20..30 => Some(-0.5),
        _ => Some(share(row, 2)),
    };
    let values: Vec<Option<f64>> = (0..N).map(beyond).collect();
    let found = found_with(Column::new("a".into(), values));
    assert_eq!(found, about(Check::OutsideRules, "a"));
}

#[test]
fn what_is_off_is_not_looked_for_and_the_worst_comes_first() {
    let columns = || {
        let mut columns = plain();
        columns.push(Column::new("one".into(), vec![1_i64; N]));
        columns.push(Column::new("none".into(), vec![None::<f64>; N]));
        columns
    };
    let codes: Vec<Option<u32>> = (0..N).map(|row| Some(class_of(row))).collect();
    let target = Target::Classes {
        codes: &codes,
        n: 2,
    };
    let mut settings = Checks::default();
    settings.constant.severity = Severity::Block;
    let found = found_in(columns(), target, &settings);
    let told: Vec<(Check, Severity)> = found.iter().map(|it| (it.check, it.severity)).collect();
    assert_eq!(
        told,
        [
            (Check::Constant, Severity::Block),
            (Check::Missing, Severity::Warn)
        ]
    );
    settings.constant.severity = Severity::Off;
    settings.missing.severity = Severity::Off;
    assert_eq!(found_in(columns(), target, &settings), []);
}

#[test]
fn a_sample_is_seeded_ascending_and_about_as_large_as_asked() {
    let rows: Vec<u32> = (0..50_000).collect();
    let drawn = sample(&rows, 10_000, 3);
    assert!((9_500..10_500).contains(&drawn.len()), "{}", drawn.len());
    assert!(drawn.is_sorted());
    assert_eq!(drawn, sample(&rows, 10_000, 3));
    assert_ne!(drawn, sample(&rows, 10_000, 4));
    assert_eq!(sample(&rows[..9], 10, 3), &rows[..9]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_data_is_too_nasty(
        cells in prop::collection::vec(
            (prop::option::of(prop::num::f64::ANY), prop::option::of(".{0,3}"), prop::option::of(0_u32..3)),
            1..80,
        ),
    ) {
        let numbers: Vec<Option<f64>> = cells.iter().map(|it| it.0.filter(|it| it.is_finite())).collect();
        let texts: Vec<Option<String>> = cells.iter().map(|it| it.1.clone()).collect();
        let codes: Vec<Option<u32>> = cells.iter().map(|it| it.2).collect();
        let columns = || vec![
            Column::new("a".into(), numbers.clone()),
            Column::new("c".into(), texts.clone()),
        ];
        let mut settings = Checks::default();
        (settings.leak.bound, settings.missing.bound) = (0.0, 0.0);
        for target in [Target::Classes { codes: &codes, n: 3 }, Target::Numbers(&numbers)] {
            for finding in found_in(columns(), target, &settings) {
                prop_assert!(finding.value.is_finite(), "{:?}", finding);
                prop_assert!(finding.says.len() < 300);
            }
        }
    }
}

#[test]
fn what_was_seen_in_files_is_a_finding_of_its_check() {
    let remark = |about, says: &str| Remark {
        about,
        column: Some("a".to_string()),
        n: 3,
        says: says.to_string(),
    };
    let mut remarks = vec![
        remark(About::Form, "commas"),
        remark(About::Rows, "totals at line 9"),
    ];
    let mut settings = Checks::default();
    let found = of_files(&remarks, &settings);
    let told: Vec<(Check, Severity, &str)> = found
        .iter()
        .map(|it| (it.check, it.severity, it.says.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Check::FileRows, Severity::Warn, "totals at line 9"),
            (Check::FileForms, Severity::Note, "commas"),
        ]
    );
    assert_eq!(
        (found[0].value, found[0].column.as_deref()),
        (3.0, Some("a"))
    );
    settings.file_rows.severity = Severity::Off;
    assert_eq!(of_files(&remarks, &settings).len(), 1);
    remarks.extend((0..50).map(|_| remark(About::Cells, "odd")));
    let found = of_files(&remarks, &settings);
    assert_eq!(found.len(), 20 + 1 + 1, "many are counted");
    assert!(found[20].says.starts_with("30 more findings of this kind"));
}
