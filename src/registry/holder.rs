//! Who holds a lock, and the lock as its holder has it.

use std::fmt;

use super::process::ProcessId;
use crate::clock;
use crate::model_types::RunId;

/// A holder on another machine that was not heard of for this long counts as dead.
const SILENT_MS: i64 = 90_000;

/// Who holds a lock.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The run it is held for.
    pub run: RunId,
    /// The process.
    pub process: ProcessId,
    /// Since when.
    pub since_ms: i64,
    /// Time of its last heartbeat, by the clock of the process that asks.
    pub heartbeat_ms: i64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "run {} holds the lock since {} (process {} on {})",
            self.run,
            clock::rfc3339(self.since_ms),
            self.process.pid,
            self.process.host
        )
    }
}

impl Holder {
    /// Whether the process lives; one on another machine, if it was heard of lately.
    pub fn is_alive(&self, now_ms: i64) -> bool {
        let is_heard_of = now_ms - self.heartbeat_ms < SILENT_MS;
        self.process.is_alive().unwrap_or(is_heard_of)
    }
}

/// A lock that this process holds.
#[derive(Debug, Clone)]
pub struct Lock {
    /// The model.
    pub model: String,
    /// The run it is held for.
    pub run: RunId,
    /// The run of a dead process from which it was taken over.
    pub taken_from: Option<RunId>,
}
