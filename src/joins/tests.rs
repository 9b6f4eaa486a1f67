//! Tables as tests write them, and rows as tests compare them.

mod cases;
mod golden;
mod properties;

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::config::Related;
use crate::data::json_tables;
use crate::features::{Cell, Cells};

/// Tables out of `{"name": [records]}`.
fn tables(json: &Value) -> Tables {
    json_tables("a test", json.to_string().as_bytes(), usize::MAX).expect("tables")
}

fn settings(json: &Value) -> Related {
    serde_json::from_value(json.clone()).expect("settings")
}

/// The rows by key: column → cell.
fn by_key(frame: &DataFrame, key: &str) -> BTreeMap<String, BTreeMap<String, Cell>> {
    let columns: Vec<(String, Cells<'_>)> = frame
        .columns()
        .iter()
        .map(|column| {
            let cells = Cells::of(column).expect("one of the four kinds, in one chunk");
            (column.name().to_string(), cells)
        })
        .collect();
    let keys = Cells::of(frame.column(key).expect("the key")).expect("cells");
    (0..frame.height())
        .map(|row| {
            let cells = columns
                .iter()
                .map(|(name, cells)| (name.clone(), cells.cell(row)));
            let key = keys.text(row).expect("every row has a key");
            (key.into_owned(), cells.collect())
        })
        .collect()
}
