//! A whole copy of the database, taken while others write: `cp` of a database in write-ahead mode is none.

use std::path::Path;

use super::db::{self, Pool};
use super::{Error, Registry};

impl Registry {
    /// Writes a copy of the database, as it is at this moment, to a new file. Locks are left out of it: a process that
    /// holds one works on this database and not on the copy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn snapshot(&self, to: &Path) -> Result<(), Error> {
        match self.pool() {
            Pool::Sqlite(pool) => db::copy_to(&pool, to).await,
            Pool::Postgres(_) => {
                let copy = Registry::open(to).await?;
                self.copy_into(&copy, |_| {}).await?;
                copy.close().await;
                Ok(())
            }
        }
    }
}
