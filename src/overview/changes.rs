//! Who changed what: operations on the champion, schedules, jobs that people submitted, and the audit log of requests, as one list.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::clock::rfc3339;
use crate::model_types::VersionNumber;
use crate::pipeline::{Error, TrainingRecord, log_end, log_is_there};
use crate::registry::{JobRow, Operation, Registry, ScheduleChange, VersionRow};

/// Bytes at the end of the audit log that are looked at.
const LOG_BYTES: u64 = 256 << 10;

/// A change, or an attempt at one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// What: `promote`, `rollback`, `pin`, `unpin`, `run`, `cancel`, `pause` …
    pub action: String,
    /// The model.
    pub model: Option<String>,
    /// The version.
    pub version: Option<VersionNumber>,
    /// `done`, `rejected` or `failed`.
    pub outcome: String,
    /// `run`, `cli`, `api` …: how it was requested.
    pub way: String,
    /// From which address, of requests.
    pub address: Option<String>,
    /// Why.
    pub why: String,
}

/// The newest changes first. `audit_log` is the file to which the server appends; it may not be there.
///
/// # Errors
/// When the registry or the log cannot be read.
pub async fn changes(
    registry: &Registry,
    models: &[String],
    audit_log: &Path,
    limit: usize,
) -> Result<Vec<Change>, Error> {
    let mut all = Vec::new();
    for model in models {
        let operations = registry.operations(model).await?;
        all.extend(
            operations
                .iter()
                .take(limit)
                .map(|it| of_operation(model, it)),
        );
        let schedule = registry.schedule_changes(model, limit as i64).await?;
        all.extend(schedule.iter().map(|it| of_schedule(model, it)));
        let rejected = registry.rejected_by_hand(model, limit as i64).await?;
        all.extend(rejected.iter().filter_map(of_rejection));
    }
    let jobs = registry.jobs(None, limit as i64).await?;
    all.extend(jobs.iter().filter(|job| job.trigger == "cli").map(of_job));
    all.extend(logged(audit_log.to_path_buf()).await?);
    all.sort_by(|a, b| b.at.cmp(&a.at));
    all.truncate(limit);
    Ok(all)
}

fn of_operation(model: &str, operation: &Operation) -> Change {
    let way = match (&operation.run, operation.actor.as_str()) {
        (Some(_), _) => "run",
        (None, "probation") => "probation",
        (None, _) => "by hand",
    };
    Change {
        at: rfc3339(operation.at_ms),
        by: operation.actor.clone(),
        action: operation.action.to_string(),
        model: Some(model.to_string()),
        version: operation.version,
        outcome: "done".to_string(),
        way: way.to_string(),
        address: None,
        why: operation.reason.clone(),
    }
}

/// A change of a schedule, however it was requested.
fn of_schedule(model: &str, change: &ScheduleChange) -> Change {
    Change {
        at: rfc3339(change.at_ms),
        by: change.actor.clone(),
        action: change.action.clone(),
        model: Some(model.to_string()),
        version: None,
        outcome: "done".to_string(),
        way: "by hand".to_string(),
        address: None,
        why: change.detail.clone(),
    }
}

/// A version that waited for approval and was rejected, however that was requested. One that was approved is among the operations.
fn of_rejection(version: &VersionRow) -> Option<Change> {
    let said = TrainingRecord::of(version).approval?;
    Some(Change {
        at: rfc3339(said.at_ms),
        by: said.by,
        action: "reject".to_string(),
        model: Some(version.model.clone()),
        version: Some(version.number),
        outcome: "done".to_string(),
        way: "by hand".to_string(),
        address: None,
        why: said.reason,
    })
}

/// A run that somebody submitted on the command line; of requests, the audit log knows.
fn of_job(job: &JobRow) -> Change {
    Change {
        at: rfc3339(job.created_ms),
        by: job.actor.clone(),
        action: "run".to_string(),
        model: Some(job.model.clone()),
        version: None,
        outcome: "done".to_string(),
        way: job.trigger.clone(),
        address: None,
        why: String::new(),
    }
}

async fn logged(path: PathBuf) -> Result<Vec<Change>, Error> {
    let read = tokio::task::spawn_blocking(move || {
        if path.exists() || log_is_there(&path) {
            log_end(&path, LOG_BYTES).map_err(|source| (path, source))
        } else {
            Ok(String::new())
        }
    });
    let text = match read.await {
        Ok(Ok(text)) => text,
        Ok(Err((path, source))) => {
            let action = "read the audit log";
            return Err(Error::Disk {
                action,
                path,
                source,
            });
        }
        // A reader that was cut off at the end of the process reports to no one.
        Err(_) => String::new(),
    };
    Ok(text.lines().filter_map(of_line).collect())
}

/// A line of the audit log. What moved a champion is among the operations, with its reason, what changed a schedule among its
/// changes, and what was said of a version that waited with the version.
fn of_line(line: &str) -> Option<Change> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| line[key].as_str().map(str::to_string);
    let (action, outcome) = (text("action")?, text("outcome")?);
    let told = [
        "promote", "rollback", "approve", "reject", "pause", "resume",
    ];
    let is_told = told.contains(&action.as_str()) && outcome == "done";
    if is_told {
        return None;
    }
    let at = text("time")?;
    Some(Change {
        at: format!("{}Z", at.get(..19)?),
        by: text("caller").unwrap_or_default(),
        action,
        model: text("model"),
        version: line["version"].as_i64().map(VersionNumber::new),
        outcome: match outcome.as_str() {
            "refused" => "rejected".to_string(),
            _ => outcome,
        },
        way: "api".to_string(),
        address: text("address"),
        why: match line["status"].as_u64() {
            Some(status) if status >= 400 => format!("answered {status}"),
            _ => text("reason").unwrap_or_default(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_audit_log_is_a_change_unless_an_operation_tells_it() {
        let line = |action: &str, outcome: &str, status: u16| {
            format!(
                r#"{{"time":"2026-11-29T10:00:00.123Z","caller":"ann","address":"::1","action":"{action}","model":"m","version":3,"outcome":"{outcome}","status":{status}}}"#
            )
        };
        let found = of_line(&line("remove", "refused", 409)).expect("a change");
        assert_eq!(found.at, "2026-11-29T10:00:00Z");
        assert_eq!(
            (found.outcome.as_str(), found.why.as_str()),
            ("rejected", "answered 409")
        );
        assert_eq!(of_line(&line("promote", "done", 200)), None);
        assert!(of_line(&line("promote", "refused", 409)).is_some());
        assert_eq!(of_line("half a li"), None);
    }
}
