//! Opening the database, making and mending its tables, and noticing when its file is replaced, taken away or read-only.
//!
//! SQLite goes on with a file that was unlinked as if nothing had happened, so what is written there is lost. Before anything is
//! written, and a few times a second in a server, the file behind the path is therefore held against the one that was opened.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use rustix::fs::{Access, access};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, Sqlite, Transaction};

use super::{Doing, Error, Registry, SCHEMA_VERSION, TABLES, is_busy};

/// How long to wait for another process that is writing.
const BUSY_SECONDS: u64 = 20;
/// Bytes to which the write-ahead log is cut back.
const LOG_BYTES: u64 = 16 << 20;

/// Connections at most.
const MOST: u32 = 4;

/// An open database.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    is_read_only: bool,
    opened: ArcSwap<Opened>,
    /// Held while a replaced file is taken up, so that one does it.
    following: tokio::sync::Mutex<()>,
}

/// The file that was opened and the connections to it.
#[derive(Debug)]
struct Opened {
    mark: Option<Mark>,
    pool: SqlitePool,
    /// The copy that is read where nothing can be written.
    _copy: Option<tempfile::TempDir>,
}

/// What tells two files of one name apart; of one that is only read, also two states of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    file: (u64, u64),
    state: Vec<(u64, i64, i64)>,
}

impl Database {
    pub(super) fn pool(&self) -> SqlitePool {
        self.opened.load().pool.clone()
    }
}

