//! Why the registry cannot answer.

use std::path::PathBuf;

use super::at_work::AtWork;
use super::holder::Holder;
use super::schema::SCHEMA_VERSION;
use crate::model_types::RunId;

/// Why the registry cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be opened.
    #[error("open the database {database}")]
    Open {
        /// The file, or the server's name.
        database: String,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// The file that was opened is not there any more.
    #[error("use the database {path}: it is gone since this process opened it")]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// It is not there, but its log is.
    #[error(
        "open the database {path}: it is not there, but its log {path}-wal is, which may hold its last changes"
    )]
    LogAlone {
        /// The file.
        path: String,
    },
    /// Another file is in its place, and it is none of ours.
    #[error(
        "use the database {path}: it was replaced by another file, which is not a database of `unseat`"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A copy into it was started and not ended.
    #[error("use the database {database}: a copy is being written into it, or was broken off")]
    HalfCopied {
        /// The server's name.
        database: String,
    },
    /// A copy is to be written where a project is.
    #[error("copy into the database {database}: a project is there already")]
    Occupied {
        /// The file, or the server's name.
        database: String,
    },
    /// Processes of the project run that would continue with what is to be left behind or replaced.
    #[error("{action}: {}", told(found))]
    AtWork {
        /// What was to be done.
        action: &'static str,
        /// Which; at least one.
        found: Vec<AtWork>,
    },
    /// What was copied is not what it was copied from.
    #[error("copy the database: the table `{table}` is not the same there")]
    NotTheSame {
        /// The table.
        table: String,
    },
    /// It is on a server, and this is done with files.
    #[error("{action}: the database is on a server")]
    NotOnServer {
        /// What was to be done.
        action: &'static str,
    },
    /// It can only be read.
    #[error("{action}: the project is read-only here, its database {path} cannot be written")]
    ReadOnly {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A newer program made it.
    #[error(
        "use the database {database}: its tables are version {found}, this program knows up to {SCHEMA_VERSION}; use the newer program"
    )]
    Newer {
        /// The file, or the server's name.
        database: String,
        /// Its version.
        found: i64,
    },
    /// A statement failed.
    #[error("{action} in the database")]
    Statement {
        /// What was being done.
        action: &'static str,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// The connection broke while something was made true.
    #[error(
        "{action}: the connection to the database broke; whether it was done shows when it is back"
    )]
    Unsettled {
        /// What was being done.
        action: &'static str,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// Another run of the model is under way.
    #[error("start a run of `{model}`: {holder}")]
    Locked {
        /// The model.
        model: String,
        /// Who uses it.
        holder: Box<Holder>,
    },
    /// The lock was taken over while this run continued.
    #[error("conclude the run {run}: its lock on `{model}` was taken over, so nothing was changed")]
    LockLost {
        /// The model.
        model: String,
        /// This run.
        run: RunId,
    },
    /// A stored record cannot be read.
    #[error("read the stored {what}")]
    Record {
        /// Which.
        what: &'static str,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
    /// A stored name is none of those that this program knows.
    #[error("read the column `{column}` of the database")]
    Name {
        /// The column.
        column: &'static str,
        /// What it holds, and what it was to be.
        #[source]
        source: crate::model_types::Unnamed,
    },
}

/// All that is at work, in a sentence.
fn told(found: &[AtWork]) -> String {
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    format!("the project is at work: {}", said.join("; "))
}

/// Names the statement that failed.
pub(super) trait Doing<T> {
    /// The same, with what was being done.
    ///
    /// # Errors
    /// The same.
    fn doing(self, action: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, action: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Statement { action, source })
    }
}

impl<T> Doing<T> for Result<T, Error> {
    fn doing(self, action: &'static str) -> Result<T, Error> {
        self.map_err(|error| match error {
            Error::Statement { source, .. } => Error::Statement { action, source },
            Error::Unsettled { source, .. } => Error::Unsettled { action, source },
            other => other,
        })
    }
}
