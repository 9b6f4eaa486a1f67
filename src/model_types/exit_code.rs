//! What a process says at its end: the one list for who ends, who watches it, and the documents.

use serde::{Deserialize, Serialize};

use super::named::named;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Nothing new (with `--detailed-exit-code`).
    NothingNew = 10,
    /// Rejected (with `--detailed-exit-code`).
    Rejected = 11,
    /// Inconclusive (with `--detailed-exit-code`).
    Inconclusive = 12,
    /// Locked by another run (with `--detailed-exit-code`).
    Locked = 13,
    /// Rows are unlike those of training (`drift` with `--detailed-exit-code`).
    Drift = 14,
    /// Something needs attention.
    Needs = 15,
    /// Equivalent (with `--detailed-exit-code`).
    Equivalent = 16,
}

impl ExitCode {
    /// The number for the system.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

named! {
    /// What sort of failure it is, as `--json` shows it.
    pub enum ErrorCode: "a kind of failure" {
        /// The command line.
        Usage = "usage",
        /// The configuration.
        Config = "config",
        /// The data.
        Data = "data",
        /// Database or files.
        Store = "store",
        /// Another run is under way.
        Locked = "locked",
        /// This program.
        Internal = "internal",
    }
}

impl ErrorCode {
    /// The exit code that goes with it, where no other was requested.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            ErrorCode::Usage | ErrorCode::Config => ExitCode::Usage,
            ErrorCode::Data | ErrorCode::Store | ErrorCode::Locked | ErrorCode::Internal => {
                ExitCode::Failed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_types::Outcome;

    #[test]
    fn names_are_read_as_they_are_written_and_nothing_else_is() {
        for code in ErrorCode::ALL {
            assert_eq!(code.name().parse(), Ok(*code));
            assert_eq!(serde_json::to_value(code).expect("JSON"), code.name());
        }
        for outcome in Outcome::ALL {
            assert_eq!(outcome.to_string().parse(), Ok(*outcome));
            let value = serde_json::to_value(outcome).expect("JSON");
            assert_eq!(
                serde_json::from_value::<Outcome>(value).expect("reads"),
                *outcome
            );
        }
        let error = "promoted".parse::<Outcome>().expect_err("is none");
        assert_eq!(error.to_string(), "`promoted` is not an outcome");
    }

    #[test]
    fn exit_codes_are_those_of_the_documents() {
        let codes = [
            ExitCode::Done,
            ExitCode::Failed,
            ExitCode::Usage,
            ExitCode::NothingNew,
            ExitCode::Rejected,
            ExitCode::Inconclusive,
            ExitCode::Locked,
            ExitCode::Needs,
            ExitCode::Equivalent,
        ];
        let numbers = [0, 1, 2, 10, 11, 12, 13, 15, 16];
        assert_eq!(codes.map(ExitCode::code), numbers);
    }
}
