//! Labelled rows of production that are held out, and on which side each is.

use serde::{Deserialize, Serialize};

use super::db::{query, settled};
use super::error::Doing;
use super::{Error, Registry};
use crate::model_types::{PredictionId, VersionNumber, named};

named! {
    /// On which side of training a row of production is.
    pub enum FreshSide: "a side of a row" {
        /// It is a test row, and never learned from.
        Test = "test",
        /// It was learned from, and is never a test row.
        Training = "training",
        /// It was a test row, and made room for newer ones. It is never learned from.
        Past = "past",
        /// It is to be learned from, and is never a test row.
        Learn = "learn",
    }
}

/// A row of production that has a side.
#[derive(Debug, Clone, PartialEq)]
pub struct FreshRow {
    /// Hash of its columns, in hexadecimal digits.
    pub key: String,
    /// Its side.
    pub side: FreshSide,
    /// Id of the answer that it came with.
    pub id: PredictionId,
    /// The version that answered.
    pub version: VersionNumber,
    /// When it was answered, in milliseconds since 1970.
    pub at_ms: i64,
    /// What is true of it; `None` while labels contradict one another.
    pub label: Option<String>,
    /// Its columns as a JSON object, of a test row and of one to learn from; of one that was a test row, its key, without a value.
    pub cells: Option<String>,
}

impl Registry {
    /// Records rows, all or none; one of the same key takes the place of the one before.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn save_fresh_rows(&self, model: &str, rows: &[FreshRow]) -> Result<(), Error> {
        settled!(self.try_save_fresh_rows(model, rows))
    }

    async fn try_save_fresh_rows(&self, model: &str, rows: &[FreshRow]) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        for row in rows {
            query(
                "INSERT INTO fresh_rows (model, key, side, id, version, at_ms, label, cells) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (model, key) DO UPDATE SET side = excluded.side, id = excluded.id, version = excluded.version,
                     at_ms = excluded.at_ms, label = excluded.label, cells = excluded.cells",
            )
            .bind(model)
            .bind(&row.key)
            .bind(row.side.name())
            .bind(&row.id)
            .bind(row.version)
            .bind(row.at_ms)
            .bind(&row.label)
            .bind(&row.cells)
            .execute(&mut transaction)
            .await
            .doing("set rows of production aside")?;
        }
        transaction.commit().await
    }

    /// All rows of a model that have a side, by time.
    ///
    /// # Errors
    /// When the statement fails, or a side has an unknown name.
    pub async fn fresh_rows(&self, model: &str) -> Result<Vec<FreshRow>, Error> {
        let rows = query(
            "SELECT key, side, id, version, at_ms, label, cells FROM fresh_rows WHERE model = ? ORDER BY at_ms, key",
        )
        .bind(model)
        .fetch_all(&self.pool())
        .await
        .doing("look at rows of production that are held out")?;
        rows.iter()
            .map(|row| {
                Ok(FreshRow {
                    key: row.get("key"),
                    side: row.named("side")?,
                    id: row.get("id"),
                    version: row.get("version"),
                    at_ms: row.get("at_ms"),
                    label: row.get("label"),
                    cells: row.get("cells"),
                })
            })
            .collect()
    }
}
