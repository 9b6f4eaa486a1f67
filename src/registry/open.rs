//! Opening the database, and noticing when its file is replaced, taken away or read-only.
//!
//! SQLite continues with a file that was unlinked as if nothing had happened, so what is written there is lost. Before anything is
//! written, and a few times a second in a server, the file behind the path is therefore checked against the one that was opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::db::{self, COPYING, Opened, Pool, Server, ServerSettings, query};
use super::error::Doing;
use super::{Error, SCHEMA_VERSION};
use crate::clock::Clock;

/// Longest that connections are waited for when they are closed.
const CLOSING: Duration = Duration::from_secs(10);

/// An open database.
#[derive(Debug)]
pub(super) struct Database {
    /// The file, or the server's name.
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File(OpenFile),
    Server(Server),
}

/// A file, which may be replaced.
#[derive(Debug)]
struct OpenFile {
    is_read_only: bool,
    opened: ArcSwap<Opened>,
    /// Held while a replaced file is taken up, so that one does it.
    following: tokio::sync::Mutex<()>,
}

/// The registry of a project. Its file may be replaced under it; then all who share it continue with the new one.
#[derive(Debug, Clone)]
pub struct Registry {
    database: Arc<Database>,
}

impl Database {
    pub(super) fn pool(&self) -> Pool {
        match &self.kind {
            Kind::File(file) => file.opened.load().pool.clone(),
            Kind::Server(server) => server.pool.clone(),
        }
    }
}

