//! A run as its row says it.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::db::Row;
use super::error::Error;
use crate::model_types::{LeftOutFile, Outcome, RunId, RunRecord, Unnamed, VersionNumber, named};

named! {
    /// Where a run stands.
    pub enum RunState: "a state of a run" {
        /// Under way.
        Running = "running",
        /// Finished; the outcome says how.
        Done = "done",
        /// Broke off with an error.
        Failed = "failed",
        /// Its process died.
        Interrupted = "interrupted",
    }
}

impl RunState {
    /// Whether a run in this state did not finish.
    pub fn broke_off(self) -> bool {
        matches!(self, RunState::Failed | RunState::Interrupted)
    }
}

/// What came of a run: its outcome, or the state of one that broke off or is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CameTo {
    /// It finished.
    Outcome(Outcome),
    /// It did not, or not yet.
    State(RunState),
}

impl CameTo {
    /// In one word, which no outcome shares with a state.
    pub fn name(self) -> &'static str {
        match self {
            CameTo::Outcome(outcome) => outcome.name(),
            CameTo::State(state) => state.name(),
        }
    }

    /// The same with spaces between the words, for people.
    pub fn words(self) -> String {
        self.name().replace('_', " ")
    }

    /// Whether it is that of a run which did not finish.
    pub fn broke_off(self) -> bool {
        matches!(self, CameTo::State(state) if state.broke_off())
    }
}

impl Serialize for CameTo {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl std::fmt::Display for CameTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for CameTo {
    type Err = Unnamed;

    fn from_str(text: &str) -> Result<Self, Unnamed> {
        let state = text.parse().map(CameTo::State);
        state.or_else(|_| text.parse().map(CameTo::Outcome))
    }
}

/// A run as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// Its id, which sorts by time.
    pub id: RunId,
    /// The model.
    pub model: String,
    /// What started it: `cli`, `schedule`, …
    pub trigger: String,
    /// Where it stands.
    pub state: RunState,
    /// The stage it is in or ended in.
    pub stage: String,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// The version it made.
    pub version: Option<VersionNumber>,
    /// When it started.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// Its whole record; in lists that show little of it, that little in the same form.
    pub record: Option<serde_json::Value>,
}

impl RunRow {
    /// Whether it is under way, as far as the database knows.
    pub fn is_running(&self) -> bool {
        self.state == RunState::Running
    }

    /// What came of it: its outcome, or the state of one that broke off or is under way.
    pub fn came_to(&self) -> CameTo {
        match self.outcome {
            Some(outcome) if self.state == RunState::Done => CameTo::Outcome(outcome),
            _ => CameTo::State(self.state),
        }
    }

    /// Why it broke off, as a sentence of its own.
    pub fn why(&self) -> Option<String> {
        let error = self.error.as_deref()?;
        Some(if self.state == RunState::Interrupted {
            error.to_string()
        } else {
            format!("failed to {error}")
        })
    }

    /// Its record by type; `None` of one that left none.
    pub fn report(&self) -> Option<RunRecord> {
        RunRecord::deserialize(self.record.as_ref()?).ok()
    }

    /// Files that it quarantined.
    pub fn quarantined(&self) -> Vec<LeftOutFile> {
        let data = self.report().and_then(|report| report.data);
        data.map(|data| data.quarantined).unwrap_or_default()
    }
}

pub(super) fn run_of(row: &Row) -> Result<RunRow, Error> {
    let record: Option<String> = row.get("record");
    let record = record
        .map(|text| read(&text))
        .transpose()
        .map_err(|source| Error::Record {
            what: "run",
            source,
        })?;
    Ok(RunRow {
        id: row.get("id"),
        model: row.get("model"),
        trigger: row.get("trigger_name"),
        state: row.named("state")?,
        stage: row.get("stage"),
        outcome: row.named_if_any("outcome")?,
        version: row.get("version"),
        started_ms: row.get("started_ms"),
        ended_ms: row.get("ended_ms"),
        error: row.get("error"),
        record,
    })
}

/// What lists show of a record, in its form: the first reason, and the files that were quarantined.
pub(super) fn line_of(record: &serde_json::Value) -> serde_json::Value {
    let mut line = serde_json::Map::new();
    if let Some(first) = record["reasons"].get(0) {
        line.insert("reasons".to_string(), json!([first]));
    }
    if let Some(quarantined) = record["data"].get("quarantined") {
        line.insert("data".to_string(), json!({"quarantined": quarantined}));
    }
    line.into()
}

/// A stored record, which [`RunRow::report`] will be able to read by type.
fn read(text: &str) -> Result<serde_json::Value, serde_json::Error> {
    let record: serde_json::Value = serde_json::from_str(text)?;
    RunRecord::deserialize(&record)?;
    Ok(record)
}
