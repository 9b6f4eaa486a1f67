//! In which folders a model's files were kept: when the settings name another one, those of before are still found.

use super::db::query;
use super::error::Doing;
use super::{Error, Registry};

/// What is kept in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// Version folders.
    Versions,
    /// Data sets.
    Datasets,
}

impl PlaceKind {
    fn name(self) -> &'static str {
        match self {
            PlaceKind::Versions => "versions",
            PlaceKind::Datasets => "datasets",
        }
    }
}

impl Registry {
    /// Folders in which files of a model are or were kept.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn places(&self, model: &str, kind: PlaceKind) -> Result<Vec<String>, Error> {
        let rows = query("SELECT folder FROM places WHERE model = ? AND kind = ? ORDER BY folder")
            .bind(model)
            .bind(kind.name())
            .fetch_all(&self.pool())
            .await
            .doing("look where files are kept")?;
        Ok(rows.iter().map(|row| row.get("folder")).collect())
    }

    /// Remembers that files of a model are kept in a folder.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn add_place(&self, model: &str, kind: PlaceKind, folder: &str) -> Result<(), Error> {
        query(
            "INSERT INTO places (model, kind, folder) VALUES (?, ?, ?) ON CONFLICT (model, kind, folder) DO NOTHING",
        )
        .bind(model)
        .bind(kind.name())
        .bind(folder)
        .execute(&self.writing().await?)
        .await
        .doing("record where files are kept")?;
        Ok(())
    }
}