impl Registry {
    /// Opens the embedded database, making it when it is not there. Where its folder cannot be written it is read as it is.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::LogAlone`], or [`Error::Newer`] when a newer program made it.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        if db::is_log_alone(path) {
            let path = path.display().to_string();
            return Err(Error::LogAlone { path });
        }
        let is_read_only = db::is_read_only(path);
        let opened = if is_read_only {
            db::open_copy(path).await?
        } else {
            db::open_file(path, true).await?
        };
        Ok(Registry::of(path, is_read_only, opened))
    }

    /// Connects to a server, and makes the tables there when there are none.
    ///
    /// # Errors
    /// [`Error::Open`] when it cannot be reached, [`Error::Newer`] when a newer program made its tables.
    pub async fn open_server(settings: &ServerSettings) -> Result<Self, Error> {
        Ok(Registry::on(Server::open(settings).await?))
    }

    /// Looks at a server and changes nothing; `None` where it has no tables of this program's version yet.
    ///
    /// # Errors
    /// [`Error::Open`] when it cannot be reached, [`Error::Newer`] when a newer program made its tables.
    pub async fn look_at_server(settings: &ServerSettings) -> Result<Option<Self>, Error> {
        let server = Server::connect(settings).await?;
        let database = server.name.clone();
        match db::schema_version(&server.pool).await? {
            Some(found) if found > SCHEMA_VERSION => Err(Error::Newer { database, found }),
            Some(SCHEMA_VERSION) => Ok(Some(Registry::on(server))),
            _ => Ok(None),
        }
    }

    /// Connects to a server that a copy is to be written into, or was started to be.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Newer`]; [`Error::Occupied`] when a project is there already.
    pub async fn begin_copy(settings: &ServerSettings) -> Result<Self, Error> {
        let server = Server::connect(settings).await?;
        let was_begun = server.has_table(COPYING).await?;
        db::migrate(&server.pool, &server.name).await?;
        let registry = Registry::on(server);
        if !was_begun {
            if !registry.is_empty().await? {
                let database = registry.path().display().to_string();
                return Err(Error::Occupied { database });
            }
            query(format!("CREATE TABLE {COPYING} (at_ms BIGINT NOT NULL)"))
                .execute(&registry.pool())
                .await
                .doing("begin the copy")?;
        }
        Ok(registry)
    }

    /// From here on the copy is a registry like any other.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn end_copy(&self) -> Result<(), Error> {
        if self.is_on_server() {
            query(format!("DROP TABLE IF EXISTS {COPYING}"))
                .execute(&self.pool())
                .await
                .doing("end the copy")?;
        }
        Ok(())
    }

    fn on(server: Server) -> Self {
        Registry {
            database: Arc::new(Database {
                path: PathBuf::from(&server.name),
                kind: Kind::Server(server),
            }),
        }
    }

    /// Whether nothing can be written.
    pub fn is_read_only(&self) -> bool {
        matches!(&self.database.kind, Kind::File(file) if file.is_read_only)
    }

    /// Whether it is on a server, which other machines may share.
    pub fn is_on_server(&self) -> bool {
        matches!(&self.database.kind, Kind::Server(_))
    }

    /// The file; of a server its name, without a password.
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
    pub(super) async fn writing(&self) -> Result<Pool, Error> {
        self.writable("change the project").await?;
        Ok(self.database.pool())
    }

    /// Opens a copy of a database, for who only looks and touches nothing.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Foreign`], or [`Error::Newer`] when a newer program made it.
    pub async fn look(path: &Path) -> Result<Self, Error> {
        Ok(Registry::of(path, true, db::open_copy(path).await?))
    }

    fn of(path: &Path, is_read_only: bool, opened: Opened) -> Self {
        Registry {
            database: Arc::new(Database {
                path: path.to_path_buf(),
                kind: Kind::File(OpenFile {
                    is_read_only,
                    opened: ArcSwap::from_pointee(opened),
                    following: tokio::sync::Mutex::default(),
                }),
            }),
        }
    }

    /// The file, where it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match &self.database.kind {
            Kind::File(_) => Some(&self.database.path),
            Kind::Server(_) => None,
        }
    }

    /// Which file is open, as a text that is another one when the file is.
    pub fn file_mark(&self) -> String {
        match &self.database.kind {
            Kind::File(file) => format!("{:?}", file.opened.load().mark),
            Kind::Server(server) => server.name.clone(),
        }
    }

    /// Takes another file up that is in the place of the one that was opened, for all that share this registry; returns
    /// whether there was one.
    ///
    /// # Errors
    /// [`Error::Gone`] and [`Error::Foreign`] when there is none that can be used: then what is served stays, and nothing can be
    /// written.
    pub async fn follow_file(&self) -> Result<bool, Error> {
        let Kind::File(file) = &self.database.kind else {
            return Ok(false);
        };
        let path = self.path();
        let is_same = || file.opened.load().mark == db::mark(path, file.is_read_only);
        if is_same() {
            return Ok(false);
        }
        let _mine = file.following.lock().await;
        if is_same() {
            return Ok(false);
        }
        if !path.exists() {
            let path = path.to_path_buf();
            return Err(Error::Gone { path });
        }
        let old = file.opened.load_full();
        let fresh = if file.is_read_only {
            db::open_copy(path).await?
        } else {
            // What is left of the old one's log must not pass for the new one's: it goes into the old file.
            let _ = query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&old.pool)
                .await;
            db::check_ours(path).await?;
            db::open_file(path, false).await?
        };
        file.opened.store(Arc::new(fresh));
        tracing::warn!(
            "the database {} was replaced; from here on the new one is used",
            path.display()
        );
        // Statements that are under way finish first.
        tokio::spawn(async move { old.pool.close().await });
        Ok(true)
    }

    /// The present time by the clock that decides who is dead and what is due, in milliseconds: this machine's for a file, the
    /// server's where many machines share one.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn lease_ms(&self) -> Result<i64, Error> {
        Ok(Clock::System.now_ms() + self.lease_shift().await?)
    }

    /// How far that clock is ahead of this machine's, in milliseconds.
    pub(super) async fn lease_shift(&self) -> Result<i64, Error> {
        match &self.database.kind {
            Kind::File(_) => Ok(0),
            Kind::Server(server) => server.ahead_ms().await,
        }
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// [`Error::ReadOnly`]; [`Error::Gone`] and [`Error::Foreign`] when the file was taken away under this process.
    pub async fn begin(&self) -> Result<db::Tx, Error> {
        let pool = self.writing().await?;
        pool.begin().await.doing("begin a transaction")
    }

    /// The connections.
    pub(super) fn pool(&self) -> Pool {
        self.database.pool()
    }

    /// Closes every connection; what was written is on disk. A statement that does not finish is not waited for long.
    pub async fn close(&self) {
        let _ = tokio::time::timeout(CLOSING, self.pool().close()).await;
    }

    /// From here on, how far the server's clock is taken to be ahead of this machine's, for tests.
    #[cfg(test)]
    pub(crate) fn pretend_ahead(&self, ms: i64) {
        if let Kind::Server(server) = &self.database.kind {
            server.pretend_ahead(ms);
        }
    }

    /// Changes rows by hand, for tests.
    #[cfg(test)]
    pub(crate) async fn run_sql(&self, statement: &'static str) {
        let done = db::query(statement).execute(&self.pool()).await;
        done.expect("the statement is good");
    }
}
