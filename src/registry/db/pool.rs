//! Connections and transactions.

use sqlx::postgres::{PgPool, Postgres};
use sqlx::sqlite::{Sqlite, SqlitePool};
use sqlx::{AssertSqlSafe, Error, Transaction};

use super::super::error::Doing;
use super::again::Tries;
use super::fault::is_lost;

/// The connections to a database.
#[derive(Debug, Clone)]
pub enum Pool {
    /// To a file.
    Sqlite(SqlitePool),
    /// To a server.
    Postgres(PgPool),
}

/// A transaction; what is not committed is rolled back when it is dropped.
pub struct Tx {
    pub(super) inner: Inner,
}

pub(super) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// On what a statement is run.
pub enum On<'a> {
    /// Any connection to a file.
    Sqlite(&'a SqlitePool),
    /// Any connection to a server.
    Postgres(&'a PgPool),
    /// Inside a transaction.
    Tx(&'a mut Tx),
}

impl<'a> From<&'a Pool> for On<'a> {
    fn from(pool: &'a Pool) -> Self {
        match pool {
            Pool::Sqlite(pool) => On::Sqlite(pool),
            Pool::Postgres(pool) => On::Postgres(pool),
        }
    }
}

impl<'a> From<&'a mut Tx> for On<'a> {
    fn from(tx: &'a mut Tx) -> Self {
        On::Tx(tx)
    }
}

/// What has no row of its own and yet must not be changed by two at once. A transaction that holds several takes them in this
/// order, after the rows that it holds: so none waits for another in a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The operations: the newest one's number is also the last that was committed.
    Operations,
    /// The version numbers.
    Versions,
    /// The models created by request, and their serial.
    CreatedModels,
    /// Which jobs are open, and which workers are there for them.
    Queue,
    /// The tables themselves.
    Tables,
    /// What was said of answers: the first label of an answer is one.
    Labels,
}

impl Held {
    /// Its number among the server's advisory locks, apart from those of other programs in the same database.
    fn key(self) -> i64 {
        // "unseat" as a number, then which of them.
        0x756e_7365_6174_0000 + self as i64
    }
}

impl Pool {
    /// Begins a transaction that writes. In a file it waits for another writer at its beginning, not in its middle.
    pub(in crate::registry) async fn begin(&self) -> Result<Tx, Error> {
        let inner = match self {
            Pool::Sqlite(pool) => Inner::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Pool::Postgres(pool) => Inner::Postgres(begin_on_server(pool).await?),
        };
        Ok(Tx { inner })
    }

    /// Begins a transaction that sees one state of the database, whatever others write meanwhile.
    pub(in crate::registry) async fn begin_snapshot(&self) -> Result<Tx, Error> {
        let inner = match self {
            Pool::Sqlite(pool) => Inner::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => Inner::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        };
        Ok(Tx { inner })
    }

    /// Closes every connection; what was written is on disk.
    pub(in crate::registry) async fn close(&self) {
        match self {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Commits.
    ///
    /// # Errors
    /// When the database cannot; then nothing was changed, unless the connection broke just now.
    pub async fn commit(self) -> Result<(), super::super::error::Error> {
        let action = "commit";
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await.doing(action),
            Inner::Postgres(tx) => match tx.commit().await {
                Err(source) if is_lost(&source) => {
                    Err(super::super::error::Error::Unsettled { action, source })
                }
                done => done.doing(action),
            },
        }
    }

    /// Keeps something to itself until the transaction ends.
    ///
    /// # Errors
    /// When the statement fails.
    pub(in crate::registry) async fn hold(
        &mut self,
        what: Held,
    ) -> Result<(), super::super::error::Error> {
        // A transaction in a file is the only one that writes.
        if let Inner::Postgres(tx) = &mut self.inner {
            let held = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(what.key());
            let held = held.execute(&mut **tx).await;
            held.doing("wait for another transaction")?;
        }
        Ok(())
    }

    /// Runs several statements as they stand.
    pub(in crate::registry) async fn run_all(&mut self, statements: String) -> Result<(), Error> {
        match &mut self.inner {
            Inner::Sqlite(tx) => {
                let done = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut **tx);
                done.await.map(|_| ())
            }
            Inner::Postgres(tx) => {
                let done = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut **tx);
                done.await.map(|_| ())
            }
        }
    }
}

/// Begins a transaction on a server, which may be in the middle of a restart.
async fn begin_on_server(pool: &PgPool) -> Result<Transaction<'static, Postgres>, Error> {
    let mut tries = Tries::new();
    loop {
        match pool.begin().await {
            Err(error) if is_lost(&error) && tries.wait().await => {}
            begun => return begun,
        }
    }
}
