//! Write-ahead mode of a file.

use std::time::{Duration, Instant};

use sqlx::sqlite::SqlitePool;

use super::super::error::{Doing, Error};
use super::fault::is_busy;

/// How long to wait for another process that is writing.
pub(super) const BUSY_SECONDS: u64 = 20;

/// Puts a new database into write-ahead mode, in which readers and a writer do not wait for each other; it stays in it.
/// The driver does not wait for another process that does the same, so this does.
pub(super) async fn log_ahead(pool: &SqlitePool) -> Result<(), Error> {
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
