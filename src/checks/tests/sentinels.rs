//! Numbers that stand for a missing value.

use polars::prelude::Column;

use super::found::{N, about, class_of, drawn, found_in, found_with, plain, share};
use crate::checks::{Check, Target};
use crate::config::Checks;

#[test]
fn numbers_that_stand_for_missing_ones_are_found() {
    let with = |code: f64, every: usize, spread: f64| {
        let number = |row: usize| {
            if row % every == 5 {
                code
            } else {
                spread * share(row, 9)
            }
        };
        Column::new("price".into(), (0..N).map(number).collect::<Vec<f64>>())
    };
    for (code, spread) in [(-999.0, 200.0), (9999.0, 200.0), (-9.0, 5.0), (99.0, 40.0)] {
        assert_eq!(
            found_with(with(code, 50, spread)),
            about(Check::SentinelValues, "price"),
            "{code}"
        );
    }
    for (code, every, spread, why) in [
        (-999.0, N, 200.0, "one row alone"),
        (99.0, 50, 98.0, "near the others"),
        (-1.0, 50, 0.5, "often a value"),
        (-1000.0, 50, 200.0, "no code"),
    ] {
        assert_eq!(found_with(with(code, every, spread)), [], "{why}");
    }
    // Whole numbers, a code at either end, and the words.
    let both: Vec<i64> = (0..N as i64)
        .map(|row| match row % 40 {
            3 => -99,
            7 => 999,
            _ => (drawn(row as usize, 8) % 50) as i64,
        })
        .collect();
    let codes: Vec<Option<u32>> = (0..N).map(|row| Some(class_of(row))).collect();
    let target = Target::Classes {
        codes: &codes,
        n: 2,
    };
    let mut columns = plain();
    columns.push(Column::new("n".into(), both));
    let found = found_in(columns, target, &Checks::default());
    let says: Vec<&str> = found.iter().map(|it| it.says.as_str()).collect();
    assert!(
        says[0].starts_with("`n` is -99 in 10 rows, far from all"),
        "{says:?}"
    );
    assert!(
        says[1].contains("list `999` in `ingest.null_values`"),
        "{says:?}"
    );
    assert_eq!(says.len(), 2);
}
