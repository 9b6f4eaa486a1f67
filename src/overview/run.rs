//! One run: its stages with their times, what it found, what it left out, and the end of its log.

use serde::Serialize;
use serde_json::Value;

use super::paths::without_folder;
use super::timeline::Outcome;
use crate::clock::rfc3339;
use crate::model_types::{RunId, RunRecord, VersionNumber};
use crate::pipeline::{self, Env, Error, Stage, is_run_id};
use crate::registry::RunRow;

/// Bytes of a log in which its last lines are looked for.
const LOG_BYTES: u64 = 64 << 10;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunStatus {
    /// Its id.
    pub run: RunId,
    /// The model.
    pub model: String,
    /// What started it.
    pub trigger: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it is under way.
    pub is_running: bool,
    /// Why, most important first; of one that broke off, the error.
    pub reasons: Vec<String>,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// How long it took or, while it is under way, has taken so far, in milliseconds.
    pub duration_ms: i64,
    /// The version that it made.
    pub version: Option<VersionNumber>,
    /// Its stages, in their order.
    pub stages: Vec<StageStatus>,
    /// What the checks found, the worst first: severity, check and sentence.
    pub findings: Vec<(String, String, String)>,
    /// Files that it quarantined, each with line and reason.
    pub quarantined: Vec<String>,
    /// The data that it read: rows, duplicates, and whatever was worth a line.
    pub rows: Option<u64>,
    /// Exact duplicates that were dropped.
    pub duplicates: Option<u64>,
    /// The last lines of its log: time, level and message.
    pub log: Vec<(String, String, String)>,
}

/// A stage of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageStatus {
    /// Its name.
    pub stage: &'static str,
    /// `done`, `running`, `failed`, `not reached` or `left out`.
    pub state: &'static str,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
}

/// The stages of a run, in their order.
const STAGES: [Stage; 5] = [
    Stage::Ingest,
    Stage::Train,
    Stage::Score,
    Stage::Deploy,
    Stage::Report,
];

/// One run, as it is shown.
///
/// # Errors
/// When its log is there and cannot be read.
pub fn run_status(env: &Env, row: &RunRow, lines: usize) -> Result<RunStatus, Error> {
    let project = &env.config.project;
    let place = |text: &str| without_folder(text, project);
    let report = row.report().unwrap_or_default();
    let reasons = row.why().into_iter().chain(report.reasons.iter().cloned());
    let reasons = reasons.map(|reason| place(&reason)).collect();
    let data = report.data.clone().unwrap_or_default();
    let findings = report.findings.iter();
    let log = if is_run_id(&row.id) {
        log_lines(env, &row.id, lines)?
    } else {
        Vec::new()
    };
    Ok(RunStatus {
        run: row.id.clone(),
        model: row.model.clone(),
        trigger: row.trigger.clone(),
        outcome: Outcome::of_run(row.came_to()),
        is_running: row.is_running(),
        reasons,
        started: rfc3339(row.started_ms),
        ended: row.ended_ms.map(rfc3339),
        duration_ms: (row.ended_ms.unwrap_or_else(|| env.clock.now_ms()) - row.started_ms).max(0),
        version: row.version,
        stages: stages(row, &report),
        findings: findings
            .map(|it| (it.severity.clone(), it.check.clone(), it.says.clone()))
            .collect(),
        quarantined: data
            .quarantined
            .iter()
            .map(|file| place(&file.to_string()))
            .collect(),
        rows: data.rows,
        duplicates: data.duplicates,
        log,
    })
}

fn stages(row: &RunRow, report: &RunRecord) -> Vec<StageStatus> {
    let at = STAGES.iter().position(|stage| stage.name() == row.stage);
    let broke_off = row.state.broke_off();
    let of = |(place, stage): (usize, &Stage)| {
        let duration_ms = report.timings_ms.get(stage.name()).copied();
        let state = match (duration_ms, at) {
            (Some(_), _) => "done",
            (None, Some(at)) if place == at && row.is_running() => "running",
            (None, Some(at)) if place == at && broke_off => "failed",
            (None, Some(at)) if place < at && (row.is_running() || broke_off) => "done",
            _ if row.is_running() || broke_off => "not reached",
            _ => "left out",
        };
        StageStatus {
            stage: stage.name(),
            state,
            duration_ms,
        }
    };
    STAGES.iter().enumerate().map(of).collect()
}

/// The last lines of a run's log; none where it left no log.
fn log_lines(env: &Env, run: &RunId, most: usize) -> Result<Vec<(String, String, String)>, Error> {
    let path = pipeline::run_log(&env.config.project, run);
    if most == 0 || !pipeline::log_is_there(&path) {
        return Ok(Vec::new());
    }
    let text = pipeline::log_end(&path, LOG_BYTES).map_err(|source| Error::Disk {
        action: "read the log",
        path,
        source,
    })?;
    let lines: Vec<_> = text
        .lines()
        .filter_map(|line| log_line(env, line))
        .collect();
    let skipped = lines.len().saturating_sub(most);
    Ok(lines.into_iter().skip(skipped).collect())
}

/// Time, level and message of a line; nothing of the line that is the run's report.
fn log_line(env: &Env, line: &str) -> Option<(String, String, String)> {
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        let text = without_folder(line, &env.config.project);
        return Some((String::new(), String::new(), text));
    };
    let message = value["message"]
        .as_str()
        .or(value["fields"]["message"].as_str())?;
    Some((
        value["timestamp"].as_str().unwrap_or_default().to_string(),
        value["level"].as_str().unwrap_or_default().to_lowercase(),
        without_folder(message, &env.config.project),
    ))
}
