//! What went wrong, printed once: error, causes, what to do next; and the exit code that goes with it.
//!
//! | code | means |
//! |---|---|
//! | 0 | done |
//! | 1 | failed |
//! | 2 | wrong usage or configuration |
//! | 10 | nothing new (with `--detailed-exit-code`) |
//! | 11 | rejected (with `--detailed-exit-code`) |
//! | 12 | inconclusive (with `--detailed-exit-code`) |
//! | 16 | equivalent (with `--detailed-exit-code`) |
//! | 14 | rows drift (`drift --detailed-exit-code`, where 12 is too few rows, or none) |
//! | 13 | locked by another run (with `--detailed-exit-code`; else 1) |
//! | 15 | something needs attention (`status --detailed-exit-code`) |

use std::process::ExitCode;

use serde_json::json;

use super::output;
use crate::model_types::ExitCode as Code;

pub use crate::model_types::ErrorCode as Kind;

/// Done.
pub const DONE: u8 = Code::Done.code();
/// Failed.
pub const FAILED: u8 = Code::Failed.code();
/// Wrong usage or configuration.
pub const USAGE: u8 = Code::Usage.code();
/// Nothing new.
pub const NOTHING_NEW: u8 = Code::NothingNew.code();
/// Rejected.
pub const REJECTED: u8 = Code::Rejected.code();
/// Inconclusive.
pub const INCONCLUSIVE: u8 = Code::Inconclusive.code();
/// Equivalent.
pub const EQUIVALENT: u8 = Code::Equivalent.code();
/// Rows are unlike those of training.
pub const DRIFT: u8 = Code::Drift.code();
/// Something needs attention.
pub const NEEDS: u8 = Code::Needs.code();

/// A failure on its way to the user.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    error: anyhow::Error,
    hints: Vec<String>,
    exit_code: u8,
}

impl Failure {
    /// A failure of a kind.
    pub fn new(kind: Kind, error: anyhow::Error) -> Self {
        let exit_code = kind.exit_code().code();
        Failure {
            kind,
            error,
            hints: Vec::new(),
            exit_code,
        }
    }

    /// A wrong use of the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::new(Kind::Usage, anyhow::anyhow!(message.into()))
    }

    /// Something that is this program's fault.
    pub fn internal(error: anyhow::Error) -> Self {
        Failure::new(Kind::Internal, error)
    }

    /// Adds what the user can do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Gives a lock its own exit code.
    pub fn detailed(mut self, is_detailed: bool) -> Self {
        if is_detailed && self.kind == Kind::Locked {
            self.exit_code = Code::Locked.code();
        }
        self
    }

    /// The failure with its causes, without hints.
    pub fn on_one_line(&self) -> String {
        let message = self.error.to_string();
        let lines: Vec<&str> = message.lines().map(str::trim).collect();
        let mut parts = vec![lines.join(" ")];
        parts.extend(crate::text::causes(self.error.as_ref()));
        output::plain(&format!("failed to {}", parts.join(": ")))
    }

    /// Prints it, as JSON on stdout or for people on stderr, and returns its exit code.
    pub fn print(&self, as_json: bool) -> ExitCode {
        let causes: Vec<String> = crate::text::causes(self.error.as_ref())
            .iter()
            .map(|cause| output::plain(cause))
            .collect();
        let message = format!("failed to {}", self.error);
        // Only the problems of a configuration are listed on lines of their own.
        let message = match self.kind {
            Kind::Config => message
                .lines()
                .map(output::plain)
                .collect::<Vec<_>>()
                .join("\n"),
            _ => output::plain(&message),
        };
        tracing::debug!(kind = self.kind.name(), error = %message, "command failed");
        if as_json {
            output::line(&json!({"error": {
                "code": self.kind.name(),
                "message": message,
                "details": {"causes": causes, "hints": self.hints},
            }}));
        } else {
            output::talk(&format!("{} {message}", output::red("error:")));
            causes
                .iter()
                .for_each(|cause| output::talk(&format!("caused by: {cause}")));
            self.hints
                .iter()
                .for_each(|hint| output::talk(&format!("{} {hint}", output::bold("hint:"))));
        }
        ExitCode::from(self.exit_code)
    }
}

/// Whether the command line asks for JSON, as far as that can be told of one that cannot be read.
pub fn is_json_asked() -> bool {
    std::env::args().any(|argument| argument == "--json")
}

/// Prints clap's own message; help and version are no failure.
pub fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && is_json_asked() {
        let text = error.to_string();
        let message = text.trim().trim_start_matches("error: ");
        output::line(
            &json!({"error": {"code": Kind::Usage.name(), "message": message, "details": {}}}),
        );
    } else {
        // A closed pipe while printing help does not matter.
        let _ = error.print();
    }
    ExitCode::from(if error.use_stderr() { USAGE } else { DONE })
}
