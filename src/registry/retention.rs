//! What retention looks at, and what it takes out of the tables. Operations and versions are never among it.

use sqlx::{Row, Sqlite, Transaction};

use super::{Doing, Error, Lock, Registry, lock};

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
    /// Whether it has come to its end.
    pub is_over: bool,
    /// The run that it belongs to.
    pub run: Option<String>,
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
                "SELECT run AS id, created_ms AS at_ms, 1 AS is_over, run FROM datasets WHERE model = ?"
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
                "DELETE FROM ticks WHERE model = ? AND tick_ms = CAST(? AS INTEGER) AND outcome <> 'pending'"
            }
            OldRows::Jobs => {
                "DELETE FROM job_records WHERE model = ? AND id = ? AND state NOT IN ('queued', 'running')"
            }
        }
    }
}

impl Registry {
    /// The rows of a model in a table, in no order.
    pub async fn row_heads(&self, model: &str, table: OldRows) -> Result<Vec<RowHead>, Error> {
        let rows = sqlx::query(table.list())
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("look for what may go")?;
        let head = |row: &sqlx::sqlite::SqliteRow| RowHead {
            id: row.get("id"),
            at_ms: row.get("at_ms"),
            is_over: row.get::<i64, _>("is_over") != 0,
            run: row.get("run"),
        };
        Ok(rows.iter().map(head).collect())
    }

    /// The model of each run there is.
    pub async fn models_of_runs(&self) -> Result<Vec<(String, String)>, Error> {
        let rows = sqlx::query("SELECT id, model FROM runs")
            .fetch_all(&self.pool())
            .await
            .doing("list runs")?;
        let pair = |row: &sqlx::sqlite::SqliteRow| (row.get("id"), row.get("model"));
        Ok(rows.iter().map(pair).collect())
    }

    /// Versions that an open probation may go on with or go back to.
    pub async fn watched_versions(&self, model: &str) -> Result<Vec<i64>, Error> {
        let rows = sqlx::query(
            "SELECT version, previous FROM probations WHERE model = ? AND ended_ms IS NULL",
        )
        .bind(model)
        .fetch_all(&self.pool())
        .await
        .doing("look for probations")?;
        let both = |row: &sqlx::sqlite::SqliteRow| [Some(row.get("version")), row.get("previous")];
        Ok(rows.iter().flat_map(both).flatten().collect())
    }

    /// Takes rows out; one that is still open stays.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; the rest stays then.
    pub async fn take_out(&self, lock: &Lock, table: OldRows, ids: &[&str]) -> Result<(), Error> {
        for some in ids.chunks(AT_ONCE) {
            let mut transaction = self.begin().await?;
            lock::check_mine(&mut transaction, lock).await?;
            for id in some {
                take_one(&mut transaction, lock, table, id).await?;
            }
            transaction.commit().await.doing("take out old rows")?;
        }
        Ok(())
    }

    /// Takes out what the queue has carried to its end before a time; its tables are there once a job was queued.
    pub async fn take_out_carried(&self, before_ms: i64) -> Result<(), Error> {
        let there =
            sqlx::query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'Jobs'")
                .fetch_optional(&self.pool())
                .await
                .doing("look for the queue")?;
        if there.is_some() {
            sqlx::query("DELETE FROM Jobs WHERE status IN ('Done', 'Killed') AND done_at < ?")
                .bind(before_ms / 1000)
                .execute(&self.writing().await?)
                .await
                .doing("take out what the queue has carried")?;
        }
        Ok(())
    }

    /// Gives free pages at the end of the database back to the disk. In a database that was made before this was possible,
    /// they stay in the file and are used again.
    pub async fn give_back(&self) -> Result<(), Error> {
        // A number of our own, no text of anybody's.
        let statement = format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})");
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .fetch_all(&self.pool())
            .await
            .doing("give free pages back")?;
        Ok(())
    }
}

async fn take_one(
    transaction: &mut Transaction<'static, Sqlite>,
    lock: &Lock,
    table: OldRows,
    id: &str,
) -> Result<(), Error> {
    sqlx::query(table.remove())
        .bind(&lock.model)
        .bind(id)
        .execute(&mut **transaction)
        .await
        .doing("take out old rows")?;
    Ok(())
}
