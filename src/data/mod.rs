//! Files to a frame: scan a folder, read what is in it with one schema, hash the rows, drop duplicates, summarise.
//!
//! In: a folder or a file. Out: a polars `DataFrame` of the four [`Kind`]s, and what was left out and why. It must not
//! know what a model, a target or a run is. Bad data is a value ([`Quarantined`]); an [`Error`] is what stops a read.
//! Neither ever holds a cell of the data, only file, line, column and kinds.
//!
//! # What comes of it
//! Lines are physical lines, the header is line 1, so that an editor finds them.
//!
//! | input | outcome |
//! |---|---|
//! | empty file, only blank lines | quarantined: "file is empty" |
//! | header only | accepted with 0 rows, noted |
//! | blank lines, no final newline, CRLF, UTF-8 byte order mark | accepted; blank lines are skipped wherever they stand |
//! | lines that end with a lone CR, UTF-16 | quarantined |
//! | quoted separators and newlines, doubled quotes | as in RFC 4180; a quote inside an unquoted field is itself |
//! | a quote that is never closed (half-written file) | quarantined with the line where it opens |
//! | text after a closing quote | quarantined with the line |
//! | more or fewer fields than the header | quarantined with the line |
//! | the same column name twice, a key twice in one JSON record | quarantined |
//! | a column name of more than 20,000 bytes | quarantined |
//! | a column without a name | named `column_<position>` |
//! | header without a comma | `;` or tab separates when the header has one |
//! | bytes that are not UTF-8 | quarantined with the line |
//! | damaged or cut-off gzip or zstd | quarantined |
//! | empty or blank cell, a cell among the null values | missing |
//! | ±inf, NaN, 1e309 in a column of numbers | missing, counted; 1e308 stays |
//! | quoted numbers, spaces around numbers | numbers |
//! | `007` | the integer 7, as in polars; `expected` kind `text` keeps it as it stands |
//! | integers beyond 64 bits | the column is `number` |
//! | `true`/`false` in any case | `boolean`; with numbers in the same column of one file: `text` |
//! | dates and times | `text` (see [`parse_timestamps`]) |
//! | integers and numbers, in one file or over files | `number` |
//! | a column missing throughout one file | fits any kind; missing in all files: `number` |
//! | numbers in some files, text in others with as many rows or more | `text`, the numbers as they were written |
//! | text in some files, numbers in others with more rows | those files are quarantined, with line and column |
//! | numbers in some files, booleans in others | the kind of most rows stays (tie: first path), the others are quarantined |
//! | columns in another order | put in order |
//! | a missing or an extra column | quarantined, with the names and the nearest known one; right is what most files have (tie: most rows) |
//! | JSON: `null` or an absent key | missing |
//! | JSON: texts that are all numbers | numbers, unless `expected` or `schema` says text |
//! | JSON: one object in a layout of pandas | its records, where rows and columns can be told apart |
//! | JSON: a nested value, `NaN`, an element that is not an object | quarantined; a nested value in a dropped column is missing |
//! | Parquet: small integers and floats, decimals, dates, times, categories, UTF-8 in bytes | widened; ISO text; text |
//! | Parquet: any other type | quarantined with column and type; missing in a dropped column |
//! | `key=value` in folder names | a column, unless the file has one of that name |
//! | a file that changes between scan and read | unsettled: left for the next run |
//! | a file that ends in the middle and was changed lately | unsettled, with the place |
//! | a file that needs more memory than it may | quarantined; equal rows of CSV are dropped while it is read |
//! | a file or folder that may not be read | an [`Error`]: nothing is known of it |

