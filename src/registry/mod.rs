//! What is remembered: runs, data sets, versions, scores, operations, conclusions, files seen, locks.
//!
//! In and out: plain rows. The champion is the newest operation; nothing is ever edited to move it. It must not know how a
//! run works, what a score means or where artifacts are.

mod adopted;
mod answers;
mod conclude;
mod created;
mod db;
mod dead_runs;
mod drift;
mod files;
mod heads;
mod job_moves;
mod jobs;
mod lock;
mod notices;
mod open;
mod operations;
mod outbox;
mod places;
mod probations;
mod process;
mod removed;
mod renamed;
mod retention;
mod runs;
mod schedules;
mod snapshot;
mod ticks;
mod totals;
mod versions;
mod workers;

#[cfg(test)]
mod tests;

pub use adopted::Adoption;
pub use answers::LabelTotal;
pub use conclude::{Conclusion, PastConclusion, RowSet, SeenFile};
pub use created::{CreatedModel, add_model};
pub(crate) use db::settled;
pub use db::{ServerSettings, Tries, Tx, is_busy, is_damaged, is_misunderstood, is_unreachable};
pub use drift::{DriftCheckRow, DriftEpisodeRow, DriftWindowRow};
pub use job_moves::{Cancel, JobEnd, PutBack, put_job_back, reopen_job};
pub use jobs::{JobRow, JobState, NewJob, add_job, cancel_waiting, open_jobs};
pub use lock::{Holder, Lock};
pub use notices::Notice;
pub use operations::{Action, Champion, Operation};
pub use outbox::{MessageRow, MessageState, NewMessage, enqueue};
pub use places::PlaceKind;
pub use probations::{ProbationEnd, ProbationRow, ProbationState};
pub use process::ProcessId;
pub use removed::{Removal, free_name};
pub use renamed::Rename;
pub use retention::{OldRows, RowHead};
pub use runs::{LeftOutFile, RunRow, RunState};
pub use schedules::{ScheduleRow, follow_schedule, move_cursor};
pub use ticks::{TickOutcome, TickRow, add_tick, end_tick};
pub use totals::RunTotal;
pub use versions::{DatasetRow, ScoreRow, VersionRow, VersionState};
pub use workers::HEARTBEAT_SECONDS;

use std::path::PathBuf;
use std::sync::Arc;

/// Version of the tables that this program makes and understands.
pub const SCHEMA_VERSION: i64 = TABLES.len() as i64;

/// What each version added to the tables. A database is brought up to date when it is opened.
const TABLES: [&str; 8] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
];

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
    /// Another file stands in its place, and it is none of ours.
    #[error(
        "use the database {path}: another file stands in its place, which is no database of `unseat`"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
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
        /// Who is at it.
        holder: Box<Holder>,
    },
    /// The lock was taken over while this run went on.
    #[error("conclude the run {run}: its lock on `{model}` was taken over, so nothing was changed")]
    LockLost {
        /// The model.
        model: String,
        /// This run.
        run: String,
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
}

/// Names the statement that failed.
trait Doing<T> {
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

/// The registry of a project. Its file may be replaced under it; then all who share it go on with the new one.
#[derive(Debug, Clone)]
pub struct Registry {
    database: Arc<open::Database>,
}

impl Registry {
    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// [`Error::ReadOnly`]; [`Error::Gone`] and [`Error::Foreign`] when the file was taken away under this process.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let pool = self.writing().await?;
        pool.begin().await.doing("begin a transaction")
    }

    /// The connections.
    fn pool(&self) -> db::Pool {
        self.database.pool()
    }

    /// Closes every connection; what was written is on disk.
    pub async fn close(&self) {
        self.pool().close().await;
    }

    /// Changes rows by hand, for tests.
    #[cfg(test)]
    pub(crate) async fn run_sql(&self, statement: &'static str) {
        let done = db::query(statement).execute(&self.pool()).await;
        done.expect("the statement is good");
    }
}
