//! Postgres: a server that many machines share.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::super::error::{Doing, Error};
use super::dialect::POSTGRES_TABLE_NAMED;
use super::migrate::migrate;
use super::pool::Pool;
use super::query::query;
use crate::clock::Clock;

/// A table that is there while a copy is written, so that half a copy is not taken for a whole one.
pub(in crate::registry) const COPYING: &str = "unseat_copying";

/// How long to wait for a connection, also while the server is being restarted, in seconds.
const CONNECT_SECONDS: u64 = 20;
/// A transaction of a process that was cut off is rolled back after this many seconds.
const IDLE_SECONDS: u64 = 60;

/// The server's clock is queried again after so long: clocks go apart slowly, and are set at any time.
const ASK_CLOCK_EVERY: Duration = Duration::from_secs(2);

/// How to reach a server.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// `postgres://user@host:port/database?sslmode=…`.
    pub url: String,
    /// What is not to be in a file of settings.
    pub password: Option<String>,
    /// Connections at most.
    pub connections: u32,
    /// A statement that takes longer than this many seconds is given up.
    pub statement_seconds: u32,
}

impl std::fmt::Debug for ServerSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerSettings")
    }
}

/// A server, its tables made.
#[derive(Debug)]
pub struct Server {
    /// Host, port and database, without a password.
    pub name: String,
    /// The connections.
    pub pool: Pool,
    /// When its clock was queried last, and how far it was ahead of this machine's, in milliseconds.
    ahead: Mutex<Option<(Instant, i64)>>,
}

impl Server {
    /// Connects, and makes the tables or brings them up to date.
    ///
    /// # Errors
    /// [`Error::Open`] when it cannot be reached, [`Error::Newer`] when a newer program made its tables, [`Error::HalfCopied`]
    /// while a copy is written into it.
    pub async fn open(settings: &ServerSettings) -> Result<Server, Error> {
        let server = Server::connect(settings).await?;
        if server.has_table(COPYING).await? {
            return Err(Error::HalfCopied {
                database: server.name,
            });
        }
        migrate(&server.pool, &server.name).await?;
        Ok(server)
    }

    /// Connects and changes nothing.
    ///
    /// # Errors
    /// [`Error::Open`] when it cannot be reached.
    pub async fn connect(settings: &ServerSettings) -> Result<Server, Error> {
        let open = |source| Error::Open {
            database: "on the server that database_url names".to_string(),
            source,
        };
        let mut options = PgConnectOptions::from_str(&settings.url)
            .map_err(open)?
            .application_name("unseat")
            .disable_statement_logging();
        if let Some(password) = &settings.password {
            options = options.password(password);
        }
        let database = options.get_database().unwrap_or("");
        let name = format!(
            "postgres://{}:{}/{database}",
            options.get_host(),
            options.get_port()
        );
        let limits = format!(
            "SET statement_timeout = '{}s'; SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'",
            settings.statement_seconds
        );
        let pool = PgPoolOptions::new()
            .max_connections(settings.connections)
            .acquire_timeout(Duration::from_secs(CONNECT_SECONDS))
            .after_connect(move |connection, _| {
                let limits = limits.clone();
                Box::pin(async move {
                    // Our own numbers, no text from outside.
                    let limits = sqlx::raw_sql(sqlx::AssertSqlSafe(limits));
                    limits.execute(connection).await.map(|_| ())
                })
            });
        let pool = pool.connect_with(options).await;
        let pool = pool.map_err(|source| Error::Open {
            database: name.clone(),
            source,
        })?;
        Ok(Server {
            name,
            pool: Pool::Postgres(pool),
            ahead: Mutex::new(None),
        })
    }

    /// Whether a table is there.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn has_table(&self, name: &str) -> Result<bool, Error> {
        let found = query(POSTGRES_TABLE_NAMED)
            .bind(name)
            .fetch_optional(&self.pool);
        Ok(found.await.doing("look for tables")?.is_some())
    }

    /// From here on it is taken to be so far ahead, and not asked.
    #[cfg(test)]
    pub fn pretend_ahead(&self, ms: i64) {
        let forever = Instant::now() + Duration::from_secs(3600);
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some((forever, ms));
    }

    /// How far its clock is ahead of this machine's, in milliseconds, as of a moment ago.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn ahead_ms(&self) -> Result<i64, Error> {
        let known = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((asked, ahead)) = known
            && asked.elapsed() < ASK_CLOCK_EVERY
        {
            return Ok(ahead);
        }
        let asked = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now_ms";
        let row = query(asked)
            .fetch_one(&self.pool)
            .await
            .doing("ask the database for the time")?;
        let ahead = row.get::<i64>("now_ms") - Clock::System.now_ms();
        let known = Some((Instant::now(), ahead));
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(ahead)
    }
}
