//! Machines that are started for jobs which wait. A launch is in the job's own row: until when no other one is started.

use super::db::{query, settled};
use super::error::Doing;
use super::jobs::job_of;
use super::ticks::end_tick;
use super::{Error, JobRow, Registry, TickOutcome};

/// What came of starting a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchFailed {
    /// What went wrong.
    pub error: String,
    /// How long to wait before the next try; `None` where there is none.
    pub wait_ms: Option<i64>,
}

impl Registry {
    /// Jobs that wait and for which no machine was started lately.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn jobs_to_launch(&self) -> Result<Vec<JobRow>, Error> {
        let now_ms = self.lease_ms().await?;
        let rows = query(
            "SELECT * FROM job_records WHERE state = 'queued' AND not_before_ms <= ? ORDER BY not_before_ms, id",
        )
        .bind(now_ms)
        .fetch_all(&self.pool())
        .await
        .doing("look for jobs without a machine")?;
        rows.iter().map(job_of).collect()
    }

    /// Claims the start of a machine for a job; the answer is whether no other process has. For `again_ms` no other is started, while any
    /// worker may take the job.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn claim_launch(&self, job: &str, again_ms: i64, why: &str) -> Result<bool, Error> {
        let now_ms = self.lease_ms().await?;
        // A job without a beginning is due to workers whatever `not_before_ms` says.
        let changed = query(
            "UPDATE job_records SET not_before_ms = ?, started_ms = NULL, error = ?
             WHERE id = ? AND state = 'queued' AND not_before_ms <= ?",
        )
        .bind(now_ms.saturating_add(again_ms))
        .bind(why)
        .bind(job)
        .bind(now_ms)
        .execute(&self.writing().await?)
        .await
        .doing("start a machine")?;
        Ok(changed.rows_affected() == 1)
    }

    /// No machine could be started: it is tried again, or the job fails, and its tick with it. A job that a worker has started meanwhile
    /// is left alone.
    ///
    /// # Errors
    /// When a statement fails; then nothing was changed.
    pub async fn launch_failed(
        &self,
        job: &str,
        failed: &LaunchFailed,
        now_ms: i64,
    ) -> Result<(), Error> {
        settled!(self.try_launch_failed(job, failed, now_ms))
    }

    async fn try_launch_failed(
        &self,
        job: &str,
        failed: &LaunchFailed,
        now_ms: i64,
    ) -> Result<(), Error> {
        let due_ms = self.lease_ms().await?;
        let mut transaction = self.begin().await?;
        let (state, wait_ms, ended_ms) = match failed.wait_ms {
            Some(wait_ms) => ("queued", wait_ms, None),
            None => ("failed", 0, Some(now_ms)),
        };
        let changed = query(
            "UPDATE job_records SET state = ?, attempts = attempts + 1, error = ?, not_before_ms = ?, ended_ms = ?
             WHERE id = ? AND state = 'queued'",
        )
        .bind(state)
        .bind(&failed.error)
        .bind(due_ms.saturating_add(wait_ms))
        .bind(ended_ms)
        .bind(job)
        .execute(&mut transaction)
        .await
        .doing("record that no machine was started")?;
        if changed.rows_affected() == 1 && ended_ms.is_some() {
            let outcome = TickOutcome::Failed;
            let error = &failed.error;
            end_tick(&mut transaction, job, outcome, error, None, now_ms).await?;
        }
        transaction
            .commit()
            .await
            .doing("record that no machine was started")
    }
}
