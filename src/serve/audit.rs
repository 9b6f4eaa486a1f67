//! The audit log: one JSON line for every change of state that was requested, done or rejected, and for every caller who was
//! not let in where changes are made.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::logs::log_rotation::{LineFile, ROTATION};
use crate::model_types::VersionNumber;
use crate::serve::{Problem, Reply, Request, State};

/// Lines that could not be written since the program began.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// How many lines could not be written since the program began.
pub fn failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}

/// Most lines per minute about unauthenticated clients, so that a flood of requests cannot fill the disk.
const MOST_UNAUTHENTICATED: u32 = 100;

/// Rejections that were too many in their minute to be written.
static SKIPPED: AtomicU64 = AtomicU64::new(0);

/// How many rejections were too many in their minute to be written, since the program began.
pub fn skipped() -> u64 {
    SKIPPED.load(Ordering::Relaxed)
}

/// Who requested what.
pub struct Attempt<'a> {
    /// Id of the request.
    pub id: &'a str,
    /// Name of the caller.
    pub caller: &'a str,
    /// Where from.
    pub address: Option<IpAddr>,
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
}

/// Appends a line about a caller who was not let in where changes are made.
pub async fn turned_away(state: &State, asked: &Attempt<'_>, why: &Problem) {
    static MINUTE: Mutex<(i64, u32)> = Mutex::new((0, 0));
    if !has_room(&MINUTE, state.clock.now_ms() / 60_000) {
        SKIPPED.fetch_add(1, Ordering::Relaxed);
        return;
    }
    write(
        state,
        asked,
        ("admission", None, None),
        why.code.status().as_u16(),
    )
    .await;
}

/// Whether one line more may be written in this minute.
fn has_room(minute: &Mutex<(i64, u32)>, now: i64) -> bool {
    let mut minute = minute.lock().unwrap_or_else(PoisonError::into_inner);
    if minute.0 != now {
        *minute = (now, 0);
    }
    minute.1 += 1;
    minute.1 <= MOST_UNAUTHENTICATED
}

/// Appends a line about a change. A line that cannot be written is logged and counted; the change stands.
pub async fn record(
    state: &State,
    request: &Request,
    action: &'static str,
    model: Option<&str>,
    version: Option<VersionNumber>,
    outcome: &Result<Reply, Problem>,
) {
    let status = match outcome {
        Ok(reply) => reply.status.as_u16(),
        Err(problem) => problem.code.status().as_u16(),
    };
    let asked = Attempt {
        id: &request.id,
        caller: &request.caller.name,
        address: request.caller.address,
        method: request.method.as_str(),
        path: &request.path,
    };
    write(state, &asked, (action, model, version), status).await;
}

async fn write(
    state: &State,
    asked: &Attempt<'_>,
    (action, model, version): (&'static str, Option<&str>, Option<VersionNumber>),
    status: u16,
) {
    let outcome = match status {
        ..400 => "done",
        400..500 => "refused",
        _ => "failed",
    };
    let at = state.clock.now();
    let line = json!({
        "time": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "request_id": asked.id,
        "caller": asked.caller,
        "address": asked.address.map(|address| address.to_string()),
        "method": asked.method,
        "path": asked.path,
        "action": action,
        "model": model,
        "version": version,
        "outcome": outcome,
        "status": status,
    });
    let number = version.map(VersionNumber::get);
    tracing::info!(
        action,
        model,
        version = number,
        outcome,
        "a change was requested"
    );
    append_line(state, line).await;
}

/// Appends a line.
pub(super) async fn append_line(state: &State, line: Value) {
    let Some(path) = path(state) else {
        // One bundle cannot be changed, and there is no project's folder to write to.
        return;
    };
    let clock = state.clock;
    let written =
        tokio::task::spawn_blocking(move || append(&path, &format!("{line}\n"), clock)).await;
    let error = match written {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    FAILURES.fetch_add(1, Ordering::Relaxed);
    tracing::error!("a line of the audit log could not be written: {error}");
}

fn path(state: &State) -> Option<PathBuf> {
    let folder = state.project_folder()?;
    Some(state.settings.path(&folder, &state.settings.audit_log))
}

/// One write to a file that is only appended to, so that lines of several processes do not mix.
fn append(path: &Path, line: &str, clock: Clock) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    LineFile::open(path, 0o600, clock, ROTATION)?.append(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unauthenticated_clients_fill_so_many_lines_of_a_minute_and_no_more() {
        let minute = Mutex::new((0, 0));
        let of = |now: i64| (0..1000).filter(|_| has_room(&minute, now)).count();
        assert_eq!([of(7), of(7), of(8)], [100, 0, 100]);
    }

    #[test]
    fn lines_are_added_and_only_the_owner_may_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("logs/audit.ndjson");
        append(&path, "one\n", Clock::System).expect("writes");
        append(&path, "two\n", Clock::System).expect("writes");
        let text = std::fs::read_to_string(&path).expect("reads");
        assert_eq!(text, "one\ntwo\n");
        let mode = std::fs::metadata(&path).expect("is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        assert!(append(folder.path(), "three\n", Clock::System).is_err());
    }
}
