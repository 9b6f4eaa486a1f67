//! Rows of production that were test rows and made room: what is kept of them is enough to keep them out of training, and holds no
//! value.

use std::collections::{BTreeMap, HashSet};

use polars::prelude::{Column, DataFrame};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::Error;
use crate::data;

/// The names of a row's columns, and the hash of their cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRow {
    columns: Vec<String>,
    hash: String,
    /// Whether the hash is the same whatever kinds the columns have; those of programs of before are not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_kind: bool,
}

impl PastRow {
    /// What is kept of a logged row.
    ///
    /// # Errors
    /// When it cannot be hashed.
    pub fn of(cells: &Map<String, Value>) -> Result<PastRow, Error> {
        let mut names: Vec<&String> = cells.keys().collect();
        names.sort_unstable();
        let columns = names
            .iter()
            .map(|name| column_of(name, &cells[name.as_str()]));
        let frame = DataFrame::new(1, columns.collect());
        let frame = frame.map_err(|source| Error::Data(source.into()))?;
        let columns: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        let hash = data::row_keys(&frame, &columns)?.first().copied();
        Ok(PastRow {
            hash: format!("{:032x}", hash.unwrap_or_default()),
            columns: names.into_iter().cloned().collect(),
            any_kind: true,
        })
    }
}

/// Rows of a frame that are one of these. A frame that has not every column of a row does not have the row.
///
/// # Errors
/// When rows cannot be hashed.
pub fn past_in(rows: &[PastRow], frame: &DataFrame) -> Result<HashSet<u32>, Error> {
    let mut alike: BTreeMap<(&[String], bool), HashSet<u128>> = BTreeMap::new();
    for row in rows {
        let hash = u128::from_str_radix(&row.hash, 16);
        let of_form = (row.columns.as_slice(), row.any_kind);
        alike.entry(of_form).or_default().extend(hash);
    }
    let mut found = HashSet::new();
    for ((names, any_kind), known) in alike {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if names.is_empty() || names.iter().any(|name| frame.column(name).is_err()) {
            continue;
        }
        let hashes = if any_kind {
            data::row_keys(frame, &names)?
        } else {
            data::row_hashes(frame, &names)?
        };
        let hashes = hashes.into_iter().enumerate();
        found.extend(hashes.filter_map(|(row, hash)| known.contains(&hash).then_some(row as u32)));
    }
    Ok(found)
}

/// A cell as a column of its own kind.
fn column_of(name: &str, cell: &Value) -> Column {
    let name = name.into();
    match cell {
        Value::Bool(flag) => Column::new(name, [*flag]),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Column::new(name, [whole]),
            None => Column::new(name, [number.as_f64()]),
        },
        Value::String(text) => Column::new(name, [text.as_str()]),
        Value::Null | Value::Array(_) | Value::Object(_) => Column::new(name, [None::<&str>]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cells(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_row_is_found_again_by_its_hash_whatever_kinds_its_columns_have_there() {
        let frame = DataFrame::new(
            3,
            vec![
                Column::new("n".into(), [Some(1.0), Some(2.0), None]),
                Column::new("c".into(), [Some("a"), None, Some("a")]),
                Column::new("b".into(), [true, false, true]),
                Column::new("other".into(), [7i64, 8, 9]),
            ],
        );
        let frame = frame.expect("a frame");
        let row = |value: Value| PastRow::of(&cells(value)).expect("hashed");
        let kept = [
            row(json!({"b": true, "c": "a", "n": null})),
            row(json!({"n": 2, "c": null, "b": false})),
            row(json!({"n": 1, "c": "b", "b": true})),
            row(json!({"n": 1, "c": "a", "b": true, "gone": 5})),
            row(json!({})),
        ];
        let found = past_in(&kept, &frame).expect("hashed");
        assert_eq!(found, HashSet::from([1, 2]));
        // The same rows where the columns were read as texts, and those that a program of before kept.
        let texts = DataFrame::new(
            2,
            vec![
                Column::new("n".into(), [None, Some("2.0")]),
                Column::new("c".into(), [Some("a"), None]),
                Column::new("b".into(), ["True", "false"]),
            ],
        );
        let texts = texts.expect("a frame");
        let found = past_in(&kept, &texts).expect("hashed");
        assert_eq!(found, HashSet::from([0, 1]));
        let before: Vec<PastRow> = kept
            .iter()
            .map(|row| PastRow {
                any_kind: false,
                ..row.clone()
            })
            .collect();
        let read: PastRow =
            serde_json::from_value(json!({"columns": ["n"], "hash": "00"})).expect("one of before");
        assert!(!read.any_kind);
        assert_eq!(
            past_in(&before, &frame).expect("hashed"),
            HashSet::from([1, 2])
        );
        assert_eq!(past_in(&before, &texts).expect("hashed"), HashSet::new());
        // No value is kept.
        let text = serde_json::to_string(&row(json!({"name": "Ada"}))).expect("JSON");
        assert!(!text.contains("Ada"), "{text}");
        let back: PastRow = serde_json::from_str(&text).expect("reads");
        assert_eq!(back, row(json!({"name": "Ada"})));
    }
}
