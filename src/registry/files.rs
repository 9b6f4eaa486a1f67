//! Which file contents concluded runs have taken in.

use std::collections::HashSet;

use super::db::query;
use super::error::Doing;
use super::{Error, Registry};

impl Registry {
    /// Content hashes that concluded runs of a model have taken in.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn seen_hashes(&self, model: &str) -> Result<HashSet<String>, Error> {
        let rows = query("SELECT sha256 FROM files_seen WHERE model = ?")
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("list files seen")?;
        Ok(rows.iter().map(|row| row.get("sha256")).collect())
    }
}
