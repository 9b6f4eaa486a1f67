//! Jobs: requests to do a run. What is true about one stands here; `workers.rs` is who does them.

use serde::{Deserialize, Serialize};

use super::db::{Held, Row, Tx, query};
use super::error::Doing;
use super::{Error, Registry};
use crate::model_types::{Outcome, RunId, named};

named! {
    /// Where a job stands.
    pub enum JobState: "a state of a job" {
        /// Waits for a worker, or for its next attempt.
        Queued = "queued",
        /// A worker works on it.
        Running = "running",
        /// Its run finished; the outcome says how.
        Done = "done",
        /// Its run broke off, and trying again would not help or was tried enough.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// It killed its worker or its run again and again, and is not tried any more.
        DeadLettered = "set_aside",
    }
}

impl JobState {
    /// The state as it is shown.
    pub fn says(self) -> String {
        match self {
            JobState::DeadLettered => "dead-lettered".to_string(),
            other => other.words(),
        }
    }
}

/// A request to do a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its id, which sorts by time.
    pub id: String,
    /// The model.
    pub model: String,
    /// Who asks: `schedule`, `api`, `cli`.
    pub trigger: String,
    /// The tick that it is for.
    pub tick_ms: Option<i64>,
    /// Train even when the same data and settings reached a verdict before.
    pub force: bool,
    /// Who asked, by name.
    pub actor: String,
    /// Id that its first run will have.
    pub run: RunId,
    /// When it was requested.
    pub at_ms: i64,
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobRow {
    /// Its id, which sorts by time.
    pub id: String,
    /// The model.
    pub model: String,
    /// Who asked: `schedule`, `api`, `cli`.
    pub trigger: String,
    /// The tick that it is for.
    pub tick_ms: Option<i64>,
    /// Whether it trains in any case.
    pub force: bool,
    /// Who asked, by name.
    pub actor: String,
    /// Where it stands.
    pub state: JobState,
    /// How often a worker began it.
    pub attempts: i64,
    /// Its run, or the id that its next run will have.
    pub run: Option<RunId>,
    /// The worker that has or had it.
    pub worker: Option<String>,
    /// What came of its run.
    pub outcome: Option<Outcome>,
    /// Why it failed, waits for another attempt, or was dead-lettered.
    pub error: Option<String>,
    /// Who wants it to end.
    pub cancelled_by: Option<String>,
    /// It is not started before.
    pub not_before_ms: i64,
    /// When it was requested.
    pub created_ms: i64,
    /// When it was started last.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
}

impl JobRow {
    /// Whether it waits or is worked on.
    pub fn is_open(&self) -> bool {
        matches!(self.state, JobState::Queued | JobState::Running)
    }
}

const OPEN_JOBS: &str =
    "SELECT * FROM job_records WHERE model = ? AND state IN ('queued', 'running') ORDER BY id";

/// Adds a job inside the transaction that also queues it.
///
/// # Errors
/// When the statement fails.
pub async fn add_job(connection: &mut Tx, job: &NewJob) -> Result<(), Error> {
    query(
        "INSERT INTO job_records (id, model, trigger_name, tick_ms, force, actor, state, attempts, run, not_before_ms, created_ms)
         VALUES (?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?)",
    )
    .bind(&job.id)
    .bind(&job.model)
    .bind(&job.trigger)
    .bind(job.tick_ms)
    .bind(i64::from(job.force))
    .bind(&job.actor)
    .bind(&job.run)
    .bind(job.at_ms)
    .bind(job.at_ms)
    .execute(connection)
    .await
    .doing("add the job")?;
    Ok(())
}

/// The jobs of a model that wait or are worked on, oldest first, inside a transaction. Until it ends, no other process adds one.
///
/// # Errors
/// When the statement fails.
pub async fn open_jobs(connection: &mut Tx, model: &str) -> Result<Vec<JobRow>, Error> {
    connection.hold(Held::Queue).await?;
    let rows = query(OPEN_JOBS)
        .bind(model)
        .fetch_all(connection)
        .await
        .doing("look for open jobs")?;
    rows.iter().map(job_of).collect()
}

