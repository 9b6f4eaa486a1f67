//! Which file contents concluded runs have taken in.

use super::db::query;
use super::error::Doing;
use super::{Error, Registry, SeenFile};

impl Registry {
    /// The files that concluded runs of a model have taken in, each content once, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn seen_files(&self, model: &str) -> Result<Vec<SeenFile>, Error> {
        let rows =
            query("SELECT sha256, path FROM files_seen WHERE model = ? ORDER BY at_ms, run, path")
                .bind(model)
                .fetch_all(&self.pool())
                .await
                .doing("list files seen")?;
        let seen = rows.iter().map(|row| SeenFile {
            sha256: row.get("sha256"),
            path: row.get("path"),
        });
        Ok(seen.collect())
    }
}
