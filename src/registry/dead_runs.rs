//! Runs whose process is gone: how they are shown before they are settled, and how they are settled.

use super::db::{query, settled};
use super::error::Doing;
use super::run_rows::run_of;
use super::{Error, ProcessId, Registry, RunRow, RunState, totals};

/// Why a run of a dead process ended.
const DIED: &str = "its process ended before the run did";

impl Registry {
    /// The newest runs first, as they are shown: see [`Registry::with_the_dead`].
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn shown_runs(
        &self,
        model: Option<&str>,
        limit: i64,
        now_ms: i64,
    ) -> Result<Vec<RunRow>, Error> {
        self.with_the_dead(self.runs(model, limit).await?, now_ms)
            .await
    }

    /// Rows as they are shown: a run whose process is gone is interrupted, although it has not been settled yet.
    ///
    /// # Errors
    /// When the locks cannot be looked at.
    pub async fn with_the_dead(
        &self,
        mut rows: Vec<RunRow>,
        now_ms: i64,
    ) -> Result<Vec<RunRow>, Error> {
        for row in rows.iter_mut().filter(|row| row.is_running()) {
            if self.has_process(row, now_ms).await? {
                continue;
            }
            // It may have finished between the two questions.
            if let Some(again) = self.run(&row.id).await? {
                *row = again;
            }
            if row.is_running() {
                row.state = RunState::Interrupted;
                row.error = Some(DIED.to_string());
            }
        }
        Ok(rows)
    }

    /// Whether the process that works on a run still lives; one on another machine, whether it was heard of lately.
    async fn has_process(&self, row: &RunRow, now_ms: i64) -> Result<bool, Error> {
        let holder = self.holder(&row.model).await?;
        Ok(holder.is_some_and(|holder| holder.run == row.id && holder.is_alive(now_ms)))
    }

    /// Runs whose process is gone: those marked running although the caller holds the lock. One that had reached a verdict
    /// is done, the others were interrupted. Returns them as they are now.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn settle_dead_runs(
        &self,
        model: &str,
        mine: &str,
        now_ms: i64,
    ) -> Result<Vec<RunRow>, Error> {
        settled!(self.try_settle_dead_runs(model, mine, now_ms))
    }

    async fn try_settle_dead_runs(
        &self,
        model: &str,
        mine: &str,
        now_ms: i64,
    ) -> Result<Vec<RunRow>, Error> {
        let mut transaction = self.begin().await?;
        let settled = query(
            "UPDATE runs SET
                 state = CASE WHEN outcome IS NULL THEN 'interrupted' ELSE 'done' END,
                 error = CASE WHEN outcome IS NULL THEN ? ELSE error END,
                 ended_ms = ?
             WHERE model = ? AND id <> ? AND state = 'running' RETURNING *",
        )
        .bind(DIED)
        .bind(now_ms)
        .bind(model)
        .bind(mine)
        .fetch_all(&mut transaction)
        .await
        .doing("settle runs of dead processes")?;
        let settled: Vec<RunRow> = settled.iter().map(run_of).collect::<Result<_, _>>()?;
        for run in &settled {
            totals::add(&mut transaction, run).await?;
        }
        transaction
            .commit()
            .await
            .doing("settle runs of dead processes")?;
        Ok(settled)
    }

    /// Ends the runs of this process, which is about to end, and gives its locks back. A verdict that is there stands; without
    /// the lock, none comes any more. Returns the runs as they are now.
    ///
    /// # Errors
    /// When the database cannot be changed; then nothing was, and the next run settles them.
    pub async fn interrupt(
        &self,
        me: &ProcessId,
        why: &str,
        now_ms: i64,
    ) -> Result<Vec<RunRow>, Error> {
        settled!(self.try_interrupt(me, why, now_ms))
    }

    async fn try_interrupt(
        &self,
        me: &ProcessId,
        why: &str,
        now_ms: i64,
    ) -> Result<Vec<RunRow>, Error> {
        let mut transaction = self.begin().await?;
        let mine =
            "SELECT run FROM locks WHERE host = ? AND boot = ? AND pid = ? AND pid_started = ?";
        let update = format!(
            "UPDATE runs SET
                 state = CASE WHEN outcome IS NULL THEN 'interrupted' ELSE 'done' END,
                 error = CASE WHEN outcome IS NULL THEN ? ELSE error END,
                 ended_ms = ?
             WHERE state = 'running' AND id IN ({mine}) RETURNING *"
        );
        let ended = query(update)
            .bind(why)
            .bind(now_ms)
            .bind(&me.host)
            .bind(&me.boot)
            .bind(me.pid)
            .bind(me.started)
            .fetch_all(&mut transaction)
            .await
            .doing("end the run")?;
        let ended: Vec<RunRow> = ended.iter().map(run_of).collect::<Result<_, _>>()?;
        for run in &ended {
            totals::add(&mut transaction, run).await?;
        }
        query("DELETE FROM locks WHERE host = ? AND boot = ? AND pid = ? AND pid_started = ?")
            .bind(&me.host)
            .bind(&me.boot)
            .bind(me.pid)
            .bind(me.started)
            .execute(&mut transaction)
            .await
            .doing("give the lock back")?;
        transaction.commit().await.doing("end the run")?;
        Ok(ended)
    }
}
