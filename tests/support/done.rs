//! A program that has ended, with all that it said.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use serde_json::Value;

/// A program that has ended.
pub struct Done {
    pub command: String,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub(super) listing: String,
}

impl Done {
    pub fn code(&self) -> i32 {
        self.status
            .code()
            .unwrap_or_else(|| panic!("it was ended by a signal: {self}"))
    }

    pub fn is_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not JSON ({error}): {self}"))
    }

    /// Status, stdout and stderr as one text for a snapshot, with times of stages blotted out.
    pub fn shown(&self) -> String {
        let status = match self.status.code() {
            Some(code) => code.to_string(),
            None => "signal".to_string(),
        };
        let stderr: String = self
            .stderr
            .lines()
            .map(|line| without_duration(line) + "\n")
            .collect();
        format!(
            "status: {status}\n--- stdout\n{}--- stderr\n{stderr}",
            self.stdout
        )
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Done {
            command,
            status,
            stdout,
            stderr,
            listing,
        } = self;
        write!(
            f,
            "{command}: {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n--- files\n{listing}"
        )
    }
}

/// A line of talk about a stage ends with how long it took.
fn without_duration(line: &str) -> String {
    match line.rsplit_once(" (") {
        Some((before, time)) if time.ends_with("ms)") || time.ends_with(" s)") => {
            format!("{before} (…)")
        }
        _ => line.to_string(),
    }
}
