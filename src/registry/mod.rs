//! What is remembered: runs, data sets, versions, scores, operations, conclusions, files seen, locks.
//!
//! In and out: plain rows. The champion is the newest operation; nothing is ever edited to move it. It must not know how a
//! run works, what a score means or where artifacts are.

mod conclude;
mod files;
mod lock;
mod operations;
mod process;
mod runs;
mod versions;

#[cfg(test)]
mod tests;

pub use conclude::{Conclusion, PastConclusion, SeenFile};
pub use lock::{Holder, Lock};
pub use operations::{Action, Champion, Operation};
pub use process::ProcessId;
pub use runs::{RunRow, RunState};
pub use versions::{DatasetRow, ScoreRow, VersionRow, VersionState};

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

/// Version of the tables that this program makes and understands.
pub const SCHEMA_VERSION: i64 = 1;

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
        if let Some(found) = self.schema_version().await? {
            return check_version(path, found);
        }
        self.log_ahead().await?;
        // Two first runs may get here at once: the second waits for the lock and then finds the tables.
        let mut transaction = self
            .pool
            .begin_with("BEGIN IMMEDIATE")
            .await
            .doing("begin a transaction")?;
        let exists = sqlx::query("SELECT name FROM sqlite_master WHERE name = 'unseat_schema'")
            .fetch_optional(&mut *transaction)
            .await
            .doing("look for tables")?;
        if exists.is_none() {
            sqlx::raw_sql("CREATE TABLE unseat_schema (version BIGINT NOT NULL)")
                .execute(&mut *transaction)
                .await
                .doing("make tables")?;
            sqlx::raw_sql(include_str!("schema.sql"))
                .execute(&mut *transaction)
                .await
                .doing("make tables")?;
            sqlx::query("INSERT INTO unseat_schema (version) VALUES (?)")
                .bind(SCHEMA_VERSION)
                .execute(&mut *transaction)
                .await
                .doing("make tables")?;
        }
        transaction.commit().await.doing("make tables")?;
        Ok(())
    }

    /// Puts a new database into write-ahead mode, in which readers and a writer do not wait for each other; it stays in it.
    /// The driver does not wait for another process that does the same, so this does.
    async fn log_ahead(&self) -> Result<(), Error> {
        let until = Instant::now() + Duration::from_secs(BUSY_SECONDS);
        loop {
            let set = sqlx::query("PRAGMA journal_mode = WAL")
                .fetch_one(&self.pool)
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
