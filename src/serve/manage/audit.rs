//! The audit log: one JSON line for every change of state that was asked for, done or refused.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::pipeline;
use crate::serve::{Problem, Reply, Request, State};

/// Lines that could not be written since the program began.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// How many lines could not be written since the program began.
pub fn failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}

/// Appends a line about a change. What cannot be written is told in the log and counted; the change stands.
pub async fn record(
    state: &State,
    request: &Request,
    action: &'static str,
    model: Option<&str>,
    version: Option<i64>,
    outcome: &Result<Reply, Problem>,
) {
    let status = match outcome {
        Ok(reply) => reply.status.as_u16(),
        Err(problem) => problem.code.status().as_u16(),
    };
    let outcome = match status {
        ..400 => "done",
        400..500 => "refused",
        _ => "failed",
    };
    let at = state.clock.now();
    let line = json!({
        "time": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "request_id": request.id,
        "caller": request.caller.name,
        "address": request.caller.address.map(|address| address.to_string()),
        "method": request.method.as_str(),
        "path": request.path,
        "action": action,
        "model": model,
        "version": version,
        "outcome": outcome,
        "status": status,
    });
    tracing::info!(action, model, version, outcome, "a change was asked for");
    append_line(state, line).await;
}

/// Appends a line about a probation that this server concluded; nobody asked for that.
pub async fn probation(
    state: &State,
    model: &str,
    action: &'static str,
    version: i64,
    reason: &str,
) {
    let at = state.clock.now();
    let line = json!({
        "time": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "caller": pipeline::PROBATION,
        "action": action,
        "model": model,
        "version": version,
        "outcome": "done",
        "reason": reason,
    });
    append_line(state, line).await;
}

async fn append_line(state: &State, line: Value) {
    let Some(path) = path(state) else {
        // One bundle cannot be changed, and there is no project's folder to write to.
        return;
    };
    let written = tokio::task::spawn_blocking(move || append(&path, &format!("{line}\n"))).await;
    let error = match written {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    FAILURES.fetch_add(1, Ordering::Relaxed);
    tracing::error!("a line of the audit log could not be written: {error}");
}

fn path(state: &State) -> Option<PathBuf> {
    let env = state.project.as_ref()?.envs.values().next()?;
    Some(
        state
            .settings
            .path(&env.config.project, &state.settings.audit_log),
    )
}

/// One write to a file that is only appended to, so that lines of several processes do not mix.
fn append(path: &Path, line: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_and_only_the_owner_may_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("logs/audit.ndjson");
        append(&path, "one\n").expect("writes");
        append(&path, "two\n").expect("writes");
        let text = std::fs::read_to_string(&path).expect("reads");
        assert_eq!(text, "one\ntwo\n");
        let mode = std::fs::metadata(&path).expect("is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        assert!(append(folder.path(), "three\n").is_err());
    }
}
