//! Single files: read one for `predict`, write the data sets.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use polars::prelude::{self as pl, DataFrame};

use super::Error;
use super::formats::read_table;
use super::numbers::{self, Source};
use super::options::ReadOptions;
use super::parquet_write;
use super::partitions::Partitions;
use super::schema::{Column, Kind, Schema};
use super::source::{self, Format};
use super::stack::stack;
use super::table::{Bad, Table, TableError};
use super::write::{self, Form};

/// Reads one file by its extension: CSV (also `.gz`, `.zst`), JSON array, NDJSON or Parquet.
///
/// # Errors
/// When the extension is unknown, the disk fails, or the content is not usable.
pub fn read_file(path: &Path, options: &ReadOptions) -> Result<DataFrame, Error> {
    read_as(path, format_of(path)?, options)
}

/// Reads one file for a version: its numbers are written as `options.reading` has them, which holds what the version was trained
/// on, and are not numbers in another form, whatever the file as a whole looks like. Columns named there stay as they are written.
///
/// # Errors
/// As [`read_file`].
pub fn read_file_for_version(path: &Path, options: &ReadOptions) -> Result<DataFrame, Error> {
    let format = format_of(path)?;
    let mut as_text = options.text_columns(None);
    as_text.extend(options.reading.keys().cloned());
    let table = table_of(path, format, options, &as_text)?;
    framed(table, options)
}

/// Reads a Parquet file, whatever its name.
///
/// # Errors
/// As [`read_file`].
pub fn read_parquet(path: &Path) -> Result<DataFrame, Error> {
    read_as(path, Format::Parquet, &ReadOptions::default())
}

fn format_of(path: &Path) -> Result<Format, Error> {
    source::format_of(path).ok_or_else(|| Error::Extension {
        path: path.to_owned(),
    })
}

fn read_as(path: &Path, format: Format, options: &ReadOptions) -> Result<DataFrame, Error> {
    let as_text = options.text_columns(None);
    let mut table = table_of(path, format, options, &as_text)?;
    if format != Format::Parquet {
        table = settled(path, format, table, options, &as_text);
    }
    framed(table, options)
}

fn table_of(
    path: &Path,
    format: Format,
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
) -> Result<Table, Error> {
    let mut table =
        read_table(path, format, options, as_text).map_err(|error| rejected(path, error))?;
    let shown = path.to_string_lossy();
    Partitions::of(std::iter::once(&*shown), options, as_text).add(&mut table, &shown, options);
    Ok(table)
}

fn framed(table: Table, options: &ReadOptions) -> Result<DataFrame, Error> {
    let columns = table.columns.iter().map(|column| Column {
        name: column.name.clone(),
        kind: match (column.kind, options.kinds.get(&column.name)) {
            (Some(Kind::Integer), Some(Kind::Number)) => Kind::Number,
            (Some(found), _) => found,
            (None, wanted) => wanted.copied().unwrap_or(Kind::Number),
        },
    });
    let schema = Schema {
        columns: columns.collect(),
    };
    stack(vec![table], &schema)
}

/// Why a single file gave no table.
pub(super) fn rejected(path: &Path, error: TableError) -> Error {
    match error {
        TableError::Io(source) => Error::File {
            action: "read",
            path: path.to_owned(),
            source,
        },
        TableError::Bad(Bad {
            line,
            column,
            reason,
        }) => Error::BadFile {
            path: path.display().to_string(),
            line,
            column,
            reason,
        },
    }
}

/// The table with columns turned into numbers that are written in a form of their own.
fn settled(
    path: &Path,
    format: Format,
    table: Table,
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
) -> Table {
    let shown = path.display().to_string();
    let mut sources = [Source {
        path: &shown,
        format,
        table,
    }];
    let again = |_, names: &BTreeSet<String>| read_table(path, format, options, names).ok();
    numbers::settle(&mut sources, options, as_text, again, |_, _| None);
    let [source] = sources;
    source.table
}

/// Writes a frame by the extension of the path: `csv`, `tsv`, `json`, `ndjson`, `jsonl` or `parquet`. The bytes are on the
/// disk when it returns; a file of that name is overwritten in place.
///
/// # Errors
/// When the extension is none of these or the disk fails.
pub fn write_file(frame: &mut DataFrame, path: &Path) -> Result<(), Error> {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let as_text = |form| {
        write_with(path, |file| {
            write::write(frame, form, file).map_err(Into::into)
        })
    };
    match extension.as_deref() {
        Some("csv") => as_text(Form::Separated(b',')),
        Some("tsv") => as_text(Form::Separated(b'\t')),
        Some("json") => as_text(Form::Json),
        Some("ndjson" | "jsonl") => as_text(Form::JsonLines),
        Some("parquet") => write_parquet(frame, path),
        _ => Err(Error::Extension {
            path: path.to_owned(),
        }),
    }
}

/// Writes a frame as Parquet. The bytes are on the disk when it returns.
///
/// # Errors
/// When the disk fails.
pub fn write_parquet(frame: &DataFrame, path: &Path) -> Result<(), Error> {
    write_with(path, |file| parquet_write::write(frame, file))
}

fn write_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> pl::PolarsResult<()>,
) -> Result<(), Error> {
    let error = |source| Error::File {
        action: "write",
        path: path.to_owned(),
        source,
    };
    let mut file = BufWriter::with_capacity(1 << 18, File::create(path).map_err(error)?);
    write(&mut file).map_err(|source| match source {
        pl::PolarsError::IO { error: source, .. } => {
            error(std::io::Error::new(source.kind(), source.to_string()))
        }
        // The writers wrap the system's error in words of their own; a frame of ours has no other reason to fail.
        source => {
            let text = source.to_string();
            let reason = text.rsplit("IO error: ").next().unwrap_or(&text);
            error(std::io::Error::other(reason.to_string()))
        }
    })?;
    file.flush().map_err(error)?;
    file.get_ref().sync_all().map_err(error)
}
