//! SQLite: a file, made when it is not there, and read as a copy where nothing can be written.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use rustix::fs::{Access, access};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::super::error::{Doing, Error};
use super::ahead::BUSY_SECONDS;
use super::migrate::{migrate, schema_version};
use super::pool::Pool;
use super::query::query;

/// Bytes to which the write-ahead log is cut back.
const LOG_BYTES: u64 = 16 << 20;
/// Connections at most.
const MOST: u32 = 4;

/// The file that was opened and the connections to it.
#[derive(Debug)]
pub struct Opened {
    /// Which file it is.
    pub mark: Option<Mark>,
    /// The connections.
    pub pool: Pool,
    /// The copy that is read where nothing can be written.
    _copy: Option<tempfile::TempDir>,
}

/// Distinguishes two files of one name; of one that is only read, also two states of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    file: (u64, u64),
    state: Vec<(u64, i64, i64)>,
}

impl Mark {
    /// When it was written last, in nanoseconds since 1970, where its state was requested.
    pub fn written_ns(&self) -> Option<i64> {
        let times = self.state.iter();
        times
            .map(|(_, seconds, ns)| seconds * 1_000_000_000 + ns)
            .max()
    }
}

/// Device and inode of a file; of one that is only read, also size and time of it and of its log.
pub fn mark(path: &Path, with_state: bool) -> Option<Mark> {
    let found = std::fs::metadata(path).ok()?;
    let mut state = Vec::new();
    if with_state {
        let both = [path.to_path_buf(), beside(path, "-wal")];
        let both = both.iter().filter_map(|path| std::fs::metadata(path).ok());
        state.extend(both.map(|it| (it.size(), it.mtime(), it.mtime_nsec())));
    }
    Some(Mark {
        file: (found.dev(), found.ino()),
        state,
    })
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// Whether a database is there that cannot be written. In write-ahead mode its folder is written, too.
pub fn is_read_only(path: &Path) -> bool {
    let may_write = |path: &Path| access(path, Access::WRITE_OK).is_ok();
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    path.exists() && !(may_write(path) && may_write(folder.unwrap_or(Path::new("."))))
}

/// Whether the log of a database stands where the database itself does not: making a new one would empty it.
pub fn is_log_alone(path: &Path) -> bool {
    let log = std::fs::metadata(beside(path, "-wal"));
    !path.exists() && log.is_ok_and(|log| log.size() > 0)
}

fn options(path: &Path) -> Result<SqliteConnectOptions, Error> {
    let options = SqliteConnectOptions::from_str("sqlite://").map_err(cannot_open(path))?;
    Ok(options
        .filename(path)
        // A promotion that was answered for must survive a power cut.
        .synchronous(SqliteSynchronous::Full)
        // A write-ahead log that a long reader let grow is cut back once it is copied.
        .pragma("journal_size_limit", LOG_BYTES.to_string())
        .busy_timeout(Duration::from_secs(BUSY_SECONDS)))
}

fn cannot_open(path: &Path) -> impl Fn(sqlx::Error) -> Error {
    let database = path.display().to_string();
    move |source| Error::Open {
        database: database.clone(),
        source,
    }
}

async fn connect(options: SqliteConnectOptions, path: &Path, most: u32) -> Result<Pool, Error> {
    let pool = SqlitePoolOptions::new().max_connections(most);
    let connected = pool.connect_with(options).await;
    connected.map(Pool::Sqlite).map_err(cannot_open(path))
}

/// Opens a file and brings its tables up to date.
///
/// # Errors
/// [`Error::Open`], or [`Error::Newer`] when a newer program made it.
pub async fn open_file(path: &Path, make: bool) -> Result<Opened, Error> {
    if make && !path.exists() {
        // By a connection that does nothing else: one that the pool opens later must not re-create a file that was taken away.
        let made = connect(options(path)?.create_if_missing(true), path, 1).await?;
        made.close().await;
    }
    let pool = connect(options(path)?, path, MOST).await?;
    // After the connection, so that it is the file that was opened.
    let mark = mark(path, false);
    migrate(&pool, &path.display().to_string()).await?;
    Ok(Opened {
        mark,
        pool,
        _copy: None,
    })
}

/// Opens a copy of a database whose own folder cannot be written: SQLite wants to write beside a database that it reads.
///
/// # Errors
/// [`Error::Open`], [`Error::Foreign`], or [`Error::Newer`] when a newer program made it.
pub async fn open_copy(path: &Path) -> Result<Opened, Error> {
    let failed = |source: std::io::Error| cannot_open(path)(sqlx::Error::Io(source));
    let mark = mark(path, true);
    let folder = tempfile::tempdir().map_err(failed)?;
    let copy = folder.path().join("copy.db");
    for ending in ["", "-wal"] {
        let from = beside(path, ending);
        if from.exists() {
            let bytes = std::fs::read(&from).map_err(failed)?;
            std::fs::write(beside(&copy, ending), bytes).map_err(failed)?;
        }
    }
    check_ours(&copy).await.map_err(|error| match error {
        Error::Foreign { .. } => Error::Foreign {
            path: path.to_path_buf(),
        },
        other => other,
    })?;
    // One alone: the log is given up only while no other connection is open.
    let pool = connect(options(&copy)?, path, 1).await?;
    migrate(&pool, &path.display().to_string()).await?;
    // No log beside it any more, so that it can be read without writing.
    query("PRAGMA journal_mode = DELETE")
        .execute(&pool)
        .await
        .doing("read the database")?;
    pool.close().await;
    let pool = connect(options(&copy)?.read_only(true), path, MOST).await?;
    Ok(Opened {
        mark,
        pool,
        _copy: Some(folder),
    })
}

/// Whether a file is a whole database with our tables.
///
/// # Errors
/// [`Error::Foreign`] when it is not.
pub async fn check_ours(path: &Path) -> Result<(), Error> {
    let foreign = || Error::Foreign {
        path: path.to_path_buf(),
    };
    let pool = connect(options(path)?, path, 1).await?;
    let whole = query("PRAGMA quick_check(1)").fetch_one(&pool).await;
    let version = schema_version(&pool).await;
    pool.close().await;
    let is_whole = whole.is_ok_and(|row| row.get::<String>("quick_check") == "ok");
    match version {
        Ok(Some(_)) if is_whole => Ok(()),
        _ => Err(foreign()),
    }
}

/// Writes a copy of a database, as it is at this moment, to a file that is not there yet; rows of these tables are left out of it.
///
/// # Errors
/// When it cannot be written.
pub async fn copy_to(pool: &SqlitePool, to: &Path, left: &[&str]) -> Result<(), Error> {
    let doing = "copy the database";
    sqlx::query("VACUUM INTO ?")
        .bind(to.to_string_lossy().into_owned())
        .execute(pool)
        .await
        .doing(doing)?;
    let options = SqliteConnectOptions::new().filename(to);
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await.doing(doing)?;
    let mut statements: Vec<String> = left
        .iter()
        .map(|table| format!("DELETE FROM {table}"))
        .collect();
    statements.push("PRAGMA journal_mode = WAL".to_string());
    for statement in statements {
        // Names of our own tables, no text from outside.
        let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(statement));
        statement.execute(&pool).await.doing(doing)?;
    }
    pool.close().await;
    Ok(())
}

/// The connections to a new file without tables, for tests that make those of earlier versions.
#[cfg(test)]
pub async fn open_bare(path: &Path) -> Pool {
    let made = options(path).expect("can be named").create_if_missing(true);
    connect(made, path, 1).await.expect("can be made")
}
