//! Columns that name rows, and columns that only look so.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame};

use crate::checks::inputs::Target;
use crate::checks::{IdentifierRows, identifiers};
use crate::config::features::{ColumnFeatures, Encode, Features};

const N: i64 = 200;

/// A permutation of 0..N that looks drawn.
fn shuffled(row: i64) -> i64 {
    row * 73 % N
}

/// What is said of a column beside one of fractions; the target is drawn, too.
fn said(name: &str, values: impl Fn(i64) -> i64, files: usize) -> Option<String> {
    let values: Vec<i64> = (0..N).map(values).collect();
    said_of(
        Column::new(name.into(), values),
        files,
        &Features::default(),
    )
}

fn said_of(column: Column, files: usize, settings: &Features) -> Option<String> {
    let codes: Vec<Option<u32>> = (0..N).map(|row| Some((row * row % 7 % 2) as u32)).collect();
    let spend: Vec<f64> = (0..N).map(|row| row as f64 + 0.5).collect();
    let columns = vec![column, Column::new("spend".into(), spend)];
    let frame = DataFrame::new(N as usize, columns).expect("a frame");
    let found = identifiers(&IdentifierRows {
        frame: &frame,
        files,
        excluded: &["left".to_string()],
        target: Target::Classes {
            codes: &codes,
            n: 2,
        },
        settings,
    });
    assert!(found.len() < 2, "{found:?}");
    found.into_iter().next().map(|it| it.reason)
}

#[test]
fn row_numbers_indexes_and_identifiers_are_found() {
    let keep = " (`features.columns` can keep it: `\"encode\": \"number\"`)";
    let other = format!("identifier-like: another whole number in each of 200 rows{keep}");
    let counts =
        format!("identifier-like: whole numbers that count, another in each of 200 rows{keep}");
    let index = format!("an index without a name: it counts up over 200 rows{keep}");
    let drawn = format!("an index without a name: another whole number in each of 200 rows{keep}");
    assert_eq!(
        said("rownames", |row| shuffled(row) + 1, 1),
        Some(other.clone())
    );
    // Far apart, and named.
    for name in [
        "customer_id",
        "customerId",
        "Customer ID",
        "ID",
        "order.id",
        "invoice_no",
        "Account Number",
        "Kundennummer",
    ] {
        assert_eq!(
            said(name, |row| shuffled(row) * 9_001, 1),
            Some(other.clone()),
            "{name}"
        );
    }
    assert_eq!(
        said("corporation", |row| 10_000 + shuffled(row), 1),
        Some(counts)
    );
    // Written by pandas, once per file: from 0 on in each of them.
    assert_eq!(said("column_1", |row| row % 50, 4), Some(index.clone()));
    assert_eq!(said("Unnamed: 0", |row| row * 3, 1), Some(index));
    assert_eq!(said("column_1", shuffled, 1), Some(drawn));
}

#[test]
fn quantities_are_learned_from_although_each_row_has_another() {
    // A number of things is a quantity.
    for name in ["number_of_accounts", "orders_number", "card_spend"] {
        assert_eq!(said(name, |row| shuffled(row) * 137, 1), None, "{name}");
    }
    // Sparse: an income, a time since 1970.
    assert_eq!(said("income", |row| 20_000 + shuffled(row) * 137, 1), None);
    assert_eq!(
        said("seen", |row| 1_700_000_000 + shuffled(row) * 3_600, 1),
        None
    );
    // A name that says so.
    assert_eq!(said("year", |row| 1_800 + row, 1), None);
    assert_eq!(said("days_since_last_id_check", shuffled, 1), None);
    // Not another one in each row.
    assert_eq!(said("plan_id", |row| row % 12, 1), None);
    assert_eq!(said("column_1", |row| shuffled(row) % 20, 1), None);
    // Fractions.
    let values: Vec<f64> = (0..N).map(|row| shuffled(row) as f64 + 0.25).collect();
    assert_eq!(
        said_of(Column::new("id".into(), values), 1, &Features::default()),
        None
    );
    // A gap: what names rows names each.
    let values: Vec<Option<i64>> = (0..N).map(|row| (row > 0).then_some(row)).collect();
    assert_eq!(
        said_of(
            Column::new("corporation".into(), values),
            1,
            &Features::default()
        ),
        None
    );
}

#[test]
fn whole_numbers_that_were_read_as_fractions_are_found_too() {
    let values: Vec<f64> = (0..N).map(|row| shuffled(row) as f64).collect();
    assert!(said_of(Column::new("id".into(), values), 1, &Features::default()).is_some());
}

#[test]
fn a_setting_keeps_a_column() {
    let values: Vec<i64> = (0..N).map(shuffled).collect();
    let own = ColumnFeatures {
        encode: Some(Encode::Number),
        ..ColumnFeatures::default()
    };
    let settings = Features {
        columns: BTreeMap::from([("id".to_string(), own)]),
        ..Features::default()
    };
    assert_eq!(
        said_of(Column::new("id".into(), values), 1, &settings),
        None
    );
}

#[test]
fn a_quantity_that_the_target_follows_and_the_only_column_are_kept() {
    let x: Vec<i64> = (0..N).collect();
    let noise: Vec<f64> = (0..N).map(|row| (row * 37 % 91) as f64 + 0.5).collect();
    let frame = |columns| DataFrame::new(N as usize, columns).expect("a frame");
    let both = frame(vec![
        Column::new("code".into(), x.clone()),
        Column::new("noise".into(), noise),
    ]);
    let alone = frame(vec![Column::new("corporation".into(), x.clone())]);
    let target: Vec<Option<f64>> = x.iter().map(|x| Some(2.0 * *x as f64)).collect();
    let drawn: Vec<Option<f64>> = (0..N)
        .map(|row| Some((shuffled(row) * 31 % 97) as f64))
        .collect();
    let found = |frame, target| {
        identifiers(&IdentifierRows {
            frame,
            files: 1,
            excluded: &[],
            target: Target::Numbers(target),
            settings: &Features::default(),
        })
    };
    assert_eq!(found(&both, &target[..]), []);
    assert_eq!(found(&alone, &drawn[..]), []);
}
