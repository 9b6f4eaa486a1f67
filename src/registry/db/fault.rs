//! What an error of the driver means, whichever database it came from.

use std::borrow::Cow;
use std::io::ErrorKind;

use sqlx::Error;

/// A code of the database: SQLite's are numbers of up to four digits, Postgres' have five places.
enum Code<'a> {
    Sqlite(u32),
    Postgres(Cow<'a, str>),
}

fn code(error: &Error) -> Option<Code<'_>> {
    let code = error.as_database_error()?.code()?;
    match code.len() {
        5 => Some(Code::Postgres(code)),
        _ => code.parse().ok().map(Code::Sqlite),
    }
}

/// Whether SQLite says that the file is malformed or no database at all.
pub fn is_damaged(error: &Error) -> bool {
    matches!(code(error), Some(Code::Sqlite(11 | 26)))
}

/// Whether another process kept the database, or a row of it, to itself for longer than we wait.
pub fn is_busy(error: &Error) -> bool {
    match code(error) {
        // `SQLITE_BUSY` and `SQLITE_LOCKED`, in the low byte.
        Some(Code::Sqlite(number)) => matches!(number & 0xff, 5 | 6),
        // `lock_not_available`, and `query_canceled`, which is the time limit of statements.
        Some(Code::Postgres(code)) => ["55P03", "57014"].contains(&code.as_ref()),
        None => false,
    }
}

/// Whether the database did not understand a statement: tables are not what this program makes.
pub fn is_misunderstood(error: &Error) -> bool {
    match code(error) {
        Some(Code::Sqlite(number)) => number == 1,
        // Class 42: syntax error or access rule violation.
        Some(Code::Postgres(code)) => code.starts_with("42"),
        None => false,
    }
}

/// Whether two transactions got in each other's way and this one was rolled back, so that it can be started again.
pub(in crate::registry) fn is_conflict(error: &Error) -> bool {
    // `serialization_failure`, `deadlock_detected`.
    matches!(code(error), Some(Code::Postgres(code)) if ["40001", "40P01"].contains(&code.as_ref()))
}

/// Whether the connection broke, or the server has ended or is not up yet.
pub(in crate::registry) fn is_lost(error: &Error) -> bool {
    match code(error) {
        Some(Code::Sqlite(_)) => false,
        // `connection_exception`, `connection_does_not_exist`, `connection_failure`; and what `was_not_begun` knows.
        Some(Code::Postgres(code)) => {
            ["08000", "08003", "08006"].contains(&code.as_ref())
                || NOT_BEGUN.contains(&code.as_ref())
        }
        None => match error {
            Error::Io(error) => BROKEN.contains(&error.kind()),
            Error::WorkerCrashed => true,
            _ => false,
        },
    }
}

/// Whether a statement was certainly not run: there was no connection, or the server took it back because it ends.
pub(in crate::registry) fn was_not_begun(error: &Error) -> bool {
    match code(error) {
        Some(Code::Sqlite(_)) => false,
        Some(Code::Postgres(code)) => NOT_BEGUN.contains(&code.as_ref()),
        None => {
            let kinds = [ErrorKind::ConnectionRefused, ErrorKind::NotFound];
            matches!(error, Error::Io(error) if kinds.contains(&error.kind()))
        }
    }
}

/// Whether the database's server cannot be reached, so that asking again later may help.
pub fn is_unreachable(error: &Error) -> bool {
    is_lost(error) || matches!(error, Error::PoolTimedOut)
}

/// `admin_shutdown`, `crash_shutdown`, `cannot_connect_now`, `too_many_connections`.
const NOT_BEGUN: [&str; 4] = ["57P01", "57P02", "57P03", "53300"];

/// How a connection that breaks shows.
const BROKEN: [ErrorKind; 9] = [
    ErrorKind::ConnectionRefused,
    ErrorKind::ConnectionReset,
    ErrorKind::ConnectionAborted,
    ErrorKind::NotConnected,
    ErrorKind::BrokenPipe,
    ErrorKind::UnexpectedEof,
    ErrorKind::TimedOut,
    ErrorKind::HostUnreachable,
    ErrorKind::NotFound,
];
