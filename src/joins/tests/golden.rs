//! Every feature and the target of every row, checked against pandas (tests/joins/reference.py).

use super::*;

/// Distance that numbers may have: both sides divide microseconds by a day, in other units.
const TOLERANCE: f64 = 1e-9;

fn reference() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/joins/reference.json");
    let text = std::fs::read_to_string(path).expect("the golden file");
    serde_json::from_str(&text).expect("JSON")
}

fn is_same(cell: &Cell, expected: &Value) -> bool {
    match (cell, expected) {
        (Cell::Missing, Value::Null) => true,
        (Cell::Text(text), Value::String(expected)) => text == expected,
        (Cell::Boolean(flag), Value::Bool(expected)) => flag == expected,
        (cell, Value::Number(expected)) => {
            let expected = expected.as_f64().expect("a number");
            cell.number()
                .is_some_and(|number| (number - expected).abs() <= TOLERANCE)
        }
        _ => false,
    }
}

#[test]
fn every_feature_and_the_target_are_what_pandas_finds() {
    let reference = reference();
    let (settings, tables) = (
        settings(&reference["settings"]),
        tables(&reference["tables"]),
    );
    let plan = plan(&settings, &tables).expect("a plan");
    let expected = reference["rows"].as_object().expect("rows");

    let flat = flatten(&plan, &tables, Rows::ToPredict).expect("rows");
    let rows = by_key(&flat.frame, &settings.key);
    assert_eq!(rows.len(), expected.len());
    assert_eq!(flat.duplicates, 1);
    let names = ["referralinstanceid", "clientid", "referraltakendate"];
    for (key, row) in &rows {
        let wanted = expected[key].as_object().expect("columns");
        let mut columns: Vec<&str> = row.keys().map(String::as_str).collect();
        columns.retain(|column| !names.contains(column));
        let mut known: Vec<&str> = wanted.keys().map(String::as_str).collect();
        known.retain(|column| *column != "future.score");
        known.sort_unstable();
        assert_eq!(columns, known);
        for column in columns {
            let (cell, wanted) = (&row[column], &wanted[column]);
            assert!(
                is_same(cell, wanted),
                "{key} {column}: {cell:?}, not {wanted}"
            );
        }
    }

    let known = flatten(&plan, &tables, Rows::WithTarget).expect("rows");
    let targets = by_key(&known.frame, &settings.key);
    for (key, wanted) in expected {
        let wanted = &wanted["future.score"];
        let found = targets
            .get(key)
            .map_or(&Cell::Missing, |row| &row["future.score"]);
        assert!(is_same(found, wanted), "{key}: {found:?}, not {wanted}");
    }
    assert!(targets.len() > 50 && targets.len() < rows.len());
}

#[test]
fn rows_with_a_target_are_the_rows_that_a_request_gets() {
    let reference = reference();
    let (settings, tables) = (
        settings(&reference["settings"]),
        tables(&reference["tables"]),
    );
    let plan = plan(&settings, &tables).expect("a plan");
    let to_predict = flatten(&plan, &tables, Rows::ToPredict).expect("rows");
    let to_predict = by_key(&to_predict.frame, &settings.key);
    let learned = flatten(&plan, &tables, Rows::WithTarget).expect("rows");
    for (key, mut row) in by_key(&learned.frame, &settings.key) {
        row.remove("future.score").expect("the target");
        assert_eq!(row, to_predict[&key], "{key}");
    }

    // One client alone, as a request would send it, has the same rows, its history being its own.
    let mut alone = reference["tables"].clone();
    for table in ["referral", "client", "benefit"] {
        let records = alone[table].as_array_mut().expect("records");
        records.retain(|record| record["clientid"] == 5);
    }
    let alone = flatten(&plan, &super::tables(&alone), Rows::ToPredict).expect("rows");
    let alone = by_key(&alone.frame, &settings.key);
    assert!(alone.len() > 1);
    for (key, row) in alone {
        assert_eq!(row, to_predict[&key], "{key}");
    }
}
