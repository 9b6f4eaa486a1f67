//! What is there: looked for, listed, removed, renamed.

use futures_util::TryStreamExt;
use object_store::{Error as Said, ObjectStore, ObjectStoreExt};

use super::handle::Store;
use crate::artifacts::error::{Error, Trouble};

/// An object that is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key below the prefix.
    pub key: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// By which the store distinguishes contents.
    pub mark: String,
    /// When it was written, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Store {
    /// Whether there is such an object.
    ///
    /// # Errors
    /// What the store says.
    pub async fn exists(&self, key: &str) -> Result<bool, Error> {
        match self.client.head(&self.key(key)).await {
            Ok(_) => Ok(true),
            Err(said) => match self.told("look for", key, &said) {
                Error::Gone { .. } => Ok(false),
                error => Err(error),
            },
        }
    }

    /// Bytes of an object, or of all below a prefix.
    ///
    /// # Errors
    /// What the store says.
    pub async fn size(&self, key: &str) -> Result<u64, Error> {
        match self.client.head(&self.key(key)).await {
            Ok(meta) => return Ok(meta.size),
            Err(said) => match self.told("look for", key, &said) {
                Error::Gone { .. } => {}
                error => return Err(error),
            },
        }
        let listed = self.list(key).await?;
        Ok(listed.iter().map(|object| object.bytes).sum())
    }

    /// Every object below a prefix, by key.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(&self, below: &str) -> Result<Vec<Listed>, Error> {
        let prefix = self.key(below);
        let found: Vec<_> = self
            .client
            .list(Some(&prefix))
            .try_collect()
            .await
            .map_err(|said| self.listing(below, &said))?;
        let mut listed: Vec<Listed> = found
            .into_iter()
            .filter_map(|meta| {
                let key = meta.location.as_ref();
                let key = match self.prefix.as_str() {
                    "" => key,
                    prefix => key.strip_prefix(prefix)?.strip_prefix('/')?,
                };
                Some(Listed {
                    key: key.to_string(),
                    bytes: meta.size,
                    modified_ms: meta.last_modified.timestamp_millis(),
                    mark: meta.e_tag.unwrap_or_default(),
                })
            })
            .collect();
        listed.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(listed)
    }

    /// Names of objects and prefixes directly below a prefix.
    ///
    /// # Errors
    /// What the store says.
    pub async fn names(&self, below: &str) -> Result<Vec<String>, Error> {
        let prefix = self.key(below);
        let found = self.client.list_with_delimiter(Some(&prefix)).await;
        let found = found.map_err(|said| self.listing(below, &said))?;
        let objects = found.objects.into_iter().map(|meta| meta.location);
        let all = found.common_prefixes.into_iter().chain(objects);
        Ok(all
            .filter_map(|key| key.filename().map(ToString::to_string))
            .collect())
    }

    fn listing(&self, below: &str, said: &Said) -> Error {
        match self.told("list", below, said) {
            // A listing finds nothing, or there is nothing to list in.
            Error::Gone { .. } => Error::Store {
                action: "list",
                object: self.url(below),
                trouble: Trouble::NoBucket,
                why: "there is no such bucket".to_string(),
            },
            error => error,
        }
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// What the store says.
    pub async fn remove(&self, key: &str) -> Result<(), Error> {
        match self.client.delete(&self.key(key)).await {
            Ok(()) | Err(Said::NotFound { .. }) => Ok(()),
            Err(said) => Err(self.told("remove", key, &said)),
        }
    }

    /// Removes everything below a prefix. What a listing that is behind does not show goes the next time.
    ///
    /// # Errors
    /// What the store says.
    pub async fn remove_folder(&self, below: &str) -> Result<(), Error> {
        for object in self.list(below).await? {
            self.remove(&object.key).await?;
        }
        Ok(())
    }

    /// Gives everything below a prefix another one: copied first, then removed, so that each object is at one of both at any time.
    ///
    /// # Errors
    /// What the store says; done again, it continues where it stopped.
    pub async fn rename(&self, old: &str, new: &str) -> Result<(), Error> {
        for object in self.list(old).await? {
            let rest = object.key.strip_prefix(old).unwrap_or(&object.key);
            let to = format!("{new}{rest}");
            let (from, to) = (self.key(&object.key), self.key(&to));
            let copied = self.client.copy(&from, &to).await;
            copied.map_err(|said| self.told("copy", &object.key, &said))?;
            self.remove(&object.key).await?;
        }
        Ok(())
    }
}
