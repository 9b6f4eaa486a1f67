//! What comes of a job when its run has ended. Pure: facts in, next state out.

use std::time::Duration;

use serde_json::Value;

use crate::config::Jobs;
use crate::model_types::{ErrorCode, ExitCode, Outcome};

/// Longest wait before another attempt.
const MOST_WAIT: Duration = Duration::from_secs(3600);

/// How the process of a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With an exit code.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
    /// It took more memory than it may, so many megabytes.
    OutOfMemory(u64),
    /// Unknown: it is gone, and so is the worker that had started it.
    Unseen,
}

/// The last line of JSON that a run wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// What came of it.
    Outcome(Outcome),
    /// Why it failed.
    Error {
        /// Of which kind it is.
        code: ErrorCode,
        /// In words.
        message: String,
    },
    /// Nothing that could be read.
    Nothing,
}

impl Said {
    /// Reads a line: a report or an error, as `run --json` prints them. Lines of the log are neither.
    pub fn of(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        if value.get("level").is_some() {
            return None;
        }
        if let Some(error) = value.get("error") {
            let mut message = error["message"].as_str()?.to_string();
            let causes = error["details"]["causes"].as_array();
            for cause in causes.into_iter().flatten().filter_map(Value::as_str) {
                message.push_str(": ");
                message.push_str(cause);
            }
            return Some(Said::Error {
                code: error["code"].as_str()?.parse().ok()?,
                message,
            });
        }
        value.get("run")?;
        let outcome = value["outcome"].as_str()?.parse().ok()?;
        Some(Said::Outcome(outcome))
    }
}

/// What becomes of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Its run finished.
    Done {
        /// Which.
        outcome: Outcome,
    },
    /// It is tried again.
    Retry {
        /// Not before.
        after: Duration,
        /// What went wrong.
        why: String,
    },
    /// Trying again would not help, or was tried enough.
    Failed {
        /// What went wrong.
        why: String,
    },
    /// It dies again and again.
    DeadLettered {
        /// How.
        why: String,
    },
    /// Another run is at the model: this was not an attempt.
    Locked,
}

/// Exit code of `run --detailed-exit-code` when another run has the model's lock.
pub const LOCKED: i32 = ExitCode::Locked.code() as i32;

/// What becomes of a job whose run has ended without a verdict in the registry. `attempts` counts the one that ended.
pub fn next(end: End, said: &Said, attempts: i64, settings: &Jobs) -> Next {
    let is_last = attempts >= i64::from(settings.attempts);
    let how = match end {
        End::Code(LOCKED) => return Next::Locked,
        End::Code(code) => return of_code(code, said, attempts, settings),
        End::Signal(signal) => format!("the run was ended by signal {signal}"),
        End::OutOfMemory(megabytes) => format!("the run ran out of its {megabytes} MB"),
        End::Unseen => "the run and its worker died".to_string(),
    };
    if is_last {
        return Next::DeadLettered {
            why: format!("{how}; it was begun {attempts} times"),
        };
    }
    Next::Retry {
        // It may have been the machine that went down; waiting would not make it better.
        after: match end {
            End::Unseen => Duration::ZERO,
            _ => wait(attempts, settings),
        },
        why: how,
    }
}

fn of_code(code: i32, said: &Said, attempts: i64, settings: &Jobs) -> Next {
    let is_last = attempts >= i64::from(settings.attempts);
    match said {
        Said::Outcome(outcome) => Next::Done { outcome: *outcome },
        Said::Error {
            code: ErrorCode::Locked,
            ..
        } => Next::Locked,
        // The only faults that pass by themselves: a locked, full or unreachable store.
        Said::Error {
            code: ErrorCode::Store,
            message,
        } if !is_last => Next::Retry {
            after: wait(attempts, settings),
            why: message.clone(),
        },
        Said::Error {
            code: ErrorCode::Store,
            message,
        } => Next::Failed {
            why: format!("{message}; it was begun {attempts} times"),
        },
        Said::Error { message, .. } => Next::Failed {
            why: message.clone(),
        },
        Said::Nothing => Next::Failed {
            why: format!("the run ended with exit code {code} and did not say why"),
        },
    }
}

