//! The moves of a job from state to state. Each names the state and the worker that it starts from, so that a worker which was
//! thought dead and comes back changes nothing.

use super::db::{Tx, query, settled};
use super::error::Doing;
use super::jobs::job_of;
use super::ticks::end_tick;
use super::{Error, JobRow, JobState, Registry, TickOutcome, cancel_waiting};
use crate::model_types::{Outcome, RunId};

/// How a job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEnd {
    /// Done, failed, cancelled or dead-lettered.
    pub state: JobState,
    /// What came of its run.
    pub outcome: Option<Outcome>,
    /// Why it failed, was cancelled or dead-lettered.
    pub error: Option<String>,
    /// The reason for its tick, where its run gave one.
    pub reason: Option<String>,
}

/// How a job goes back to those that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutBack {
    /// Id for its next run, when the last one has used its own.
    pub run: Option<RunId>,
    /// Whether it counts as an attempt.
    pub is_counted: bool,
    /// Why it waits.
    pub why: String,
    /// It is not started before.
    pub not_before_ms: i64,
}

/// What came of asking a job to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// It waited, and has ended.
    Ended,
    /// Its worker will end its run.
    Asked,
    /// It had ended before.
    Over,
}

impl Registry {
    /// A worker takes a running job over from one that is dead; `None` when it is not that one's any more.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn take_over_job(
        &self,
        job: &str,
        from: &str,
        to: &str,
    ) -> Result<Option<JobRow>, Error> {
        let row = query(
            "UPDATE job_records SET worker = ? WHERE id = ? AND state = 'running' AND worker = ? RETURNING *",
        )
        .bind(to)
        .bind(job)
        .bind(from)
        .fetch_optional(&self.writing().await?)
        .await
        .doing("take the job over")?;
        row.as_ref().map(job_of).transpose()
    }

    /// Ends a running job and its tick. The answer is whether it was still the worker's own.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn end_job(
        &self,
        job: &str,
        worker: &str,
        end: &JobEnd,
        now_ms: i64,
    ) -> Result<bool, Error> {
        settled!(self.try_end_job(job, worker, end, now_ms))
    }

    async fn try_end_job(
        &self,
        job: &str,
        worker: &str,
        end: &JobEnd,
        now_ms: i64,
    ) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        let ended = query(
            "UPDATE job_records SET state = ?, outcome = ?, error = ?, ended_ms = ?
             WHERE id = ? AND state = 'running' AND worker = ? RETURNING run",
        )
        .bind(end.state.name())
        .bind(end.outcome.map(Outcome::name))
        .bind(&end.error)
        .bind(now_ms)
        .bind(job)
        .bind(worker)
        .fetch_optional(&mut transaction)
        .await
        .doing("end the job")?;
        let Some(ended) = ended else {
            return Ok(false);
        };
        let run: Option<RunId> = ended.get("run");
        let outcome = match end.outcome {
            Some(outcome) => TickOutcome::of_run(outcome),
            None => TickOutcome::Failed,
        };
        let said = end.error.as_deref().or(end.reason.as_deref());
        let reason = said.or(end.outcome.map(Outcome::name)).unwrap_or_default();
        end_tick(
            &mut transaction,
            job,
            outcome,
            reason,
            run.as_deref(),
            now_ms,
        )
        .await?;
        transaction.commit().await.doing("end the job")?;
        Ok(true)
    }

    /// Ends a job that waits, or asks its worker to end its run.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn cancel_job(&self, job: &str, by: &str, now_ms: i64) -> Result<Cancel, Error> {
        settled!(self.try_cancel_job(job, by, now_ms))
    }

    async fn try_cancel_job(&self, job: &str, by: &str, now_ms: i64) -> Result<Cancel, Error> {
        let mut transaction = self.begin().await?;
        // It must not change its state between the two questions.
        query("SELECT 1 FROM job_records WHERE id = ? {hold}")
            .bind(job)
            .fetch_optional(&mut transaction)
            .await
            .doing("cancel the job")?;
        let reason = format!("cancelled by {by}");
        let was_waiting = cancel_waiting(&mut transaction, job, by, &reason, now_ms).await?;
        if was_waiting {
            let outcome = TickOutcome::Failed;
            end_tick(&mut transaction, job, outcome, &reason, None, now_ms).await?;
        }
        let asked = query(
            "UPDATE job_records SET cancelled_by = COALESCE(cancelled_by, ?) WHERE id = ? AND state = 'running'",
        )
        .bind(by)
        .bind(job)
        .execute(&mut transaction)
        .await
        .doing("cancel the job")?;
        transaction.commit().await.doing("cancel the job")?;
        Ok(match (was_waiting, asked.rows_affected()) {
            (true, _) => Cancel::Ended,
            (false, 1) => Cancel::Asked,
            (false, _) => Cancel::Over,
        })
    }
}

/// Puts a running job back among those that wait, inside the transaction that queues it again. The answer is whether it was
/// still the worker's own and it has not been cancelled.
///
/// # Errors
/// When the statement fails.
pub async fn put_job_back(
    connection: &mut Tx,
    job: &str,
    worker: &str,
    back: &PutBack,
) -> Result<bool, Error> {
    let changed = query(
        "UPDATE job_records SET state = 'queued', worker = NULL, run = COALESCE(?, run), attempts = attempts - ?, error = ?,
             not_before_ms = ?
         WHERE id = ? AND state = 'running' AND worker = ? AND cancelled_by IS NULL",
    )
    .bind(&back.run)
    .bind(i64::from(!back.is_counted))
    .bind(&back.why)
    .bind(back.not_before_ms)
    .bind(job)
    .bind(worker)
    .execute(connection)
    .await
    .doing("put the job back")?;
    Ok(changed.rows_affected() == 1)
}

/// Makes a job that ended without an outcome wait again, as if it were new, inside the transaction that queues it. The answer
/// is whether there was one.
///
/// # Errors
/// When the statement fails.
pub async fn reopen_job(connection: &mut Tx, job: &str, run: &RunId) -> Result<bool, Error> {
    let changed = query(
        "UPDATE job_records SET state = 'queued', worker = NULL, run = ?, attempts = 0, outcome = NULL, error = NULL,
             cancelled_by = NULL, not_before_ms = created_ms, started_ms = NULL, ended_ms = NULL
         WHERE id = ? AND state IN ('failed', 'cancelled', 'set_aside')",
    )
    .bind(run)
    .bind(job)
    .execute(connection)
    .await
    .doing("try the job again")?;
    Ok(changed.rows_affected() == 1)
}
