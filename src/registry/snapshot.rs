//! A whole copy of the database, taken while others write: `cp` of a database in write-ahead mode is none.

use std::path::Path;

use super::copy::LEFT;
use super::db::{self, Pool};
use super::{Error, Registry};

impl Registry {
    /// Writes a copy of the database, as it is at this moment, to a new file. What is about processes is left out of it: they work
    /// on this database and not on the copy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn snapshot(&self, to: &Path) -> Result<(), Error> {
        match self.pool() {
            Pool::Sqlite(pool) => db::copy_to(&pool, to, &LEFT).await,
            Pool::Postgres(_) => {
                let copy = Registry::open(to).await?;
                self.copy_into(&copy, |_| {}).await?;
                copy.close().await;
                Ok(())
            }
        }
    }
}
