//! Probations: one row per promotion that is or was watched. However many servers watch, the first one to conclude wins.

use serde::{Deserialize, Serialize};

use super::db::{Row, Tx, query, settled};
use super::error::Doing;
use super::operations::{self, operation_of};
use super::{Error, Lock, Operation, Registry, lock};
use crate::model_types::{VersionNumber, named};

named! {
    /// How far a probation is.
    pub enum ProbationState: "a state of a probation" {
        /// The version is being watched.
        Watching = "watching",
        /// Nothing spoke against it.
        Confirmed = "confirmed",
        /// The version before it is the champion again.
        RolledBack = "rolled_back",
        /// It ended without a finding: the champion was moved meanwhile, or no server watches any more.
        Ended = "ended",
    }
}

impl ProbationState {
    /// What is said of a version in this state.
    pub fn of_version(self) -> &'static str {
        match self {
            ProbationState::Watching => "on probation",
            ProbationState::Confirmed => "confirmed",
            ProbationState::RolledBack => "rolled back",
            ProbationState::Ended => "probation ended",
        }
    }
}

/// A probation as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbationRow {
    /// The model.
    pub model: String,
    /// Id of the operation that promoted the version.
    pub operation: i64,
    /// The version.
    pub version: VersionNumber,
    /// The version before it.
    pub previous: VersionNumber,
    /// How far it is.
    pub state: ProbationState,
    /// When a server first saw the promotion.
    pub began_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Why it ended so.
    pub reason: Option<String>,
    /// What was counted by the process that concluded it.
    pub record: Option<serde_json::Value>,
}

/// How a probation ends.
#[derive(Debug, Clone)]
pub struct ProbationEnd<'a> {
    /// The state after it.
    pub state: ProbationState,
    /// Why.
    pub reason: &'a str,
    /// What was counted.
    pub record: &'a serde_json::Value,
    /// When.
    pub at_ms: i64,
}

impl Registry {
    /// The newest operation on a model, with its id.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn last_operation(&self, model: &str) -> Result<Option<(i64, Operation)>, Error> {
        let row = query("SELECT * FROM operations WHERE model = ? ORDER BY id DESC LIMIT 1")
            .bind(model)
            .fetch_optional(&self.pool())
            .await
            .doing("look at the newest operation")?;
        row.map(|row| Ok((row.get("id"), operation_of(&row)?)))
            .transpose()
    }

    /// Begins a probation; one that another server began already stays as it is.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn begin_probation(&self, row: &ProbationRow) -> Result<(), Error> {
        query(
            "INSERT INTO probations (model, operation, version, previous, state, began_ms)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (model, operation) DO NOTHING",
        )
        .bind(&row.model)
        .bind(row.operation)
        .bind(row.version)
        .bind(row.previous)
        .bind(row.state.name())
        .bind(row.began_ms)
        .execute(&self.writing().await?)
        .await
        .doing("begin a probation")?;
        Ok(())
    }

    /// All probations of a model, newest first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn probations(&self, model: &str) -> Result<Vec<ProbationRow>, Error> {
        let rows = query("SELECT * FROM probations WHERE model = ? ORDER BY operation DESC")
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("list probations")?;
        rows.iter().map(probation_of).collect()
    }

    /// Probations of all models that ended since some time, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn probations_ended_since(&self, since_ms: i64) -> Result<Vec<ProbationRow>, Error> {
        let rows = query("SELECT * FROM probations WHERE ended_ms >= ? ORDER BY ended_ms")
            .bind(since_ms)
            .fetch_all(&self.pool())
            .await
            .doing("list probations")?;
        rows.iter().map(probation_of).collect()
    }

    /// Ends a probation without moving the champion; returns whether it was still going on.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn end_probation(
        &self,
        row: &ProbationRow,
        end: &ProbationEnd<'_>,
    ) -> Result<bool, Error> {
        settled!(self.try_end_probation(row, end))
    }

    async fn try_end_probation(
        &self,
        row: &ProbationRow,
        end: &ProbationEnd<'_>,
    ) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        let is_ended = end_in(&mut transaction, row, end).await?;
        transaction.commit().await.doing("end the probation")?;
        Ok(is_ended)
    }

    /// Ends a probation by an operation that takes the version back, in one transaction. It is done only while the promotion
    /// is the model's newest operation and no other process has concluded; returns whether it was done.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; nothing was changed then.
    pub async fn take_back(
        &self,
        lock: &Lock,
        row: &ProbationRow,
        end: &ProbationEnd<'_>,
        operation: &Operation,
    ) -> Result<bool, Error> {
        settled!(self.try_take_back(lock, row, end, operation))
    }

    async fn try_take_back(
        &self,
        lock: &Lock,
        row: &ProbationRow,
        end: &ProbationEnd<'_>,
        operation: &Operation,
    ) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, lock).await?;
        let newest = query("SELECT MAX(id) AS newest FROM operations WHERE model = ?")
            .bind(&row.model)
            .fetch_one(&mut transaction)
            .await
            .doing("look at the newest operation")?;
        let newest: Option<i64> = newest.get("newest");
        if newest != Some(row.operation) || !end_in(&mut transaction, row, end).await? {
            return Ok(false);
        }
        operations::add(&mut transaction, &row.model, operation).await?;
        transaction.commit().await.doing("end the probation")?;
        Ok(true)
    }
}

/// Compare-and-set: only a probation that continues can be ended.
async fn end_in(
    transaction: &mut Tx,
    row: &ProbationRow,
    end: &ProbationEnd<'_>,
) -> Result<bool, Error> {
    let ended = query(
        "UPDATE probations SET state = ?, reason = ?, record = ?, ended_ms = ?
         WHERE model = ? AND operation = ? AND state = 'watching'",
    )
    .bind(end.state.name())
    .bind(end.reason)
    .bind(end.record.to_string())
    .bind(end.at_ms)
    .bind(&row.model)
    .bind(row.operation)
    .execute(&mut *transaction)
    .await
    .doing("end the probation")?;
    Ok(ended.rows_affected() == 1)
}

fn probation_of(row: &Row) -> Result<ProbationRow, Error> {
    let record: Option<String> = row.get("record");
    let record = record.map(|text| serde_json::from_str(&text)).transpose();
    let previous: Option<VersionNumber> = row.get("previous");
    Ok(ProbationRow {
        model: row.get("model"),
        operation: row.get("operation"),
        version: row.get("version"),
        previous: previous.unwrap_or_default(),
        state: row.named("state")?,
        began_ms: row.get("began_ms"),
        ended_ms: row.get("ended_ms"),
        reason: row.get("reason"),
        record: record.map_err(|source| Error::Record {
            what: "record of a probation",
            source,
        })?,
    })
}
