//! What is remembered: runs, data sets, versions, scores, operations, conclusions, files seen, locks.
//!
//! In and out: plain rows. The champion is the newest operation; nothing is ever edited to move it. It must not know how a
//! run works, what a score means or where artifacts are.

mod conclude;
mod created;
mod dead_runs;
mod files;
mod job_moves;
mod jobs;
mod lock;
mod notices;
mod operations;
mod outbox;
mod probations;
mod process;
mod removed;
mod retention;
mod runs;
mod schedules;
mod ticks;
mod totals;
mod versions;

#[cfg(test)]
mod tests;

pub use conclude::{Conclusion, PastConclusion, SeenFile};
pub use created::{CreatedModel, add_model};
pub use job_moves::{Cancel, JobEnd, PutBack, put_job_back, reopen_job};
pub use jobs::{JobRow, JobState, NewJob, add_job, cancel_waiting, open_jobs};
pub use lock::{Holder, Lock};
pub use notices::Notice;
pub use operations::{Action, Champion, Operation};
pub use outbox::{MessageRow, MessageState, NewMessage, enqueue};
pub use probations::{ProbationEnd, ProbationRow, ProbationState};
pub use process::ProcessId;
pub use removed::{Removal, free_name};
pub use retention::{OldRows, RowHead};
pub use runs::{LeftOutFile, RunRow, RunState};
pub use schedules::{ScheduleRow, follow_schedule, move_cursor};
pub use ticks::{TickOutcome, TickRow, add_tick, end_tick};
pub use totals::RunTotal;
pub use versions::{DatasetRow, ScoreRow, VersionRow, VersionState};

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, Sqlite, Transaction};

/// Version of the tables that this program makes and understands.
pub const SCHEMA_VERSION: i64 = TABLES.len() as i64;

/// What each version added to the tables. A database is brought up to date when it is opened.
const TABLES: [&str; 4] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// How long to wait for another process that is writing.
const BUSY_SECONDS: u64 = 20;

/// Why the registry cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be opened.
    #[error("open the database {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// A newer program made it.
    #[error(
        "use the database {path}: its tables are version {found}, this program knows up to {SCHEMA_VERSION}; use the newer program"
    )]
    Newer {
        /// The file.
        path: PathBuf,
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

/// Whether SQLite says that the file is malformed or no database at all.
pub fn is_damaged(error: &sqlx::Error) -> bool {
    has_code(error, &["11", "26"])
}

/// Whether SQLite did not understand a statement: tables are not what this program makes.
pub fn is_misunderstood(error: &sqlx::Error) -> bool {
    has_code(error, &["1"])
}

fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| codes.contains(&code.as_ref()))
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

/// The registry of a project.
#[derive(Debug, Clone)]
pub struct Registry {
    pool: SqlitePool,
}

impl Registry {
    /// Opens the embedded database, making it when it is not there.
    ///
    /// # Errors
    /// [`Error::Open`], or [`Error::Newer`] when a newer program made it.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let open = |source| Error::Open {
            path: path.to_path_buf(),
            source,
        };
        let options = SqliteConnectOptions::from_str("sqlite://")
            .map_err(open)?
            .filename(path)
            .create_if_missing(true)
            // A promotion that was answered for must survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(BUSY_SECONDS));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .map_err(open)?;
        let registry = Registry { pool };
        registry.migrate(path).await?;
        Ok(registry)
    }

    async fn migrate(&self, path: &Path) -> Result<(), Error> {
        let found = self.schema_version().await?;
        if found == Some(SCHEMA_VERSION) {
            return Ok(());
        }
        check_version(path, found.unwrap_or_default())?;
        self.log_ahead().await?;
        // Two first runs may get here at once: the second waits for the lock and then finds the tables.
        let mut transaction = self.begin().await?;
        let statement = "CREATE TABLE IF NOT EXISTS unseat_schema (version BIGINT NOT NULL)";
        make(&mut transaction, statement).await?;
        let row = sqlx::query("SELECT version FROM unseat_schema")
            .fetch_optional(&mut *transaction)
            .await
            .doing("read the table version")?;
        let found: i64 = row.map_or(0, |row| row.get("version"));
        check_version(path, found)?;
        for tables in &TABLES[found as usize..] {
            make(&mut transaction, tables).await?;
        }
        make(&mut transaction, "DELETE FROM unseat_schema").await?;
        sqlx::query("INSERT INTO unseat_schema (version) VALUES (?)")
            .bind(SCHEMA_VERSION)
            .execute(&mut *transaction)
            .await
            .doing("make tables")?;
        transaction.commit().await.doing("make tables")
    }

    /// Begins a transaction that writes: it waits for another writer at its beginning, not in its middle.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        let begun = self.pool.begin_with("BEGIN IMMEDIATE").await;
        begun.doing("begin a transaction")
    }

    /// The connections, for a room that brings tables of its own.
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Puts a new database into write-ahead mode, in which readers and a writer do not wait for each other; it stays in it.
    /// The driver does not wait for another process that does the same, so this does.
    async fn log_ahead(&self) -> Result<(), Error> {
        let until = Instant::now() + Duration::from_secs(BUSY_SECONDS);
        let mut connection = self.pool.acquire().await.doing("open a connection")?;
        // So that the file can be made smaller again; it has to be said before there is anything in it.
        sqlx::query("PRAGMA auto_vacuum = INCREMENTAL")
            .execute(&mut *connection)
            .await
            .doing("set how free pages are kept")?;
        loop {
            let set = sqlx::query("PRAGMA journal_mode = WAL")
                .fetch_one(&mut *connection)
                .await;
            match set {
                Err(error) if is_busy(&error) && Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                other => return other.map(|_| ()).doing("set the journal mode"),
            }
        }
    }

    async fn schema_version(&self) -> Result<Option<i64>, Error> {
        let exists = sqlx::query("SELECT name FROM sqlite_master WHERE name = 'unseat_schema'")
            .fetch_optional(&self.pool)
            .await
            .doing("look for tables")?;
        if exists.is_none() {
            return Ok(None);
        }
        let row = sqlx::query("SELECT version FROM unseat_schema")
            .fetch_optional(&self.pool)
            .await
            .doing("read the table version")?;
        Ok(row.map(|row| row.get("version")))
    }

    /// Closes every connection; what was written is on disk.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn make(
    transaction: &mut Transaction<'static, Sqlite>,
    tables: &'static str,
) -> Result<(), Error> {
    let made = sqlx::raw_sql(tables).execute(&mut **transaction).await;
    made.map(|_| ()).doing("make tables")
}

/// Whether the database is only in use by another process (`SQLITE_BUSY` in the low byte).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let number = code.and_then(|code| code.parse::<u32>().ok());
    number.is_some_and(|number| number & 0xff == 5)
}

fn check_version(path: &Path, found: i64) -> Result<(), Error> {
    if found > SCHEMA_VERSION {
        return Err(Error::Newer {
            path: path.to_path_buf(),
            found,
        });
    }
    Ok(())
}
