//! The rows of a file as they stand in it, cell by cell, for writing them again with columns beside them: `00123` stays
//! `00123`. No file is held whole, but for JSON in another layout than records and for Parquet.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;
use serde_json::value::RawValue;

use super::cells::{Nulls, Parsed, parse_number};
use super::csv_again::Above;
use super::header_again::is_header_again;
use super::json_layout::RawRow;
use super::options::ReadOptions;
use super::own_json::JsonFile;
use super::source::{self, Format};
use super::table::TableError;
use super::{Error, io::rejected};
use super::{csv_again, parquet_file};

/// A cell as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnCell<'a> {
    /// The record has no such member.
    Absent,
    /// The text of a CSV cell, or of a JSON string.
    Text(&'a str),
    /// JSON that is not a string.
    Json(&'a str),
}

/// What all cells of a text column are, so that they can be JSON or Parquet of that kind without a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnKind {
    /// Whole numbers.
    Integers,
    /// Numbers as JSON writes them: no leading zero, no plus.
    Numbers,
    /// `true` and `false`.
    Booleans,
    /// Anything.
    Texts,
}

/// The rows of a file as they stand.
pub enum Own {
    /// CSV and JSON, read again at each use.
    Rows(Box<OwnRows>),
    /// Parquet.
    Frame {
        /// The columns in the types of the file.
        frame: DataFrame,
        /// Columns of types that cannot be written again.
        unwritten: Vec<String>,
    },
}

impl Own {
    /// The names of all columns.
    pub fn names(&self) -> Vec<String> {
        match self {
            Own::Rows(rows) => rows.names.clone(),
            Own::Frame { frame, unwritten } => {
                let names = frame.get_column_names().into_iter();
                let names = names.map(ToString::to_string);
                names.chain(unwritten.iter().cloned()).collect()
            }
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Own::Rows(rows) => rows.rows,
            Own::Frame { frame, .. } => frame.height(),
        }
    }
}

/// The rows of a CSV or JSON file.
pub struct OwnRows {
    path: PathBuf,
    form: Form,
    /// Cells that mean missing.
    nulls: Nulls,
    /// The columns in the order in which they first appear.
    pub names: Vec<String>,
    /// What their cells are.
    pub kinds: Vec<OwnKind>,
    /// Number of rows.
    pub rows: usize,
    /// Records that are the header once more, which are not rows.
    headers: Cell<u64>,
}

enum Form {
    Csv(Above),
    /// Records one after the other, or in a list.
    Json(JsonFile),
    Records(Vec<RawRow>),
}

/// Looks at a file of any format that is read.
///
/// # Errors
/// As [`super::read_file`].
pub fn own(path: &Path, options: &ReadOptions) -> Result<Own, Error> {
    let format = source::format_of(path).ok_or_else(|| Error::Extension {
        path: path.to_owned(),
    })?;
    let form = match format {
        Format::Parquet => {
            let (frame, unwritten) =
                parquet_file::as_it_is(path, options).map_err(|error| rejected(path, error))?;
            return Ok(Own::Frame { frame, unwritten });
        }
        Format::Csv => {
            let above =
                csv_again::header_of(path, options).map_err(|error| rejected(path, error))?;
            let names = above.names.clone();
            return OwnRows::look(path, Form::Csv(above), names, options)
                .map(|rows| Own::Rows(Box::new(rows)));
        }
        Format::Json => match JsonFile::look(path, options)? {
            (_, Some(records)) => Form::Records(records),
            (file, None) => Form::Json(file),
        },
    };
    OwnRows::look(path, form, Vec::new(), options).map(|rows| Own::Rows(Box::new(rows)))
}

fn read_error(path: &Path, error: std::io::Error) -> Error {
    rejected(path, TableError::Io(error))
}

/// Takes a row: the line it begins in, where that is known, and its cells in the order of the names.
pub type EachRow<'a> = dyn FnMut(Option<u64>, &[OwnCell<'_>]) -> Result<(), Error> + 'a;

impl OwnRows {
    /// One pass that finds the names and what the columns are.
    fn look(
        path: &Path,
        form: Form,
        names: Vec<String>,
        options: &ReadOptions,
    ) -> Result<OwnRows, Error> {
        let mut own = OwnRows {
            path: path.to_owned(),
            form,
            nulls: Nulls::new(&options.null_values),
            names,
            kinds: Vec::new(),
            rows: 0,
            headers: Cell::new(0),
        };
        if !matches!(own.form, Form::Csv(_)) {
            own.names = own.json_names()?;
        }
        let mut kinds: Vec<Option<OwnKind>> = vec![None; own.names.len()];
        let mut rows = 0;
        own.each(&mut |_, cells| {
            rows += 1;
            for (kind, cell) in kinds.iter_mut().zip(cells) {
                let OwnCell::Text(text) = cell else { continue };
                if *kind == Some(OwnKind::Texts) || own.nulls.contains(text.trim().as_bytes()) {
                    continue;
                }
                *kind = Some(match (*kind, kind_of(text)) {
                    (None, found) => found,
                    (Some(known), found) if known == found => known,
                    (
                        Some(OwnKind::Integers | OwnKind::Numbers),
                        OwnKind::Integers | OwnKind::Numbers,
                    ) => OwnKind::Numbers,
                    _ => OwnKind::Texts,
                });
            }
            Ok(())
        })?;
        own.kinds = kinds
            .into_iter()
            .map(|kind| kind.unwrap_or(OwnKind::Texts))
            .collect();
        own.rows = rows;
        Ok(own)
    }