mod cells;
mod column_builder;
mod column_summary;
mod csv_again;
mod csv_file;
mod csv_header;
mod csv_layout;
mod csv_part;
mod csv_quotes;
mod cut;
mod decimal;
mod dedupe;
mod derive;
mod encoding;
mod encoding_name;
mod formats;
mod header_again;
mod io;
mod iso_times;
mod json_columns;
mod json_file;
mod json_keys;
mod json_layout;
mod lines;
mod loaded;
mod numbers;
mod options;
mod own;
mod own_json;
mod own_write;
mod parquet_file;
mod parquet_raw;
mod parquet_write;
mod part_column;
mod partitions;
mod plain;
mod plan;
mod read;
mod read_error;
mod remark;
mod remarks;
mod rows;
pub mod rules;
mod scan;
mod schema;
mod schema_frame;
mod schema_merge;
mod segments;
mod signature;
mod source;
mod stack;
mod summary;
mod table;
mod text_options;
mod time;
mod time_form;
mod timestamps;
mod totals;
mod write;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use cells::{Parsed, parse_number, trim_text};
pub use column_summary::{ColumnSummary, DISTINCT_CAP};
pub use csv_quotes::quote_fault;
pub use decimal::{ShortDecimal, short_cell_number, short_decimal, short_json_number};
pub use dedupe::{count_shared, dedupe};
pub use derive::{
    Batch, Expression, Failure, Type, Values, cast_to, derive, derive_batch, times_of,
};
pub use encoding_name::Encoding;
pub use io::{read_file, read_file_for_version, read_parquet, write_file, write_parquet};
pub use iso_times::{iso_day, iso_time};
pub use json_columns::TOO_MANY_CELLS;
pub use json_file::json_tables;
pub use json_keys::{KeyTwice, key_twice, no_number_at};
pub use lines::line_of_row;
pub use loaded::FileRead;
pub use numbers::{CellRead, NumberForm, is_marker};
pub use options::{OnBadFile, ReadOptions};
pub use own::{Own, OwnCell, OwnKind, OwnRows, own};
pub use own_write::{OwnForm, own_frame, write_own};
pub use plain::{Plain, plain};
pub use plan::{ColumnPlan, FilePlan, ReadingPlan};
pub use read::{FolderRead, Quarantined, read};
pub use remark::{About, Remark};
pub use rows::{fingerprint, row_hashes, row_keys, set_fingerprint};
pub use scan::{Scan, ScannedFile, is_unchanged, scan, scan_as, scan_file};
pub use schema::{Column, Kind, Schema};
pub use signature::{Signature, signature};
pub use stack::concat;
pub use summary::summarise;
pub use text_options::TextOptions;
pub use text_options::{Decimal, Thousands};
pub use time::{has_zone, parse_time};
pub use time_form::{
    EpochUnit, TimeColumn, TimeForm, TimeSettings, is_time_format, time_column, with_iso_times,
};
pub use timestamps::{parse_timestamps, timestamps, timestamps_in};

/// What stops a read or a write. Messages complete "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder to scan is not there, is not a folder or may not be read.
    #[error("read the folder `{}`", path.display())]
    Folder {
        /// Which file or folder.
        path: PathBuf,
        /// What lies behind it.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be opened, read or written.
    #[error("{action} `{}`", path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What lies behind it.
        #[source]
        source: std::io::Error,
    },
    /// A file's content is not usable, and the caller asked not to continue without it.
    #[error("read `{path}`{}: {reason}", Place(*line, column.as_deref()))]
    BadFile {
        /// Which file or folder.
        path: String,
        /// Physical line, from 1.
        line: Option<u64>,
        /// The column.
        column: Option<String>,
        /// What is wrong, without a value of the data.
        reason: String,
    },
    /// No format goes with this extension.
    #[error("use `{}`: unknown extension (known: csv, tsv, json, ndjson, jsonl, parquet, and all but the last with .gz or .zst)", path.display())]
    Extension {
        /// Which file or folder.
        path: PathBuf,
    },
    /// The frame has no such column.
    #[error("find the column `{column}` in the data")]
    NoColumn {
        /// The column.
        column: String,
    },
    /// A column has cells that a rule with `error` does not allow.
    #[error("take in the column `{column}`: {rows} {} its rule `{rule}`", if *rows == 1 { "row breaks" } else { "rows break" })]
    Rule {
        /// The column.
        column: String,
        /// Which part of its rule.
        rule: &'static str,
        /// How many rows.
        rows: u64,
    },
    /// A column of the frame has a type this function cannot take.
    #[error("use the column `{column}`: expected {expected}, found {found}")]
    ColumnKind {
        /// The column.
        column: String,
        /// What was asked.
        expected: &'static str,
        /// What was there.
        found: String,
    },
    /// A cell of a time column cannot be read as a time; messages count rows from 1.
    #[error("read row {} of the column `{column}` as a time: expected {expected}", .row + 1)]
    Time {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
        /// What was asked.
        expected: String,
    },
    /// It is not clear how a column of times is meant.
    #[error("read the times of the column `{column}`: {why}")]
    Times {
        /// The column.
        column: String,
        /// Why, in words without cells, and the setting that helps.
        why: String,
    },
    /// A frame could not be put together or written; never expected with frames from this module.
    #[error("{action}")]
    Frame {
        /// What was being done.
        action: &'static str,
        /// What lies behind it.
        #[source]
        source: polars::prelude::PolarsError,
    },
}

impl From<polars::prelude::PolarsError> for Error {
    fn from(source: polars::prelude::PolarsError) -> Self {
        Error::Frame {
            action: "work on the frame",
            source,
        }
    }
}

/// Prints ", line 3, column `x`" as far as known.
struct Place<'a>(Option<u64>, Option<&'a str>);

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.0 {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.1 {
            write!(f, ", column `{column}`")?;
        }
        Ok(())
    }
}
