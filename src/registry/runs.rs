//! Runs: one row each, from its first moment to its outcome.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Doing, Error, Registry};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Under way.
    Running,
    /// Came to its end; its outcome tells which.
    Done,
    /// Broke off with an error.
    Failed,
    /// Its process died.
    Interrupted,
}

impl RunState {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Failed => "failed",
            RunState::Interrupted => "interrupted",
        }
    }
}

/// A run as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// Its id, which sorts by time.
    pub id: String,
    /// The model.
    pub model: String,
    /// What started it: `cli`, `schedule`, …
    pub trigger: String,
    /// `running`, `done`, `failed` or `interrupted`.
    pub state: String,
    /// The stage it is in or ended in.
    pub stage: String,
    /// What came of it.
    pub outcome: Option<String>,
    /// The version it made.
    pub version: Option<i64>,
    /// When it started.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// Its whole record.
    pub record: Option<serde_json::Value>,
}

impl Registry {
    /// Records that a run begins.
    pub async fn start_run(
        &self,
        id: &str,
        model: &str,
        trigger: &str,
        now_ms: i64,
    ) -> Result<(), Error> {
        sqlx::query("INSERT INTO runs (id, model, trigger_name, state, stage, started_ms) VALUES (?, ?, ?, 'running', 'ingest', ?)")
            .bind(id)
            .bind(model)
            .bind(trigger)
            .bind(now_ms)
            .execute(&self.pool)
            .await
            .doing("record the run")?;
        Ok(())
    }

    /// Records which stage a run is in.
    pub async fn enter_stage(&self, id: &str, stage: &str) -> Result<(), Error> {
        sqlx::query("UPDATE runs SET stage = ? WHERE id = ? AND state = 'running'")
            .bind(stage)
            .bind(id)
            .execute(&self.pool)
            .await
            .doing("record the stage")?;
        Ok(())
    }

    /// One run by its whole id.
    pub async fn run(&self, id: &str) -> Result<Option<RunRow>, Error> {
        let row = sqlx::query("SELECT * FROM runs WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .doing("find the run")?;
        row.as_ref().map(run_of).transpose()
    }

    /// Records the end of a run. What it had concluded stays true when it failed afterwards.
    pub async fn end_run(&self, end: &RunRow) -> Result<(), Error> {
        let record = end.record.as_ref().map(ToString::to_string);
        sqlx::query(
            "UPDATE runs SET state = ?, stage = ?, outcome = COALESCE(?, outcome), version = COALESCE(?, version), ended_ms = ?, error = ?, record = ? WHERE id = ?",
        )
        .bind(&end.state)
        .bind(&end.stage)
        .bind(&end.outcome)
        .bind(end.version)
        .bind(end.ended_ms)
        .bind(&end.error)
        .bind(record)
        .bind(&end.id)
        .execute(&self.pool)
        .await
        .doing("record the end of the run")?;
        Ok(())
    }

    /// Runs whose process is gone: those marked running although the caller holds the lock. One that had come to a verdict
    /// is done, the others were interrupted. Returns them as they are now.
    pub async fn settle_dead_runs(
        &self,
        model: &str,
        mine: &str,
        now_ms: i64,
    ) -> Result<Vec<RunRow>, Error> {
        let settled = sqlx::query(
            "UPDATE runs SET
                 state = CASE WHEN outcome IS NULL THEN 'interrupted' ELSE 'done' END,
                 error = CASE WHEN outcome IS NULL THEN 'its process ended before the run did' ELSE error END,
                 ended_ms = ?
             WHERE model = ? AND id <> ? AND state = 'running' RETURNING *",
        )
        .bind(now_ms)
        .bind(model)
        .bind(mine)
        .fetch_all(&self.pool)
        .await
        .doing("settle runs of dead processes")?;
        settled.iter().map(run_of).collect()
    }

    /// The newest runs first.
    pub async fn runs(&self, model: Option<&str>, limit: i64) -> Result<Vec<RunRow>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM runs WHERE (? IS NULL OR model = ?) ORDER BY id DESC LIMIT ?",
        )
        .bind(model)
        .bind(model)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .doing("list runs")?;
        rows.iter().map(run_of).collect()
    }

    /// Runs of a model that ended since some time, oldest first.
    pub async fn runs_ended_since(&self, model: &str, since_ms: i64) -> Result<Vec<RunRow>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM runs WHERE model = ? AND state <> 'running' AND ended_ms >= ? ORDER BY id",
        )
        .bind(model)
        .bind(since_ms)
        .fetch_all(&self.pool)
        .await
        .doing("list runs")?;
        rows.iter().map(run_of).collect()
    }

    /// When the first run of a model began.
    pub async fn first_run_ms(&self, model: &str) -> Result<Option<i64>, Error> {
        let row = sqlx::query("SELECT MIN(started_ms) AS first FROM runs WHERE model = ?")
            .bind(model)
            .fetch_one(&self.pool)
            .await
            .doing("find the first run")?;
        Ok(row.get("first"))
    }

    /// Ids of every run of a model.
    pub async fn run_ids(&self, model: &str) -> Result<HashSet<String>, Error> {
        let rows = sqlx::query("SELECT id FROM runs WHERE model = ?")
            .bind(model)
            .fetch_all(&self.pool)
            .await
            .doing("list runs")?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    /// Runs whose id begins with a text; `latest` is the newest.
    pub async fn find_runs(&self, id: &str) -> Result<Vec<RunRow>, Error> {
        if id == "latest" {
            return self.runs(None, 1).await;
        }
        let rows = sqlx::query(
            "SELECT * FROM runs WHERE substr(id, 1, length(?)) = ? ORDER BY id DESC LIMIT 20",
        )
        .bind(id)
        .bind(id)
        .fetch_all(&self.pool)
        .await
        .doing("find the run")?;
        rows.iter().map(run_of).collect()
    }
}

fn run_of(row: &SqliteRow) -> Result<RunRow, Error> {
    let record: Option<String> = row.get("record");
    let record = record
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|source| Error::Record {
            what: "run",
            source,
        })?;
    Ok(RunRow {
        id: row.get("id"),
        model: row.get("model"),
        trigger: row.get("trigger_name"),
        state: row.get("state"),
        stage: row.get("stage"),
        outcome: row.get("outcome"),
        version: row.get("version"),
        started_ms: row.get("started_ms"),
        ended_ms: row.get("ended_ms"),
        error: row.get("error"),
        record,
    })
}
