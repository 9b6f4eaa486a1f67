//! Operations that move or hold the champion. They are only ever added; the champion is read off the newest.

use serde::{Deserialize, Serialize};

use super::db::{Held, Row, Tx, query, settled};
use super::error::Doing;
use super::{Error, Lock, Registry, lock};
use crate::model_types::{RunId, VersionNumber, named};

named! {
    /// What was done.
    pub enum Action: "an operation on the champion" {
        /// A version became the champion.
        Promote = "promote",
        /// The champion before became the champion again.
        Rollback = "rollback",
        /// A version became the champion and stays it until `unpin`.
        Pin = "pin",
        /// Runs may move the champion again.
        Unpin = "unpin",
    }
}

/// One operation as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// What was done.
    pub action: Action,
    /// The champion after it.
    pub version: Option<VersionNumber>,
    /// The champion before it.
    pub previous: Option<VersionNumber>,
    /// Why.
    pub reason: String,
    /// Who: `run` or a user's name.
    pub actor: String,
    /// The run that did it.
    pub run: Option<RunId>,
    /// When.
    pub at_ms: i64,
}

/// The version in production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Champion {
    /// Its number.
    pub version: VersionNumber,
    /// Since when.
    pub since_ms: i64,
    /// Whether runs may not move it.
    pub pinned: bool,
}

impl Registry {
    /// The champion of a model.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn champion(&self, model: &str) -> Result<Option<Champion>, Error> {
        Ok(champion_of(&self.operations(model).await?))
    }

    /// All operations on a model, newest first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn operations(&self, model: &str) -> Result<Vec<Operation>, Error> {
        let rows = query("SELECT * FROM operations WHERE model = ? ORDER BY id DESC")
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("list operations")?;
        rows.iter().map(operation_of).collect()
    }

    /// Id of the newest operation on any model, 0 before the first: as long as it stays, no champion has moved.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn newest_operation(&self) -> Result<i64, Error> {
        let row = query("SELECT COALESCE(MAX(id), 0) AS newest FROM operations")
            .fetch_one(&self.pool())
            .await
            .doing("find the newest operation")?;
        Ok(row.get("newest"))
    }

    /// Records an operation that a person requested.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; nothing was changed then.
    pub async fn operate(&self, lock: &Lock, operation: &Operation) -> Result<(), Error> {
        settled!(self.try_operate(lock, operation))
    }

    async fn try_operate(&self, lock: &Lock, operation: &Operation) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, lock).await?;
        add(&mut transaction, &lock.model, operation).await?;
        transaction.commit().await.doing("record the operation")
    }

    /// Names of models that the registry knows.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn model_names(&self) -> Result<Vec<String>, Error> {
        let rows = query("SELECT DISTINCT model FROM runs ORDER BY model")
            .fetch_all(&self.pool())
            .await
            .doing("list models")?;
        Ok(rows.iter().map(|row| row.get("model")).collect())
    }
}

/// Whether a model has a champion, inside a transaction that hangs on it.
pub(super) async fn has_champion(transaction: &mut Tx, model: &str) -> Result<bool, Error> {
    let rows = query("SELECT * FROM operations WHERE model = ? ORDER BY id DESC")
        .bind(model)
        .fetch_all(&mut *transaction)
        .await
        .doing("look for the champion")?;
    let operations: Vec<Operation> = rows.iter().map(operation_of).collect::<Result<_, _>>()?;
    Ok(champion_of(&operations).is_some())
}

/// Adds an operation inside a transaction.
pub(super) async fn add(
    transaction: &mut Tx,
    model: &str,
    operation: &Operation,
) -> Result<(), Error> {
    transaction.hold(Held::Operations).await?;
    query(
        "INSERT INTO operations (model, action, version, previous, reason, actor, run, at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(model)
    .bind(operation.action.name())
    .bind(operation.version)
    .bind(operation.previous)
    .bind(&operation.reason)
    .bind(&operation.actor)
    .bind(&operation.run)
    .bind(operation.at_ms)
    .execute(&mut *transaction)
    .await
    .doing("record the operation")?;
    Ok(())
}

/// Reads the champion off the operations, newest first.
fn champion_of(operations: &[Operation]) -> Option<Champion> {
    let moved = operations
        .iter()
        .find(|operation| operation.action != Action::Unpin);
    let pinned = operations
        .iter()
        .find(|operation| matches!(operation.action, Action::Pin | Action::Unpin))
        .is_some_and(|operation| operation.action == Action::Pin);
    moved.and_then(|operation| {
        Some(Champion {
            version: operation.version?,
            since_ms: operation.at_ms,
            pinned,
        })
    })
}

pub(super) fn operation_of(row: &Row) -> Result<Operation, Error> {
    Ok(Operation {
        action: row.named("action")?,
        version: row.get("version"),
        previous: row.get("previous"),
        reason: row.get("reason"),
        actor: row.get("actor"),
        run: row.get("run"),
        at_ms: row.get("at_ms"),
    })
}
