//! How good a version's newest answers were when that was last computed.

use serde_json::Value;

use super::db::query;
use super::error::Doing;
use super::{Error, Registry};
use crate::model_types::VersionNumber;

impl Registry {
    /// Records how good a version's newest answers were, in the place of what was known.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn save_live_quality(
        &self,
        model: &str,
        version: VersionNumber,
        at_ms: i64,
        record: &Value,
    ) -> Result<(), Error> {
        query(
            "INSERT INTO live_quality (model, version, at_ms, record) VALUES (?, ?, ?, ?)
             ON CONFLICT (model, version) DO UPDATE SET at_ms = excluded.at_ms, record = excluded.record",
        )
        .bind(model)
        .bind(version)
        .bind(at_ms)
        .bind(record.to_string())
        .execute(&self.writing().await?)
        .await
        .doing("record how good the answers were")?;
        Ok(())
    }

    /// What is known of a version's newest answers, and since when.
    ///
    /// # Errors
    /// When the statement fails, or the record cannot be read.
    pub async fn live_quality(
        &self,
        model: &str,
        version: VersionNumber,
    ) -> Result<Option<(VersionNumber, Value)>, Error> {
        let row = query("SELECT at_ms, record FROM live_quality WHERE model = ? AND version = ?")
            .bind(model)
            .bind(version)
            .fetch_optional(&self.pool())
            .await
            .doing("look at how good the answers were")?;
        row.map(|row| {
            let record: String = row.get("record");
            let what = "live quality";
            let record = serde_json::from_str(&record);
            let record = record.map_err(|source| Error::Record { what, source })?;
            Ok((row.get("at_ms"), record))
        })
        .transpose()
    }

    /// When the newest answer of a version was given that has a label; `None` before the first label.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn newest_labelled_ms(
        &self,
        model: &str,
        version: VersionNumber,
    ) -> Result<Option<i64>, Error> {
        let row = query(
            "SELECT a.at_ms AS at_ms FROM answers a WHERE a.model = ? AND a.version = ?
             AND EXISTS (SELECT 1 FROM labels l WHERE l.model = a.model AND l.id = a.id)
             ORDER BY a.at_ms DESC LIMIT 1",
        )
        .bind(model)
        .bind(version)
        .fetch_optional(&self.pool())
        .await
        .doing("look for the newest answer with a label")?;
        Ok(row.map(|row| row.get("at_ms")))
    }

    /// When the oldest answer that is kept was given; `None` without any.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn first_answer_ms(&self, model: &str) -> Result<Option<i64>, Error> {
        let row = query("SELECT at_ms FROM answers WHERE model = ? ORDER BY at_ms LIMIT 1")
            .bind(model)
            .fetch_optional(&self.pool())
            .await
            .doing("look for the first answer")?;
        Ok(row.map(|row| row.get("at_ms")))
    }
}
