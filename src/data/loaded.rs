//! A file's table on its way into the frame of its folder, and what is said of it.

use std::collections::BTreeMap;
use std::path::Path;

use super::csv_again::lines_of_rows;
use super::csv_layout::separator_name;
use super::encoding::TextFile;
use super::options::ReadOptions;
use super::plan::{ColumnPlan, FilePlan};

use super::remark::{About, Remark};
use super::remarks;
use super::scan::ScannedFile;
use super::schema::Schema;
use super::source::{self, Format};
use super::table::Table;
use crate::model_types::Sha256;
use serde::{Deserialize, Serialize};

/// A file's table with where it came from.
pub(super) struct Loaded<'a> {
    pub(super) file: &'a ScannedFile,
    pub(super) format: Format,
    pub(super) table: Table,
}

impl Loaded<'_> {
    pub(super) fn record(&self) -> FileRead {
        FileRead {
            path: self.file.path.clone(),
            sha256: self.file.sha256.clone(),
            bytes: self.file.bytes,
            rows: self.table.rows as u64 + self.table.dropped,
        }
    }

    pub(super) fn plan(&self, root: &Path, options: &ReadOptions) -> FilePlan {
        let facts = self.table.text.as_ref();
        let columns = self.table.columns.iter();
        FilePlan {
            path: self.file.path.clone(),
            format: self.format.name().to_string(),
            compression: source::compression(&root.join(&self.file.path)).map(str::to_string),
            encoding: facts
                .map(|facts| facts.encoding.clone())
                .or_else(|| self.decoded(root, options)),
            separator: facts.map(|facts| separator_name(facts.separator)),
            header_line: facts.and_then(|facts| facts.has_header.then_some(facts.header_line)),
            title_lines: facts.map_or(0, |facts| facts.titles),
            comment_lines: facts.map_or(0, |facts| facts.comments),
            headers_again: facts.map_or(0, |facts| facts.headers),
            rows: self.table.rows as u64,
            columns: columns.map(|column| column.name.clone()).collect(),
        }
    }

    /// The encoding of a JSON file that is not in UTF-8.
    fn decoded(&self, root: &Path, options: &ReadOptions) -> Option<String> {
        let path = root.join(&self.file.path);
        let is_json = matches!(self.format, Format::Json);
        let file = is_json.then(|| TextFile::find(&path, options.text.encoding).ok())??;
        file.encoding.is_some().then(|| file.encoding_name())
    }

    /// The line of byte `at` of what was read of the file.
    pub(super) fn line_at(&self, path: &Path, at: u64, options: &ReadOptions) -> Option<u64> {
        match self.format {
            Format::Csv | Format::Json => TextFile::find(path, options.text.encoding)
                .ok()?
                .line_at(at),
            Format::Parquet => None,
        }
    }

    pub(super) fn remarks(&self, root: &Path, options: &ReadOptions) -> Vec<Remark> {
        let path = &self.file.path;
        let whole = root.join(path);
        let line_at = |at| self.line_at(&whole, at, options);
        let line_of = |row: u64| {
            // Where equal rows were left out while reading, rows are no longer those of the file.
            let facts = self
                .table
                .text
                .as_ref()
                .filter(|_| self.table.dropped == 0)?;
            lines_of_rows(&whole, options, facts, &[row]).pop()
        };
        let mut remarks = remarks::of_table(path, &self.table, line_at, line_of);
        let turned = self.table.columns.iter();
        for column in turned.filter(|column| column.turned_to_text() && column.hint.is_none()) {
            let line = column.text_at.and_then(line_at);
            let line = line.map_or_else(String::new, |line| format!(" at line {line}"));
            let name = &column.name;
            let says = format!(
                "column `{name}` is text because of {path}{line}; the cells before are not text"
            );
            remarks.push(Remark::new(About::Cells, 1, says).of(name));
        }
        remarks
    }
}

/// How the columns of a schema are read, in its order.
pub(super) fn column_plans(
    schema: &Schema,
    mut settled: BTreeMap<String, ColumnPlan>,
) -> Vec<ColumnPlan> {
    let columns = schema.columns.iter();
    columns
        .filter_map(|column| {
            Some(ColumnPlan {
                kind: column.kind,
                ..settled.remove(&column.name)?
            })
        })
        .collect()
}

/// A file that is part of the frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRead {
    /// Relative to the folder.
    pub path: String,
    /// Of the content.
    pub sha256: Sha256,
    /// Size.
    pub bytes: u64,
    /// Rows in it, before duplicates are dropped.
    pub rows: u64,
}