    /// Whether a cell of a text column stands for a missing value.
    pub fn is_missing(&self, text: &str) -> bool {
        self.nulls.contains(text.trim().as_bytes())
    }

    /// What of a CSV file is not a row, in words.
    pub fn passed_over(&self) -> Vec<String> {
        match &self.form {
            Form::Csv(above) => above.passed_over(self.headers.get()),
            _ => Vec::new(),
        }
    }

    /// Whether the file is one of records, whose members may be absent.
    pub fn is_json(&self) -> bool {
        !matches!(self.form, Form::Csv(_))
    }

    /// Goes through the rows in their order.
    ///
    /// # Errors
    /// When the file cannot be read again, or what `take` says.
    pub fn each(&self, take: &mut EachRow<'_>) -> Result<(), Error> {
        match &self.form {
            Form::Csv(above) => self.each_record(above, take),
            _ => {
                let index: HashMap<&str, usize> =
                    self.names.iter().map(String::as_str).zip(0..).collect();
                self.each_object(&mut |members| {
                    let texts: Vec<Option<String>> = members
                        .iter()
                        .map(|(_, value)| serde_json::from_str(value.get()).ok())
                        .collect();
                    let mut cells = vec![OwnCell::Absent; self.names.len()];
                    for ((name, value), text) in members.iter().zip(&texts) {
                        if let Some(&at) = index.get(name.as_str()) {
                            cells[at] = match text {
                                Some(text) => OwnCell::Text(text),
                                None => OwnCell::Json(value.get()),
                            };
                        }
                    }
                    take(None, &cells)
                })
            }
        }
    }

    fn each_record(&self, head: &Above, take: &mut EachRow<'_>) -> Result<(), Error> {
        self.headers.set(0);
        let (records, above) = csv_again::records_of(&self.path, head.encoding, head.body)
            .map_err(|error| rejected(&self.path, error))?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(head.separator)
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::CRLF)
            .from_reader(records);
        let failed = |error: csv::Error| {
            let line = error.position().map(|at| above + at.line());
            match error.into_kind() {
                csv::ErrorKind::Io(error) => read_error(&self.path, error),
                _ => Error::BadFile {
                    path: self.path.display().to_string(),
                    line,
                    column: None,
                    reason: "a record that cannot be read".to_string(),
                },
            }
        };
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(failed)? {
            // The header once more is not a row.
            let first = record.get(0).unwrap_or_default();
            if head.is_comment(first) || head.is_blank(record.len(), first) {
                continue;
            }
            if head.has_header && is_header_again(&self.names, record.iter()) {
                self.headers.set(self.headers.get() + 1);
                continue;
            }
            let line = record.position().map(|at| above + at.line());
            let cells: Vec<OwnCell<'_>> = record.iter().map(OwnCell::Text).collect();
            take(line, &cells)?;
        }
        Ok(())
    }

    fn json_names(&self) -> Result<Vec<String>, Error> {
        let mut names: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        self.each_object(&mut |members| {
            let fresh = members.iter().map(|(name, _)| name);
            names.extend(fresh.filter(|name| known.insert((*name).clone())).cloned());
            Ok(())
        })?;
        Ok(names)
    }

    fn each_object(&self, take: &mut dyn FnMut(&RawRow) -> Result<(), Error>) -> Result<(), Error> {
        match &self.form {
            Form::Records(records) => records.iter().try_for_each(take),
            Form::Json(json) => json.each_object(&self.path, take),
            Form::Csv(_) => Ok(()),
        }
    }
}

/// What a text is besides a text: JSON reads it as that, and writes it the same.
fn kind_of(text: &str) -> OwnKind {
    if matches!(text, "true" | "false") {
        return OwnKind::Booleans;
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok();
    match parse_number(text.as_bytes()) {
        Some(Parsed::Integer(_)) if is_number => OwnKind::Integers,
        Some(Parsed::Number(value)) if is_number && value.is_finite() => OwnKind::Numbers,
        _ => OwnKind::Texts,
    }
}
