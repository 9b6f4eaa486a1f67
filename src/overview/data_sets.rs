//! Data sets over time: rows, files, and per column how much is missing and in which range it lies.

use serde::Serialize;

use super::paths::without_folder;
use crate::clock::rfc3339;
use crate::data::{ColumnSummary, Kind};
use crate::model_types::RunId;
use crate::pipeline::{DatasetRecord, Env, Error};
use crate::registry::DatasetRow;

/// A data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataSet {
    /// The run that made it.
    pub run: RunId,
    /// Its file below the output folder.
    pub name: String,
    /// When it was recorded.
    pub at: String,
    /// Its rows.
    pub rows: i64,
    /// Source files taken in.
    pub files: Vec<String>,
    /// Files left out, each with line and reason.
    pub quarantined: Vec<String>,
    /// Rows in the files.
    pub rows_read: u64,
    /// Exact duplicates that were dropped.
    pub duplicates: u64,
    /// Rows that were left out because they broke a rule of `schema`.
    pub rows_rejected: u64,
    /// Anything else worth a line.
    pub notes: Vec<String>,
    /// Its columns; none of data sets made before that was recorded.
    pub columns: Vec<ColumnPoint>,
}

/// A column of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnPoint {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Share of rows without a value, 0 to 1.
    pub missing: f64,
    /// Smallest value; of numbers.
    pub min: Option<f64>,
    /// Middle value; of numbers.
    pub median: Option<f64>,
    /// Mean; of numbers.
    pub mean: Option<f64>,
    /// Largest value; of numbers.
    pub max: Option<f64>,
    /// Different values.
    pub distinct: u64,
}

impl ColumnPoint {
    fn of(column: &ColumnSummary) -> Self {
        ColumnPoint {
            name: column.name.clone(),
            kind: column.kind,
            missing: column.missing as f64 / column.rows.max(1) as f64,
            min: column.min,
            median: column.median,
            mean: column.mean,
            max: column.max,
            distinct: column.distinct,
        }
    }
}

/// The newest data sets of a model first.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn data_sets(env: &Env, limit: i64) -> Result<Vec<DataSet>, Error> {
    let rows = env
        .registry
        .newest_datasets(&env.config.name, limit)
        .await?;
    Ok(rows
        .iter()
        .map(|(row, at_ms)| of(env, row, *at_ms))
        .collect())
}

fn of(env: &Env, row: &DatasetRow, at_ms: i64) -> DataSet {
    // What an older program recorded has fewer fields, never others.
    let columns: Vec<ColumnSummary> =
        serde_json::from_value(row.record["columns"].clone()).unwrap_or_default();
    let record: DatasetRecord = serde_json::from_value(row.record.clone()).unwrap_or_default();
    let place = |text: String| without_folder(&text, &env.config.project);
    DataSet {
        run: row.run.clone(),
        name: row.name.clone(),
        at: rfc3339(at_ms),
        rows: row.n_rows,
        files: record.files.iter().map(|file| file.path.clone()).collect(),
        quarantined: record
            .quarantined
            .iter()
            .map(|file| match file.line {
                Some(line) => place(format!("{}, line {line}: {}", file.path, file.reason)),
                None => place(format!("{}: {}", file.path, file.reason)),
            })
            .collect(),
        rows_read: record.rows_read,
        duplicates: record.duplicates,
        rows_rejected: record.rows_rejected,
        notes: record.notes.into_iter().map(place).collect(),
        columns: columns.iter().map(ColumnPoint::of).collect(),
    }
}
