//! Tests of `data`, one fact each, most on small folders that they write themselves.

mod csv;
mod files;
mod forms;
mod json;
mod layouts;
mod named;
mod numbers;
mod real;
mod schema_merge;
mod shapes;
mod totals;

use std::fs;
use std::path::Path;

use polars::prelude::{AnyValue, DataFrame};
use tempfile::TempDir;

use super::*;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }
    dir
}

/// Reads a folder with these files, keeping duplicates.
fn read_files(files: &[(&str, &[u8])]) -> FolderRead {
    read_with(files, None)
}

fn read_with(files: &[(&str, &[u8])], expected: Option<&Schema>) -> FolderRead {
    let dir = folder(files);
    read_dir(dir.path(), expected)
}

fn read_dir(root: &Path, expected: Option<&Schema>) -> FolderRead {
    let options = ReadOptions {
        dedupe: false,
        ..ReadOptions::default()
    };
    read(root, &scan(root).expect("a scan"), &options, expected).expect("a read")
}

/// Reads one CSV file that must be good.
fn read_one(csv: &str) -> FolderRead {
    let read = read_files(&[("a.csv", csv.as_bytes())]);
    assert_eq!(read.quarantined, [], "for {csv:?}");
    read
}

/// The quarantine of one CSV file: line, column, reason.
#[track_caller]
fn check_bad(csv: &[u8], line: Option<u64>, column: Option<&str>, reason: &str) {
    let read = read_files(&[("a.csv", csv)]);
    let [bad] = &read.quarantined[..] else {
        panic!("not quarantined: {:?}", show(&read.frame))
    };
    assert_eq!(
        (bad.line, bad.column.as_deref(), bad.reason.as_str()),
        (line, column, reason)
    );
    assert_eq!(read.frame.height(), 0);
}

/// "name:kind" for each column.
fn kinds(read: &FolderRead) -> Vec<String> {
    assert_eq!(read.schema, Schema::of(&read.frame));
    read.schema
        .columns
        .iter()
        .map(|column| format!("{}:{}", column.name, column.kind))
        .collect()
}

/// The rows as text, `-` for missing, one string each.
fn show(frame: &DataFrame) -> Vec<String> {
    let cell = |value: AnyValue<'_>| match value {
        AnyValue::Null => "-".to_owned(),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float64(value) => format!("{value:?}"),
        other => other.to_string(),
    };
    (0..frame.height())
        .map(|row| {
            frame
                .columns()
                .iter()
                .map(|column| cell(column.get(row).expect("a cell")))
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect()
}

fn schema(columns: &[(&str, Kind)]) -> Schema {
    Schema {
        columns: columns
            .iter()
            .map(|(name, kind)| Column {
                name: (*name).to_owned(),
                kind: *kind,
            })
            .collect(),
    }
}