/// The wait after so many attempts: it doubles with each.
fn wait(attempts: i64, settings: &Jobs) -> Duration {
    let doublings = (attempts - 1).clamp(0, 30) as i32;
    let seconds = settings.backoff_seconds * 2f64.powi(doublings);
    Duration::try_from_secs_f64(seconds).map_or(MOST_WAIT, |wait| wait.min(MOST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str) -> Said {
        Said::Error {
            code: code.parse().expect("a code"),
            message: "failed to do it".to_string(),
        }
    }

    #[test]
    fn every_end_has_its_consequence() {
        let settings = Jobs {
            attempts: 3,
            backoff_seconds: 10.0,
            ..Jobs::default()
        };
        let done = |outcome: Outcome| Next::Done { outcome };
        let retry = |seconds: u64, why: &str| Next::Retry {
            after: Duration::from_secs(seconds),
            why: why.to_string(),
        };
        let failed = |why: &str| Next::Failed {
            why: why.to_string(),
        };
        let aside = |why: &str| Next::DeadLettered {
            why: why.to_string(),
        };
        let promoted = Said::Outcome(Outcome::Promote);
        let rejected = Said::Outcome(Outcome::Reject);
        for (end, said, attempts, expected) in [
            (End::Code(0), promoted.clone(), 1, done(Outcome::Promote)),
            (End::Code(11), rejected, 3, done(Outcome::Reject)),
            (End::Code(13), error("locked"), 1, Next::Locked),
            (End::Code(13), Said::Nothing, 9, Next::Locked),
            (End::Code(1), error("locked"), 9, Next::Locked),
            (
                End::Code(1),
                error("store"),
                1,
                retry(10, "failed to do it"),
            ),
            (
                End::Code(1),
                error("store"),
                2,
                retry(20, "failed to do it"),
            ),
            (
                End::Code(1),
                error("store"),
                3,
                failed("failed to do it; it was begun 3 times"),
            ),
            (End::Code(1), error("data"), 1, failed("failed to do it")),
            (End::Code(2), error("config"), 1, failed("failed to do it")),
            (End::Code(2), error("usage"), 1, failed("failed to do it")),
            (
                End::Code(1),
                error("internal"),
                1,
                failed("failed to do it"),
            ),
            (
                End::Code(101),
                Said::Nothing,
                1,
                failed("the run ended with exit code 101 and did not say why"),
            ),
            (
                End::Signal(9),
                Said::Nothing,
                1,
                retry(10, "the run was ended by signal 9"),
            ),
            (
                End::Signal(9),
                Said::Nothing,
                3,
                aside("the run was ended by signal 9; it was begun 3 times"),
            ),
            (
                End::OutOfMemory(512),
                Said::Nothing,
                2,
                retry(20, "the run ran out of its 512 MB"),
            ),
            (
                End::OutOfMemory(512),
                promoted,
                4,
                aside("the run ran out of its 512 MB; it was begun 4 times"),
            ),
            (
                End::Unseen,
                Said::Nothing,
                1,
                retry(0, "the run and its worker died"),
            ),
        ] {
            let found = next(end, &said, attempts, &settings);
            assert_eq!(found, expected, "{end:?} {said:?} {attempts}");
        }
    }

    #[test]
    fn waits_double_and_are_bounded() {
        let settings = Jobs {
            attempts: 100,
            backoff_seconds: 1e5,
            ..Jobs::default()
        };
        assert_eq!(wait(99, &settings), MOST_WAIT);
        let settings = Jobs {
            backoff_seconds: 0.5,
            ..settings
        };
        assert_eq!(wait(1, &settings), Duration::from_millis(500));
        assert_eq!(wait(4, &settings), Duration::from_secs(4));
    }

    #[test]
    fn reports_and_errors_are_told_from_lines_of_the_log() {
        let report = r#"{"run":"r","model":"m","outcome":"reject"}"#;
        assert_eq!(Said::of(report), Some(Said::Outcome(Outcome::Reject)));
        let failed =
            r#"{"error":{"code":"store","message":"failed to x","details":{"causes":["y"]}}}"#;
        let expected = Said::Error {
            code: ErrorCode::Store,
            message: "failed to x: y".to_string(),
        };
        assert_eq!(Said::of(failed), Some(expected));
        for line in [
            "",
            "memory allocation of 8 bytes failed",
            r#"{"level":"INFO","run":"r","outcome":"promote","message":"better"}"#,
            r#"{"run":"r"}"#,
            r#"{"run":"r","outcome":"of another program"}"#,
            r#"{"error":"x"}"#,
            "[1]",
        ] {
            assert_eq!(Said::of(line), None, "{line}");
        }
    }
}
