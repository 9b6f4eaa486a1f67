//! Removing a model that was created by request: its rows go in one transaction, and its name stays behind as removed, so that
//! every server notices and its files are known for what they are.

use super::db::{Held, Tx, query, settled};
use super::error::Doing;
use super::{Error, JobRow, Lock, Registry, lock, open_jobs, operations};

/// What came of removing a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Removal {
    /// It is removed; its files are still there.
    Done,
    /// It has a champion, and stays.
    Served,
    /// A job of it is open, and it stays.
    Busy(Box<JobRow>),
    /// There is none of the name that was created by request.
    Unknown,
}

/// What is taken out of the tables with a model. The lock and messages that wait to be sent stay.
pub(super) const ROWS: [&str; 23] = [
    "DELETE FROM runs WHERE model = ?",
    "DELETE FROM datasets WHERE model = ?",
    "DELETE FROM versions WHERE model = ?",
    "DELETE FROM scores WHERE model = ?",
    "DELETE FROM operations WHERE model = ?",
    "DELETE FROM conclusions WHERE model = ?",
    "DELETE FROM files_seen WHERE model = ?",
    "DELETE FROM schedules WHERE model = ?",
    "DELETE FROM ticks WHERE model = ?",
    "DELETE FROM job_records WHERE model = ?",
    "DELETE FROM probations WHERE model = ?",
    "DELETE FROM run_totals WHERE model = ?",
    "DELETE FROM places WHERE model = ?",
    "DELETE FROM answers WHERE model = ?",
    "DELETE FROM labels WHERE model = ?",
    "DELETE FROM label_totals WHERE model = ?",
    "DELETE FROM live_quality WHERE model = ?",
    "DELETE FROM fresh_rows WHERE model = ?",
    "DELETE FROM schedule_changes WHERE model = ?",
    "DELETE FROM drift_windows WHERE model = ?",
    "DELETE FROM slow_windows WHERE model = ?",
    "DELETE FROM drift_checks WHERE model = ?",
    "DELETE FROM drift_episodes WHERE model = ?",
];

/// Takes every row of a model out.
async fn take_out_all(connection: &mut Tx, model: &str) -> Result<(), Error> {
    for statement in ROWS {
        query(statement)
            .bind(model)
            .execute(&mut *connection)
            .await
            .doing("take out the rows of the model")?;
    }
    Ok(())
}

/// Frees the name of a model that was removed, inside the transaction that creates another one of it. The lock is given back in
/// the same transaction, so that the new one's first run does not find it taken.
///
/// # Errors
/// [`Error::LockLost`] when another run took the lock over; when a statement fails.
pub async fn free_name(transaction: &mut Tx, held: &Lock, now_ms: i64) -> Result<(), Error> {
    lock::check_mine(transaction, held).await?;
    // A run that had started to look around before the removal may have left some.
    take_out_all(transaction, &held.model).await?;
    query(
        "UPDATE created_models SET removed_ms = NULL, created_ms = ? WHERE removed_ms IS NOT NULL AND name = ?",
    )
    .bind(now_ms)
    .bind(&held.model)
    .execute(&mut *transaction)
    .await
    .doing("free the name")?;
    query("DELETE FROM locks WHERE model = ? AND run = ?")
        .bind(&held.model)
        .bind(&held.run)
        .execute(&mut *transaction)
        .await
        .doing("free the name")?;
    Ok(())
}

impl Registry {
    /// Removes a model that was created by request: all its rows go, and it counts as removed. One with a champion stays unless
    /// it is forced.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; nothing was changed then.
    pub async fn remove_model(
        &self,
        held: &Lock,
        force: bool,
        now_ms: i64,
    ) -> Result<Removal, Error> {
        settled!(self.try_remove_model(held, force, now_ms))
    }

    async fn try_remove_model(
        &self,
        held: &Lock,
        force: bool,
        now_ms: i64,
    ) -> Result<Removal, Error> {
        // What is not committed is rolled back when it is dropped.
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, held).await?;
        transaction.hold(Held::CreatedModels).await?;
        let model = held.model.as_str();
        if !force && operations::has_champion(&mut transaction, model).await? {
            return Ok(Removal::Served);
        }
        if let Some(open) = open_jobs(&mut transaction, model).await?.pop() {
            return Ok(Removal::Busy(Box::new(open)));
        }
        let marked = query(
            "UPDATE created_models SET removed_ms = ?,
                 serial = (SELECT COALESCE(MAX(serial), 0) + 1 FROM created_models)
             WHERE name = ? AND removed_ms IS NULL",
        )
        .bind(now_ms)
        .bind(model)
        .execute(&mut transaction)
        .await
        .doing("mark the model as removed")?;
        if marked.rows_affected() == 0 {
            return Ok(Removal::Unknown);
        }
        take_out_all(&mut transaction, model).await?;
        transaction.commit().await.doing("remove the model")?;
        Ok(Removal::Done)
    }

    /// Names of the models that were removed, and not created again since, each with the number of its last change.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn removed_models(&self) -> Result<Vec<(String, i64)>, Error> {
        let rows = query(
            "SELECT name, serial FROM created_models WHERE removed_ms IS NOT NULL ORDER BY name",
        )
        .fetch_all(&self.pool())
        .await
        .doing("list removed models")?;
        let removed = rows.iter().map(|row| (row.get("name"), row.get("serial")));
        Ok(removed.collect())
    }
}
