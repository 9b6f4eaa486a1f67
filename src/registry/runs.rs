//! Runs: one row each, from its first moment to its outcome.

use std::collections::HashSet;

use super::db::{query, settled};
use super::error::Doing;
use super::run_rows::{RunRow, line_of, run_of};
use super::{Error, Registry, totals};
use crate::model_types::{Outcome, RunId};

/// So much of a run's record as a line shows of it; the whole of one that a program of before left.
const LINE: &str = "COALESCE(line, record)";

impl Registry {
    /// Records that a run begins.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn start_run(
        &self,
        id: &str,
        model: &str,
        trigger: &str,
        now_ms: i64,
    ) -> Result<(), Error> {
        query("INSERT INTO runs (id, model, trigger_name, state, stage, started_ms) VALUES (?, ?, ?, 'running', 'ingest', ?)")
            .bind(id)
            .bind(model)
            .bind(trigger)
            .bind(now_ms)
            .execute(&self.writing().await?)
            .await
            .doing("record the run")?;
        Ok(())
    }

    /// Records which stage a run is in.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn enter_stage(&self, id: &str, stage: &str) -> Result<(), Error> {
        query("UPDATE runs SET stage = ? WHERE id = ? AND state = 'running'")
            .bind(stage)
            .bind(id)
            .execute(&self.writing().await?)
            .await
            .doing("record the stage")?;
        Ok(())
    }

    /// One run by its whole id.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn run(&self, id: &str) -> Result<Option<RunRow>, Error> {
        let row = query("SELECT * FROM runs WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.pool())
            .await
            .doing("find the run")?;
        row.as_ref().map(run_of).transpose()
    }

    /// Records the end of a run. What it had concluded stays true when it failed afterwards.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn end_run(&self, end: &RunRow) -> Result<(), Error> {
        settled!(self.try_end_run(end))
    }

    async fn try_end_run(&self, end: &RunRow) -> Result<(), Error> {
        let line = end.record.as_ref().map(|it| line_of(it).to_string());
        let record = end.record.as_ref().map(ToString::to_string);
        let mut transaction = self.begin().await?;
        let was_running = query("SELECT 1 FROM runs WHERE id = ? AND state = 'running' {hold}")
            .bind(&end.id)
            .fetch_optional(&mut transaction)
            .await
            .doing("record the end of the run")?
            .is_some();
        let ended = query(
            "UPDATE runs SET state = ?, stage = ?, outcome = COALESCE(?, outcome), version = COALESCE(?, version), ended_ms = ?, error = ?, line = ?, record = ? WHERE id = ? RETURNING *",
        )
        .bind(end.state.name())
        .bind(&end.stage)
        .bind(end.outcome.map(Outcome::name))
        .bind(end.version)
        .bind(end.ended_ms)
        .bind(&end.error)
        .bind(line)
        .bind(record)
        .bind(&end.id)
        .fetch_optional(&mut transaction)
        .await
        .doing("record the end of the run")?;
        if let Some(ended) = ended.filter(|_| was_running) {
            totals::add(&mut transaction, &run_of(&ended)?).await?;
        }
        let done = transaction.commit().await;
        done.doing("record the end of the run")
    }

    /// The newest runs first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn runs(&self, model: Option<&str>, limit: i64) -> Result<Vec<RunRow>, Error> {
        self.runs_in_order("id DESC", "record", model, limit).await
    }

    /// The newest runs first, each with so much of its record as a line shows: the first reason, and what was quarantined.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn run_lines(&self, model: Option<&str>, limit: i64) -> Result<Vec<RunRow>, Error> {
        self.runs_in_order("id DESC", LINE, model, limit).await
    }

    /// The same of the runs that ended or began last, by that time: one that took days is among them.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn moved_runs(&self, model: Option<&str>, limit: i64) -> Result<Vec<RunRow>, Error> {
        let order = "COALESCE(ended_ms, started_ms) DESC, id DESC";
        self.runs_in_order(order, LINE, model, limit).await
    }

    async fn runs_in_order(
        &self,
        order: &str,
        record: &str,
        model: Option<&str>,
        limit: i64,
    ) -> Result<Vec<RunRow>, Error> {
        // An index has them in this order where the statement names the model.
        let of = if model.is_some() {
            "model = ?"
        } else {
            "? IS NULL"
        };
        // Records are long: they are read of those alone that are wanted.
        let statement = format!(
            "SELECT id, model, trigger_name, state, stage, outcome, version, started_ms, ended_ms, error, {record} AS record
             FROM runs WHERE id IN (SELECT id FROM runs WHERE {of} ORDER BY {order} LIMIT ?) ORDER BY {order}"
        );
        let rows = query(statement)
            .bind(model)
            .bind(limit)
            .fetch_all(&self.pool())
            .await
            .doing("list runs")?;
        rows.iter().map(run_of).collect()
    }

    /// Runs of a model that ended since some time, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn runs_ended_since(&self, model: &str, since_ms: i64) -> Result<Vec<RunRow>, Error> {
        let rows = query(
            "SELECT * FROM runs WHERE model = ? AND state <> 'running' AND ended_ms >= ? ORDER BY id",
        )
        .bind(model)
        .bind(since_ms)
        .fetch_all(&self.pool())
        .await
        .doing("list runs")?;
        rows.iter().map(run_of).collect()
    }

    /// The newest run of a model that has read its input, whatever came of it.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn newest_run_with_data(&self, model: &str) -> Result<Option<RunRow>, Error> {
        let row = query(
            "SELECT * FROM runs WHERE model = ? AND record LIKE '%\"data\":{%' ORDER BY id DESC LIMIT 1",
        )
        .bind(model)
        .fetch_optional(&self.pool())
        .await
        .doing("find the newest run with data")?;
        row.as_ref().map(run_of).transpose()
    }

    /// The runs of a model right before one that broke off, newest first, until the last that finished; at most 100.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn failures_before(&self, model: &str, run: &RunId) -> Result<Vec<RunRow>, Error> {
        let rows = query(
            "SELECT * FROM runs WHERE model = ? AND id < ? AND state <> 'running'
             AND id > COALESCE((SELECT MAX(id) FROM runs WHERE model = ? AND id < ? AND state = 'done'), '')
             ORDER BY id DESC LIMIT 100",
        )
        .bind(model)
        .bind(run)
        .bind(model)
        .bind(run)
        .fetch_all(&self.pool())
        .await
        .doing("look for failures")?;
        rows.iter().map(run_of).collect()
    }

    /// When the first run of a model began.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn first_run_ms(&self, model: &str) -> Result<Option<i64>, Error> {
        let row = query("SELECT MIN(started_ms) AS first FROM runs WHERE model = ?")
            .bind(model)
            .fetch_one(&self.pool())
            .await
            .doing("find the first run")?;
        Ok(row.get("first"))
    }

    /// Ids of every run of a model.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn run_ids(&self, model: &str) -> Result<HashSet<String>, Error> {
        let rows = query("SELECT id FROM runs WHERE model = ?")
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("list runs")?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    /// Runs whose id begins with a text; `latest` is the newest.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn find_runs(&self, id: &str) -> Result<Vec<RunRow>, Error> {
        if id == "latest" {
            return self.runs(None, 1).await;
        }
        let rows = query(
            "SELECT * FROM runs WHERE substr(id, 1, length(?)) = ? ORDER BY id DESC LIMIT 20",
        )
        .bind(id)
        .bind(id)
        .fetch_all(&self.pool())
        .await
        .doing("find the run")?;
        rows.iter().map(run_of).collect()
    }
}