/// Ends a job that no worker has started. The answer is whether there was one.
///
/// # Errors
/// When the statement fails.
pub async fn cancel_waiting(
    connection: &mut Tx,
    job: &str,
    by: &str,
    reason: &str,
    now_ms: i64,
) -> Result<bool, Error> {
    let ended = query(
        "UPDATE job_records SET state = 'cancelled', cancelled_by = ?, error = ?, ended_ms = ? WHERE id = ? AND state = 'queued'",
    )
    .bind(by)
    .bind(reason)
    .bind(now_ms)
    .bind(job)
    .execute(connection)
    .await
    .doing("cancel the job")?;
    Ok(ended.rows_affected() == 1)
}

impl Registry {
    /// The open jobs of a model, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn open_jobs_of(&self, model: &str) -> Result<Vec<JobRow>, Error> {
        let rows = query(OPEN_JOBS)
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("look for open jobs")?;
        rows.iter().map(job_of).collect()
    }

    /// The newest jobs first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn jobs(&self, model: Option<&str>, limit: i64) -> Result<Vec<JobRow>, Error> {
        self.jobs_in_order("id DESC", model, limit).await
    }

    /// The jobs that ended, began or were submitted last, by that time: one of long ago that failed today is among them.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn moved_jobs(&self, model: Option<&str>, limit: i64) -> Result<Vec<JobRow>, Error> {
        let order = "COALESCE(ended_ms, started_ms, created_ms) DESC, id DESC";
        self.jobs_in_order(order, model, limit).await
    }

    async fn jobs_in_order(
        &self,
        order: &str,
        model: Option<&str>,
        limit: i64,
    ) -> Result<Vec<JobRow>, Error> {
        let statement = format!(
            "SELECT * FROM job_records WHERE (? IS NULL OR model = ?) ORDER BY {order} LIMIT ?"
        );
        let rows = query(statement)
            .bind(model)
            .bind(model)
            .bind(limit)
            .fetch_all(&self.pool())
            .await
            .doing("list jobs")?;
        rows.iter().map(job_of).collect()
    }

    /// Jobs whose id begins with a text; `latest` is the newest.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn find_jobs(&self, id: &str) -> Result<Vec<JobRow>, Error> {
        if id == "latest" {
            return self.jobs(None, 1).await;
        }
        let rows = query(
            "SELECT * FROM job_records WHERE substr(id, 1, length(?)) = ? ORDER BY id DESC LIMIT 20",
        )
        .bind(id)
        .bind(id)
        .fetch_all(&self.pool())
        .await
        .doing("find the job")?;
        rows.iter().map(job_of).collect()
    }

    /// Per model and state: how many jobs wait or are worked on.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn open_job_counts(&self) -> Result<Vec<(String, JobState, i64)>, Error> {
        let rows = query(
            "SELECT model, state, COUNT(*) AS jobs FROM job_records WHERE state IN ('queued', 'running') GROUP BY model, state",
        )
        .fetch_all(&self.pool())
        .await
        .doing("count jobs")?;
        let count = |row: &Row| Ok((row.get("model"), row.named("state")?, row.get("jobs")));
        rows.iter().map(count).collect()
    }

    /// One job by its whole id.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn job(&self, id: &str) -> Result<Option<JobRow>, Error> {
        let row = query("SELECT * FROM job_records WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.pool())
            .await
            .doing("find the job")?;
        row.as_ref().map(job_of).transpose()
    }
}

/// A job as a row of its table.
pub(super) fn job_of(row: &Row) -> Result<JobRow, Error> {
    let force: i64 = row.get("force");
    Ok(JobRow {
        id: row.get("id"),
        model: row.get("model"),
        trigger: row.get("trigger_name"),
        tick_ms: row.get("tick_ms"),
        force: force != 0,
        actor: row.get("actor"),
        state: row.named("state")?,
        attempts: row.get("attempts"),
        run: row.get("run"),
        worker: row.get("worker"),
        outcome: row.named_if_any("outcome")?,
        error: row.get("error"),
        cancelled_by: row.get("cancelled_by"),
        not_before_ms: row.get("not_before_ms"),
        created_ms: row.get("created_ms"),
        started_ms: row.get("started_ms"),
        ended_ms: row.get("ended_ms"),
    })
}
