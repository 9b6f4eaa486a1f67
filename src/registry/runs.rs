//! Runs: one row each, from its first moment to its outcome.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::db::{Row, query, settled};
use super::{Doing, Error, Registry, totals};

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

    /// Whether a name of a state or an outcome is that of a run which did not come to its end.
    pub fn broke_off(name: &str) -> bool {
        [RunState::Failed.name(), RunState::Interrupted.name()].contains(&name)
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

/// A file that a run could not use, as its record names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOutFile {
    /// Its path below the input folder.
    pub path: String,
    /// Of its content.
    pub sha256: String,
    /// The physical line at which it went wrong, the header being line 1.
    pub line: Option<u64>,
    /// Why not.
    pub reason: String,
}

impl std::fmt::Display for LeftOutFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.path, self.reason),
            None => write!(f, "{}: {}", self.path, self.reason),
        }
    }
}

impl RunRow {
    /// Whether it is under way, as far as the database knows.
    pub fn is_running(&self) -> bool {
        self.state == RunState::Running.name()
    }

    /// What came of it in one word: its outcome, or the state of one that broke off or is under way.
    pub fn came_to(&self) -> &str {
        match &self.outcome {
            Some(outcome) if self.state == RunState::Done.name() => outcome,
            _ => &self.state,
        }
    }

    /// Why it broke off, as a sentence of its own.
    pub fn why(&self) -> Option<String> {
        let error = self.error.as_deref()?;
        Some(match self.state == RunState::Interrupted.name() {
            true => error.to_string(),
            false => format!("failed to {error}"),
        })
    }

    /// Files that it quarantined.
    pub fn quarantined(&self) -> Vec<LeftOutFile> {
        let record = self.record.as_ref().unwrap_or(&serde_json::Value::Null);
        let files = record["data"]["quarantined"].as_array();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
        let files = files.into_iter().flatten().map(|file| LeftOutFile {
            path: text(&file["path"]),
            sha256: text(&file["sha256"]),
            line: file["line"].as_u64(),
            reason: text(&file["reason"]),
        });
        files.collect()
    }
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
    pub async fn run(&self, id: &str) -> Result<Option<RunRow>, Error> {
        let row = query("SELECT * FROM runs WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.pool())
            .await
            .doing("find the run")?;
        row.as_ref().map(run_of).transpose()
    }

    /// Records the end of a run. What it had concluded stays true when it failed afterwards.
    pub async fn end_run(&self, end: &RunRow) -> Result<(), Error> {
        settled!(self.try_end_run(end))
    }

    async fn try_end_run(&self, end: &RunRow) -> Result<(), Error> {
        let record = end.record.as_ref().map(ToString::to_string);
        let mut transaction = self.begin().await?;
        let was_running = query("SELECT 1 FROM runs WHERE id = ? AND state = 'running' {hold}")
            .bind(&end.id)
            .fetch_optional(&mut transaction)
            .await
            .doing("record the end of the run")?
            .is_some();
        let ended = query(
            "UPDATE runs SET state = ?, stage = ?, outcome = COALESCE(?, outcome), version = COALESCE(?, version), ended_ms = ?, error = ?, record = ? WHERE id = ? RETURNING *",
        )
        .bind(&end.state)
        .bind(&end.stage)
        .bind(&end.outcome)
        .bind(end.version)
        .bind(end.ended_ms)
        .bind(&end.error)
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
    pub async fn runs(&self, model: Option<&str>, limit: i64) -> Result<Vec<RunRow>, Error> {
        let rows =
            query("SELECT * FROM runs WHERE (? IS NULL OR model = ?) ORDER BY id DESC LIMIT ?")
                .bind(model)
                .bind(model)
                .bind(limit)
                .fetch_all(&self.pool())
                .await
                .doing("list runs")?;
        rows.iter().map(run_of).collect()
    }

    /// Runs of a model that ended since some time, oldest first.
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

    /// The runs of a model right before one that broke off, newest first, until the last that came to its end; at most 100.
    pub async fn failures_before(&self, model: &str, run: &str) -> Result<Vec<RunRow>, Error> {
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
    pub async fn first_run_ms(&self, model: &str) -> Result<Option<i64>, Error> {
        let row = query("SELECT MIN(started_ms) AS first FROM runs WHERE model = ?")
            .bind(model)
            .fetch_one(&self.pool())
            .await
            .doing("find the first run")?;
        Ok(row.get("first"))
    }

    /// Ids of every run of a model.
    pub async fn run_ids(&self, model: &str) -> Result<HashSet<String>, Error> {
        let rows = query("SELECT id FROM runs WHERE model = ?")
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("list runs")?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    /// Runs whose id begins with a text; `latest` is the newest.
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

pub(super) fn run_of(row: &Row) -> Result<RunRow, Error> {
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
