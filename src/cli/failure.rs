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
//! | 13 | locked by another run (with `--detailed-exit-code`; else 1) |

use std::process::ExitCode;

use serde_json::json;

use super::output;
use crate::{config, data, pipeline, registry};

/// Done.
pub const DONE: u8 = 0;
/// Failed.
pub const FAILED: u8 = 1;
/// Wrong usage or configuration.
pub const USAGE: u8 = 2;
/// Nothing new.
pub const NOTHING_NEW: u8 = 10;
/// Rejected.
pub const REJECTED: u8 = 11;
/// Inconclusive.
pub const INCONCLUSIVE: u8 = 12;
/// Locked by another run.
pub const LOCKED: u8 = 13;

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line.
    Usage,
    /// The configuration.
    Config,
    /// The data.
    Data,
    /// Database or files.
    Store,
    /// Another run is under way.
    Locked,
    /// This program.
    Internal,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Usage => "usage",
            Kind::Config => "config",
            Kind::Data => "data",
            Kind::Store => "store",
            Kind::Locked => "locked",
            Kind::Internal => "internal",
        }
    }
}

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
        let exit_code = match kind {
            Kind::Usage | Kind::Config => USAGE,
            Kind::Data | Kind::Store | Kind::Locked | Kind::Internal => FAILED,
        };
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

    /// Adds what the user can do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Gives a lock its own exit code.
    pub fn detailed(mut self, is_detailed: bool) -> Self {
        if is_detailed && self.kind == Kind::Locked {
            self.exit_code = LOCKED;
        }
        self
    }

    /// Prints it, as JSON on stdout or for people on stderr, and returns its exit code.
    pub fn print(&self, as_json: bool) -> ExitCode {
        let causes: Vec<String> = self
            .error
            .chain()
            .skip(1)
            .map(ToString::to_string)
            .collect();
        let message = format!("failed to {}", self.error);
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

/// Prints clap's own message; help and version are no failure.
pub fn usage(error: &clap::Error) -> ExitCode {
    let asks_for_json = std::env::args().any(|argument| argument == "--json");
    if error.use_stderr() && asks_for_json {
        let text = error.to_string();
        let message = text.trim().trim_start_matches("error: ");
        output::line(&json!({"error": {"code": "usage", "message": message, "details": {}}}));
    } else {
        // A closed pipe while printing help is nobody's concern.
        let _ = error.print();
    }
    ExitCode::from(if error.use_stderr() { USAGE } else { DONE })
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        let hint = match &error {
            config::Error::Unreadable { .. } => {
                "make a project with `unseat init DIR`, or name its folder with `-C DIR`"
            }
            config::Error::NotJson { .. } => "mend the file at that place",
            config::Error::Invalid { .. } => {
                "`unseat config schema` prints every key with its meaning and default"
            }
        };
        let hint = hint.to_string();
        Failure::new(Kind::Config, error.into()).hint(hint)
    }
}

impl From<registry::Error> for Failure {
    fn from(error: registry::Error) -> Self {
        let (kind, hint) = match &error {
            registry::Error::Locked { .. } => (
                Kind::Locked,
                "wait for it to end; a lock of a process that died is taken over by itself",
            ),
            registry::Error::LockLost { .. } => {
                (Kind::Store, "the other run decides; run again if need be")
            }
            registry::Error::Newer { .. } => (
                Kind::Store,
                "install the program version that made the database, or a newer one",
            ),
            registry::Error::Open { .. } => (
                Kind::Store,
                "check that the folder is there, that you may write in it, and that the disk has room",
            ),
            registry::Error::Statement { .. } => (
                Kind::Store,
                "check that you may write to the database file and that the disk has room, then run again; nothing was half done",
            ),
            registry::Error::Record { .. } => (
                Kind::Internal,
                "the database was changed by something else than this program",
            ),
        };
        Failure::new(kind, error.into()).hint(hint)
    }
}

impl From<data::Error> for Failure {
    fn from(error: data::Error) -> Self {
        pipeline::Error::from(error).into()
    }
}

impl From<pipeline::Error> for Failure {
    fn from(error: pipeline::Error) -> Self {
        use pipeline::Error as E;
        let (kind, hint) = match error {
            E::Registry(inner) => return inner.into(),
            E::NoInput { .. } => (
                Kind::Data,
                Some(
                    "put CSV, JSON or Parquet files there, or name another folder with `--input DIR`",
                ),
            ),
            E::NoTestData { .. } => (Kind::Data, Some("`test_data_path` names the folder")),
            E::NoColumn { .. } => (Kind::Data, Some("name a column that is in the files")),
            E::Target { .. } => (
                Kind::Data,
                Some("`target` and `positive_class` in config.json say what is predicted"),
            ),
            E::NothingThere(_) => (Kind::Data, None),
            E::Data(data::Error::BadFile { .. }) => (
                Kind::Data,
                Some("mend or remove the file, or set `ingest.on_bad_file` to `quarantine`"),
            ),
            E::Data(data::Error::Folder { .. }) => (
                Kind::Data,
                Some("make the folder, or name another one in config.json"),
            ),
            E::Data(_) => (Kind::Data, Some("check the file and that you may read it")),
            E::Features(crate::features::Error::NothingToLearnFrom(_)) => (
                Kind::Data,
                Some("add columns that vary, or take some out of `drop`"),
            ),
            E::Features(_) => (
                Kind::Data,
                Some("the data needs every column that the model was trained on"),
            ),
            E::Learn(_) => (
                Kind::Data,
                Some("look at the target and the training rows with `unseat diagnose`"),
            ),
            E::Bundle { .. } => (
                Kind::Store,
                Some("the champion before it can be brought back with `unseat rollback`"),
            ),
            E::FreshBundle(_) | E::Report(_) => (
                Kind::Internal,
                Some("please report this, with the output of `unseat config show`"),
            ),
            E::Production { .. } => (
                Kind::Store,
                Some(
                    "check that you may write there and that the disk has room; the registry says who is champion, and the next run makes the copy",
                ),
            ),
            E::Artifacts(_) => (
                Kind::Store,
                Some(
                    "check that you may write there and that the disk has room, then run again; the champion is what it was",
                ),
            ),
            E::Stored { .. } => (
                Kind::Store,
                Some("the file was changed by something else than this program"),
            ),
            E::Planned(_) => (Kind::Internal, None),
        };
        let failure = Failure::new(kind, error.into());
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