impl Registry {
    /// Opens the embedded database, making it when it is not there. Where its folder cannot be written it is read as it is.
    ///
    /// # Errors
    /// [`Error::Open`], or [`Error::Newer`] when a newer program made it.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let is_read_only = is_read_only(path);
        let opened = match is_read_only {
            true => open_copy(path).await?,
            false => open_file(path, true).await?,
        };
        Ok(Registry::of(path, is_read_only, opened))
    }

    /// Whether nothing can be written.
    pub fn is_read_only(&self) -> bool {
        self.database.is_read_only
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.database.path
    }

    /// Says in words that something cannot be written; otherwise that the file is still, or again, the right one.
    pub(super) async fn writable(&self, action: &'static str) -> Result<(), Error> {
        if self.is_read_only() {
            let path = self.path().to_path_buf();
            return Err(Error::ReadOnly { action, path });
        }
        self.follow_file().await.map(|_| ())
    }

    /// The connections, for a statement that writes.
    pub(super) async fn writing(&self) -> Result<SqlitePool, Error> {
        self.writable("change the project").await?;
        Ok(self.database.pool())
    }

    /// Opens a copy of a database, for who only looks and touches nothing.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Foreign`], or [`Error::Newer`] when a newer program made it.
    pub async fn look(path: &Path) -> Result<Self, Error> {
        Ok(Registry::of(path, true, open_copy(path).await?))
    }

    fn of(path: &Path, is_read_only: bool, opened: Opened) -> Self {
        Registry {
            database: Arc::new(Database {
                path: path.to_path_buf(),
                is_read_only,
                opened: ArcSwap::from_pointee(opened),
                following: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Which file is open, as a text that is another one when the file is.
    pub fn file_mark(&self) -> String {
        format!("{:?}", self.database.opened.load().mark)
    }

    /// Takes another file up that stands in the place of the one that was opened, for everybody who shares this registry; tells
    /// whether there was one.
    ///
    /// # Errors
    /// [`Error::Gone`] and [`Error::Foreign`] when there is none that can be used: then what is served stays, and nothing can be
    /// written.
    pub async fn follow_file(&self) -> Result<bool, Error> {
        let database = &self.database;
        let path = &database.path;
        let is_same = || database.opened.load().mark == mark(path, database.is_read_only);
        if is_same() {
            return Ok(false);
        }
        let _mine = database.following.lock().await;
        if is_same() {
            return Ok(false);
        }
        if !path.exists() {
            return Err(Error::Gone { path: path.clone() });
        }
        let old = database.opened.load_full();
        let fresh = if database.is_read_only {
            open_copy(path).await?
        } else {
            // What is left of the old one's log must not pass for the new one's: it goes into the old file.
            let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&old.pool)
                .await;
            check_ours(path).await?;
            open_file(path, false).await?
        };
        database.opened.store(Arc::new(fresh));
        tracing::warn!(
            "the database {} was replaced; from here on the new one is used",
            path.display()
        );
        // Whoever is in the middle of a statement comes to its end first.
        tokio::spawn(async move { old.pool.close().await });
        Ok(true)
    }
}

/// Device and inode of a file; of one that is only read, also size and time of it and of its log.
fn mark(path: &Path, with_state: bool) -> Option<Mark> {
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
fn is_read_only(path: &Path) -> bool {
    let may_write = |path: &Path| access(path, Access::WRITE_OK).is_ok();
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    path.exists() && !(may_write(path) && may_write(folder.unwrap_or(Path::new("."))))
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
    let path = path.to_path_buf();
    move |source| Error::Open {
        path: path.clone(),
        source,
    }
}

async fn connect(
    options: SqliteConnectOptions,
    path: &Path,
    most: u32,
) -> Result<SqlitePool, Error> {
    let pool = SqlitePoolOptions::new().max_connections(most);
    let connected = pool.connect_with(options).await;
    connected.map_err(cannot_open(path))
}

async fn open_file(path: &Path, make: bool) -> Result<Opened, Error> {
    let pool = connect(options(path)?.create_if_missing(make), path, MOST).await?;
    // After the connection, which may have made it.
    let mark = mark(path, false);
    migrate(&pool, path).await?;
    Ok(Opened {
        mark,
        pool,
        _copy: None,
    })
}

/// Opens a copy of a database whose own folder cannot be written: SQLite wants to write beside a database that it reads.
async fn open_copy(path: &Path) -> Result<Opened, Error> {
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
    // One alone: the log is given up only while nobody else looks.
    let pool = connect(options(&copy)?, path, 1).await?;
    migrate(&pool, path).await?;
    // No log beside it any more, so that it can be read without writing.
    sqlx::query("PRAGMA journal_mode = DELETE")
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
async fn check_ours(path: &Path) -> Result<(), Error> {
    let foreign = || Error::Foreign {
        path: path.to_path_buf(),
    };
    let pool = connect(options(path)?, path, 1).await?;
    let whole = sqlx::query("PRAGMA quick_check(1)").fetch_one(&pool).await;
    let version = schema_version(&pool).await;
    pool.close().await;
    let is_whole = whole.is_ok_and(|row| row.get::<String, _>(0) == "ok");
    match version {
        Ok(Some(_)) if is_whole => Ok(()),
        _ => Err(foreign()),
    }
}

async fn migrate(pool: &SqlitePool, path: &Path) -> Result<(), Error> {
    let found = schema_version(pool).await?;
    if found == Some(SCHEMA_VERSION) {
        return Ok(());
    }
    check_version(path, found.unwrap_or_default())?;
    log_ahead(pool).await?;
    // Two first runs may get here at once: the second waits for the lock and then finds the tables.
    let begun = pool.begin_with("BEGIN IMMEDIATE").await;
    let mut transaction = begun.doing("begin a transaction")?;
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

/// Puts a new database into write-ahead mode, in which readers and a writer do not wait for each other; it stays in it.
/// The driver does not wait for another process that does the same, so this does.
async fn log_ahead(pool: &SqlitePool) -> Result<(), Error> {
    let until = Instant::now() + Duration::from_secs(BUSY_SECONDS);
    let mut connection = pool.acquire().await.doing("open a connection")?;
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

async fn schema_version(pool: &SqlitePool) -> Result<Option<i64>, Error> {
    let exists = sqlx::query("SELECT name FROM sqlite_master WHERE name = 'unseat_schema'")
        .fetch_optional(pool)
        .await
        .doing("look for tables")?;
    if exists.is_none() {
        return Ok(None);
    }
    let row = sqlx::query("SELECT version FROM unseat_schema")
        .fetch_optional(pool)
        .await
        .doing("read the table version")?;
    Ok(row.map(|row| row.get("version")))
}

async fn make(
    transaction: &mut Transaction<'static, Sqlite>,
    tables: &'static str,
) -> Result<(), Error> {
    let made = sqlx::raw_sql(tables).execute(&mut **transaction).await;
    made.map(|_| ()).doing("make tables")
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
