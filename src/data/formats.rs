//! One file by its format.

use std::collections::BTreeSet;
use std::path::Path;

use super::options::ReadOptions;
use super::source::Format;
use super::table::{Table, TableError};
use super::{csv_file, json_file, parquet_file};

/// Reads one file. Columns in `as_text` are kept as they are written where the format allows.
pub(super) fn read_table(
    path: &Path,
    format: Format,
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
) -> Result<Table, TableError> {
    match format {
        Format::Csv => csv_file::read_csv(path, options, as_text),
        Format::Json => json_file::read_json(path, options, as_text),
        Format::Parquet => parquet_file::read(path, options),
    }
}
