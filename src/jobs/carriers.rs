//! The queue's own tables: which workers live, and that every open job is carried by a task.
//!
//! A worker tends them at its start and while it works. So nothing depends on how the worker before it ended.

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::Error;
use super::queue::{QUEUE, carry, commit};
use crate::registry::{ProcessId, Registry};

/// A worker says that it lives every so many seconds.
pub const HEARTBEAT_SECONDS: u64 = 5;
/// Heartbeats after which a worker that was not heard of counts as dead.
pub const MISSED: usize = 3;
const SILENT_SECONDS: i64 = HEARTBEAT_SECONDS as i64 * MISSED as i64;

/// Tasks that carry nothing any more.
const FINISHED: &str =
    "(status IN ('Done', 'Killed') OR (status = 'Failed' AND attempts >= max_attempts))";

/// Names the statement that failed.
trait Doing<T> {
    fn doing(self, action: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, action: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Queue {
            action,
            source: source.into(),
        })
    }
}

/// A worker as the queue knows it.
struct Known {
    name: String,
    silent_seconds: i64,
}

impl Known {
    /// Its process, if it can be asked; else whether it was heard of lately.
    fn is_living(&self) -> bool {
        let process = ProcessId::read(&self.name);
        let is_gone = process.is_some_and(|process| process.is_alive() == Some(false));
        !is_gone && self.silent_seconds < SILENT_SECONDS
    }
}

async fn known(connection: &mut SqliteConnection) -> Result<Vec<Known>, Error> {
    let rows = sqlx::query(
        "SELECT id, CAST(strftime('%s', 'now') AS INTEGER) - CAST(last_seen AS INTEGER) AS silent
         FROM Workers WHERE worker_type = ?",
    )
    .bind(QUEUE)
    .fetch_all(connection)
    .await
    .doing("look for workers")?;
    Ok(rows
        .iter()
        .map(|row| Known {
            name: row.get("id"),
            silent_seconds: row.get("silent"),
        })
        .collect())
}

async fn living(connection: &mut SqliteConnection) -> Result<Vec<String>, Error> {
    let living = known(connection)
        .await?
        .into_iter()
        .filter(Known::is_living);
    Ok(living.map(|worker| worker.name).collect())
}

/// Names of the workers that live.
///
/// # Errors
/// When the database cannot be asked.
pub async fn living_workers(registry: &Registry) -> Result<Vec<String>, Error> {
    let mut connection = registry.pool().acquire().await.doing("look for workers")?;
    living(&mut connection).await
}

/// Buries workers that are dead, hands on what they had, and carries open jobs that nothing carries.
///
/// # Errors
/// When a statement fails; then nothing was changed.
pub async fn tend(registry: &Registry, me: &str) -> Result<(), Error> {
    if !has_work(registry, me).await? {
        return Ok(());
    }
    let mut transaction = registry.begin().await?;
    for worker in known(&mut transaction).await? {
        if worker.name == me || worker.is_living() {
            continue;
        }
        tracing::warn!(
            worker = worker.name,
            "a worker is gone; others do what it had"
        );
        drop_worker(&mut transaction, &worker.name).await?;
    }
    let clear = format!("DELETE FROM Jobs WHERE job_type = ? AND {FINISHED}");
    sqlx::query(AssertSqlSafe(clear))
        .bind(QUEUE)
        .execute(&mut *transaction)
        .await
        .doing("clear the queue")?;
    for job in not_carried(&mut transaction).await? {
        carry(&mut transaction, &job, std::time::Duration::ZERO).await?;
    }
    commit(transaction).await
}

/// Whether there is anything to tend; most times there is not, and a question is cheaper than a transaction.
async fn has_work(registry: &Registry, me: &str) -> Result<bool, Error> {
    let mut connection = registry.pool().acquire().await.doing("look at the queue")?;
    let workers = known(&mut connection).await?;
    let is_dead = |worker: &Known| worker.name != me && !worker.is_living();
    if workers.iter().any(is_dead) {
        return Ok(true);
    }
    let finished = format!("SELECT 1 FROM Jobs WHERE job_type = ? AND {FINISHED} LIMIT 1");
    let finished = sqlx::query(AssertSqlSafe(finished))
        .bind(QUEUE)
        .fetch_optional(&mut *connection)
        .await
        .doing("look at the queue")?;
    Ok(finished.is_some() || !not_carried(&mut connection).await?.is_empty())
}

/// Takes a worker and its tasks off the queue's tables. Its jobs stand in the registry; whoever tends the queue carries them.
async fn drop_worker(connection: &mut SqliteConnection, name: &str) -> Result<(), Error> {
    for statement in [
        "DELETE FROM Jobs WHERE lock_by = ?",
        "DELETE FROM Workers WHERE id = ?",
    ] {
        sqlx::query(statement)
            .bind(name)
            .execute(&mut *connection)
            .await
            .doing("take a worker off the queue")?;
    }
    Ok(())
}

/// Open jobs whose task is gone.
async fn not_carried(connection: &mut SqliteConnection) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "SELECT id FROM job_records WHERE state IN ('queued', 'running') AND NOT EXISTS (
             SELECT 1 FROM Jobs WHERE job_type = ? AND job = CAST(json_quote(job_records.id) AS BLOB)
             AND (status IN ('Pending', 'Queued', 'Running') OR (status = 'Failed' AND attempts < max_attempts)))",
    )
    .bind(QUEUE)
    .fetch_all(connection)
    .await
    .doing("look for open jobs")?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

/// A worker leaves.
///
/// # Errors
/// When a statement fails.
pub async fn leave(registry: &Registry, me: &str) -> Result<(), Error> {
    let mut transaction = registry.begin().await?;
    drop_worker(&mut transaction, me).await?;
    commit(transaction).await
}

/// A worker leaves if there is nothing left to do: no job waits, and those that run are living workers' own. In one
/// transaction, so that whoever submits a job either finds the worker there or sees that it is gone.
///
/// # Errors
/// When a statement fails; then it has not left.
pub async fn leave_if_idle(registry: &Registry, me: &str) -> Result<bool, Error> {
    let mut transaction = registry.begin().await?;
    let living = living(&mut transaction).await?;
    let open = sqlx::query("SELECT worker FROM job_records WHERE state IN ('queued', 'running')")
        .fetch_all(&mut *transaction)
        .await
        .doing("look for open jobs")?;
    let is_others = |worker: Option<String>| {
        worker.is_some_and(|worker| worker != me && living.contains(&worker))
    };
    if !open.iter().all(|row| is_others(row.get("worker"))) {
        return Ok(false);
    }
    drop_worker(&mut transaction, me).await?;
    commit(transaction).await?;
    Ok(true)
}
