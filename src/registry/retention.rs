//! What retention looks at, and what it takes out of the tables. Operations and versions are never among it.

use super::db::{Row, Tx, query, settled};
use super::error::Doing;
use super::{Error, Lock, Registry, lock};
use crate::model_types::{RunId, VersionNumber};

/// Rows that one transaction takes out, so that others need not wait long.
const AT_ONCE: usize = 500;
/// Free pages that are given back at once.
const PAGES_AT_ONCE: u32 = 4096;

/// A row that may be taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowHead {
    /// Its key; of a tick its time in milliseconds.
    pub id: String,
    /// When it began.
    pub at_ms: i64,
    /// Whether it has finished.
    pub is_over: bool,
    /// The run that it belongs to.
    pub run: Option<RunId>,
}

/// Tables that retention takes rows out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldRows {
    /// Data sets, by run.
    Datasets,
    /// Runs, by id.
    Runs,
    /// Ticks, by time.
    Ticks,
    /// Jobs, by id.
    Jobs,
}

impl OldRows {
    fn list(self) -> &'static str {
        match self {
            OldRows::Datasets => {
                "SELECT run AS id, created_ms AS at_ms, TRUE AS is_over, run FROM datasets WHERE model = ?"
            }
            OldRows::Runs => {
                "SELECT id, started_ms AS at_ms, state <> 'running' AS is_over, id AS run FROM runs WHERE model = ?"
            }
            OldRows::Ticks => {
                "SELECT CAST(tick_ms AS TEXT) AS id, tick_ms AS at_ms, outcome <> 'pending' AS is_over, run FROM ticks WHERE model = ?"
            }
            OldRows::Jobs => {
                "SELECT id, created_ms AS at_ms, state NOT IN ('queued', 'running') AS is_over, run FROM job_records WHERE model = ?"
            }
        }
    }

    fn remove(self) -> &'static str {
        match self {
            OldRows::Datasets => "DELETE FROM datasets WHERE model = ? AND run = ?",
            OldRows::Runs => "DELETE FROM runs WHERE model = ? AND id = ? AND state <> 'running'",
            OldRows::Ticks => {
                "DELETE FROM ticks WHERE model = ? AND tick_ms = CAST(? AS BIGINT) AND outcome <> 'pending'"
            }
            OldRows::Jobs => {
                "DELETE FROM job_records WHERE model = ? AND id = ? AND state NOT IN ('queued', 'running')"
            }
        }
    }
}

impl Registry {
    /// The rows of a model in a table, in no order.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn row_heads(&self, model: &str, table: OldRows) -> Result<Vec<RowHead>, Error> {
        let rows = query(table.list())
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("look for what may go")?;
        let head = |row: &Row| RowHead {
            id: row.get("id"),
            at_ms: row.get("at_ms"),
            is_over: row.get("is_over"),
            run: row.get("run"),
        };
        Ok(rows.iter().map(head).collect())
    }

    /// The model of each run there is.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn models_of_runs(&self) -> Result<Vec<(String, String)>, Error> {
        let rows = query("SELECT id, model FROM runs")
            .fetch_all(&self.pool())
            .await
            .doing("list runs")?;
        let pair = |row: &Row| (row.get("id"), row.get("model"));
        Ok(rows.iter().map(pair).collect())
    }

    /// Versions that an open probation may continue with or go back to.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn watched_versions(&self, model: &str) -> Result<Vec<VersionNumber>, Error> {
        let rows =
            query("SELECT version, previous FROM probations WHERE model = ? AND ended_ms IS NULL")
                .bind(model)
                .fetch_all(&self.pool())
                .await
                .doing("look for probations")?;
        let both = |row: &Row| [Some(row.get("version")), row.get("previous")];
        Ok(rows.iter().flat_map(both).flatten().collect())
    }

    /// Takes rows out; one that is still open stays.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; the rest stays then.
    pub async fn take_out(&self, lock: &Lock, table: OldRows, ids: &[&str]) -> Result<(), Error> {
        for some in ids.chunks(AT_ONCE) {
            settled!(self.try_take_out(lock, table, some))?;
        }
        Ok(())
    }

    async fn try_take_out(&self, lock: &Lock, table: OldRows, ids: &[&str]) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, lock).await?;
        for id in ids {
            take_one(&mut transaction, lock, table, id).await?;
        }
        transaction.commit().await.doing("take out old rows")
    }

    /// Gives free pages at the end of the database back to the disk. In a database that was made before this was possible,
    /// they stay in the file and are used again.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn give_back(&self) -> Result<(), Error> {
        if self.is_on_server() {
            // A server does that by itself.
            return Ok(());
        }
        query(format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))
            .fetch_all(&self.pool())
            .await
            .doing("give free pages back")?;
        Ok(())
    }
}

async fn take_one(
    transaction: &mut Tx,
    lock: &Lock,
    table: OldRows,
    id: &str,
) -> Result<(), Error> {
    query(table.remove())
        .bind(&lock.model)
        .bind(id)
        .execute(&mut *transaction)
        .await
        .doing("take out old rows")?;
    Ok(())
}
