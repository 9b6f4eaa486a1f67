//! Versions that waited for approval, and the decisions on them.

use serde_json::{Value, json};

use super::db::{query, settled};
use super::error::Doing;
use super::versions::version_of;
use super::{Error, Lock, Operation, Registry, VersionRow, lock, operations};
use crate::model_types::VersionNumber;

impl Registry {
    /// Versions of a model that waited and were rejected by a person, the newest first, each with the reason.
    ///
    /// # Errors
    /// When the statement fails, or a record cannot be read.
    pub async fn rejected_by_hand(
        &self,
        model: &str,
        limit: i64,
    ) -> Result<Vec<VersionRow>, Error> {
        let rows = query(
            "SELECT * FROM versions WHERE model = ? AND verdict = 'reject' AND record LIKE '%\"approval\":{%'
             ORDER BY number DESC LIMIT ?",
        )
        .bind(model)
        .bind(limit)
        .fetch_all(&self.pool())
        .await
        .doing("look for rejected versions")?;
        rows.iter().map(version_of).collect()
    }

    /// Gives a version that waits its verdict, with who said so and why, and records the operation that makes it the champion, in
    /// one transaction. One that waits no longer stays as it is.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; nothing was changed then.
    pub async fn settle_waiting(
        &self,
        lock: &Lock,
        version: VersionNumber,
        verdict: &str,
        about: &Value,
        operation: Option<&Operation>,
    ) -> Result<(), Error> {
        settled!(self.try_settle_waiting(lock, version, verdict, about, operation))
    }

    async fn try_settle_waiting(
        &self,
        lock: &Lock,
        version: VersionNumber,
        verdict: &str,
        about: &Value,
        operation: Option<&Operation>,
    ) -> Result<(), Error> {
        let doing = "record the approval";
        let row = self.version(&lock.model, version).await?;
        let mut record = row.and_then(|row| row.record).unwrap_or_else(|| json!({}));
        record["approval"] = about.clone();
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, lock).await?;
        if let Some(operation) = operation {
            operations::add(&mut transaction, &lock.model, operation).await?;
        }
        query("UPDATE versions SET verdict = ?, record = ? WHERE model = ? AND number = ? AND verdict = 'waiting'")
            .bind(verdict)
            .bind(record.to_string())
            .bind(&lock.model)
            .bind(version)
            .execute(&mut transaction)
            .await
            .doing(doing)?;
        query("UPDATE conclusions SET verdict = ? WHERE model = ? AND version = ? AND verdict = 'waiting'")
            .bind(verdict)
            .bind(&lock.model)
            .bind(version)
            .execute(&mut transaction)
            .await
            .doing(doing)?;
        transaction.commit().await.doing(doing)
    }
}
