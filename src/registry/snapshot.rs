//! A whole copy of the database, taken while others write: `cp` of a database in write-ahead mode is none.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::{Doing, Error, Registry};

impl Registry {
    /// Writes a copy of the database, as it is at this moment, to a file that is not there yet. Locks are left out of it: whoever
    /// holds one works on this database and not on the copy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn snapshot(&self, to: &Path) -> Result<(), Error> {
        let doing = "copy the database";
        sqlx::query("VACUUM INTO ?")
            .bind(to.to_string_lossy().into_owned())
            .execute(&self.pool())
            .await
            .doing(doing)?;
        let options = SqliteConnectOptions::new().filename(to);
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options).await.doing(doing)?;
        for statement in ["DELETE FROM locks", "PRAGMA journal_mode = WAL"] {
            sqlx::raw_sql(statement).execute(&pool).await.doing(doing)?;
        }
        pool.close().await;
        Ok(())
    }
}
