//! One place of artifacts: a folder or a store.

use std::path::PathBuf;

use super::error::Error;
use super::folder::Folder;
use super::store::Store;
use crate::model_types::Location;

/// One place of artifacts.
#[derive(Debug, Clone)]
pub enum Root {
    /// A folder of this machine.
    Folder(Folder),
    /// A prefix in a bucket.
    Store(Store),
}

impl Root {
    /// A place of which nothing is made.
    ///
    /// # Errors
    /// When a store's settings cannot be used.
    pub fn former(place: &Location) -> Result<Root, Error> {
        Ok(match place {
            Location::Folder(folder) => Root::Folder(Folder::former(folder.clone())),
            Location::Store(store) => Root::Store(Store::open(store)?),
        })
    }

    /// Whether it is this place.
    pub fn is(&self, place: &Location) -> bool {
        match (self, place) {
            (Root::Folder(folder), Location::Folder(other)) => folder.root == *other,
            (Root::Store(store), Location::Store(other)) => store.url("") == other.url,
            _ => false,
        }
    }

    /// Whether there is anything at a key or below it.
    ///
    /// # Errors
    /// What a store says.
    pub async fn has(&self, key: &str) -> Result<bool, Error> {
        match self {
            Root::Folder(folder) => Ok(folder.root.join(key).exists()),
            Root::Store(store) => {
                Ok(!store.list(key).await?.is_empty() || store.exists(key).await?)
            }
        }
    }

    /// Its path or URL, for messages.
    pub fn shown(&self, key: &str) -> PathBuf {
        match self {
            Root::Folder(folder) => folder.root.join(key),
            Root::Store(store) => PathBuf::from(store.url(key)),
        }
    }
}
