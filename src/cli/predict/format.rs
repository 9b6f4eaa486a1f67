//! Formats of stdin.

use clap::ValueEnum;

/// Formats of stdin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated, or what the header says
    Csv,
    /// Separated by tabs
    Tsv,
    /// A list of records
    Json,
    /// A record a line
    Ndjson,
    /// Parquet
    Parquet,
}
