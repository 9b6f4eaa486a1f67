//! Data sets: one row each, under the run that made it.

use std::collections::HashSet;

use serde::Serialize;

use super::db::{Row, query};
use super::error::Doing;
use super::versions::parsed;
use super::{Error, Registry};
use crate::model_types::RunId;

/// A dated data set as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetRow {
    /// The run that made it.
    pub run: RunId,
    /// File name below the output folder.
    pub name: String,
    /// Hash over the contents of its source files.
    pub data_hash: String,
    /// Hash over its rows.
    pub rows_hash: String,
    /// Number of rows.
    pub n_rows: i64,
    /// What ingest recorded.
    pub record: serde_json::Value,
}

impl Registry {
    /// Records a data set.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn save_dataset(
        &self,
        model: &str,
        dataset: &DatasetRow,
        now_ms: i64,
    ) -> Result<(), Error> {
        query(
            "INSERT INTO datasets (model, run, name, data_hash, rows_hash, n_rows, created_ms, record)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(model)
        .bind(&dataset.run)
        .bind(&dataset.name)
        .bind(&dataset.data_hash)
        .bind(&dataset.rows_hash)
        .bind(dataset.n_rows)
        .bind(now_ms)
        .bind(dataset.record.to_string())
        .execute(&self.writing().await?)
        .await
        .doing("record the data set")?;
        Ok(())
    }

    /// The newest data set of a model.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn latest_dataset(&self, model: &str) -> Result<Option<DatasetRow>, Error> {
        let row = query("SELECT * FROM datasets WHERE model = ? ORDER BY run DESC LIMIT 1")
            .bind(model)
            .fetch_optional(&self.pool())
            .await
            .doing("find the newest data set")?;
        row.as_ref().map(dataset_of).transpose()
    }

    /// When the newest data set of a model was recorded.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn latest_dataset_ms(&self, model: &str) -> Result<Option<i64>, Error> {
        let row =
            query("SELECT created_ms FROM datasets WHERE model = ? ORDER BY run DESC LIMIT 1")
                .bind(model)
                .fetch_optional(&self.pool())
                .await
                .doing("find the newest data set")?;
        Ok(row.map(|row| row.get("created_ms")))
    }

    /// The data set that a run made.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn dataset(&self, model: &str, run: &RunId) -> Result<Option<DatasetRow>, Error> {
        let row = query("SELECT * FROM datasets WHERE model = ? AND run = ?")
            .bind(model)
            .bind(run)
            .fetch_optional(&self.pool())
            .await
            .doing("find the data set")?;
        row.as_ref().map(dataset_of).transpose()
    }

    /// Runs of a model that made a data set.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn dataset_runs(&self, model: &str) -> Result<HashSet<RunId>, Error> {
        let rows = query("SELECT run FROM datasets WHERE model = ?")
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("list data sets")?;
        Ok(rows.iter().map(|row| row.get("run")).collect())
    }
}

pub(super) fn dataset_of(row: &Row) -> Result<DatasetRow, Error> {
    let record: String = row.get("record");
    Ok(DatasetRow {
        run: row.get("run"),
        name: row.get("name"),
        data_hash: row.get("data_hash"),
        rows_hash: row.get("rows_hash"),
        n_rows: row.get("n_rows"),
        record: parsed(&record, "data set")?,
    })
}
